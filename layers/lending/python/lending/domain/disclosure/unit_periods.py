"""Unit periods of Regulation Z (12 CFR Part 1026 Appendix J): time counted back from a date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.dates import (
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    MONTHS_PER_YEAR,
    WEEKS_PER_YEAR,
    add_months,
    whole_months_back,
)

DAYS_PER_MONTH: Final = 30
DAYS_PER_HALF_MONTH: Final = 15
HALF_MONTHS_PER_YEAR: Final = 24


class Unit(StrEnum):
    """What one unit period consists of; `term` is the whole of a loan repaid in one sum."""

    YEAR = "year"
    MONTH = "month"
    HALF_MONTH = "half_month"
    WEEK = "week"
    DAY = "day"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """`every` units; half months and terms come one by one.

    Raises:
        NotComputable: invalid_field, `every` below 1, or above 1 for a half month or a term.
    """

    unit: Unit
    every: int = 1

    def __post_init__(self) -> None:
        if self.every < 1 or (self.every > 1 and self.unit in {Unit.HALF_MONTH, Unit.TERM}):
            detail = "a whole number from 1; exactly 1 for half_month and term"
            raise NotComputable("invalid_field", "/unit_period/every", detail)


@dataclass(frozen=True, slots=True)
class Elapsed:
    """`whole` unit periods and an odd `fraction` of one."""

    whole: int
    fraction: Fraction


def periods_per_year(unit_period: UnitPeriod) -> Fraction:
    """Unit periods in a year; a term has its own, see `single_term`."""
    per_year = {
        Unit.YEAR: 1,
        Unit.MONTH: MONTHS_PER_YEAR,
        Unit.HALF_MONTH: HALF_MONTHS_PER_YEAR,
        Unit.WEEK: WEEKS_PER_YEAR,
        Unit.DAY: DAYS_PER_YEAR,
    }
    return Fraction(per_year[unit_period.unit], unit_period.every)


def elapsed(start: date, to: date, unit_period: UnitPeriod) -> Elapsed:
    """Time from `start` to `to` >= `start`: whole unit periods back from `to`, then days.

    In a unit of several months, whole months are counted back first, each as 30 days.
    """
    every = unit_period.every
    match unit_period.unit:
        case Unit.MONTH:
            months = whole_months_back(start, to)
            days = months % every * DAYS_PER_MONTH + _days_before(start, to, months)
            return Elapsed(months // every, Fraction(days, every * DAYS_PER_MONTH))
        case Unit.YEAR:
            years = whole_months_back(start, to) // (MONTHS_PER_YEAR * every) * every
            days = _days_before(start, to, years * MONTHS_PER_YEAR)
            return Elapsed(years // every, Fraction(days, every * DAYS_PER_YEAR))
        case Unit.HALF_MONTH:
            months = whole_months_back(start, to)
            halves, days = divmod(_days_before(start, to, months), DAYS_PER_HALF_MONTH)
            if halves > 1:  # two halves by days are not yet the next month back
                halves, days = 1, days + DAYS_PER_HALF_MONTH
            return Elapsed(2 * months + halves, Fraction(days, DAYS_PER_HALF_MONTH))
        case Unit.WEEK | Unit.DAY:
            length = every * (DAYS_PER_WEEK if unit_period.unit is Unit.WEEK else 1)
            whole, days = divmod((to - start).days, length)
            return Elapsed(whole, Fraction(days, length))
        case Unit.TERM:
            raise NotComputable("invalid_field", "/unit_period/unit", "a term counts no periods")


def single_term(start: date, to: date) -> tuple[Elapsed, Fraction]:
    """Time of one advance at `start` and one payment at `to`, and unit periods a year.

    Up to a year the term itself is the unit period: of whole months if it is exactly m <= 12
    of them, else of days. Above a year the unit period is a year.

    Raises:
        NotComputable: invalid_field, `to` is not after `start`.
    """
    if to <= start:
        raise NotComputable("invalid_field", "/payments/0/on", "not after the advance")
    months = whole_months_back(start, to)
    exact = add_months(to, -months) == start
    if months < MONTHS_PER_YEAR or (exact and months == MONTHS_PER_YEAR):
        length = Fraction(months, MONTHS_PER_YEAR)
        if not exact:
            length = Fraction((to - start).days, DAYS_PER_YEAR)
        return Elapsed(1, Fraction(0)), 1 / length
    years, rest = divmod(months, MONTHS_PER_YEAR)
    if exact:
        return Elapsed(years, Fraction(rest, MONTHS_PER_YEAR)), Fraction(1)
    days = _days_before(start, to, years * MONTHS_PER_YEAR)
    return Elapsed(years, Fraction(days, DAYS_PER_YEAR)), Fraction(1)


def _days_before(start: date, to: date, months: int) -> int:
    """Actual days from `start` to the date `months` before `to`."""
    return (add_months(to, -months) - start).days
