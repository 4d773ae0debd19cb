"""The loan's row after a payment: what the books say already, where lists look for it.

It is repeatable, and nobody waits for it: the event of the payment stays in the outbox until the
row has followed, so the relay or the sweep comes again after any crash.
"""

from dataclasses import dataclass, replace
from typing import Final

from lending.domain.faults import StaleVersion
from lending.domain.loan_end import concerns_the_row, followed
from lending.domain.records import DomainEvent
from lending.ports.book import Book
from lending.ports.money import Beside, MoneyBook

ROUNDS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class FollowPayment:
    """Takes an ended loan off the list of those due, onto that of those with money left."""

    book: Book
    money: MoneyBook

    def __call__(self, event: DomainEvent) -> None:
        """Bring the row up to date. Raises Permanent, StaleVersion, Retryable."""
        if not concerns_the_row(event):
            return
        for _ in range(ROUNDS_MAX):
            row = self.book.loan_row(event.entity_id)
            if row is None:
                return
            # The row first, then the books: see `as_its_books_say`.
            said = followed(row, self.money.books(row.loan_id).account)
            if said == row:
                return
            changed = replace(said, version=row.version + 1)
            try:
                self.money.keep(Beside(loan=changed, loan_was=row.version))
            except StaleVersion:
                continue
            return
        raise StaleVersion(f"{event.entity_id}: others change it all the time")
