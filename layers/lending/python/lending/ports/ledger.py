"""The ledger: what must be readable to prove it whole, and what a booking writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from lending.domain.ledger.journal import Head, JournalEntry
from lending.domain.ledger.merkle import Anchor
from lending.domain.records import DomainEvent, StoredReply
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction


@dataclass(frozen=True, slots=True)
class LedgerOpening:
    """The terms of a new loan with the bookings of its first day, each on the one before."""

    terms: AccountTerms
    bookings: tuple[Booking, ...]


class LedgerReader(Protocol):
    """All of it, loan by loan; nothing needs more than one loan in memory.

    Reads raise Permanent for an unknown loan and for a row that cannot be read.
    """

    def loan_ids(self, after: str = "") -> Iterator[str]:
        """Every loan that has terms, ascending; those behind `after`."""
        ...

    def terms(self, loan_id: str) -> AccountTerms: ...

    def books(self, loan_id: str) -> LoanBooks:
        """What the loan's row holds; fresh books when nothing was booked yet."""
        ...

    def head(self, loan_id: str) -> Head:
        """The head in the loan's row."""
        ...

    def journals(self, loan_id: str) -> Iterator[JournalEntry]:
        """In the order of `seq`."""
        ...

    def transactions(self, loan_id: str) -> Iterator[Transaction]:
        """In the order of booking."""
        ...

    def anchors(self) -> Iterable[Anchor]:
        """By date."""
        ...

    def anchored(self, on: date) -> Iterator[tuple[str, Head]]:
        """The heads under the anchor of a date, ascending by loan."""
        ...


class LedgerBook(LedgerReader, Protocol):
    """The money part of the book: what servicing reads and commits."""

    def open(self, terms: AccountTerms) -> None:
        """Keep the terms of a new loan. Raises StaleVersion: the loan is there already."""
        ...

    def transaction(self, loan_id: str, transaction_id: str) -> Transaction | None:
        """The fact that was booked under this id, whenever that was."""
        ...

    def commit(
        self,
        loan_id: str,
        before: LoanBooks,
        booking: Booking,
        events: tuple[DomainEvent, ...] = (),
        reply: StoredReply | None = None,
    ) -> None:
        """Write books, transaction and entries of a booking atomically, with what it tells.

        Raises:
            StaleVersion: the loan's books are not `before` any more, or the id was booked (the
                same holds for the ids of events and the key of the reply).
            Permanent: the booking does not follow `before`, or is too large for one commit.
            Retryable: throttled or the answer was lost.
        """
        ...

    def keep_anchor(self, anchor: Anchor, heads: Iterable[tuple[str, Head]]) -> None:
        """Keep an anchor with its heads. Raises StaleVersion: the date has one already."""
        ...

    def heads(self) -> Iterator[tuple[str, Head]]:
        """Loan and head of every loan that has terms, ascending by loan: what is anchored."""
        ...
