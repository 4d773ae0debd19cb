"""Answers of data sources that are kept for a while, so that nobody is asked twice in vain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One answer. `question` is a keyed hash of all that was asked; `content` is JSON-ready."""

    question: str
    content: dict[str, object]
    answered_at: datetime
    valid_until: datetime


class KeptAnswers(Protocol):
    """By customer token and source. Losing them costs an enquiry and nothing else."""

    def of(self, customer_id: str) -> dict[str, KeptAnswer]:
        """Every answer kept of this customer by source, valid or not. Raises Retryable."""
        ...

    def keep(self, customer_id: str, answers: Mapping[str, KeptAnswer]) -> None:
        """Keep exactly these, in place of all before. Raises Retryable."""
        ...


class BlindTokens(Protocol):
    """Keyed hashes: equal values have equal tokens, and nobody without the key can try values."""

    def token(self, kind: str, value: str) -> str:
        """The token of a normalised value; kinds never meet. Raises Retryable."""
        ...
