"""Rounding, numbers and calendar steps of docs/calc.md, common rules."""

from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

type Period = dict[str, Any]


def rounded(value: Fraction, mode: str, multiple: int = 1) -> int:
    """`value` as a multiple of `multiple`."""
    scaled = Fraction(value) / multiple
    below = floor(scaled)
    rest = scaled - below
    if mode == "down" or rest == 0:
        whole = below
    elif mode == "up":
        whole = below + 1
    elif rest != Fraction(1, 2):
        whole = below if rest < Fraction(1, 2) else below + 1
    elif mode == "half_even":
        whole = below if below % 2 == 0 else below + 1
    else:  # half_up: ties away from zero
        whole = below + 1 if scaled > 0 else below
    return whole * multiple


def number(value: str | int) -> Fraction:
    """A decimal, a whole number or a ratio such as "19/30"."""
    return Fraction(value)


def percent(value: str | int) -> Fraction:
    """7.25 (%) is 0.0725."""
    return Fraction(value) / 100


def text(value: Fraction, places: int) -> str:
    """A decimal string with exactly `places` decimals, half even."""
    units = rounded(value * 10**places, "half_even")
    whole, rest = divmod(abs(units), 10**places)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{rest:0{places}d}"


def day(value: str) -> date:
    """2026-01-31."""
    return date.fromisoformat(value)


def is_last_of_month(on: date) -> bool:
    """Is it the last calendar day of its month?"""
    return on.day == monthrange(on.year, on.month)[1]


def is_last_of_february(on: date) -> bool:
    """28 or, in leap years, 29 February."""
    return on.month == 2 and is_last_of_month(on)


def plus_months(anchor: date, months: int, month_end: str = "clamp") -> date:
    """The anchor's day number, `months` later (or earlier)."""
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    month = month0 + 1
    length = monthrange(year, month)[1]
    if anchor.day <= length:
        return date(year, month, anchor.day)
    last = date(year, month, length)
    return last if month_end == "clamp" else last + timedelta(days=1)


def plus_units(anchor: date, count: int, unit: str, month_end: str = "clamp") -> date:
    """`count` months, weeks or days after the anchor."""
    if unit == "month":
        return plus_months(anchor, count, month_end)
    return anchor + timedelta(days=count * (7 if unit == "week" else 1))


def plus_periods(anchor: date, count: int, period: Period, month_end: str) -> date:
    """`count` periods after the anchor."""
    return plus_units(anchor, count * period["every"], period["unit"], month_end)


def units_a_year(unit: str) -> int:
    """12 months, 52 weeks, 365 days."""
    return {"month": 12, "week": 52, "day": 365}[unit]
