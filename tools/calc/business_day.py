"""`autolend calc business-day`: move a date onto a business day, or step from date to date."""

from typing import Annotated, Any, Literal

from lending.adapters.profiles import built_in_calendar
from lending.domain.business_days import BusinessCalendar, Convention, Unit, adjust, advance
from lending.domain.computable import NotComputable
from pydantic import Field

from tools.calc.absent import NotNull
from tools.calc.wire import Day, Shape

type Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LISTS = ("holidays", "working_days", "weekend")
STEPS = ("n", "unit")


def _saturday_and_sunday() -> list[Weekday]:
    return ["sat", "sun"]


class Request(Shape):
    """A date and what to do with it, over given lists or a built-in calendar."""

    op: Literal["adjust", "advance"]
    date: Day
    convention: Literal[
        "unadjusted",
        "following",
        "preceding",
        "modified_following",
        "modified_preceding",
        "half_month_modified_following",
        "nearest",
    ] = "following"
    # Stepping over more business days than this is a mistake, and long to count.
    n: Annotated[int | None, NotNull, Field(ge=-100_000, le=100_000)] = None
    unit: Annotated[Literal["day", "week", "month", "year"] | None, NotNull] = None
    end_of_month: bool = False
    holidays: list[Day] = Field(default_factory=list)
    working_days: list[Day] = Field(default_factory=list)
    weekend: list[Weekday] = Field(default_factory=_saturday_and_sunday)
    calendar: Annotated[Literal["CN"] | None, NotNull] = None


def answer(request: Request) -> dict[str, Any]:
    """The resulting date, and whether the given one is a business day."""
    worked = _calendar(request)
    is_business_day = worked.is_business_day(request.date)
    convention = Convention(request.convention)
    if request.op == "adjust":
        for name in STEPS:
            if name in request.model_fields_set:
                raise NotComputable("contradiction", f"/{name}", "advance only")
        result = adjust(worked, request.date, convention)
    else:
        count, unit = request.n, request.unit
        if count is None or unit is None:
            missing = "n" if count is None else "unit"
            raise NotComputable("invalid_field", f"/{missing}", "advance needs n and unit")
        result = advance(worked, request.date, count, Unit(unit), convention, request.end_of_month)
    return {"date": result.isoformat(), "is_business_day": is_business_day}


def _calendar(request: Request) -> BusinessCalendar:
    for name in LISTS:
        if request.calendar is not None and name in request.model_fields_set:
            detail = "the built-in calendar stands instead of the lists"
            raise NotComputable("contradiction", f"/{name}", detail)
    if request.calendar is not None:
        return built_in_calendar(request.calendar.lower())
    return BusinessCalendar(
        frozenset(request.holidays), frozenset(request.working_days), frozenset(request.weekend)
    )
