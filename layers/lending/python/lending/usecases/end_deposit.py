"""Apply or return the security deposit of a loan once its time has come; a repeat does nothing."""

from dataclasses import dataclass
from datetime import datetime

from lending.domain.faults import StaleVersion
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.deposit import deposit_end
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction
from lending.ports.money import Beside
from lending.usecases.book_money import BookMoney
from lending.usecases.cases import Cases, finding
from lending.usecases.loading import rules_at

NOT_ENDED = "deposit_not_ended"
STEPS_MAX = 2  # applied to the last payment, then the rest returned


@dataclass(frozen=True, slots=True)
class EndDeposit:
    """Raises NotFound, Permanent, StaleVersion, Retryable."""

    books: BookMoney

    def __call__(self, loan_id: str, at: datetime) -> int:
        """How many bookings it took: 0 while the deposit is held on."""
        for step in range(STEPS_MAX):
            if not self._step(loan_id, at):
                return step
        return STEPS_MAX

    def _step(self, loan_id: str, at: datetime) -> bool:
        loan, money = self.books.loan(loan_id), self.books.money
        on = rules_at(self.books.profiles, loan.market, at).local_date(at)
        wanted = deposit_end(money.terms(loan_id), money.books(loan_id), on, at)
        if wanted is None:
            return False

        def made(terms: AccountTerms, before: LoanBooks) -> Transaction:
            found = deposit_end(terms, before, on, at)
            if found is None or found.transaction_id != wanted.transaction_id:
                raise StaleVersion(f"{loan_id}: its deposit is dealt with")
            return found

        done = self.books(loan, wanted.transaction_id, at, made, lambda _booking: Beside())
        if isinstance(done, BookingRefusal):
            told = finding(
                f"deposit-{loan_id}",
                NOT_ENDED,
                wanted.amount_minor,
                wanted.currency,
                at,
                detail=done.value,
                loan_id=loan_id,
            )
            Cases(money).open(told)
        return isinstance(done, Booking)
