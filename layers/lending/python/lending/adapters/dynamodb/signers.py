"""Signers of a contract as stored documents, and back."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lending.domain.signing import SentOtp, Signer, Viewed


def signer_document(one: Signer) -> dict[str, object]:
    """JSON-ready: times as ISO 8601, the MAC as base64."""
    return {
        "role": one.role,
        "owner": one.owner,
        "customer_id": one.customer_id,
        "viewed": [[v.kind, v.sha256, list(v.pages), v.at.isoformat()] for v in one.viewed],
        "disclosures": list(one.disclosures),
        "acknowledged_at": _text(one.acknowledged_at),
        "otp": None if one.otp is None else _otp_document(one.otp),
        "otps_sent": one.otps_sent,
        "confirmed_at": _text(one.confirmed_at),
        "address": one.address,
        "agent": one.agent,
    }


def signer_of(document: Mapping[str, Any]) -> Signer:
    """The signer of a stored document. Raises KeyError, TypeError, ValueError."""
    return Signer(
        **{
            **document,
            "viewed": tuple(
                Viewed(kind, sha256, tuple(pages), datetime.fromisoformat(at))
                for kind, sha256, pages, at in document["viewed"]
            ),
            "disclosures": tuple(document["disclosures"]),
            "acknowledged_at": _instant(document["acknowledged_at"]),
            "otp": None if document["otp"] is None else _otp_of(document["otp"]),
            "confirmed_at": _instant(document["confirmed_at"]),
        }
    )


def _otp_document(otp: SentOtp) -> dict[str, object]:
    return {
        "otp_id": otp.otp_id,
        "mac": b64encode(otp.mac).decode(),
        "sent_to": otp.sent_to,
        "sent_at": otp.sent_at.isoformat(),
        "expires_at": otp.expires_at.isoformat(),
        "attempts": otp.attempts,
    }


def _otp_of(document: Mapping[str, Any]) -> SentOtp:
    return SentOtp(
        **{
            **document,
            "mac": b64decode(document["mac"], validate=True),
            "sent_at": datetime.fromisoformat(document["sent_at"]),
            "expires_at": datetime.fromisoformat(document["expires_at"]),
        }
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
