"""The dates of a schedule and which share of a year each period is (calc.md, day counts)."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, repeat
from math import lcm
from operator import sub

from lending.domain.computable import NotComputable
from lending.domain.dates import (
    DAYS_IN_SHORTEST_MONTH,
    DAYS_PER_WEEK,
    MONTHS_PER_YEAR,
    MonthEnd,
    Period,
    PeriodUnit,
    add_months,
    add_units,
    whole_units,
)
from lending.domain.daycount import FIXED_YEARS, DayCount, year_share
from lending.domain.schedule.terms import PERIODS_WHEN_OPEN_MAX, OddDays, Terms

DAYS_IN_DECEMBER = 31


@dataclass(frozen=True, slots=True)
class Layout:
    """Period i runs from `starts[i]` to `dues[i]`, actually `days[i]` days.

    It is `numerators[i]` / `denominator` of a year. `odd_from` is the day from which odd days
    are counted apart, up to `starts[0]` (None: there are none).
    """

    starts: list[date]
    dues: list[date]
    days: list[int]
    numerators: list[int]
    denominator: int
    day_count: DayCount
    odd_from: date | None

    def period_of(self, on: date) -> int | None:
        """Index of the period with start <= `on` < due; odd days belong to the first."""
        index = bisect_right(self.dues, on)
        return index if index < len(self.dues) else None

    def shares(self, index: int, cuts: list[date]) -> list[tuple[int, int]]:
        """Numerators and denominators of a period's parts, cut on days within it (rising)."""
        start, due = self.starts[index], self.dues[index]
        bounds = [start, *cuts, due]
        parts = []
        for left, right in pairwise(bounds):
            if self.day_count is DayCount.PERIODIC:
                days = right.toordinal() - left.toordinal()
                part = (self.numerators[index] * days, self.denominator * self.days[index])
            else:
                share = year_share(
                    left, right, self.day_count, maturity=self.dues[-1], period=(start, due)
                )
                part = (share.numerator, share.denominator)
            parts.append(part)
        return parts


def lay_out(terms: Terms, periods: int) -> Layout:
    """The dates of `periods` periods and their shares of a year.

    Raises:
        NotComputable: a due date would lie after the year 9999.
    """
    dues = _due_dates(terms, periods)
    first = terms.disbursed_on
    odd_from = None
    if terms.odd_days_interest not in (None, OddDays.ACCRUE) and not _regular(terms):
        regular_start = _one_period_before(dues[0], terms.period, terms.month_end)
        if regular_start > first:
            first, odd_from = regular_start, first
    starts = [first, *dues[:-1]]
    ordinals = list(map(date.toordinal, dues))
    days = list(map(sub, ordinals, [first.toordinal(), *ordinals]))
    numerators, denominator = _year_shares(terms, starts, dues, days, counts_apart=odd_from)
    return Layout(starts, dues, days, numerators, denominator, terms.day_count, odd_from)


def periods_until_the_last_year(terms: Terms) -> int:
    """How many periods an open loan can have: 1,200, or fewer where the calendar ends."""
    first = terms.first_due_on or terms.disbursed_on
    every = terms.period.every
    if terms.period.unit is PeriodUnit.MONTH:
        left = (date.max.year - first.year) * MONTHS_PER_YEAR + MONTHS_PER_YEAR - first.month
    else:
        left = (date.max - first).days
        every *= DAYS_PER_WEEK if terms.period.unit is PeriodUnit.WEEK else 1
    possible = left // every + (terms.first_due_on is not None)
    return min(PERIODS_WHEN_OPEN_MAX, possible)


def _due_dates(terms: Terms, periods: int) -> list[date]:
    if terms.due_dates is not None:
        return list(terms.due_dates)
    anchor, skipped = terms.first_due_on, 0
    if anchor is None:
        anchor, skipped = terms.disbursed_on, 1
    try:
        return _regular_dates(anchor, skipped, periods, terms.period, terms.month_end)
    except (ValueError, OverflowError):
        pointer, detail = "/periods", "the last due date lies after the year 9999"
        raise NotComputable("invalid_field", pointer, detail) from None


def _regular_dates(
    anchor: date, skipped: int, count: int, period: Period, month_end: MonthEnd
) -> list[date]:
    """`anchor` + i periods for i = `skipped` and the following ones, `count` dates.

    Raises:
        ValueError, OverflowError: a date would lie after the year 9999.
    """
    every = period.every
    steps = range(skipped * every, (skipped + count) * every, every)
    if period.unit is not PeriodUnit.MONTH:
        first = anchor.toordinal()
        per_step = DAYS_PER_WEEK if period.unit is PeriodUnit.WEEK else 1
        return [date.fromordinal(first + step * per_step) for step in steps]
    day = anchor.day
    if day > DAYS_IN_SHORTEST_MONTH:
        return [add_months(anchor, step, month_end) for step in steps]
    since_year_0 = anchor.year * MONTHS_PER_YEAR + anchor.month - 1
    months = range(since_year_0 + steps.start, since_year_0 + steps.stop, every)
    years = [month // MONTHS_PER_YEAR for month in months]
    return list(map(date, years, [month % MONTHS_PER_YEAR + 1 for month in months], repeat(day)))


def _regular(terms: Terms) -> bool:
    """Whether the first period is one period long, or counts as if it were."""
    if terms.first_due_on is None:
        return True
    period = terms.period
    try:
        due_on = add_units(terms.disbursed_on, period.every, period.unit, terms.month_end)
    except ValueError:  # one period would pass the year 9999, the first due date does not
        return False
    return due_on == terms.first_due_on


def _one_period_before(day: date, period: Period, month_end: MonthEnd) -> date:
    try:
        return add_units(day, -period.every, period.unit, month_end)
    except ValueError:  # before the year 1: before any disbursement
        return date.min


def _year_shares(
    terms: Terms,
    starts: list[date],
    dues: list[date],
    days: list[int],
    *,
    counts_apart: date | None,
) -> tuple[list[int], int]:
    """One numerator a period over one denominator for all."""
    if terms.day_count is DayCount.PERIODIC:
        every, per_year = terms.period.every, terms.period.per_year
        if counts_apart is not None or _regular(terms):
            return [every] * len(dues), per_year
        first, scale = _irregular_units(terms.disbursed_on, dues[0], terms.period.unit)
        return [first, *[every * scale] * (len(dues) - 1)], per_year * scale
    if terms.day_count in FIXED_YEARS:
        return days, FIXED_YEARS[terms.day_count]
    shares = [
        year_share(start, due, terms.day_count, maturity=dues[-1])
        for start, due in zip(starts, dues, strict=True)
    ]
    common = lcm(*{share.denominator for share in shares})
    return [share.numerator * (common // share.denominator) for share in shares], common


def _irregular_units(start: date, due_on: date, unit: PeriodUnit) -> tuple[int, int]:
    """Units from `start` to `due_on` as a fraction: the whole ones, then actual days."""
    whole = whole_units(start, due_on, unit)
    if unit is PeriodUnit.DAY:
        return whole, 1
    left_from = add_units(start, whole, unit)
    left = (due_on - left_from).days
    if left == 0:
        return whole, 1
    if unit is PeriodUnit.WEEK:
        return whole * DAYS_PER_WEEK + left, DAYS_PER_WEEK
    if (left_from.year, left_from.month) == (date.max.year, MONTHS_PER_YEAR):
        length = DAYS_IN_DECEMBER  # the next unit date lies beyond the calendar
    else:
        length = (add_months(start, whole + 1) - left_from).days
    return whole * length + left, length
