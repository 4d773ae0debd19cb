"""Kept answers and blind tokens in memory."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from lending.adapters.kms_vault_keys import normalised
from lending.domain.faults import Retryable
from lending.ports.answers import KeptAnswer


class FakeTokens:
    def token(self, kind: str, value: str) -> str:
        return hashlib.sha256(f"{kind}|{normalised(value)}".encode()).hexdigest()[:32]


@dataclass
class FakeKeptAnswers:
    down: bool = False
    rows: dict[str, dict[str, KeptAnswer]] = field(default_factory=dict)

    def of(self, customer_id: str) -> dict[str, KeptAnswer]:
        if self.down:
            raise Retryable("fake: answers")
        return dict(self.rows.get(customer_id, {}))

    def keep(self, customer_id: str, answers: Mapping[str, KeptAnswer]) -> None:
        if self.down:
            raise Retryable("fake: answers")
        self.rows[customer_id] = dict(answers)
