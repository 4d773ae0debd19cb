"""Moving a date by months and by whole periods. The anchor's day number is never lost."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MONTHS_PER_YEAR = 12
WEEKS_PER_YEAR = 52
DAYS_PER_YEAR = 365
DAYS_PER_WEEK = 7
# Every month has them: no clamping, no rolling.
DAYS_IN_SHORTEST_MONTH = 28


class MonthEnd(StrEnum):
    """Where a day number falls that a month does not have: its last day, or the next first."""

    CLAMP = "clamp"
    ROLL = "roll"


class PeriodUnit(StrEnum):
    """What a repayment period is counted in."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"


UNITS_PER_YEAR = {
    PeriodUnit.MONTH: MONTHS_PER_YEAR,
    PeriodUnit.WEEK: WEEKS_PER_YEAR,
    PeriodUnit.DAY: DAYS_PER_YEAR,
}


@dataclass(frozen=True, slots=True)
class Period:
    """The regular distance of two due dates: `every` units, `every`/`per_year` of a year."""

    every: int = 1
    unit: PeriodUnit = PeriodUnit.MONTH

    @property
    def per_year(self) -> int:
        """Units (not periods) in a year: 12, 52 or 365."""
        return UNITS_PER_YEAR[self.unit]


MONTHLY = Period()


def add_months(anchor: date, months: int, month_end: MonthEnd = MonthEnd.CLAMP) -> date:
    """The anchor's day number `months` later (earlier if negative).

    Raises:
        ValueError: the result is before the year 1 or after 9999.
    """
    years, month_index = divmod(anchor.month - 1 + months, MONTHS_PER_YEAR)
    year, month, day = anchor.year + years, month_index + 1, anchor.day
    if not date.min.year <= year <= date.max.year:
        raise ValueError("the year is before 1 or after 9999")
    if day > DAYS_IN_SHORTEST_MONTH:
        last = monthrange(year, month)[1]
        if day > last:
            end = date(year, month, last)
            return end if month_end is MonthEnd.CLAMP else end + timedelta(days=1)
    return date(year, month, day)


def add_units(
    anchor: date, count: int, unit: PeriodUnit, month_end: MonthEnd = MonthEnd.CLAMP
) -> date:
    """The date `count` months, weeks or days after the anchor (before it if negative).

    Raises:
        ValueError: the result is before the year 1 or after 9999.
    """
    if unit is PeriodUnit.MONTH:
        return add_months(anchor, count, month_end)
    days = count * DAYS_PER_WEEK if unit is PeriodUnit.WEEK else count
    ordinal = anchor.toordinal() + days
    if not 1 <= ordinal <= date.max.toordinal():
        raise ValueError("the date is before the year 1 or after 9999")
    return date.fromordinal(ordinal)


def whole_months(start: date, to: date) -> int:
    """The largest k with `start` + k months (clamped) not after `to`; `start` <= `to`."""
    months = (to.year - start.year) * MONTHS_PER_YEAR + to.month - start.month
    return months - (add_months(start, months) > to)


def whole_months_back(start: date, to: date) -> int:
    """The largest k with `to` - k months (clamped) not before `start`; `start` <= `to`."""
    months = (to.year - start.year) * MONTHS_PER_YEAR + to.month - start.month
    return months - (add_months(to, -months) < start)


def whole_units(start: date, to: date, unit: PeriodUnit) -> int:
    """The largest k with `start` + k units (months clamped) not after `to`; `start` <= `to`."""
    if unit is PeriodUnit.MONTH:
        return whole_months(start, to)
    days = (to - start).days
    return days // DAYS_PER_WEEK if unit is PeriodUnit.WEEK else days
