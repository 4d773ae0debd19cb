"""The WebhookCheck port: partners' secrets from Secrets Manager, two active ones in a rotation.

A secret's value is `{"active": ["new", "old"]}`. To rotate: put the new one first, give it to the
partner, then leave the old one out. A secret that was left out is forgotten within `KEPT_S`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lending.adapters import aws
from lending.domain.faults import Permanent
from lending.domain.webhooks import (
    ACTIVE_SECRETS_MAX,
    SECRET_BYTES_MIN,
    Delivery,
    Forgery,
    check,
)

TIMESTAMP_HEADER: Final = "x-webhook-timestamp"
SIGNATURE_HEADER: Final = "x-webhook-signature"
KEPT: Final = timedelta(minutes=5)
# A wrong signature may mean that a new secret came into use; forgers may not make us look often.
LOOKED_AGAIN_AFTER: Final = timedelta(seconds=30)


def delivery_of(headers: Mapping[str, str], raw_body: bytes) -> Delivery:
    """The signed parts of a request; header names in any case, "" for what is missing."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return Delivery(lowered.get(TIMESTAMP_HEADER, ""), lowered.get(SIGNATURE_HEADER, ""), raw_body)


@dataclass(frozen=True, slots=True)
class _Known:
    secrets: tuple[bytes, ...]
    read_at: datetime


class SecretsManagerWebhookCheck:
    """`secret_ids` maps a partner to the name or ARN of its secret."""

    def __init__(self, secret_ids: Mapping[str, str]) -> None:
        self._secret_ids = secret_ids
        self._known: dict[str, _Known] = {}

    def check(self, partner: str, delivery: Delivery, at: datetime) -> Forgery | None:
        """See the port."""
        known = self._known.get(partner)
        if known is None or at - known.read_at > KEPT:
            known = self._read(partner, at)
        found = check(delivery, known.secrets, at)
        if found is Forgery.WRONG_SIGNATURE and at - known.read_at > LOOKED_AGAIN_AFTER:
            return check(delivery, self._read(partner, at).secrets, at)
        return found

    def _read(self, partner: str, at: datetime) -> _Known:
        if partner not in self._secret_ids:
            raise Permanent("no secret is configured for this partner")
        with aws.faults("secretsmanager.GetSecretValue"):
            answer = aws.secrets_manager().get_secret_value(SecretId=self._secret_ids[partner])
        known = _Known(_active(answer.get("SecretString", "")), at)
        self._known[partner] = known
        return known


def _active(text: str) -> tuple[bytes, ...]:
    """The active secrets. Raises Permanent, whose text never holds a part of the value."""
    try:
        document = json.loads(text)
    except ValueError:
        raise Permanent("a webhook secret is not JSON") from None
    listed = document.get("active") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= ACTIVE_SECRETS_MAX:
        raise Permanent("a webhook secret does not list one or two active secrets")
    if not all(isinstance(one, str) and len(one.encode()) >= SECRET_BYTES_MIN for one in listed):
        raise Permanent(f"a webhook secret is shorter than {SECRET_BYTES_MIN} bytes")
    return tuple(one.encode() for one in listed)
