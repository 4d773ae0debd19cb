"""What a repayment schedule is drawn up from. Field names are those of docs/calc.md.

Values only; `lending.domain.schedule.conditions` says which of them fit together. Amounts are
minor units, rates exact fractions of percent, dates calendar days.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final, Literal

from lending.domain.dates import MONTHLY, MonthEnd, Period
from lending.domain.daycount import DayCount
from lending.domain.money import Rounding

PERIODS_WHEN_OPEN_MAX: Final = 1_200
PERIODS_MAX: Final = 12_000
RATE_PCT_MAX: Final = 1_000


class PlanKind(StrEnum):
    """How principal and interest are laid over the periods (rules 2 to 9)."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BALLOON = "balloon"
    FLAT = "flat"
    STEP = "step"
    LEASE = "lease"


class OddDays(StrEnum):
    """What becomes of the days by which the first period is longer than regular."""

    ACCRUE = "accrue"
    FIRST = "first"
    SPREAD = "spread"
    UPFRONT = "upfront"


@dataclass(frozen=True, slots=True)
class RoundingRules:
    """`instalment_mode` None = `mode`; the instalment is a multiple of its own unit."""

    mode: Rounding = Rounding.HALF_EVEN
    residue: Literal["last", "spread"] = "last"
    instalment_multiple_minor: int = 1
    instalment_mode: Rounding | None = None


@dataclass(frozen=True, slots=True)
class Grace:
    """First periods without principal, and without collecting the interest they are charged."""

    principal_periods: int = 0
    interest_periods: int = 0


@dataclass(frozen=True, slots=True)
class DownPayment:
    """Exactly one of `pct` (of the principal) and `amount_minor`, in whole `multiple_minor`."""

    pct: Fraction | None = None
    amount_minor: int | None = None
    multiple_minor: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """So many instalments of this relative weight."""

    periods: int
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Tranche:
    """One disbursement of several."""

    on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RateChange:
    """The nominal annual rate from this day on."""

    on: date
    annual_rate_pct: Fraction


@dataclass(frozen=True, slots=True)
class Repaid:
    """Principal that really came back on a day."""

    on: date
    principal_minor: int


@dataclass(frozen=True, slots=True)
class Accrual:
    """What interest runs on; `outstanding` until `as_of`: on what was lent less what `paid`."""

    basis: Literal["scheduled", "outstanding"] = "scheduled"
    as_of: date | None = None
    paid: tuple[Repaid, ...] = ()


@dataclass(frozen=True, slots=True)
class Fee:
    """Exactly one of `amount_minor` and `pct` (of the principal)."""

    code: str
    when: Literal["upfront", "financed", "each_instalment"]
    amount_minor: int | None = None
    pct: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A loan or a lease as agreed; None = not agreed, see each rule for what then holds."""

    annual_rate_pct: Fraction
    plan: PlanKind
    disbursed_on: date
    principal_minor: int | None = None
    periods: int | None = None
    period: Period = MONTHLY
    first_due_on: date | None = None
    due_dates: tuple[date, ...] | None = None
    month_end: MonthEnd = MonthEnd.CLAMP
    day_count: DayCount = DayCount.PERIODIC
    rounding: RoundingRules = RoundingRules()
    instalment_minor: int | None = None
    principal_instalment_minor: int | None = None
    balloon_minor: int | None = None
    residual_minor: int | None = None
    advance_rents: int | None = None
    steps: tuple[Step, ...] | None = None
    grace: Grace = Grace()
    down_payment: DownPayment | None = None
    tranches: tuple[Tranche, ...] | None = None
    rate_changes: tuple[RateChange, ...] | None = None
    odd_days_interest: OddDays | None = None
    accrual: Accrual | None = None
    fees: tuple[Fee, ...] = ()

    @property
    def lent_minor(self) -> int:
        """The amount lent, of which percentages are taken."""
        if self.tranches is not None:
            return sum(tranche.amount_minor for tranche in self.tranches)
        return self.principal_minor or 0
