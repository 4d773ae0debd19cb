"""What closes a loan on a day inside a period (docs/calc.md, `settlement`)."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.dates import MONTHLY, Period
from lending.domain.daycount import DayCount, year_share
from lending.domain.money import Rounding, divide

PERCENT: Final = 100
RATE_PCT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Due:
    """What is already due and unpaid besides the accruing balance, in minor units."""

    interest_minor: int = 0
    fee_minor: int = 0
    penalty_minor: int = 0


@dataclass(frozen=True, slots=True)
class EarlyFee:
    """Exactly one of `pct` (of the balance) and `amount_minor`."""

    pct: Fraction | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A balance that accrues from `period_start` to `period_end`, its next due date."""

    principal_minor: int
    annual_rate_pct: Fraction
    period_start: date
    period_end: date
    period: Period = MONTHLY
    day_count: DayCount = DayCount.PERIODIC
    due: Due = Due()
    early_fee: EarlyFee | None = None
    mode: Rounding = Rounding.HALF_EVEN


@dataclass(frozen=True, slots=True)
class Settlement:
    """`settlement_minor` = principal + `interest_minor` + `early_fee_minor` + `due_minor`."""

    days: int
    interest_minor: int
    early_fee_minor: int
    due_minor: int
    settlement_minor: int


def settle(position: Position, on: date) -> Settlement:
    """What closes the loan `on` a day of the period; `days` are the actual days accrued.

    Raises:
        NotComputable: invalid_field, a date, amount or rate is out of range; contradiction, the
            early fee is given twice.
    """
    _check(position, on)
    principal = position.principal_minor
    numerator, denominator = _accrued_share(position, on)
    rate = position.annual_rate_pct
    interest = divide(
        principal * rate.numerator * numerator,
        PERCENT * rate.denominator * denominator,
        position.mode,
    )
    early_fee = _early_fee(position)
    due = position.due.interest_minor + position.due.fee_minor + position.due.penalty_minor
    return Settlement(
        days=(on - position.period_start).days,
        interest_minor=interest,
        early_fee_minor=early_fee,
        due_minor=due,
        settlement_minor=principal + interest + early_fee + due,
    )


def _check(position: Position, on: date) -> None:
    if position.principal_minor < 0:
        raise NotComputable("invalid_field", "/principal_minor", "at least 0")
    if not 0 <= position.annual_rate_pct <= RATE_PCT_MAX:
        detail = f"0 to {RATE_PCT_MAX} percent a year"
        raise NotComputable("invalid_field", "/annual_rate_pct", detail)
    if position.period_end <= position.period_start:
        raise NotComputable("invalid_field", "/period_end", "not after the period's start")
    if not position.period_start <= on <= position.period_end:
        raise NotComputable("invalid_field", "/on", "outside the period")
    if position.period.every < 1:
        raise NotComputable("invalid_field", "/period/every", "at least 1")
    due = position.due
    for name, amount in (
        ("interest_minor", due.interest_minor),
        ("fee_minor", due.fee_minor),
        ("penalty_minor", due.penalty_minor),
    ):
        if amount < 0:
            raise NotComputable("invalid_field", f"/due/{name}", "at least 0")


def _accrued_share(position: Position, on: date) -> tuple[int, int]:
    """The share of a year from the period's start to `on`."""
    start, end = position.period_start, position.period_end
    if position.day_count is not DayCount.PERIODIC:
        share = year_share(start, on, position.day_count, period=(start, end))
        return share.numerator, share.denominator
    # A part of a regular period: its share of a year by actual days.
    numerator = position.period.every * (on - start).days
    return numerator, position.period.per_year * (end - start).days


def _early_fee(position: Position) -> int:
    fee = position.early_fee
    if fee is None:
        return 0
    if fee.pct is not None and fee.amount_minor is not None:
        raise NotComputable("contradiction", "/early_fee", "either pct or amount_minor")
    share = fee.amount_minor if fee.pct is None else fee.pct
    if share is None:
        raise NotComputable("invalid_field", "/early_fee", "missing: pct or amount_minor")
    if share < 0:
        raise NotComputable("invalid_field", "/early_fee", "at least 0")
    if fee.pct is None:
        return fee.amount_minor or 0
    numerator = position.principal_minor * fee.pct.numerator
    return divide(numerator, PERCENT * fee.pct.denominator, position.mode)
