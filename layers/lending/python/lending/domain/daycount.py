"""Day counts: which exact share of a year lies between two dates (table of docs/calc.md).

Sources: ISDA 2006 definitions 4.16 (ACT/ACT ISDA, 30/360, 30E/360, 30E/360 ISDA), ICMA rule
251 (ACT/365L), Directive 2008/48/EC Annex I (EU APR). Shares are pairs of integers, so that
interest can be multiplied first and divided once.
"""

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final, Literal

from lending.domain.computable import NotComputable
from lending.domain.dates import (
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    MONTHS_PER_YEAR,
    WEEKS_PER_YEAR,
    add_months,
    whole_months_back,
)

LEAP_YEAR_DAYS: Final = 366
COMMERCIAL_YEAR_DAYS: Final = 360
COMMERCIAL_MONTH_DAYS: Final = 30
FEBRUARY: Final = 2
LEAP_DAY: Final = 29


class DayCount(StrEnum):
    """`PERIODIC` makes sense inside a schedule only: a period is its share of a year."""

    ACT_360 = "ACT/360"
    ACT_364 = "ACT/364"
    ACT_365F = "ACT/365F"
    ACT_365L = "ACT/365L"
    ACT_ACT = "ACT/ACT"
    ACT_ACT_ISDA = "ACT/ACT ISDA"
    THIRTY_360 = "30/360"
    THIRTY_360_US = "30/360 US"
    THIRTY_E_360 = "30E/360"
    THIRTY_E_360_ISDA = "30E/360 ISDA"
    PERIODIC = "PERIODIC"


# Actual days over one number, whatever the year.
FIXED_YEARS: Final = {DayCount.ACT_360: 360, DayCount.ACT_364: 364, DayCount.ACT_365F: 365}
YEARS_OF_360: Final = frozenset(
    {
        DayCount.ACT_360,
        DayCount.THIRTY_360,
        DayCount.THIRTY_360_US,
        DayCount.THIRTY_E_360,
        DayCount.THIRTY_E_360_ISDA,
    }
)


@dataclass(frozen=True, slots=True)
class YearShare:
    """`numerator`/`denominator` of a year (not reduced) in `days` of the convention."""

    days: int
    numerator: int
    denominator: int


def year_share(
    start: date,
    to: date,
    day_count: DayCount,
    *,
    maturity: date | None = None,
    period: tuple[date, date] | None = None,
) -> YearShare:
    """The share of a year from `start` to `to`.

    `maturity` matters to 30E/360 ISDA. `period` is the whole repayment period of which the
    dates are a part; it matters to ACT/365L (None: the dates themselves).

    Raises:
        NotComputable: `to` is before `start`, or the day count is PERIODIC.
    """
    actual = to.toordinal() - start.toordinal()
    if actual < 0:
        raise NotComputable("invalid_field", "/to", "the end is before the start")
    match day_count:
        case DayCount.ACT_360 | DayCount.ACT_364 | DayCount.ACT_365F:
            return YearShare(actual, actual, FIXED_YEARS[day_count])
        case DayCount.ACT_365L:
            leap = _has_leap_day(*(period or (start, to)))
            return YearShare(actual, actual, LEAP_YEAR_DAYS if leap else DAYS_PER_YEAR)
        case DayCount.ACT_ACT:
            return _by_length_of_year(start, to, first_day_counts=False)
        case DayCount.ACT_ACT_ISDA:
            return _by_length_of_year(start, to, first_day_counts=True)
        case DayCount.PERIODIC:
            raise NotComputable("invalid_field", "/day_count", "PERIODIC needs a schedule")
        case _:
            days = _days_of_360(start, to, day_count, maturity)
            return YearShare(days, days, COMMERCIAL_YEAR_DAYS)


def _has_leap_day(after: date, to: date) -> bool:
    return any(
        isleap(year) and after < date(year, FEBRUARY, LEAP_DAY) <= to
        for year in range(after.year, to.year + 1)
    )


def _by_length_of_year(start: date, to: date, *, first_day_counts: bool) -> YearShare:
    """Each day counts by the year it lies in: [start, to) or (start, to].

    Ordinals, not dates: the day after `to` may lie beyond the last year a date can hold.
    """
    first, end = start.toordinal(), to.toordinal()
    if not first_day_counts:
        first, end = first + 1, end + 1
    leap = 0
    for year in range(start.year, to.year + 1):
        if isleap(year):
            new_year = date(year, 1, 1).toordinal()
            leap += max(0, min(end, new_year + LEAP_YEAR_DAYS) - max(first, new_year))
    days = end - first
    if leap == 0:
        return YearShare(days, days, DAYS_PER_YEAR)
    if leap == days:
        return YearShare(days, days, LEAP_YEAR_DAYS)
    numerator = leap * DAYS_PER_YEAR + (days - leap) * LEAP_YEAR_DAYS
    return YearShare(days, numerator, DAYS_PER_YEAR * LEAP_YEAR_DAYS)


def _last_of_february(day: date) -> bool:
    return day.month == FEBRUARY and day.day == monthrange(day.year, FEBRUARY)[1]


def _days_of_360(start: date, to: date, day_count: DayCount, maturity: date | None) -> int:
    """Days between two dates in a year of twelve months of 30 days."""
    first, last = start.day, to.day
    if day_count is DayCount.THIRTY_E_360:
        first, last = min(first, COMMERCIAL_MONTH_DAYS), min(last, COMMERCIAL_MONTH_DAYS)
    elif day_count is DayCount.THIRTY_E_360_ISDA:
        if _last_of_february(start):
            first = COMMERCIAL_MONTH_DAYS
        if _last_of_february(to) and to != maturity:
            last = COMMERCIAL_MONTH_DAYS
        first, last = min(first, COMMERCIAL_MONTH_DAYS), min(last, COMMERCIAL_MONTH_DAYS)
    else:
        if day_count is DayCount.THIRTY_360_US and _last_of_february(start):
            first = COMMERCIAL_MONTH_DAYS
            if _last_of_february(to):
                last = COMMERCIAL_MONTH_DAYS
        first = min(first, COMMERCIAL_MONTH_DAYS)
        if first == COMMERCIAL_MONTH_DAYS:
            last = min(last, COMMERCIAL_MONTH_DAYS)
    months = (to.year - start.year) * MONTHS_PER_YEAR + to.month - start.month
    return months * COMMERCIAL_MONTH_DAYS + last - first


type TimeUnit = Literal["year", "month", "week", "day"]


@dataclass(frozen=True, slots=True)
class EuFraction:
    """`value` years: `whole_units` of the unit, and `days` of `year_days` (0 if no days)."""

    whole_units: int
    days: int
    year_days: int
    value: Fraction


def eu_apr_fraction(start: date, to: date, unit: TimeUnit) -> EuFraction:
    """Years from `start` to `to` as the EU's annual percentage rate counts them.

    Whole units are counted back from `to`; the days left over are divided by the days of the
    year that ends where the counting stopped. `day` counts all days, each 1/365.

    Raises:
        NotComputable: `to` is before `start`.
    """
    if to < start:
        raise NotComputable("invalid_field", "/to", "the end is before the start")
    match unit:
        case "year":
            units, per_year = whole_months_back(start, to) // MONTHS_PER_YEAR, 1
            stopped_on = add_months(to, -units * MONTHS_PER_YEAR)
        case "month":
            units, per_year = whole_months_back(start, to), MONTHS_PER_YEAR
            stopped_on = add_months(to, -units)
        case "week":
            units, per_year = (to - start).days // DAYS_PER_WEEK, WEEKS_PER_YEAR
            stopped_on = to - timedelta(days=units * DAYS_PER_WEEK)
        case "day":
            units, per_year, stopped_on = 0, 1, to
    days = (stopped_on - start).days
    if days == 0:
        return EuFraction(units, 0, 0, Fraction(units, per_year))
    year_days = DAYS_PER_YEAR if unit == "day" else _days_of_year_ending(stopped_on)
    return EuFraction(units, days, year_days, Fraction(units, per_year) + Fraction(days, year_days))


def _days_of_year_ending(on: date) -> int:
    """Actual days from the same date a year earlier (clamped) to `on`."""
    leap_day_is_past = (on.month, on.day) >= (FEBRUARY, LEAP_DAY)
    return LEAP_YEAR_DAYS if isleap(on.year - (not leap_day_is_past)) else DAYS_PER_YEAR
