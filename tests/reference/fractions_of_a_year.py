"""Day counts, and the calc kind `year-fraction`."""

from calendar import isleap
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.reference.exact import (
    day,
    is_last_of_february,
    plus_months,
    plus_units,
    text,
    units_a_year,
)

THIRTY = ("30/360", "30/360 US", "30E/360", "30E/360 ISDA")


def is_360(day_count: str) -> bool:
    """A 360 day count."""
    return day_count == "ACT/360" or day_count in THIRTY


def days(start: date, end: date, day_count: str, maturity: date | None = None) -> int:
    """The days of the convention."""
    if day_count not in THIRTY:
        return (end - start).days
    d1, d2 = start.day, end.day
    if day_count == "30/360 US" and is_last_of_february(start):
        if is_last_of_february(end):
            d2 = 30
        d1 = 30
    if day_count in ("30/360", "30/360 US"):
        d1 = min(d1, 30)
        if d2 == 31 and d1 == 30:
            d2 = 30
    if day_count == "30E/360":
        d1, d2 = min(d1, 30), min(d2, 30)
    if day_count == "30E/360 ISDA":
        if d1 == 31 or is_last_of_february(start):
            d1 = 30
        if d2 == 31 or (is_last_of_february(end) and end != maturity):
            d2 = 30
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + d2 - d1


def has_29_february(start: date, end: date) -> bool:
    """Does 29 February lie in (start, end]?"""
    return any(
        isleap(year) and start < date(year, 2, 29) <= end
        for year in range(start.year, end.year + 1)
    )


def fraction(
    start: date,
    end: date,
    day_count: str,
    *,
    maturity: date | None = None,
    whole: tuple[date, date] | None = None,
) -> Fraction:
    """The year fraction; `whole` is the repayment period that [start, end] is a part of."""
    counted = days(start, end, day_count, maturity)
    if day_count in THIRTY or day_count == "ACT/360":
        return Fraction(counted, 360)
    if day_count == "ACT/364":
        return Fraction(counted, 364)
    if day_count == "ACT/365F":
        return Fraction(counted, 365)
    if day_count == "ACT/365L":
        looked_at = whole or (start, end)
        return Fraction(counted, 366 if has_29_february(*looked_at) else 365)
    if day_count == "ACT/ACT":  # the days in (start, end]
        first, after = start + timedelta(days=1), end + timedelta(days=1)
    else:  # ACT/ACT ISDA: the days in [start, end)
        first, after = start, end
    total = Fraction(0)
    for year in range(first.year, after.year + 1):
        begin, stop = max(first, date(year, 1, 1)), min(after, date(year + 1, 1, 1))
        total += Fraction(max(0, (stop - begin).days), 366 if isleap(year) else 365)
    return total


def year_fraction(request: dict[str, Any]) -> dict[str, Any]:
    """The calc kind `year-fraction`."""
    start, end, name = day(request["from"]), day(request["to"]), request["day_count"]
    if name == "EU APR":
        return eu_apr(start, end, request.get("time_unit", "month"))
    maturity = day(request["maturity"]) if "maturity" in request else None
    return {
        "days": days(start, end, name, maturity),
        "year_fraction": text(fraction(start, end, name, maturity=maturity), 15),
    }


def eu_apr(start: date, end: date, time_unit: str) -> dict[str, Any]:
    """Whole units counted back from the end; what is left over in days of the year before."""
    if time_unit == "day":
        # Reading: "`day`: days/365", so the days are the days and no unit is counted back.
        left = (end - start).days
        return {
            "whole_units": 0,
            "days": left,
            "year_days": 365 if left else 0,
            "year_fraction": text(Fraction(left, 365), 15),
        }
    months = {"year": 12, "month": 1}.get(time_unit)

    def back(count: int) -> date:
        if months is None:
            return plus_units(end, -count, "week")
        return plus_months(end, -count * months)

    count = 0
    while back(count + 1) >= start:
        count += 1
    stop = back(count)
    left = (stop - start).days
    year_days = (stop - plus_months(stop, -12)).days if left else 0
    value = Fraction(count, 1 if time_unit == "year" else units_a_year(time_unit))
    if left:
        value += Fraction(left, year_days)
    return {
        "whole_units": count,
        "days": left,
        "year_days": year_days,
        "year_fraction": text(value, 15),
    }
