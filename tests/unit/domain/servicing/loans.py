"""Loans small enough to reckon by hand, and a bookkeeper that holds the books to account.

The plan repays 300 in three months at an interest of exactly 1 a day: 31, 28 and 31.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from lending.domain.allocation import AllocationRules, Component, entries_of
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import JournalEntry
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.account import Owes, owes
from lending.domain.servicing.booking import (
    Booking,
    History,
    LoanBooks,
    accrue,
    balances,
    book,
    needs_history,
)
from lending.domain.servicing.terms import AccountTerms, InterestBasis, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.servicing.verification import LoanLedger, first_broken

RULES = AllocationRules(entries_of(["penalty", "fee", "interest", "principal"]))
TERMS = AccountTerms(
    loan_id="loan_1",
    currency="CNY",
    opened_on=date(2026, 1, 1),
    plan=(
        PlanRow(date(2026, 2, 1), 100, 31),
        PlanRow(date(2026, 3, 1), 100, 28),
        PlanRow(date(2026, 4, 1), 100, 31),
    ),
    rules=RULES,
    tolerance_minor=2,
)
# 36,500 at 10 % by actual days over 365: interest of exactly 10 a day at first.
SIMPLE = AccountTerms(
    loan_id="loan_1",
    currency="CNY",
    opened_on=date(2026, 1, 1),
    plan=(
        PlanRow(date(2026, 2, 1), 12_000, 310),
        PlanRow(date(2026, 3, 1), 12_000, 190),
        PlanRow(date(2026, 4, 1), 12_500, 110),
    ),
    rules=RULES,
    tolerance_minor=2,
    basis=InterestBasis.OUTSTANDING,
    annual_rate_pct=Fraction(10),
)
TODAY = date(2026, 12, 31)
AT = datetime(2026, 12, 31, 12, tzinfo=UTC)


def day(text: str) -> date:
    """`02-01` is 1 February 2026."""
    return date.fromisoformat(f"2026-{text}")


def fact(kind: TransactionKind, on: str, amount_minor: int, **more: Any) -> Transaction:
    """A transaction; its id tells kind, date and amount unless given."""
    more.setdefault("transaction_id", f"{kind}-{on}-{amount_minor}")
    more.setdefault("currency", "CNY")
    return Transaction(kind=kind, value_on=day(on), booked_at=AT, amount_minor=amount_minor, **more)


def lent(on: str = "01-01", amount_minor: int = 300, **more: Any) -> Transaction:
    return fact(TransactionKind.DISBURSEMENT, on, amount_minor, **more)


def paid(on: str, amount_minor: int, **more: Any) -> Transaction:
    return fact(TransactionKind.PAYMENT, on, amount_minor, **more)


def settled(on: str, amount_minor: int, **more: Any) -> Transaction:
    return fact(TransactionKind.SETTLEMENT, on, amount_minor, **more)


def charged(on: str, amount_minor: int, component: Component, **more: Any) -> Transaction:
    return fact(TransactionKind.CHARGE, on, amount_minor, component=component, **more)


def waived(on: str, amount_minor: int, component: Component, **more: Any) -> Transaction:
    return fact(TransactionKind.WAIVER, on, amount_minor, component=component, **more)


def returned(on: str, undone: Transaction, **more: Any) -> Transaction:
    more.setdefault("transaction_id", f"return of {undone.transaction_id}")
    more.setdefault("of", undone.transaction_id)
    return fact(TransactionKind.REVERSAL, on, undone.amount_minor, **more)


class Bookkeeper:
    """One loan's books as a store would keep them; checks everything after each booking."""

    def __init__(self, terms: AccountTerms = TERMS, *facts: Transaction) -> None:
        self.terms = terms
        self.books = LoanBooks()
        self.transactions: list[Transaction] = []
        self.entries: list[JournalEntry] = []
        for one in facts:
            self.book(one)

    def attempt(self, made: Transaction, today: date = TODAY) -> Booking | BookingRefusal:
        """Book or be refused."""
        history = None
        if needs_history(self.books, made):
            history = History(tuple(self.transactions), tuple(self.entries))
        result = book(self.terms, self.books, made, today, history)
        if isinstance(result, Booking):
            assert result.transaction == made
            self.transactions.append(made)
            self._keep(result)
        return result

    def book(self, made: Transaction, today: date = TODAY) -> Booking:
        """Book; a refusal fails the test."""
        result = self.attempt(made, today)
        assert isinstance(result, Booking), result
        return result

    def refused(self, made: Transaction, today: date = TODAY) -> BookingRefusal:
        """Be refused; a booking fails the test."""
        result = self.attempt(made, today)
        assert isinstance(result, BookingRefusal), result
        return result

    def accrue(self, through: date) -> Booking | None:
        result = accrue(self.terms, self.books, through, AT)
        if result is not None:
            self._keep(result)
        return result

    def _keep(self, result: Booking) -> None:
        self.entries.extend(result.entries)
        self.books = result.after
        broken = first_broken(self.ledger)
        assert broken is None, str(broken)

    @property
    def ledger(self) -> LoanLedger:
        return LoanLedger(self.terms, self.books, tuple(self.transactions), tuple(self.entries))

    def balances(self) -> dict[str, int]:
        """Accounts that are not at zero."""
        return {
            account.value: amount
            for account, amount in balances(self.terms, self.books).items()
            if amount
        }

    def owed(self, on: str | None = None) -> Owes:
        through = day(on) if on else self.books.accrued_on
        assert through is not None
        return owes(self.terms, self.books.account, through)

    def result_minor(self) -> int:
        """Income less expense: what the loan earned us."""
        found = balances(self.terms, self.books)
        return -sum(
            found[account]
            for account in (
                Account.INTEREST_INCOME,
                Account.FEE_INCOME,
                Account.PENALTY_INCOME,
                Account.RECOVERY,
                Account.WRITE_OFF,
                Account.TOLERANCE,
            )
        )


def with_tolerance(terms: AccountTerms, minor: int) -> AccountTerms:
    return replace(terms, tolerance_minor=minor)
