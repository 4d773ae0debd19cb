"""The only way to personal data: the customers table, encrypted with a key per customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Consent:
    """An immutable record of what a person agreed to."""

    consent_id: str
    purpose: str
    version: str
    text_sha256: str
    given_at: datetime
    locale: str


class Vault(Protocol):
    """Fields are short named strings (full_name, id_type, id_no, mobile, email, ...)."""

    def save(
        self, customer_id: str, fields: Mapping[str, str], consents: tuple[Consent, ...]
    ) -> None:
        """Encrypt and store; creates the customer's data key on first use. Idempotent."""
        ...

    def read(self, customer_id: str, purpose: str, names: tuple[str, ...]) -> dict[str, str]:
        """Decrypt the named fields; absent ones are left out.

        Raises:
            NotFound: no such customer.  Erased: the key was destroyed.
        """
        ...

    def masked(self, customer_id: str) -> dict[str, str]:
        """A view safe to show: every field masked by its kind."""
        ...

    def consents(self, customer_id: str) -> tuple[Consent, ...]: ...

    def erase(self, customer_id: str, at: datetime) -> None:
        """Destroy the customer's data key and blind indexes, leave a tombstone."""
        ...

    def token(self, field: str, value: str) -> str:
        """What stands for a value where it may not be: equal for equal values, keyed."""
        ...

    def find(self, field: str, value: str) -> str | None:
        """Customer id by an exact value, through a keyed blind index (id_no, mobile)."""
        ...
