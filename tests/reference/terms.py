"""A schedule request read into dates, periods, rates and amounts."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from tests.reference.exact import (
    day,
    percent,
    plus_periods,
    plus_units,
    rounded,
    units_a_year,
)
from tests.reference.fractions_of_a_year import fraction, is_360

LONGEST = 1200
type Request = dict[str, Any]


@dataclass
class Span:
    """A repayment period and its year fraction."""

    start: date
    end: date
    fraction: Fraction


@dataclass
class Terms:
    """Everything a plan needs; lists count periods from 0, the document from 1."""

    request: Request
    asked: int  # the principal of the request, in all tranches
    lent: list[tuple[date, int]]  # after financed fees and the down payment
    down_payment: int
    rates: list[tuple[date, Fraction]]  # the first from ever
    spans: list[Span]
    open_ended: bool
    mode: str
    instalment_mode: str
    multiple: int
    residue: str
    grace: int
    odd_interest: Fraction = Fraction(0)
    outstanding: dict[str, Any] | None = field(default=None)

    @property
    def principal(self) -> int:
        """P: what is lent and repaid in instalments."""
        return sum(amount for _, amount in self.lent)

    @property
    def n(self) -> int:
        """The number of periods."""
        return len(self.spans)

    def part(self, span: Span, start: date, end: date) -> Fraction:
        """The year fraction of a part of a period."""
        if (start, end) == (span.start, span.end):
            return span.fraction
        day_count = self.request.get("day_count", "PERIODIC")
        if day_count == "PERIODIC":
            return span.fraction * (end - start).days / (span.end - span.start).days
        # `maturity` is the last due date.
        maturity = self.spans[-1].end
        return fraction(start, end, day_count, maturity=maturity, whole=(span.start, span.end))

    def rate(self, on: date) -> Fraction:
        """The annual rate of the day that begins with `on`, as a fraction."""
        return [rate for since, rate in self.rates if since <= on][-1]

    def period_rate(self, index: int) -> Fraction:
        """r_i: with a rate change inside, the sum over the parts."""
        span = self.spans[index]
        inside = [
            since
            for since, rate in self.rates
            if span.start < since < span.end and rate != self.rate(yesterday(since))
        ]
        cuts = [span.start, *inside, span.end]
        return sum(
            (
                self.rate(cuts[i]) * self.part(span, cuts[i], cuts[i + 1])
                for i in range(len(cuts) - 1)
            ),
            Fraction(0),
        )

    def holding(self, on: date) -> int:
        """The index of the period k with a_k <= on < b_k; an earlier day is in the first one."""
        for index, span in enumerate(self.spans):
            if on < span.end:
                return index
        return self.n

    def to_multiple(self, value: Fraction) -> int:
        """An instalment: rounded once, to the multiple, by the instalment's own mode."""
        return rounded(value, self.instalment_mode, self.multiple)


def yesterday(on: date) -> date:
    """The day before."""
    return date.fromordinal(on.toordinal() - 1)


def read(request: Request) -> Terms:
    """The terms of a request."""
    rounding = request.get("rounding", {})
    mode = rounding.get("mode", "half_even")
    disbursed_on = day(request["disbursed_on"])
    tranches = [(day(one["on"]), one["amount_minor"]) for one in request.get("tranches", [])]
    lent = tranches or [(disbursed_on, request["principal_minor"])]
    asked = sum(amount for _, amount in lent)
    financed = sum(fee_amounts(request, "financed", asked, mode))
    down_payment = down(request, asked + financed, mode)
    # Reading: with tranches both belong to the first one.
    lent[0] = (lent[0][0], lent[0][1] + financed - down_payment)
    changes = [
        (day(one["on"]), percent(one["annual_rate_pct"])) for one in request.get("rate_changes", [])
    ]
    terms = Terms(
        request=request,
        asked=asked,
        lent=lent,
        down_payment=down_payment,
        rates=[(date.min, percent(request["annual_rate_pct"])), *changes],
        spans=[],
        open_ended="periods" not in request and "due_dates" not in request,
        mode=mode,
        instalment_mode=rounding.get("instalment_mode", mode),
        multiple=rounding.get("instalment_multiple_minor", 1),
        residue=rounding.get("residue", "last"),
        grace=request.get("grace", {}).get("principal_periods", 0),
    )
    accrual = request.get("accrual")
    if accrual and accrual["basis"] == "outstanding":
        terms.outstanding = accrual
    lay_out(terms)
    return terms


def fee_amounts(request: Request, when: str, principal: int, mode: str) -> list[int]:
    """The fees of a sort; `pct` is of the principal of the request."""
    return [
        fee["amount_minor"]
        if "amount_minor" in fee
        else rounded(principal * percent(fee["pct"]), mode)
        for fee in request.get("fees", [])
        if fee["when"] == when
    ]


def down(request: Request, principal: int, mode: str) -> int:
    """The down payment; 0 without one."""
    asked = request.get("down_payment")
    if not asked:
        return 0
    # Reading: `multiple_minor` also holds for a down payment given as an amount.
    amount = (
        rounded(principal * percent(asked["pct"]), mode)
        if "pct" in asked
        else asked["amount_minor"]
    )
    return rounded(Fraction(amount), mode, asked.get("multiple_minor", 1))


def due_dates(request: Request) -> list[date]:
    """b_1 ... b_n."""
    if "due_dates" in request:
        return [day(one) for one in request["due_dates"]]
    count = request.get("periods", LONGEST)
    period = request.get("period", {"every": 1, "unit": "month"})
    month_end = request.get("month_end", "clamp")
    if "first_due_on" in request:
        anchor, first = day(request["first_due_on"]), 0
    else:
        anchor, first = day(request["disbursed_on"]), 1
    return [plus_periods(anchor, first + i, period, month_end) for i in range(count)]


def lay_out(terms: Terms) -> None:
    """Fill in the periods, and the interest of the odd days."""
    request = terms.request
    period = request.get("period", {"every": 1, "unit": "month"})
    month_end = request.get("month_end", "clamp")
    day_count = request.get("day_count", "PERIODIC")
    disbursed_on = start = day(request["disbursed_on"])
    ends = due_dates(request)
    regular_end = plus_periods(disbursed_on, 1, period, month_end)
    regular_first = "due_dates" in request or ends[0] == regular_end
    if request.get("odd_days_interest", "accrue") != "accrue" and ends[0] > regular_end:
        start = plus_periods(ends[0], -1, period, month_end)
        regular_first = True
        terms.odd_interest = odd_interest(terms, disbursed_on, start, is_360(day_count))
    starts = [start, *ends[:-1]]
    for index, (begin, end) in enumerate(zip(starts, ends, strict=True)):
        if day_count != "PERIODIC":
            counted = fraction(begin, end, day_count, maturity=ends[-1])
        elif index == 0 and not regular_first:
            counted = irregular(begin, end, period["unit"])
        else:
            counted = Fraction(period["every"], units_a_year(period["unit"]))
        terms.spans.append(Span(begin, end, counted))


def odd_interest(terms: Terms, disbursed_on: date, start: date, of_360: bool) -> Fraction:
    """Rule 13: P × rate × odd days / 365 (or 360).

    Reading: with tranches or rate changes P and rate are those of each odd day.
    """
    total = Fraction(0)
    for ordinal in range(disbursed_on.toordinal(), start.toordinal()):
        on = date.fromordinal(ordinal)
        lent = sum(amount for at, amount in terms.lent if at <= on)
        total += lent * terms.rate(on)
    return total / (360 if of_360 else 365)


def irregular(start: date, end: date, unit: str) -> Fraction:
    """The fraction of a first period that is not regular: whole units and days."""
    count = 0
    while plus_units(start, count + 1, unit) <= end:
        count += 1
    whole, following = plus_units(start, count, unit), plus_units(start, count + 1, unit)
    units = count + Fraction((end - whole).days, (following - whole).days)
    return units / units_a_year(unit)
