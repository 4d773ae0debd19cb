"""The evidence record of a signing: what was shown to whom, read, acknowledged and confirmed.

It holds an address and a masked number, so it stays outside the sealed document, which carries
its hash alone. The same contract always gives the same bytes.
"""

import json
from datetime import UTC, datetime
from typing import Any

from lending.domain.amending import Amendment
from lending.domain.records import Application, Contract
from lending.domain.signing import AMENDING, PURPOSE, ShownDocument, Signer

FORMAT = "autolend-signing-evidence-1"


def evidence_of(
    application: Application, contract: Contract, amendment: Amendment | None = None
) -> bytes:
    """Canonical JSON (UTF-8, sorted names, no spaces); of an amendment with what it changes."""
    purpose = PURPOSE if amendment is None else AMENDING
    document: dict[str, Any] = {
        "format": FORMAT,
        "contract_id": contract.contract_id,
        "round": contract.round,
        "application_id": application.application_id,
        "market": application.request.market,
        "profile_version": application.profile_version,
        "offer_id": contract.offer_id,
        "terms_sha256": contract.terms_sha256,
        "rendered_at": _text(contract.rendered_at),
        "documents": [_document(one) for one in contract.documents],
        "signers": [_signer(one, purpose) for one in contract.signers],
    }
    if amendment is not None:
        document["amendment"] = _amendment(amendment)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _document(one: ShownDocument) -> dict[str, object]:
    return {
        "kind": one.kind,
        "sha256": one.sha256,
        "bytes": one.bytes,
        "pages": one.pages,
        "object": one.name,
        "object_version": one.object_version,
        "template_id": one.template_id,
        "template_sha256": one.template_sha256,
    }


def _amendment(one: Amendment) -> dict[str, object]:
    on = one.effective_on
    return {
        "loan_id": one.loan_id,
        "number": one.number,
        "months": one.months,
        "reason": one.reason,
        "effective_on": None if on is None else on.isoformat(),
        "books_sha256": one.base_sha256,
        "proposed_by": one.proposed_by.kind,
        "approved_by": one.decided_by,
    }


def _signer(one: Signer, purpose: str) -> dict[str, object]:
    return {
        "role": one.role,
        "customer_id": one.customer_id,
        "purpose": purpose,
        "viewed": [
            {"kind": seen.kind, "sha256": seen.sha256, "pages": list(seen.pages),
             "at": _text(seen.at)}
            for seen in one.viewed
        ],
        "disclosures": list(one.disclosures),
        "acknowledged_at": None if one.acknowledged_at is None else _text(one.acknowledged_at),
        "otp": None if one.otp is None else {
            "otp_id": one.otp.otp_id,
            "channel": f"sms:{one.otp.sent_to}",
            "sent_at": _text(one.otp.sent_at),
            "wrong_attempts": one.otp.attempts,
            "sent_in_all": one.otps_sent,
        },
        "confirmed_at": None if one.confirmed_at is None else _text(one.confirmed_at),
        "address": one.address,
        "agent": one.agent,
    }  # fmt: skip


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
