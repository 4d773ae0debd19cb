"""Business days of a calendar: moving a date onto one, and stepping from date to date.

Conventions are those of the 2006 ISDA definitions (section 4.12) and their market variants.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, assert_never

from lending.domain.computable import NotComputable
from lending.domain.dates import MONTHS_PER_YEAR, add_months
from lending.domain.faults import Permanent

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MID_MONTH = 15


class Convention(StrEnum):
    """How a date that is no business day moves onto one."""

    UNADJUSTED = "unadjusted"
    FOLLOWING = "following"
    PRECEDING = "preceding"
    MODIFIED_FOLLOWING = "modified_following"
    MODIFIED_PRECEDING = "modified_preceding"
    HALF_MONTH_MODIFIED_FOLLOWING = "half_month_modified_following"
    NEAREST = "nearest"


class Unit(StrEnum):
    """What `advance` counts; days are business days."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days are worked. `working_days` win over `holidays` and over the weekend.

    A calendar knows the days from `known_from` to `known_to` and refuses any other: guessing
    that an unpublished holiday is worked would be a silently wrong date.

    Raises:
        NotComputable: invalid_field, a weekend of seven days.
    """

    holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    weekend: frozenset[str] = frozenset({"sat", "sun"})
    known_from: date = date.min
    known_to: date = date.max

    def __post_init__(self) -> None:
        if self.weekend >= set(WEEKDAYS):
            detail = "at least one day of the week is worked"
            raise NotComputable("invalid_field", "/weekend", detail)

    def is_business_day(self, day: date) -> bool:
        """Whether a day is worked.

        Raises:
            NotComputable: invalid_field, a day that the calendar does not know.
        """
        if not self.known_from <= day <= self.known_to:
            detail = f"{day} is outside the calendar, which knows {self.known_from} to"
            raise NotComputable("invalid_field", "/date", f"{detail} {self.known_to}")
        if day in self.working_days:
            return True
        return day not in self.holidays and WEEKDAYS[day.weekday()] not in self.weekend


def adjust(worked: BusinessCalendar, day: date, convention: Convention) -> date:
    """The business day that a convention moves `day` to; a business day stays.

    Raises:
        NotComputable: invalid_field, the search leaves the calendar.
    """
    match convention:
        case Convention.UNADJUSTED:
            return day
        case Convention.FOLLOWING:
            return _onto(worked, day, 1)
        case Convention.PRECEDING:
            return _onto(worked, day, -1)
        case Convention.MODIFIED_FOLLOWING:
            return _within_month(worked, day, 1)
        case Convention.MODIFIED_PRECEDING:
            return _within_month(worked, day, -1)
        case Convention.HALF_MONTH_MODIFIED_FOLLOWING:
            moved = _within_month(worked, day, 1)
            passes_the_middle = day.day <= MID_MONTH < moved.day
            return _onto(worked, day, -1) if passes_the_middle else moved
        case Convention.NEAREST:
            return _nearest(worked, day)
    assert_never(convention)


def advance(
    worked: BusinessCalendar,
    start: date,
    count: int,
    unit: Unit,
    convention: Convention,
    end_of_month: bool = False,
) -> date:
    """`count` units after `start` (before, if negative).

    Days step over business days only, whatever the convention. The other units are added to
    the calendar date (months and years with clamp), and the result is adjusted; with
    `end_of_month` months and years lead from month end to month end.

    Raises:
        NotComputable: invalid_field, the result or the search leaves the calendar.
    """
    match unit:
        case Unit.DAY:
            return _business_days_after(worked, start, count)
        case Unit.WEEK:
            return adjust(worked, _shifted(start, 7 * count), convention)
        case Unit.MONTH | Unit.YEAR:
            months = count if unit is Unit.MONTH else MONTHS_PER_YEAR * count
            return _months_after(worked, start, months, convention, end_of_month)
    assert_never(unit)


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        detail = "the result lies outside the years 1 to 9999"
        raise NotComputable("invalid_field", "/date", detail) from None


def _onto(worked: BusinessCalendar, day: date, step: int) -> date:
    while not worked.is_business_day(day):
        day = _shifted(day, step)
    return day


def _within_month(worked: BusinessCalendar, day: date, step: int) -> date:
    """In the direction of `step`, but in the other one if that leaves the month."""
    if worked.is_business_day(day):
        return day
    ahead = day
    while (ahead.year, ahead.month) == (day.year, day.month):
        if worked.is_business_day(ahead):
            return ahead
        ahead = _shifted(ahead, step)
    return _onto(worked, day, -step)


def _nearest(worked: BusinessCalendar, day: date) -> date:
    distance = 0
    while True:
        for candidate in (_shifted(day, distance), _shifted(day, -distance)):  # A tie: the later.
            if worked.is_business_day(candidate):
                return candidate
        distance += 1


def _business_days_after(worked: BusinessCalendar, day: date, count: int) -> date:
    step = 1 if count > 0 else -1
    for _ in range(abs(count)):
        day = _onto(worked, _shifted(day, step), step)
    return day


def _months_after(
    worked: BusinessCalendar, start: date, months: int, convention: Convention, end_of_month: bool
) -> date:
    try:
        target = add_months(start, months)
    except ValueError:
        detail = "the result lies outside the years 1 to 9999"
        raise NotComputable("invalid_field", "/date", detail) from None
    if end_of_month:
        if convention is Convention.UNADJUSTED and start == _last_day(start):
            return _last_day(target)
        if start >= _onto(worked, _last_day(start), -1):
            return _onto(worked, _last_day(target), -1)
    return adjust(worked, target, convention)


def _last_day(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def load_calendar(raw: Mapping[str, Any]) -> BusinessCalendar:
    """A calendar from its file: sourced years without gaps, each with holidays by name.

    Raises:
        Permanent: the file is malformed.
    """
    try:
        years, weekend = raw["years"], frozenset(raw["weekend"])
        holidays = frozenset(
            day for year in years for holiday in year["holidays"] for day in _span(holiday)
        )
        working_days = frozenset(
            date.fromisoformat(day) for year in years for day in year["working_days"]
        )
        known_from, known_to = date(years[0]["year"], 1, 1), date(years[-1]["year"], 12, 31)
        is_sourced = all(year["source"] for year in years)
        has_gap = any(later["year"] != earlier["year"] + 1 for earlier, later in pairwise(years))
    except (IndexError, KeyError, TypeError, ValueError) as cause:
        raise Permanent(f"calendar {raw.get('calendar')}: {cause!r}") from cause
    if not is_sourced or has_gap or holidays & working_days or not weekend < set(WEEKDAYS):
        raise Permanent(
            f"calendar {raw.get('calendar')}: needs a weekend of weekdays, years without a gap,"
            " a source for each, and no holiday that is worked"
        )
    return BusinessCalendar(holidays, working_days, weekend, known_from, known_to)


def _span(holiday: Mapping[str, str]) -> list[date]:
    first, last = date.fromisoformat(holiday["from"]), date.fromisoformat(holiday["to"])
    if last < first:
        raise ValueError(f"{holiday['name']} ends before it starts")
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
