"""The state of a loan account, and what can be read off it: what is owed, what closes it.

The state is a pure fold of the terms and the transactions (`fold`); it holds nothing that time
alone changes. Interest is a function of the state and a day, so it can be asked for any day at
or after the last transaction and never drifts.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from lending.domain.ledger.accounts import Account
from lending.domain.servicing.terms import AccountTerms, InterestBasis
from lending.domain.servicing.transactions import Place

INDEX: Final = {account: index for index, account in enumerate(Account)}
_PRINCIPAL: Final = INDEX[Account.LOAN_PRINCIPAL]
_INTEREST: Final = INDEX[Account.INTEREST_RECEIVABLE]
_FEE: Final = INDEX[Account.FEE_RECEIVABLE]
_PENALTY: Final = INDEX[Account.PENALTY_RECEIVABLE]
_SUSPENSE: Final = INDEX[Account.SUSPENSE]
_REFUND_PAYABLE: Final = INDEX[Account.REFUND_PAYABLE]
_DEPOSIT: Final = INDEX[Account.LEASE_DEPOSIT]


class Paid(NamedTuple):
    """What was paid (or waived) of one plan row that is not yet cleared."""

    row: int
    principal_minor: int = 0
    interest_minor: int = 0
    fee_minor: int = 0


class Charge(NamedTuple):
    """What is left of the charges of one day."""

    due_on: date
    fee_minor: int = 0
    penalty_minor: int = 0


class EndKind(StrEnum):
    """Why nothing accrues any more."""

    PAID = "paid"  # every instalment was paid
    SETTLED = "settled"  # one payment closed it, within the tolerance
    WRITTEN_OFF = "written_off"  # off the books; the claim goes on


class Earned(NamedTuple):
    """Income by the passing of time alone: interest, and the fees of rows that fell due."""

    interest_minor: int = 0
    fee_minor: int = 0


class Ended(NamedTuple):
    """When accrual stopped, and what it had come to."""

    kind: EndKind
    on: date
    earned: Earned


@dataclass(frozen=True, slots=True)
class LoanAccount:
    """After some transactions, in their order. A fresh one is a loan without any.

    `balances` (in the order of `Account`) leave out what time accrued. `cleared` rows from the
    first on are paid in full, `partly` says what was paid of others (scheduled basis).
    `satisfied_minor` of instalments are met, and interest since the start is
    `interest_numerator` over the terms' denominator until `interest_since` (outstanding basis).
    `claim_minor` is what was written off and not recovered. `plan` is the number of the plan in
    force (0: the first).
    """

    balances: tuple[int, ...] = (0,) * len(Account)
    disbursed_minor: int = 0
    cleared: int = 0
    partly: tuple[Paid, ...] = ()
    satisfied_minor: int = 0
    interest_numerator: int = 0
    interest_since: date | None = None
    charges: tuple[Charge, ...] = ()
    claim_minor: int = 0
    ended: Ended | None = None
    last: Place | None = None
    plan: int = 0

    @property
    def principal_minor(self) -> int:
        """Lent and not repaid."""
        return self.balances[_PRINCIPAL]

    @property
    def suspense_minor(self) -> int:
        """Money held for the customer; below 0: refunded although it turned out to be owed."""
        return -self.balances[_SUSPENSE]

    @property
    def deposit_minor(self) -> int:
        """The customer's security deposit that we hold."""
        return -self.balances[_DEPOSIT]

    @property
    def refund_payable_minor(self) -> int:
        """Owed to the customer and not paid out yet."""
        return -self.balances[_REFUND_PAYABLE]


FRESH: Final = LoanAccount()


class AccountStatus(StrEnum):
    """Where the loan stands in money."""

    NOT_DISBURSED = "not_disbursed"
    ACTIVE = "active"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"


def status(account: LoanAccount) -> AccountStatus:
    """Closed means that nothing is owed and nothing will be."""
    if account.ended is not None and account.ended.kind is EndKind.WRITTEN_OFF:
        return AccountStatus.WRITTEN_OFF
    if not account.disbursed_minor:
        return AccountStatus.NOT_DISBURSED
    if account.ended is not None and not account.charges:
        return AccountStatus.CLOSED
    return AccountStatus.ACTIVE


def earned(terms: AccountTerms, account: LoanAccount, on: date) -> Earned:
    """What accrued through a day, the day of the last transaction or a later one.

    Scheduled: the interest of rows due until then, and of the running row its share by days,
    rounded down once. Outstanding: principal x rate x days, exact and rounded down once.
    """
    if account.ended is not None:
        return account.ended.earned
    if not account.disbursed_minor:
        return Earned()
    if terms.basis is InterestBasis.OUTSTANDING:
        return Earned(interest_numerator(terms, account, on) // terms.interest_denominator)
    terms = terms.in_force(account.plan)
    rows = terms.rows_due(on)
    interest = terms.interest_until[rows]
    if rows < len(terms.plan):
        start = terms.due_on[rows - 1] if rows else terms.opened_on
        elapsed = (on - start).days
        if elapsed > 0:
            days = (terms.due_on[rows] - start).days
            interest += terms.plan[rows].interest_minor * elapsed // days
    return Earned(interest, terms.fee_until[rows])


def interest_numerator(terms: AccountTerms, account: LoanAccount, on: date) -> int:
    """Interest on what was really owed, before its division (outstanding basis)."""
    if account.interest_since is None:
        return account.interest_numerator
    days = (on - account.interest_since).days
    rate = terms.annual_rate_pct.numerator
    return account.interest_numerator + account.principal_minor * rate * days


class Owes(NamedTuple):
    """What is owed on the books on a day; interest or fees below 0 were paid in advance."""

    principal_minor: int
    interest_minor: int
    fee_minor: int
    penalty_minor: int

    @property
    def total_minor(self) -> int:
        """All of it."""
        return sum(self)


def owes(terms: AccountTerms, account: LoanAccount, on: date) -> Owes:
    """Principal, interest accrued through `on`, fees and penalties, less what was paid of them."""
    accrued, balances = earned(terms, account, on), account.balances
    return Owes(
        principal_minor=balances[_PRINCIPAL],
        interest_minor=accrued.interest_minor + balances[_INTEREST],
        fee_minor=accrued.fee_minor + balances[_FEE],
        penalty_minor=balances[_PENALTY],
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """What closes the loan on a day: `total_minor` = owed + early fee - suspense."""

    on: date
    owed: Owes
    early_fee_minor: int
    suspense_minor: int
    total_minor: int


def quote(terms: AccountTerms, account: LoanAccount, on: date, early_fee_minor: int = 0) -> Quote:
    """The pay-off amount on a day at or after the last transaction."""
    owed = owes(terms, account, on)
    total = owed.total_minor + early_fee_minor - account.suspense_minor
    return Quote(on, owed, early_fee_minor, account.suspense_minor, total)
