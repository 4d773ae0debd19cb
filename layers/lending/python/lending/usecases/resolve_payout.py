"""The fate of a payout, by whatever way it is learned: answer, question, webhook, statement."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from lending.domain.faults import NotFound
from lending.domain.records import Disbursement
from lending.ports.book import Book, Change
from lending.ports.partners import RailAnswer

STATUSES: Final[dict[str, Literal["ACCEPTED", "REJECTED", "UNKNOWN"]]] = {
    "accepted": "ACCEPTED",
    "rejected": "REJECTED",
    "unknown": "UNKNOWN",
    "not_received": "UNKNOWN",
}
FINAL: Final = frozenset({"ACCEPTED", "REJECTED"})


@dataclass(frozen=True, slots=True)
class ResolvePayout:
    """Keeps what the bank said of an intent. What is final stays, whoever says otherwise."""

    book: Book

    def __call__(self, application_id: str, answer: RailAnswer, at: datetime) -> Disbursement:
        """The payout with its fate. Raises NotFound, StaleVersion, Retryable."""
        payout = self.book.disbursement(application_id)
        if payout is None:
            raise NotFound(application_id)
        return self.resolve(payout, answer, at)

    def resolve(self, payout: Disbursement, answer: RailAnswer, at: datetime) -> Disbursement:
        """The payout with its fate. Raises StaleVersion, Retryable."""
        status = STATUSES[answer.status]
        if payout.status in FINAL or (payout.status, payout.reason) == (status, answer.reason):
            return payout
        resolved = replace(
            payout,
            status=status,
            version=payout.version + 1,
            resolved_at=None if status == "UNKNOWN" else at,
            reason=answer.reason,
        )
        self.book.commit(Change(disbursement=resolved, disbursement_was=payout.version))
        return resolved
