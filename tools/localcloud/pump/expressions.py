"""Schedule expressions of EventBridge: `at(...)`, `rate(...)` and `cron(...)`.

The rules are those of the Amazon EventBridge Scheduler user guide: cron has six fields (minute,
hour, day of month, month, day of week with Sunday = 1, year), one of the two day fields is `?`,
a local time that a daylight saving change skips does not run, one that it repeats runs once.
All times are seconds since the Unix epoch.
"""

import calendar
import datetime as dt
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SUB_HOURLY_S = 3600.0
"""Schedules with a shorter period are sub-hourly."""

_UNIT_S = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if number}
_WEEKDAYS = {
    name: number
    for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)
}
_EXPRESSION = re.compile(r"(at|rate|cron)\((.*)\)", re.DOTALL)
_RATE = re.compile(r"(\d+) +(minute|hour|day)s?")
_NEAREST = re.compile(r"(\d{1,2})W")
_NTH = re.compile(r"(\w+)#([1-5])")
_LAST = re.compile(r"(\w+)L")


class InvalidExpression(ValueError):
    """A schedule expression or its time zone cannot be read."""


class Recurrence(Protocol):
    """The times at which a schedule is due."""

    @property
    def sub_hourly(self) -> bool:
        """Whether two occurrences may be less than an hour apart."""
        ...

    def between(self, after_s: float, until_s: float) -> Iterator[float]:
        """Occurrences with `after_s` < time <= `until_s`, in order."""
        ...

    def latest(self, after_s: float, until_s: float) -> float | None:
        """The last one of `between`, or None; cheap for long spans."""
        ...


@dataclass(frozen=True)
class Once:
    """`at(...)`."""

    at_s: float
    sub_hourly: bool = False

    def between(self, after_s: float, until_s: float) -> Iterator[float]:
        """The one time, when it lies in the span."""
        if after_s < self.at_s <= until_s:
            yield self.at_s

    def latest(self, after_s: float, until_s: float) -> float | None:
        """The one time, when it lies in the span."""
        return next(self.between(after_s, until_s), None)


@dataclass(frozen=True)
class Rate:
    """`rate(...)`: the first occurrence is one period after `anchor_s`."""

    period_s: float
    anchor_s: float

    @property
    def sub_hourly(self) -> bool:
        """Whether the period is shorter than an hour."""
        return self.period_s < SUB_HOURLY_S

    def between(self, after_s: float, until_s: float) -> Iterator[float]:
        """Whole periods after the anchor."""
        count = max(1, math.floor((after_s - self.anchor_s) / self.period_s) + 1)
        while (moment_s := self.anchor_s + count * self.period_s) <= until_s:
            if moment_s > after_s:
                yield moment_s
            count += 1

    def latest(self, after_s: float, until_s: float) -> float | None:
        """The last whole period of the span."""
        count = math.floor((until_s - self.anchor_s) / self.period_s)
        moment_s = self.anchor_s + count * self.period_s
        return moment_s if count >= 1 and moment_s > after_s else None


@dataclass(frozen=True)
class Cron:
    """`cron(...)` in a time zone; the value sets are sorted."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    is_day: Callable[[dt.date], bool]
    zone: ZoneInfo

    @property
    def sub_hourly(self) -> bool:
        """Whether it runs more than once in an hour."""
        return len(self.minutes) > 1

    def between(self, after_s: float, until_s: float) -> Iterator[float]:
        """Occurrences in order; looks at each day of the span."""
        day, last = self._day(after_s), self._day(until_s)
        while day <= last:
            for moment_s in self._times(day):
                if after_s < moment_s <= until_s:
                    yield moment_s
            day += dt.timedelta(days=1)

    def latest(self, after_s: float, until_s: float) -> float | None:
        """The last occurrence; looks at days backwards from the end."""
        day, first = self._day(until_s), self._day(after_s)
        while day >= first:
            found = [t for t in self._times(day) if after_s < t <= until_s]
            if found:
                return found[-1]
            day -= dt.timedelta(days=1)
        return None

    def _day(self, moment_s: float) -> dt.date:
        return dt.datetime.fromtimestamp(moment_s, self.zone).date()

    def _times(self, day: dt.date) -> list[float]:
        if day.year not in self.years or day.month not in self.months or not self.is_day(day):
            return []
        times: list[float] = []
        for hour in self.hours:
            for minute in self.minutes:
                wall = dt.datetime.combine(day, dt.time(hour, minute), self.zone)
                moment_s = wall.timestamp()
                shown = dt.datetime.fromtimestamp(moment_s, self.zone)
                # A wall time inside a daylight saving gap comes back as another one: no run.
                if (shown.hour, shown.minute) == (hour, minute):
                    times.append(moment_s)
        return times


def parse_expression(text: str, timezone: str = "UTC", anchor_s: float = 0.0) -> Recurrence:
    """Reads a schedule expression; `anchor_s` is where `rate(...)` starts counting.

    Raises InvalidExpression.
    """
    found = _EXPRESSION.fullmatch(text.strip())
    if found is None:
        raise InvalidExpression(text)
    kind, inner = found[1], found[2].strip()
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise InvalidExpression(f"time zone {timezone}") from unknown
    if kind == "at":
        return Once(_local(inner, zone).timestamp())
    if kind == "rate":
        return _parse_rate(inner, anchor_s)
    return _parse_cron(inner, zone)


def _local(text: str, zone: ZoneInfo) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as malformed:
        raise InvalidExpression(f"at({text})") from malformed
    if moment.tzinfo is not None:
        raise InvalidExpression(f"at({text}): the time zone is a separate property")
    return moment.replace(tzinfo=zone)


def _parse_rate(text: str, anchor_s: float) -> Rate:
    found = _RATE.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise InvalidExpression(f"rate({text})")
    return Rate(float(int(found[1]) * _UNIT_S[found[2]]), anchor_s)


def _parse_cron(text: str, zone: ZoneInfo) -> Cron:
    fields = text.split()
    if len(fields) != 6:
        raise InvalidExpression(f"cron({text}): six fields wanted")
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise InvalidExpression(f"cron({text}): one of the day fields must be ?")
    return Cron(
        minutes=tuple(sorted(_values(minute, 0, 59))),
        hours=tuple(sorted(_values(hour, 0, 23))),
        months=frozenset(_values(month, 1, 12, _MONTHS)),
        years=frozenset(_values(year, 1970, 2199)),
        is_day=_day_of_month(day) if weekday == "?" else _day_of_week(weekday),
        zone=zone,
    )


def _number(text: str, low: int, high: int, names: dict[str, int]) -> int:
    value = names.get(text.upper())
    if value is None:
        if not text.isdigit() or not low <= int(text) <= high:
            raise InvalidExpression(f"{text!r} is not in {low}-{high}")
        value = int(text)
    return value


def _values(text: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    names = names or {}
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, high
        else:
            start = _number(first, low, high, names)
            end = _number(last, low, high, names) if dash else (high if slash else start)
        stride = _number(step, 1, high, {}) if slash else 1
        if end < start:  # FRI-MON
            end += high - low + 1
        found |= {(value - low) % (high - low + 1) + low for value in range(start, end + 1, stride)}
    return found


def _last_day(day: dt.date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _day_of_month(text: str) -> Callable[[dt.date], bool]:
    if text == "L":
        return lambda day: day.day == _last_day(day)
    nearest = _NEAREST.fullmatch(text)
    if nearest:
        wanted = _number(nearest[1], 1, 31, {})
        return lambda day: _nearest_weekday(day, wanted) == day
    allowed = _values(text, 1, 31)
    return lambda day: day.day in allowed


def _nearest_weekday(month_of: dt.date, wanted: int) -> dt.date | None:
    """The weekday of that month nearest to its day `wanted`; None in a shorter month."""
    last = _last_day(month_of)
    if wanted > last:
        return None
    day = month_of.replace(day=wanted)
    if day.weekday() == calendar.SATURDAY:
        return day - dt.timedelta(days=1) if wanted > 1 else day + dt.timedelta(days=2)
    if day.weekday() == calendar.SUNDAY:
        return day + dt.timedelta(days=1) if wanted < last else day - dt.timedelta(days=2)
    return day


def _weekday(day: dt.date) -> int:
    return day.isoweekday() % 7 + 1


def _day_of_week(text: str) -> Callable[[dt.date], bool]:
    nth = _NTH.fullmatch(text)
    if nth:
        wanted, position = _number(nth[1], 1, 7, _WEEKDAYS), int(nth[2])
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == position
    last = _LAST.fullmatch(text)
    if last and text.upper() not in _WEEKDAYS:
        wanted = _number(last[1], 1, 7, _WEEKDAYS)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last_day(day)
    allowed = _values("7" if text == "L" else text, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in allowed
