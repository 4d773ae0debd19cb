"""Signed webhooks: HMAC-SHA256 over `timestamp.raw_body` with a secret shared with one partner.

Two secrets of a partner may be active at once, so that both sides can change theirs at different
times. A signature proves who sent it and when; the event id, kept by the caller, proves that it
was not told before.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

WINDOW: Final = timedelta(minutes=5)
SECRET_BYTES_MIN: Final = 32
ACTIVE_SECRETS_MAX: Final = 2
SIGNATURES_MAX: Final = 4  # a header is untrusted: it may not make us compute without end
_SCHEME: Final = "v1="
_DIGITS_MAX: Final = 12


class Forgery(StrEnum):
    """Why a delivery was not believed; all of them are answered alike (401) and recorded."""

    NOT_CONFIGURED = "not_configured"
    NO_SIGNATURE = "no_signature"
    MALFORMED_TIMESTAMP = "malformed_timestamp"
    STALE_TIMESTAMP = "stale_timestamp"
    WRONG_SIGNATURE = "wrong_signature"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request: two headers and the body exactly as it was sent."""

    timestamp: str
    signature: str
    raw_body: bytes


def sign(secret: bytes, timestamp: str, raw_body: bytes) -> str:
    """The signature header's value for one secret: `v1=` and 64 hex digits."""
    message = timestamp.encode() + b"." + raw_body
    return _SCHEME + hmac.new(secret, message, hashlib.sha256).hexdigest()


def check(delivery: Delivery, secrets: Sequence[bytes], at: datetime) -> Forgery | None:
    """None when one of the active `secrets` signed this body within five minutes of `at`.

    The header may carry several signatures, comma separated, while the sender rotates. Every
    active secret is tried against each of them, in a time that does not tell which one matched.
    """
    usable = [secret for secret in secrets if len(secret) >= SECRET_BYTES_MIN]
    if not usable:
        return Forgery.NOT_CONFIGURED
    offered = [
        part for part in map(str.strip, delivery.signature.split(",")) if part.startswith(_SCHEME)
    ]
    if not offered or not delivery.signature.isascii():
        return Forgery.NO_SIGNATURE
    sent_at = _instant(delivery.timestamp)
    if sent_at is None:
        return Forgery.MALFORMED_TIMESTAMP
    matches = False
    for secret in usable[:ACTIVE_SECRETS_MAX]:
        expected = sign(secret, delivery.timestamp, delivery.raw_body)
        for candidate in offered[:SIGNATURES_MAX]:
            matches |= hmac.compare_digest(expected, candidate)
    if not matches:
        return Forgery.WRONG_SIGNATURE
    return Forgery.STALE_TIMESTAMP if abs(at - sent_at) > WINDOW else None


def _instant(timestamp: str) -> datetime | None:
    """Unix seconds in plain ASCII digits; " 1", "+1" and "１" would sign but are not accepted."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _DIGITS_MAX):
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(timestamp))
