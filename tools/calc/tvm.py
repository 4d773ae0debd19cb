"""`autolend calc tvm`: time value of money, with a spreadsheet's meaning of each function."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from lending.domain import tvm
from lending.domain.computable import NotComputable
from pydantic import Field

from tools.calc.absent import NotNull
from tools.calc.wire import Day, Number, Ratio, Shape

DIGITS: Final = 28
# More flows than this are a mistake.
Flows = Annotated[list[Number], Field(max_length=5_000)]


class Request(Shape):
    """A function and its arguments."""

    function: Literal[
        "pmt",
        "ipmt",
        "ppmt",
        "cumipmt",
        "cumprinc",
        "pv",
        "fv",
        "nper",
        "rate",
        "npv",
        "irr",
        "xnpv",
        "xirr",
        "effect",
        "nominal",
    ]
    rate: Annotated[Number | None, NotNull] = None
    annual_rate_pct: Annotated[Number | None, NotNull] = None
    periods_per_year: Annotated[Ratio | None, NotNull] = None
    nper: Annotated[Number | None, NotNull] = None
    pmt: Annotated[Number | None, NotNull] = None
    pv: Annotated[Number | None, NotNull] = None
    fv: Annotated[Number | None, NotNull] = None
    when: Literal["end", "begin"] = "end"
    per: Annotated[Number | None, NotNull] = None
    start: Annotated[Number | None, NotNull] = None
    end: Annotated[Number | None, NotNull] = None
    flows: Annotated[Flows | None, NotNull] = None
    dates: Annotated[list[Day] | None, NotNull] = None
    nominal_pct: Annotated[Number | None, NotNull] = None
    effective_pct: Annotated[Number | None, NotNull] = None


class _Arguments:
    """The arguments of a request, as its function asks for them."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.begin = request.when == "begin"

    def number(self, name: str, default: int | None = None) -> Fraction:
        """A decimal; without a default it has to be there."""
        value: Decimal | None = getattr(self._request, name)
        if value is not None:
            return Fraction(value)
        if default is None:
            raise NotComputable("invalid_field", f"/{name}", "missing")
        return Fraction(default)

    def whole(self, name: str) -> int:
        """A decimal that is a whole number."""
        value = self.number(name)
        if value.denominator != 1:
            raise NotComputable("invalid_field", f"/{name}", "a whole number")
        return value.numerator

    def periods_per_year(self) -> Fraction:
        """More than 0."""
        periods = self._request.periods_per_year
        if periods is None or periods <= 0:
            raise NotComputable("invalid_field", "/periods_per_year", "needed, and more than 0")
        return periods

    def rate(self) -> Fraction:
        """A rate a period, given as such or as percent a year with periods a year."""
        if self._request.annual_rate_pct is None:
            if self._request.periods_per_year is not None:
                detail = "goes with annual_rate_pct; rate is a rate a period"
                raise NotComputable("contradiction", "/periods_per_year", detail)
            return self.number("rate")
        if self._request.rate is not None:
            detail = "rate or annual_rate_pct: one of the two"
            raise NotComputable("contradiction", "/rate", detail)
        rate = self.percent("annual_rate_pct") * Fraction(1, self.periods_per_year())
        if rate <= -1:
            raise NotComputable("invalid_field", "/annual_rate_pct", "above -100 % a period")
        return rate

    def percent(self, name: str) -> Fraction:
        """A percentage as a fraction."""
        return self.number(name) * Fraction(1, 100)

    def flows(self) -> list[Fraction]:
        """At least one amount."""
        if not self._request.flows:
            raise NotComputable("invalid_field", "/flows", "at least one flow")
        return [Fraction(flow) for flow in self._request.flows]

    def days(self) -> list[int]:
        """Days since the first of the dates, of which there is one for each flow."""
        dates = self._request.dates or []
        if len(dates) != len(self.flows()):
            raise NotComputable("invalid_field", "/dates", "one date for each flow")
        days = [(on - dates[0]).days for on in dates]
        for at, day in enumerate(days):
            if day < 0:
                raise NotComputable("invalid_field", f"/dates/{at}", "before the first date")
        return days


type _Function = Callable[[_Arguments], Fraction]

RATED: Final = ("rate", "annual_rate_pct", "periods_per_year")
# The arguments a function takes, and how it is called.
FUNCTIONS: Final[dict[str, tuple[tuple[str, ...], _Function]]] = {
    "pmt": (
        (*RATED, "nper", "pv", "fv", "when"),
        lambda of: tvm.pmt(
            of.rate(), of.number("nper"), of.number("pv"), of.number("fv", 0), of.begin
        ),
    ),
    "ipmt": (
        (*RATED, "per", "nper", "pv", "fv", "when"),
        lambda of: tvm.ipmt(*_part(of)),
    ),
    "ppmt": (
        (*RATED, "per", "nper", "pv", "fv", "when"),
        lambda of: tvm.ppmt(*_part(of)),
    ),
    "cumipmt": (
        (*RATED, "nper", "pv", "start", "end", "when"),
        lambda of: tvm.cumipmt(*_span(of)),
    ),
    "cumprinc": (
        (*RATED, "nper", "pv", "start", "end", "when"),
        lambda of: tvm.cumprinc(*_span(of)),
    ),
    "pv": (
        (*RATED, "nper", "pmt", "fv", "when"),
        lambda of: tvm.pv(
            of.rate(), of.number("nper"), of.number("pmt"), of.number("fv", 0), of.begin
        ),
    ),
    "fv": (
        (*RATED, "nper", "pmt", "pv", "when"),
        lambda of: tvm.fv(
            of.rate(), of.number("nper"), of.number("pmt"), of.number("pv", 0), of.begin
        ),
    ),
    "nper": (
        (*RATED, "pmt", "pv", "fv", "when"),
        lambda of: tvm.nper(
            of.rate(), of.number("pmt"), of.number("pv", 0), of.number("fv", 0), of.begin
        ),
    ),
    "rate": (
        ("nper", "pmt", "pv", "fv", "when"),
        lambda of: tvm.rate(
            of.number("nper"), of.number("pmt"), of.number("pv"), of.number("fv", 0), of.begin
        ),
    ),
    "npv": ((*RATED, "flows"), lambda of: tvm.npv(of.rate(), of.flows())),
    "irr": (("flows",), lambda of: tvm.irr(of.flows())),
    "xnpv": (
        (*RATED, "flows", "dates"),
        lambda of: tvm.xnpv(of.rate(), of.flows(), of.days()),
    ),
    "xirr": (("flows", "dates"), lambda of: tvm.xirr(of.flows(), of.days())),
    "effect": (
        ("nominal_pct", "periods_per_year"),
        lambda of: tvm.effect(of.percent("nominal_pct"), of.periods_per_year()),
    ),
    "nominal": (
        ("effective_pct", "periods_per_year"),
        lambda of: tvm.nominal(of.percent("effective_pct"), of.periods_per_year()),
    ),
}


def answer(request: Request) -> dict[str, Any]:
    """The value of the function."""
    allowed, function = FUNCTIONS[request.function]
    for name in sorted(request.model_fields_set):
        if name != "function" and name not in allowed:
            detail = f"no argument of {request.function}"
            raise NotComputable("contradiction", f"/{name}", detail)
    return {"value": tvm.significant(function(_Arguments(request)), DIGITS)}


def _part(of: _Arguments) -> tuple[Fraction, int, Fraction, Fraction, Fraction, bool]:
    fv = of.number("fv", 0)
    return of.rate(), of.whole("per"), of.number("nper"), of.number("pv"), fv, of.begin


def _span(of: _Arguments) -> tuple[Fraction, Fraction, Fraction, int, int, bool]:
    start, end = of.whole("start"), of.whole("end")
    return of.rate(), of.number("nper"), of.number("pv"), start, end, of.begin
