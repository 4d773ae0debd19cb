"""The Vault port in memory."""

from collections.abc import Mapping
from datetime import datetime

from lending.adapters.kms_vault_keys import normalised
from lending.domain.faults import Erased, NotFound
from lending.domain.masking import mask
from lending.ports.vault import Consent

INDEXED = frozenset({"id_no", "mobile"})


class FakeVault:
    """Plain text in a dictionary: for tests only."""

    def __init__(self) -> None:
        self.fields: dict[str, dict[str, str]] = {}
        self.given: dict[str, dict[str, Consent]] = {}
        self.erased: set[str] = set()
        self.index: dict[tuple[str, str], str] = {}
        self.reads: list[tuple[str, str, tuple[str, ...]]] = []

    def save(
        self, customer_id: str, fields: Mapping[str, str], consents: tuple[Consent, ...]
    ) -> None:
        if customer_id in self.erased:
            raise Erased(customer_id)
        self._unindex(customer_id, tuple(fields))
        person = self.fields.setdefault(customer_id, {})
        person.update(fields)
        for field in INDEXED & fields.keys():
            self.index[field, normalised(fields[field])] = customer_id
        known = self.given.setdefault(customer_id, {})
        for consent in consents:
            known.setdefault(consent.consent_id, consent)

    def read(self, customer_id: str, purpose: str, names: tuple[str, ...]) -> dict[str, str]:
        self.reads.append((customer_id, purpose, names))
        person = self._person(customer_id)
        return {name: person[name] for name in names if name in person}

    def masked(self, customer_id: str) -> dict[str, str]:
        return {name: mask(name, value) for name, value in self._person(customer_id).items()}

    def consents(self, customer_id: str) -> tuple[Consent, ...]:
        known = self.given.get(customer_id, {})
        return tuple(known[consent_id] for consent_id in sorted(known))

    def erase(self, customer_id: str, at: datetime) -> None:
        if customer_id not in self.erased:
            self._unindex(customer_id, tuple(self._person(customer_id)))
            del self.fields[customer_id]
            self.erased.add(customer_id)

    def token(self, field: str, value: str) -> str:
        return f"token-of-{field}-{normalised(value)}"

    def find(self, field: str, value: str) -> str | None:
        if field not in INDEXED:
            raise ValueError(f"{field} has no index")
        return self.index.get((field, normalised(value)))

    def _unindex(self, customer_id: str, names: tuple[str, ...]) -> None:
        for name in names:
            entry = (name, normalised(self.fields.get(customer_id, {}).get(name, "")))
            if self.index.get(entry) == customer_id:
                del self.index[entry]

    def _person(self, customer_id: str) -> dict[str, str]:
        if customer_id in self.erased:
            raise Erased(customer_id)
        if customer_id not in self.fields:
            raise NotFound(customer_id)
        return self.fields[customer_id]
