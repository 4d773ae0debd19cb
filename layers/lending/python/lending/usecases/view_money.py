"""What a customer may know of their loan's money: its statement, and what settles it."""

from dataclasses import dataclass
from datetime import date, datetime

from lending.domain.ledger.statement import Statement, statement
from lending.domain.problem import Problem
from lending.domain.records import Loan
from lending.domain.servicing.account import AccountStatus, Quote, quote, status
from lending.domain.servicing.early_fee import early_fee_minor
from lending.ports.book import Book
from lending.ports.ledger import LedgerBook
from lending.ports.profiles import Profiles
from lending.usecases.loading import accepted_offer, file_of, rules_at
from lending.usecases.refusal import NotAllowed, invalid
from lending.usecases.view_application import ViewLoan


@dataclass(frozen=True, slots=True)
class ViewMoney:
    """Reads only; somebody else's loan does not exist."""

    book: Book
    ledger: LedgerBook
    profiles: Profiles

    def statement(self, loan_id: str, owner: str, from_on: date, to_on: date) -> Statement:
        """Every entry of the days asked for. Raises NotFound, Permanent, Retryable."""
        ViewLoan(self.book)(loan_id, owner)
        return statement(self.ledger.journals(loan_id), from_on, to_on)

    def quote(
        self, loan_id: str, owner: str, on: date | None, at: datetime
    ) -> tuple[Loan, Quote] | NotAllowed:
        """What closes the loan `on` a day (None = today). Raises NotFound, Permanent, Retryable."""
        loan = ViewLoan(self.book)(loan_id, owner)
        terms, books = self.ledger.terms(loan_id), self.ledger.books(loan_id)
        if status(books.account) is not AccountStatus.ACTIVE:
            return NotAllowed("conflict", "illegal_state", "The loan is not open.")
        today = rules_at(self.profiles, loan.market, at).local_date(at)
        asked = on or today
        last = books.account.last
        earliest = today if last is None else max(today, last[0])
        latest = max(earliest, loan.plan[-1].due_on)
        if not earliest <= asked <= latest:
            return invalid(Problem("?on", f"from {earliest} to {latest}"))
        offer = accepted_offer(file_of(self.book, loan.application_id))
        fee = early_fee_minor(offer, terms, books.account, asked)
        return loan, quote(terms, books.account, asked, fee)
