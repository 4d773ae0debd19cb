"""A running loan with everything an amendment of it is drawn up from."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from lending.domain.amending import (
    Amendment,
    DrawnUp,
    Running,
    base_sha256,
    drawn_up,
    refusal_of,
)
from lending.domain.computable import NotComputable
from lending.domain.delinquency import delinquency
from lending.domain.events import amendment_changed
from lending.domain.extension import Limits
from lending.domain.faults import NotFound
from lending.domain.policy import Verdict
from lending.domain.profile import MarketProfile
from lending.domain.records import Loan
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.terms import AccountTerms
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.ledger import LedgerBook
from lending.ports.profiles import Profiles
from lending.usecases.loading import accepted_offer, file_of, rules_at
from lending.usecases.refusal import NotAllowed
from lending.usecases.signing_file import amendment_of, filed

CHANGED = "loan_changed"


@dataclass(frozen=True, slots=True)
class RunningLoan:
    """The loan with the file of its application, its books, and the market's rules."""

    file: ApplicationFile
    loan: Loan
    terms: AccountTerms
    books: LoanBooks
    profile: MarketProfile
    at: datetime

    def drawn(self, months: int, on: date | None = None) -> DrawnUp | NotAllowed:
        """The loan with months added today (or `on`), or the named rule that forbids it."""
        on = self.profile.local_date(self.at) if on is None else on
        product_id = self.file.application.request.product_id
        limits = Limits(self.profile.policy, self.profile.products[product_id].max_term_months)
        applied = tuple(one for one in self.file.amendments if one.status == "APPLIED")
        running = Running(
            self.loan, accepted_offer(self.file), applied, self.terms, self.books.account
        )
        try:
            found = drawn_up(running, months, on, limits, self.profile.rounding)
        except NotComputable as cause:
            return NotAllowed("conflict", refusal_of(cause), "This plan cannot be extended.")
        if isinstance(found, Verdict):
            detail = f"The rule {found.rule} forbids it."
            return NotAllowed("conflict", refusal_of(found), detail)
        return found

    def delinquent_days(self) -> int:
        """How many days the oldest unpaid amount is late, beyond the days of grace."""
        on, rules = self.profile.local_date(self.at), self.profile.delinquency
        owing = unpaid(self.terms, self.books.account, on)
        late = delinquency(on, owing, rules.grace_days, buckets=rules.buckets)
        return late.delinquent_days

    def has_moved_on(self, amendment: Amendment) -> bool:
        """Whether the loan is not any more what the amendment was drawn up from."""
        on, account = self.profile.local_date(self.at), self.books.account
        rows = max(account.cleared, self.terms.in_force(account.plan).rows_due(on))
        paid = self.loan.plan[rows - 1].number if rows else 0
        return base_sha256(account, paid) != amendment.base_sha256


@dataclass(frozen=True, slots=True)
class RunningLoans:
    """Reads what an amendment is made of."""

    book: Book
    ledger: LedgerBook
    profiles: Profiles

    def of_loan(self, loan_id: str, at: datetime) -> RunningLoan:
        """The loan as it stands. Raises NotFound, Retryable."""
        loan = self.book.loan(loan_id)
        if loan is None:
            raise NotFound(loan_id)
        return self.of_file(file_of(self.book, loan.application_id), at, loan)

    def of_file(self, file: ApplicationFile, at: datetime, loan: Loan | None = None) -> RunningLoan:
        """The loan of an application's file. Raises NotFound, Retryable."""
        application = file.application
        if loan is None and application.loan_id is not None:
            loan = self.book.loan(application.loan_id)
        if loan is None:
            raise NotFound(f"{application.application_id}: no loan")
        books = self.ledger.books(loan.loan_id)
        terms = self.ledger.terms(loan.loan_id)  # after the books: never older than they are
        return RunningLoan(file, loan, terms, books, rules_at(self.profiles, loan.market, at), at)


def amendment_named(book: Book, amendment_id: str) -> tuple[ApplicationFile, Amendment]:
    """An amendment with the file it lies in. Raises NotFound."""
    application_id, number = filed(amendment_id)
    if number is None:
        raise NotFound(amendment_id)
    file = file_of(book, application_id)
    return file, amendment_of(file, number)


def ended(
    loan: Loan, amendment: Amendment, how: Literal["WITHDRAWN", "EXPIRED"], at: datetime
) -> tuple[Amendment, Change]:
    """The end of an amendment that never came into force; the loan stays as it is."""
    was = amendment.version
    done = replace(amendment, status=how, ended_at=at, version=was + 1)
    event = amendment_changed(loan, done, at)
    return done, Change(amendment=done, amendment_was=was, events=(event,))


def void(running: RunningLoan, amendment: Amendment, why: str) -> Change:
    """The paper does not fit the loan any more: whoever wants the extension signs a new one."""
    paper, was = amendment.paper, amendment.version
    changed = replace(
        amendment,
        paper=None if paper is None else replace(paper, status="VOID", version=paper.version + 1),
        stale=why,
        version=was + 1,
    )
    event = amendment_changed(running.loan, changed, running.at)
    return Change(amendment=changed, amendment_was=was, events=(event,))
