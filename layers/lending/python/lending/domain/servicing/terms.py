"""What a loan account was agreed on: its plan, how interest runs, how payments are allocated."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

from lending.domain.allocation import AllocationRules, Future, Timing
from lending.domain.computable import NotComputable
from lending.domain.faults import StaleVersion

PERCENT: Final = 100
YEAR_DAYS: Final = (360, 364, 365)


class InterestBasis(StrEnum):
    """`scheduled`: interest is the plan's, however late or early it is paid.

    `outstanding`: simple daily interest on the principal that is really owed (actual days).
    """

    SCHEDULED = "scheduled"
    OUTSTANDING = "outstanding"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One due payment of the plan, in minor units."""

    due_on: date
    principal_minor: int
    interest_minor: int
    fee_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All of it."""
        return self.principal_minor + self.interest_minor + self.fee_minor


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """Fixed while the plan is in force; another plan is other terms.

    `later` are the plans that replaced this one, by `number` (1 for the first of them): each
    repays the same principal from some row on. An account says which of them is in force.
    `tolerance_minor` is by how much money for a settlement may miss what is owed and still
    close the loan. The rate and the days of a year matter to the outstanding basis only.

    Raises:
        NotComputable: invalid_field, rows that do not ascend or amounts below 0; contradiction,
            what the outstanding basis cannot hold (row fees, money in advance to the last row),
            a later plan of another loan or principal.
    """

    loan_id: str
    currency: str
    opened_on: date
    plan: tuple[PlanRow, ...]
    rules: AllocationRules
    tolerance_minor: int = 0
    basis: InterestBasis = InterestBasis.SCHEDULED
    annual_rate_pct: Fraction = Fraction(0)
    year_days: int = 365
    number: int = 0
    later: tuple["AccountTerms", ...] = ()
    due_on: tuple[date, ...] = field(init=False, repr=False, compare=False)
    # Sums over the first k rows, k = 0 .. number of rows.
    principal_until: tuple[int, ...] = field(init=False, repr=False, compare=False)
    interest_until: tuple[int, ...] = field(init=False, repr=False, compare=False)
    fee_until: tuple[int, ...] = field(init=False, repr=False, compare=False)
    total_until: tuple[int, ...] = field(init=False, repr=False, compare=False)
    # Whether money in advance meets one row after the other, so that it reaches only the next.
    ahead_in_order: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check(self)
        rows = self.plan
        columns = {
            "due_on": tuple(row.due_on for row in rows),
            "principal_until": _sums(row.principal_minor for row in rows),
            "interest_until": _sums(row.interest_minor for row in rows),
            "fee_until": _sums(row.fee_minor for row in rows),
            "total_until": _sums(row.total_minor for row in rows),
            "ahead_in_order": _ahead_in_order(self.rules),
        }
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    @property
    def principal_minor(self) -> int:
        """What the plan repays."""
        return self.principal_until[-1]

    @property
    def interest_denominator(self) -> int:
        """What principal x rate numerator x days is divided by."""
        return PERCENT * self.annual_rate_pct.denominator * self.year_days

    def in_force(self, number: int) -> "AccountTerms":
        """The terms under the plan of this number.

        Raises:
            StaleVersion: the account knows a plan that these terms, read before it, do not.
        """
        if number == self.number:
            return self
        if not self.number < number <= self.number + len(self.later):
            raise StaleVersion(f"{self.loan_id}: plan {number} is not among the terms read")
        return self.later[number - self.number - 1]

    def kept_rows(self, later: "AccountTerms") -> int:
        """How many rows from the first on a later plan has in common with this one."""
        pairs = enumerate(zip(self.plan, later.plan, strict=False))
        differ = (index for index, (row, other) in pairs if row != other)
        return next(differ, min(len(self.plan), len(later.plan)))

    def rows_due(self, on: date) -> int:
        """How many rows fall due on or before a day."""
        return bisect_right(self.due_on, on)

    def rows_met(self, amount_minor: int) -> int:
        """How many rows an amount meets in full, taken from the first on."""
        return bisect_right(self.total_until, amount_minor) - 1


def _sums(amounts: Iterable[int]) -> tuple[int, ...]:
    return tuple(accumulate(amounts, initial=0))


def _ahead_in_order(rules: AllocationRules) -> bool:
    blocks = [timing for timing, _ in rules.blocks if timing is Timing.IN_ADVANCE]
    return rules.future is Future.NEXT and len(blocks) == 1


def _check(terms: AccountTerms) -> None:
    rows = terms.plan
    if rows and rows[0].due_on < terms.opened_on:
        raise NotComputable("invalid_field", "/plan/0/due_on", "before the loan is opened")
    for index, (earlier, later) in enumerate(pairwise(rows), start=1):
        if later.due_on < earlier.due_on:
            raise NotComputable("invalid_field", f"/plan/{index}/due_on", "due dates ascend")
    for index, row in enumerate(rows):
        if min(row.principal_minor, row.interest_minor, row.fee_minor) < 0:
            raise NotComputable("invalid_field", f"/plan/{index}", "amounts are 0 or more")
    if terms.tolerance_minor < 0 or terms.annual_rate_pct < 0:
        raise NotComputable("invalid_field", "/tolerance_minor", "at least 0")
    _check_later(terms)
    if terms.basis is InterestBasis.OUTSTANDING:
        if terms.year_days not in YEAR_DAYS:
            raise NotComputable("invalid_field", "/year_days", "360, 364 or 365")
        if terms.rules.future is not Future.NEXT:
            detail = "principal paid in advance shortens the loan; rows are met in order"
            raise NotComputable("contradiction", "/rules/future", detail)
        if any(row.fee_minor for row in rows):
            raise NotComputable("contradiction", "/plan", "fees are charges on this basis")


def _check_later(terms: AccountTerms) -> None:
    """Later plans repay what this one repays; interest runs by the plan, or it would start anew."""
    wanted = sum(row.principal_minor for row in terms.plan)
    for number, one in enumerate(terms.later, start=terms.number + 1):
        same = (one.loan_id, one.currency, one.opened_on, one.basis, one.number, one.later)
        if same != (terms.loan_id, terms.currency, terms.opened_on, terms.basis, number, ()):
            raise NotComputable("contradiction", f"/later/{number - 1}", "another loan's plan")
        if one.principal_minor != wanted:
            raise NotComputable("contradiction", f"/later/{number - 1}", "repays another principal")
    if terms.later and terms.basis is InterestBasis.OUTSTANDING:
        detail = "a plan is replaced on the scheduled basis only"
        raise NotComputable("contradiction", "/later", detail)
