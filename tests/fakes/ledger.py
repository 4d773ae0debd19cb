"""The LedgerBook port in memory."""

from collections.abc import Iterable, Iterator
from datetime import date

from lending.adapters.consistency import check_booking
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.journal import Head, JournalEntry
from lending.domain.ledger.merkle import Anchor
from lending.domain.records import DomainEvent, ReplyKey, StoredReply
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction
from lending.ports.ledger import LedgerOpening


class FakeLedger:
    """All-or-nothing commits with the conditions of the real table.

    `events` and `replies` may be those of a FakeBook: both are one table.
    """

    def __init__(
        self,
        events: dict[str, DomainEvent] | None = None,
        replies: dict[ReplyKey, StoredReply] | None = None,
    ) -> None:
        self.kept_terms: dict[str, AccountTerms] = {}
        self.kept_books: dict[str, LoanBooks] = {}
        self.facts: dict[tuple[str, str], Transaction] = {}
        self.entries: dict[str, list[JournalEntry]] = {}
        self.kept_anchors: dict[date, tuple[Anchor, tuple[tuple[str, Head], ...]]] = {}
        self.events = {} if events is None else events
        self.replies = {} if replies is None else replies
        self.commits = 0

    def loan_ids(self, after: str = "") -> Iterator[str]:
        yield from sorted(loan_id for loan_id in self.kept_terms if loan_id > after)

    def terms(self, loan_id: str) -> AccountTerms:
        return self._of(self.kept_terms, loan_id)

    def books(self, loan_id: str) -> LoanBooks:
        return self._of(self.kept_books, loan_id)

    def head(self, loan_id: str) -> Head:
        return self.books(loan_id).head

    def heads(self) -> Iterator[tuple[str, Head]]:
        for loan_id in self.loan_ids():
            yield loan_id, self.head(loan_id)

    def journals(self, loan_id: str) -> Iterator[JournalEntry]:
        yield from self.entries.get(loan_id, [])

    def transactions(self, loan_id: str) -> Iterator[Transaction]:
        yield from (made for (of, _), made in self.facts.items() if of == loan_id)

    def transaction(self, loan_id: str, transaction_id: str) -> Transaction | None:
        return self.facts.get((loan_id, transaction_id))

    def anchors(self) -> Iterable[Anchor]:
        return tuple(self.kept_anchors[on][0] for on in sorted(self.kept_anchors))

    def anchored(self, on: date) -> Iterator[tuple[str, Head]]:
        if on in self.kept_anchors:
            yield from self.kept_anchors[on][1]

    def open(self, terms: AccountTerms) -> None:
        self.open_with(LedgerOpening(terms, ()))

    def check_opening(self, opening: LedgerOpening) -> None:
        """Raise what `open_with` would raise."""
        if opening.terms.loan_id in self.kept_terms:
            raise StaleVersion("fake: the loan has a ledger")

    def open_with(self, opening: LedgerOpening) -> None:
        """Open a ledger and book its first day."""
        self.check_opening(opening)
        loan_id = opening.terms.loan_id
        self.kept_terms[loan_id] = opening.terms
        self.kept_books[loan_id] = LoanBooks()
        for booking in opening.bookings:
            check_booking(loan_id, self.kept_books[loan_id], booking)
            self._write(loan_id, booking)

    def commit(
        self,
        loan_id: str,
        before: LoanBooks,
        booking: Booking,
        events: tuple[DomainEvent, ...] = (),
        reply: StoredReply | None = None,
    ) -> None:
        check_booking(loan_id, before, booking)
        if self.books(loan_id) != before:
            raise StaleVersion("fake: books")
        made = booking.transaction
        if (
            (made is not None and (loan_id, made.transaction_id) in self.facts)
            or any(event.event_id in self.events for event in events)
            or (reply is not None and reply.key in self.replies)
        ):
            raise StaleVersion("fake: exists")
        self._write(loan_id, booking)
        self.events |= {event.event_id: event for event in events}
        if reply is not None:
            self.replies[reply.key] = reply
        self.commits += 1

    def keep_anchor(self, anchor: Anchor, heads: Iterable[tuple[str, Head]]) -> None:
        if anchor.on in self.kept_anchors:
            raise StaleVersion("fake: anchored")
        self.kept_anchors[anchor.on] = (anchor, tuple(heads))

    def _write(self, loan_id: str, booking: Booking) -> None:
        self.kept_books[loan_id] = booking.after
        self.entries.setdefault(loan_id, []).extend(booking.entries)
        if booking.transaction is not None:
            self.facts[loan_id, booking.transaction.transaction_id] = booking.transaction

    def _of[T](self, kept: dict[str, T], loan_id: str) -> T:
        if loan_id not in kept:
            raise Permanent(f"fake: no ledger of loan {loan_id}")
        return kept[loan_id]
