"""Month end: the income of every open loan is on the books before the month is anchored."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from lending.domain.faults import LendingFault, StaleVersion
from lending.domain.servicing.booking import accrue
from lending.ports.ledger import LedgerBook


def is_month_end(on: date) -> bool:
    """Whether the next day is in another month."""
    return (on + timedelta(days=1)).day == 1


PAGE: Final = 500  # loans of one run


@dataclass(slots=True)
class Accrued:
    """How many loans got an entry; `failed` names those left for a repetition of the page.

    `after` is where the next page begins, "" = there is none.
    """

    booked: int = 0
    failed: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class AccrueLoans:
    """Every booking catches up by itself; this is for the loans on which nothing was booked."""

    ledger: LedgerBook

    def __call__(self, through: date, at: datetime, after: str = "") -> Accrued:
        """Accrue a page of loans through a day; what has accrued that far is left alone."""
        done = Accrued()
        page = list(islice(self.ledger.loan_ids(after), PAGE))
        for loan_id in page:
            try:
                done.booked += self._one(loan_id, through, at)
            except StaleVersion:
                continue  # booked on meanwhile, which accrued it
            except LendingFault:
                done.failed += (loan_id,)
        done.after = page[-1] if len(page) == PAGE else ""
        return done

    def _one(self, loan_id: str, through: date, at: datetime) -> int:
        before = self.ledger.books(loan_id)
        booking = accrue(self.ledger.terms(loan_id), before, through, at)
        if booking is None:
            return 0
        self.ledger.commit(loan_id, before, booking)
        return 1
