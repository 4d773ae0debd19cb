"""The calc kind `business-day`, with lists of holidays (not the built-in calendar)."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.reference.exact import day, is_last_of_month, plus_months

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
type IsBusiness = Callable[[date], bool]


def business_day(request: dict[str, Any]) -> dict[str, Any]:
    """Adjust or advance a date."""
    weekend = request.get("weekend", ["sat", "sun"])
    holidays = {day(one) for one in request.get("holidays", [])}
    working = {day(one) for one in request.get("working_days", [])}

    def is_business(on: date) -> bool:
        if on in working:
            return True
        return on not in holidays and NAMES[on.weekday()] not in weekend

    start = day(request["date"])
    convention = request.get("convention", "following")
    if request["op"] == "adjust":
        result = adjusted(start, convention, is_business)
    else:
        result = advanced(request, start, convention, is_business)
    return {"date": result.isoformat(), "is_business_day": is_business(start)}


def adjusted(on: date, convention: str, is_business: IsBusiness) -> date:
    """The date a convention moves `on` to."""
    if convention == "unadjusted" or is_business(on):
        return on
    after, before = step(on, 1, is_business), step(on, -1, is_business)
    if convention == "following":
        return after
    if convention == "preceding":
        return before
    if convention == "modified_following":
        return before if after.month != on.month else after
    if convention == "modified_preceding":
        return after if before.month != on.month else before
    if convention == "half_month_modified_following":
        passes_the_15th = on.day <= 15 and after.day > 15
        return before if after.month != on.month or passes_the_15th else after
    return before if on - before < after - on else after  # nearest


def step(on: date, direction: int, is_business: IsBusiness) -> date:
    """The next business day in one direction."""
    on += timedelta(days=direction)
    while not is_business(on):
        on += timedelta(days=direction)
    return on


def advanced(
    request: dict[str, Any], start: date, convention: str, is_business: IsBusiness
) -> date:
    """`n` units later."""
    count, unit = request["n"], request["unit"]
    if unit == "day":
        result = start
        for _ in range(abs(count)):
            result = step(result, 1 if count > 0 else -1, is_business)
        return result
    if unit == "week":
        return adjusted(start + timedelta(days=7 * count), convention, is_business)
    target = plus_months(start, count * (12 if unit == "year" else 1))
    if request.get("end_of_month", False):
        last = target.replace(day=monthrange(target.year, target.month)[1])
        if convention == "unadjusted" and is_last_of_month(start):
            return last
        own_last = start.replace(day=monthrange(start.year, start.month)[1])
        if start >= adjusted(own_last, "preceding", is_business):
            return adjusted(last, "preceding", is_business)
    return adjusted(target, convention, is_business)
