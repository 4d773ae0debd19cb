"""What a month of the file means: the facts to book, and by which name it is explained."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from lending.domain.allocation import Component
from lending.domain.ledger.accounts import Account
from lending.domain.servicing.account import (
    INDEX,
    AccountStatus,
    interest_numerator,
    owes,
    quote,
    status,
)
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.fold import Outcome
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind

from tools.replay.boarding import (
    MIDDLE,
    booked_at,
    days_of_interest,
    first_day,
    half_a_day_minor,
    last_day,
)
from tools.replay.files import LoanRow, MonthRow

REMEMBERED = 6


class Reason(StrEnum):
    """How a month is accounted for. The first group was allocated as a payment."""

    AS_REPORTED = "as_reported"  # principal as in the file, within half a day of interest
    MORE_INTEREST = "more_interest_than_days"  # the month has no day with that much interest
    LESS_INTEREST = "less_interest_than_days"
    SETTLED = "settled"
    SETTLED_INTEREST_WAIVED = "settled_interest_waived"
    SETTLED_ABOVE = "settled_above"  # the rest waits in suspense
    SETTLEMENT_SHORT = "settlement_short"  # less than our principal: the loan stays open
    RECOVERED = "recovered_after_write_off"
    AFTER_CLOSE = "after_close"  # in suspense
    OVERPAID = "overpaid"
    CHARGED_OFF = "charged_off"

    MISSED = "nothing_paid_and_owed"
    PAID_AHEAD = "nothing_paid_and_nothing_due"
    NOTHING_OWED = "nothing_paid_after_the_end"
    RETURNED = "earlier_payment_returned"

    NET_OF_RETURNS = "net_of_returns"  # not booked: which payments it nets is not in the file
    BALANCE_RAISED = "balance_raised"  # not booked: nothing says by what
    UNEXPLAINED = "unexplained"


# Their amounts are in the file and in no journal.
NOT_BOOKED = frozenset({Reason.NET_OF_RETURNS, Reason.BALANCE_RAISED})


@dataclass(slots=True)
class Progress:
    """What must be remembered of a loan from month to month; balances are the file's."""

    balance_minor: int
    recent: list[tuple[int, str]] = field(default_factory=list)  # principal in the file, id
    months: int = 0
    zero_months: int = 0
    zero_months_max: int = 0
    past_due_days_max: int = 0
    emptied_month: int | None = None  # when the file's balance came to 0
    closed_month: int | None = None
    reported_principal_minor: int = 0
    written_off_principal_minor: int = 0
    late: str = ""  # the last month's bucket

    def remember(self, principal_minor: int, transaction_id: str) -> None:
        """A payment that may be returned later."""
        self.recent.append((principal_minor, transaction_id))
        del self.recent[:-REMEMBERED]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a month is decided from."""

    loan: LoanRow
    terms: AccountTerms
    row: MonthRow
    progress: Progress

    @property
    def first_on(self) -> date:
        """The month's first day."""
        return first_day(self.loan.first_month + self.row.month - 1)

    @property
    def last_on(self) -> date:
        """The month's last day."""
        return last_day(self.loan.first_month + self.row.month - 1)

    @property
    def raised_minor(self) -> int:
        """By how much the balance lies above what the reported principal leaves."""
        return self.row.balance_minor - self.progress.balance_minor + self.row.principal_minor

    def make(self, kind: TransactionKind, on: date, amount_minor: int, **more: Any) -> Transaction:
        """A fact of this month, with an id that a repeat of the replay reproduces."""
        return Transaction(
            transaction_id=f"{self.terms.loan_id}-{self.row.month:03d}-{kind}",
            kind=kind,
            value_on=on,
            booked_at=booked_at(self.last_on),
            currency=self.terms.currency,
            amount_minor=amount_minor,
            **more,
        )


class Desk(Protocol):
    """Books what a month comes to."""

    @property
    def books(self) -> LoanBooks:
        """The loan's books now."""
        ...

    def book(self, made: Transaction) -> Booking:
        """Book, or raise what a violation is."""
        ...

    def find(self, transaction_id: str) -> Transaction:
        """A fact of this loan that was booked."""
        ...

    def accrue(self, through: date) -> None:
        """Book the income of the days until then."""
        ...


def explain(facts: Facts, desk: Desk) -> Reason:
    """Book what happened in a month, and say how it is accounted for."""
    row, was_minor = facts.row, facts.progress.balance_minor
    if facts.raised_minor > 0 and not row.principal_minor:
        return _raised(facts, desk)
    emptied = was_minor > 0 and row.balance_minor == 0
    if emptied and row.principal_minor == was_minor:
        return _paid_off(facts, desk)
    if emptied and not row.principal_minor:
        return _charged_off(facts, desk)
    if row.payment_minor:
        return _paid(facts, desk)
    return _not_paid(facts, desk)


def _paid(facts: Facts, desk: Desk) -> Reason:
    row, terms = facts.row, facts.terms
    before = desk.books.account.principal_minor
    on, misses = value_date(facts, desk.books)
    made = facts.make(TransactionKind.PAYMENT, on, row.payment_minor)
    effect = desk.book(made).effect
    assert effect is not None
    facts.progress.remember(row.principal_minor, made.transaction_id)
    match effect.outcome:
        case Outcome.RECOVERED:
            return Reason.RECOVERED
        case Outcome.PARKED:
            return Reason.AFTER_CLOSE
        case Outcome.OVERPAID:
            return Reason.OVERPAID
        case _:
            off = effect.taken_minor(Component.PRINCIPAL) - row.principal_minor
    if abs(off) <= half_a_day_minor(terms, before):
        return Reason.AS_REPORTED
    if not misses:
        return Reason.UNEXPLAINED
    return Reason.MORE_INTEREST if off > 0 else Reason.LESS_INTEREST


def value_date(facts: Facts, books: LoanBooks) -> tuple[date, bool]:
    """The day of the month until which the interest that the file reports has accrued.

    Also whether no day of the month has that interest; then it is the nearest.
    """
    account, terms = books.account, facts.terms
    earliest = facts.first_on
    if account.last is not None:
        earliest = max(earliest, account.last[0])
    middle = min(facts.last_on, max(earliest, facts.first_on + timedelta(days=MIDDLE)))
    principal, since = account.principal_minor, account.interest_since
    if principal <= 0 or not terms.annual_rate_pct or since is None or account.ended is not None:
        return middle, False
    paid = -account.balances[INDEX[Account.INTEREST_RECEIVABLE]]
    wanted = facts.row.payment_minor - facts.row.principal_minor + paid
    days = days_of_interest(
        terms, principal, interest_numerator(terms, account, since), max(0, wanted)
    )
    on = min(max(earliest, since + timedelta(days=max(0, min(days, 3660)))), facts.last_on)
    return on, (on - since).days != days


def _paid_off(facts: Facts, desk: Desk) -> Reason:
    """The lender took the money as the whole; interest that it then let go is waived."""
    row, terms = facts.row, facts.terms
    on, _ = value_date(facts, desk.books)
    if status(desk.books.account) is not AccountStatus.ACTIVE:
        return _paid(facts, desk)
    closing = quote(terms, desk.books.account, on)
    short = closing.total_minor - row.payment_minor
    waives = terms.tolerance_minor < short <= closing.owed.interest_minor
    if waives:
        desk.book(facts.make(TransactionKind.WAIVER, on, short, component=Component.INTEREST))
    made = facts.make(TransactionKind.SETTLEMENT, on, row.payment_minor)
    booking = desk.book(made)
    facts.progress.remember(row.principal_minor, made.transaction_id)
    if status(booking.after.account) is not AccountStatus.CLOSED:
        return Reason.SETTLEMENT_SHORT
    if waives:
        return Reason.SETTLED_INTEREST_WAIVED
    return Reason.SETTLED_ABOVE if -short > terms.tolerance_minor else Reason.SETTLED


def _charged_off(facts: Facts, desk: Desk) -> Reason:
    """The balance went without being paid: what is left is written off at the month's end."""
    if facts.row.payment_minor:
        on, _ = value_date(facts, desk.books)
        desk.book(facts.make(TransactionKind.PAYMENT, on, facts.row.payment_minor))
    account = desk.books.account
    owed = owes(facts.terms, account, facts.last_on)
    if account.ended is None and owed.total_minor > 0:
        desk.book(facts.make(TransactionKind.WRITE_OFF, facts.last_on, owed.total_minor))
        facts.progress.written_off_principal_minor = owed.principal_minor
    return Reason.CHARGED_OFF


def _raised(facts: Facts, desk: Desk) -> Reason:
    """A balance that rises by exactly the principal of an earlier payment: that one came back."""
    if facts.row.payment_minor:
        return Reason.NET_OF_RETURNS
    for recent in reversed(facts.progress.recent):
        principal, transaction_id = recent
        if principal == facts.raised_minor:
            undone = desk.find(transaction_id)
            on = max(facts.first_on, undone.value_on)
            amount = undone.amount_minor
            desk.book(facts.make(TransactionKind.REVERSAL, on, amount, of=transaction_id))
            facts.progress.recent.remove(recent)
            return Reason.RETURNED
    return Reason.BALANCE_RAISED


def _not_paid(facts: Facts, desk: Desk) -> Reason:
    desk.accrue(facts.last_on)
    account = desk.books.account
    if status(account) is not AccountStatus.ACTIVE:
        return Reason.NOTHING_OWED
    owed = unpaid(facts.terms, account, facts.last_on, ahead=False)
    is_due = any(one.outstanding_minor for one in owed if one.due_on <= facts.last_on)
    return Reason.MISSED if is_due else Reason.PAID_AHEAD
