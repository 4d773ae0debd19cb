"""`autolend calc apr`: the annual percentage rate of flows, by the method of a market."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from lending.domain.computable import NotComputable
from lending.domain.dates import DAYS_PER_YEAR
from lending.domain.daycount import eu_apr_fraction
from lending.domain.disclosure import (
    AnnualRates,
    Method,
    TimedLoan,
    annual_rates,
    simple_rates,
    within_cap,
)
from lending.domain.disclosure.unit_periods import (
    Unit,
    UnitPeriod,
    elapsed,
    periods_per_year,
    single_term,
)
from lending.domain.rate import Flow
from pydantic import Field

from tools.calc.absent import NotNull
from tools.calc.wire import (
    Currency,
    Day,
    MinorNotNegative,
    NotNegative,
    Number,
    Ratio,
    Shape,
    decimals_text,
)

PLACES: Final = 12
YEAR_DAYS: Final = (365, 360)
# Minor units in a major one, where it is not 100 (ISO 4217). They matter only to a request
# that has amounts in both.
WITHOUT_MINOR: Final = {"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"}
IN_THOUSANDTHS: Final = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


class FlowIn(Shape):
    """Money at a time or on a day."""

    amount_minor: Annotated[MinorNotNegative | None, NotNull] = None
    amount: Annotated[NotNegative | None, NotNull] = None
    t: Annotated[Ratio | None, NotNull] = None
    on: Annotated[Day | None, NotNull] = None
    fraction: Annotated[Ratio, Field(ge=0, le=1)] = Fraction(0)


class UnitPeriodIn(Shape):
    """The unit period of the loan."""

    every: Annotated[int, Field(ge=1, le=100_000)] = 1
    unit: Literal["year", "month", "half_month", "week", "day", "term"]


class Request(Shape):
    """Flows and a method, or a daily rate."""

    method: Literal["us_actuarial", "eu_effective", "irr", "simple"]
    currency: Currency = "CNY"
    advances: Annotated[list[FlowIn] | None, NotNull] = None
    payments: Annotated[list[FlowIn] | None, NotNull] = None
    periods_per_year: Annotated[Ratio | None, NotNull] = None
    unit_period: Annotated[UnitPeriodIn | None, NotNull] = None
    time_unit: Literal["year", "month", "week", "day"] = "month"
    daily_rate_pct: Annotated[Number | None, NotNull] = None
    year_days: Annotated[Number | None, NotNull] = None
    cap_pct: Annotated[Number | None, NotNull] = None


# A flow's pointer, the flow, its amount signed from the borrower's side: received positive.
type _Entry = tuple[str, FlowIn, Fraction]


def answer(request: Request) -> dict[str, Any]:
    """The rates, and whether the unrounded one is within the cap."""
    cap = request.cap_pct
    within = None
    if request.method == "simple":
        rates = _simple(request)
        if cap is not None:
            within = rates.rate_pct <= cap
    else:
        loan = _loan(request)
        rates = annual_rates(loan)
        if cap is not None:
            within = within_cap(loan, rates, cap)
    return {
        "rate_pct": decimals_text(rates.rate_pct, PLACES),
        "nominal_pct": _text(rates.nominal_pct),
        "effective_pct": _text(rates.effective_pct),
        "periodic_pct": _text(rates.periodic_pct),
        "within_cap": within,
    }


def _text(rate: Decimal | None) -> str | None:
    return None if rate is None else decimals_text(rate, PLACES)


def _simple(request: Request) -> AnnualRates:
    daily_rate_pct = _needed(request.daily_rate_pct, "/daily_rate_pct")
    year_days = _needed(request.year_days, "/year_days")
    if year_days not in YEAR_DAYS:
        raise NotComputable("invalid_field", "/year_days", "365 or 360")
    return simple_rates(daily_rate_pct, int(year_days))


def _needed[Value](value: Value | None, pointer: str) -> Value:
    if value is None:
        raise NotComputable("invalid_field", pointer, "missing")
    return value


def _loan(request: Request) -> TimedLoan:
    for name in ("daily_rate_pct", "year_days"):
        if name in request.model_fields_set:
            raise NotComputable("contradiction", f"/{name}", "for the method simple only")
    method = Method(request.method)
    entries = _entries(request)
    if any(flow.on is not None for _, flow, _ in entries):
        return _dated(request, method, entries)
    periods = Fraction(1)
    if method is not Method.EU_EFFECTIVE:
        periods = _needed(request.periods_per_year, "/periods_per_year")
        if periods <= 0:
            raise NotComputable("invalid_field", "/periods_per_year", "more than 0")
    return TimedLoan(method, tuple(_at_time(method, *entry) for entry in entries), periods)


def _at_time(method: Method, pointer: str, flow: FlowIn, amount: Fraction) -> Flow:
    time = _needed(flow.t, f"{pointer}/t")
    if time < 0:
        raise NotComputable("invalid_field", f"{pointer}/t", "0 or more")
    if method is not Method.US_ACTUARIAL:
        return Flow(amount, time)
    if time.denominator != 1:
        detail = "whole unit periods; the odd part goes into fraction"
        raise NotComputable("invalid_field", f"{pointer}/t", detail)
    return Flow(amount, time, flow.fraction)


def _entries(request: Request) -> list[_Entry]:
    """Every flow with its amount, all in one unit; refuses what contradicts itself."""
    sides = [
        ("/advances", 1, _needed(request.advances, "/advances")),
        ("/payments", -1, _needed(request.payments, "/payments")),
    ]
    per_major = 1 if request.currency in WITHOUT_MINOR else 100
    if request.currency in IN_THOUSANDTHS:
        per_major = 1000
    entries = [
        (pointer, flow, sign * _minor(flow, pointer, per_major))
        for name, sign, flows in sides
        for pointer, flow in ((f"{name}/{at}", flow) for at, flow in enumerate(flows))
    ]
    dated = [flow.on is not None for _, flow, _ in entries]
    for pointer, flow, _ in entries:
        if (flow.t is not None and flow.on is not None) or (flow.t is not None and any(dated)):
            detail = "t or on: one of the two in the whole request"
            raise NotComputable("contradiction", f"{pointer}/t", detail)
        if flow.fraction and (any(dated) or request.method != "us_actuarial"):
            detail = "an odd fraction goes with t and the method us_actuarial"
            raise NotComputable("contradiction", f"{pointer}/fraction", detail)
        if flow.t is None and flow.on is None:
            raise NotComputable("invalid_field", pointer, "t or on is missing")
    return entries


def _minor(flow: FlowIn, pointer: str, per_major: int) -> Fraction:
    """The amount in minor units; one given in major units may have parts of them."""
    if flow.amount is not None and flow.amount_minor is not None:
        detail = "amount or amount_minor: one of the two"
        raise NotComputable("contradiction", f"{pointer}/amount", detail)
    if flow.amount is not None:
        return Fraction(flow.amount) * per_major
    return Fraction(_needed(flow.amount_minor, f"{pointer}/amount_minor"))


def _dated(request: Request, method: Method, entries: list[_Entry]) -> TimedLoan:
    """Turns dates into times by the method's own count."""
    days = [
        (pointer, _needed(flow.on, f"{pointer}/on"), amount) for pointer, flow, amount in entries
    ]
    first = min((on for pointer, on, _ in days if pointer.startswith("/advances")), default=None)
    if first is None:
        raise NotComputable("no_solution", "/advances", "nothing is received")
    if method is Method.IRR:
        years = [Fraction((on - first).days, DAYS_PER_YEAR) for _, on, _ in days]
        return TimedLoan(method, _flows(days, years))
    for pointer, on, _ in days:
        if on < first:
            raise NotComputable("invalid_field", f"{pointer}/on", "before the first advance")
    if method is Method.EU_EFFECTIVE:
        years = [eu_apr_fraction(first, on, request.time_unit).value for _, on, _ in days]
        return TimedLoan(method, _flows(days, years))
    return _unit_periods(request, first, days)


type _Dated = list[tuple[str, date, Fraction]]


def _flows(days: _Dated, times: list[Fraction]) -> tuple[Flow, ...]:
    return tuple(Flow(amount, time) for (_, _, amount), time in zip(days, times, strict=True))


def _unit_periods(request: Request, first: date, days: _Dated) -> TimedLoan:
    asked = _needed(request.unit_period, "/unit_period")
    unit_period = UnitPeriod(Unit(asked.unit), asked.every)
    if unit_period.unit is not Unit.TERM:
        counted = [(amount, elapsed(first, on, unit_period)) for _, on, amount in days]
        flows = tuple(Flow(amount, time.whole, time.fraction) for amount, time in counted)
        return TimedLoan(Method.US_ACTUARIAL, flows, periods_per_year(unit_period))
    if len(days) != 2 or days[1][2] > 0 or days[0][2] < 0:
        detail = "a term has one advance and one payment"
        raise NotComputable("contradiction", "/unit_period/unit", detail)
    (_, _, advance), (_, on, payment) = days
    time, periods = single_term(first, on)
    flows = (Flow(advance, 0), Flow(payment, time.whole, time.fraction))
    return TimedLoan(Method.US_ACTUARIAL, flows, periods)
