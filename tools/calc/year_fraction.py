"""`autolend calc year-fraction`: the share of a year between two dates."""

from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from lending.domain.daycount import DayCount, eu_apr_fraction, year_share
from pydantic import Field

from tools.calc.absent import NotNull
from tools.calc.wire import Day, Shape, decimals_text

PLACES: Final = 15
EU_APR: Final = "EU APR"


class Request(Shape):
    """Two dates and how to count between them."""

    start: Annotated[Day, Field(alias="from")]
    to: Day
    day_count: Literal[
        "ACT/360", "ACT/364", "ACT/365F", "ACT/365L", "ACT/ACT", "ACT/ACT ISDA",
        "30/360", "30/360 US", "30E/360", "30E/360 ISDA", "EU APR",
    ]  # fmt: skip
    time_unit: Literal["year", "month", "week", "day"] = "month"
    maturity: Annotated[Day | None, NotNull] = None


def answer(request: Request) -> dict[str, Any]:
    """Days by the convention and the share; of the EU's counting the whole units as well."""
    if request.day_count == EU_APR:
        counted = eu_apr_fraction(request.start, request.to, request.time_unit)
        return {
            "whole_units": counted.whole_units,
            "days": counted.days,
            "year_days": counted.year_days,
            "year_fraction": decimals_text(counted.value, PLACES),
        }
    day_count = DayCount(request.day_count)
    share = year_share(request.start, request.to, day_count, maturity=request.maturity)
    years = Fraction(share.numerator, share.denominator)
    return {"days": share.days, "year_fraction": decimals_text(years, PLACES)}
