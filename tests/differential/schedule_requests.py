"""Valid `schedule` and `settlement` requests that together use every field.

Left out are only requests that docs/calc.md has no answer for, such as fees larger than the loan.
"""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.reference.exact import day, plus_periods

MODES = ("half_even", "half_up", "down", "up")
DAY_COUNTS = (
    "PERIODIC",
    "ACT/360",
    "ACT/364",
    "ACT/365F",
    "ACT/365L",
    "ACT/ACT",
    "ACT/ACT ISDA",
    "30/360",
    "30/360 US",
    "30E/360",
    "30E/360 ISDA",
)
PLANS = (
    "equal_instalment",
    "equal_principal",
    "interest_only",
    "balloon",
    "flat",
    "step",
    "lease",
)
type Request = dict[str, Any]
type Draw = st.DrawFn

# Month ends, leap days and turns of the year are where calendars break.
SHARP_DATES = [
    date(year, month, number)
    for year, month, number in [
        (2023, 12, 31), (2024, 1, 1), (2024, 1, 29), (2024, 1, 30), (2024, 1, 31), (2024, 2, 28),
        (2024, 2, 29), (2024, 3, 1), (2024, 3, 31), (2025, 1, 31), (2025, 2, 28), (2025, 3, 1),
        (2026, 4, 30), (2026, 8, 30), (2026, 12, 30), (2027, 12, 31), (2028, 2, 29), (2028, 12, 1),
    ]
]  # fmt: skip
dates = st.sampled_from(SHARP_DATES) | st.dates(date(2019, 1, 1), date(2032, 12, 31))
modes = st.sampled_from(MODES)
# Round amounts and rates make ties, on which the rounding modes differ.
amounts = st.one_of(
    st.integers(1, 400).map(lambda value: value * 100_00),
    st.integers(50_00, 10**9),
    st.integers(1, 200),
)
percents = st.one_of(
    st.sampled_from(["0", "1", "6", "12", "7.25", "18", "24", "4.8", "36", "0.05"]),
    st.decimals("0", "60", places=3).map(lambda value: f"{value:f}"),
    st.integers(0, 30),
)


def percents_of(most: int) -> st.SearchStrategy[str]:
    """Shares of a principal, up to `most` percent."""
    return st.decimals("0.01", most, places=2).map(lambda value: f"{value:f}")


def sometimes[T](draw: Draw, strategy: st.SearchStrategy[T], odds: int = 3) -> T | None:
    """A value once in `odds` times."""
    return draw(strategy) if draw(st.integers(1, odds)) == 1 else None


@st.composite
def roundings(draw: Draw, principal: int) -> Request:
    """Modes, residue, multiples."""
    asked: Request = {}
    if draw(st.booleans()):
        asked["mode"] = draw(modes)
    if draw(st.booleans()):
        asked["residue"] = draw(st.sampled_from(["last", "spread"]))
    if sometimes(draw, st.just(True)):
        most = max(1, min(10_000, principal // 50))
        multiples = [one for one in (1, 2, 5, 10, 50, 100, 1000, 10_000) if one <= most]
        asked["instalment_multiple_minor"] = draw(st.sampled_from(multiples))
    if sometimes(draw, st.just(True)):
        asked["instalment_mode"] = draw(modes)
    return asked


@st.composite
def fees(draw: Draw, principal: int) -> list[Request]:
    """Up to three fees, together well below the principal."""
    whens = ["upfront", "each_instalment", "financed"]
    found = []
    for place in range(draw(st.integers(1, 3))):
        fee: Request = {"code": f"fee{place}", "when": draw(st.sampled_from(whens))}
        if draw(st.booleans()):
            fee["pct"] = draw(percents_of(3))
        else:
            fee["amount_minor"] = draw(st.integers(0, max(1, principal // 40)))
        found.append(fee)
    return found


@st.composite
def calendars(draw: Draw) -> Request:
    """Period, number, dates and day count."""
    start = draw(dates)
    asked: Request = {"disbursed_on": start.isoformat()}
    period = {"every": 1, "unit": "month"}
    if sometimes(draw, st.just(True)):
        unit = draw(st.sampled_from(["month", "week", "day"]))
        every = draw(st.integers(1, {"month": 6, "week": 5, "day": 45}[unit]))
        period = asked["period"] = {"every": every, "unit": unit}
    if draw(st.booleans()):
        asked["month_end"] = draw(st.sampled_from(["clamp", "roll"]))
    if draw(st.booleans()):
        asked["day_count"] = draw(st.sampled_from(DAY_COUNTS))
    count = draw(st.integers(1, 14) | st.integers(1, 40))
    how = draw(st.sampled_from(["plain", "plain", "first", "first", "dates"]))
    if how == "dates":
        on, found = start, []
        for _ in range(count):
            on += timedelta(days=draw(st.integers(1, 70)))
            found.append(on.isoformat())
        asked["due_dates"] = found
        return asked
    asked["periods"] = count
    if how == "first":
        regular = plus_periods(start, 1, period, asked.get("month_end", "clamp"))
        length = (regular - start).days
        shift = draw(st.sampled_from([0, 1, 2, 3]) | st.integers(1 - length, length + 40))
        asked["first_due_on"] = (regular + timedelta(days=shift)).isoformat()
        # 28 February to 29 March is longer than a month and yet begins one month before.
        back = plus_periods(day(asked["first_due_on"]), -1, period, asked.get("month_end", "clamp"))
        twofold = back == start and shift > 0
        if draw(st.booleans()) and not twofold:
            ways = st.sampled_from(["accrue", "first", "spread", "upfront"])
            asked["odd_days_interest"] = draw(ways)
    return asked


def ends_of(asked: Request) -> list[date]:
    """All due dates of a calendar, for choosing dates inside it."""
    if "due_dates" in asked:
        return [day(one) for one in asked["due_dates"]]
    period = asked.get("period", {"every": 1, "unit": "month"})
    month_end = asked.get("month_end", "clamp")
    start = day(asked["disbursed_on"])
    first = day(asked.get("first_due_on", plus_periods(start, 1, period, month_end).isoformat()))
    return [plus_periods(first, i, period, month_end) for i in range(asked["periods"])]


def days_from(draw: Draw, asked: Request, most: int) -> list[date]:
    """Ascending days from the first regular day to before the last due date."""
    ends = ends_of(asked)
    start = day(asked["disbursed_on"])
    last = ends[-1] - timedelta(days=1)
    if last < start:
        return []
    sharp = [one for one in (start, *ends) if start <= one <= last]
    found = draw(st.sets(st.sampled_from(sharp) | st.dates(start, last), min_size=1, max_size=most))
    return sorted(found)


def number_of(asked: Request) -> int:
    """The number of periods."""
    return asked["periods"] if "periods" in asked else len(asked["due_dates"])


@st.composite
def schedules(draw: Draw, plan: str) -> Request:
    """A request for one plan."""
    asked: Request = {"plan": plan, **draw(calendars()), "annual_rate_pct": draw(percents)}
    # Rents in advance must leave something to finance.
    principal = asked["principal_minor"] = draw(
        amounts.filter(lambda one: plan != "lease" or one > 999)
    )
    tranches = plan == "equal_instalment" and sometimes(draw, st.just(True), 4)
    if draw(st.booleans()):
        asked["rounding"] = draw(roundings(principal))
    # Up to 200 minor units are there for the rounding, not for fees larger than the loan.
    if principal > 1000 and sometimes(draw, st.just(True)):
        asked["fees"] = draw(fees(principal))
    if sometimes(draw, st.just(True), 6):
        asked["currency"] = "JPY"
    if principal > 1000 and not tranches and sometimes(draw, st.just(True), 4):
        asked["down_payment"] = draw(down_payments(principal))
    add_grace(draw, asked)
    PARTICULARS[plan](draw, asked, tranches)
    return asked


@st.composite
def down_payments(draw: Draw, principal: int) -> Request:
    """A share or an amount."""
    if draw(st.booleans()):
        return {"amount_minor": draw(st.integers(1, max(1, principal // 2)))}
    asked: Request = {"pct": draw(percents_of(60))}
    if draw(st.booleans()) and principal > 100_000:
        asked["multiple_minor"] = draw(st.sampled_from([1, 100, 1000, 10_000]))
    return asked


def add_grace(draw: Draw, asked: Request) -> None:
    """Periods in which only interest, or nothing, is paid."""
    count = number_of(asked)
    if count < 2 or draw(st.integers(1, 3)) > 1:
        return
    principal_periods = draw(st.integers(0, min(6, count - 1)))
    grace = {"principal_periods": principal_periods}
    if draw(st.booleans()):
        grace["interest_periods"] = draw(st.integers(0, principal_periods))
    asked["grace"] = grace


def equal_instalment(draw: Draw, asked: Request, tranches: object) -> None:
    """Tranches, rate changes, accrual, a fixed instalment."""
    if tranches:
        total = asked.pop("principal_minor")
        found = days_from(draw, asked, 4) or [day(asked["disbursed_on"])]
        share = max(1, total // len(found))
        asked["tranches"] = [
            {"on": on.isoformat(), "amount_minor": draw(st.integers(max(1, share // 3), share))}
            for on in found
        ]
    if sometimes(draw, st.just(True), 4):
        asked["rate_changes"] = [
            {"on": on.isoformat(), "annual_rate_pct": draw(percents)}
            for on in days_from(draw, asked, 3)
        ]
    add_fixed_instalment(draw, asked)
    add_accrual(draw, asked)


def add_fixed_instalment(draw: Draw, asked: Request) -> None:
    """An agreed instalment, sometimes instead of a number of periods."""
    if draw(st.integers(1, 5)) > 1:
        return
    lent = sum(one["amount_minor"] for one in asked.get("tranches", []))
    principal = lent or asked["principal_minor"]
    share = max(1, principal // number_of(asked))
    asked["instalment_minor"] = draw(st.integers(max(1, share // 2), share * 2))


def add_accrual(draw: Draw, asked: Request) -> None:
    """Interest on what is really outstanding."""
    if draw(st.integers(1, 5)) > 1:
        return
    as_of = draw(st.sampled_from(days_from(draw, asked, 3) or [ends_of(asked)[-1]]))
    accrual: Request = {
        "basis": draw(st.sampled_from(["scheduled", "outstanding"])),
        "as_of": as_of.isoformat(),
    }
    # No more is paid than was lent.
    if draw(st.booleans()) and asked.get("principal_minor", 0) >= 100:
        most = asked["principal_minor"] // 10
        accrual["paid"] = [
            {"on": on.isoformat(), "principal_minor": draw(st.integers(1, most))}
            for on in days_from(draw, asked, 3)
        ]
    asked["accrual"] = accrual


def balloon(draw: Draw, asked: Request, tranches: object) -> None:
    """An amount due at the end."""
    asked["balloon_minor"] = draw(st.integers(1, max(1, asked["principal_minor"] // 3)))
    add_fixed_instalment(draw, asked)
    add_accrual(draw, asked)


def equal_principal(draw: Draw, asked: Request, tranches: object) -> None:
    """Sometimes an agreed principal part."""
    if draw(st.integers(1, 4)) == 1:
        share = max(1, asked["principal_minor"] // number_of(asked))
        asked["principal_instalment_minor"] = draw(st.integers(max(1, share // 2), share * 2))


def nothing_more(draw: Draw, asked: Request, tranches: object) -> None:
    """The plan has no field of its own."""


def step(draw: Draw, asked: Request, tranches: object) -> None:
    """Weights that add up to the periods."""
    left, steps = number_of(asked), []
    weights = st.sampled_from(["1", "1.5", "2", "19/30", "0.8", "5/4"])
    while left:
        taken = draw(st.integers(1, left))
        steps.append({"periods": taken, "weight": draw(weights)})
        left -= taken
    asked["steps"] = steps


def lease(draw: Draw, asked: Request, tranches: object) -> None:
    """A residual, rents in advance, an agreed rent."""
    count = number_of(asked) - asked.get("grace", {}).get("principal_periods", 0)
    principal = asked["principal_minor"]
    if draw(st.booleans()):
        asked["residual_minor"] = draw(st.integers(0, principal // 3))
    if draw(st.booleans()):
        asked["advance_rents"] = draw(st.integers(0, min(3, count - 1)))
    if draw(st.integers(1, 6)) == 1:
        share = max(1, principal // (2 * count))
        asked["instalment_minor"] = draw(st.integers(max(1, share // 2), share))


PARTICULARS = {
    "equal_instalment": equal_instalment,
    "balloon": balloon,
    "equal_principal": equal_principal,
    "interest_only": nothing_more,
    "flat": nothing_more,
    "step": step,
    "lease": lease,
}


@st.composite
def open_ended(draw: Draw) -> Request:
    """How long does it take with this much a month?"""
    asked: Request = {"plan": "equal_instalment", **draw(calendars())}
    if "due_dates" in asked:
        del asked["due_dates"]
    asked.pop("periods", None)
    if asked.get("day_count") == "30E/360 ISDA":  # its maturity is not known beforehand
        del asked["day_count"]
    principal = asked["principal_minor"] = draw(amounts)
    asked["annual_rate_pct"] = draw(percents)
    asked["instalment_minor"] = draw(st.integers(max(1, principal // 30), principal))
    if draw(st.booleans()):
        asked["rounding"] = {"mode": draw(modes)}
    return asked


@st.composite
def settlements(draw: Draw) -> Request:
    """A day inside a period."""
    start = draw(dates)
    end = start + timedelta(days=draw(st.integers(1, 120)))
    asked: Request = {
        "principal_minor": draw(amounts),
        "annual_rate_pct": draw(percents),
        "period_start": start.isoformat(),
        "period_end": end.isoformat(),
        "on": draw(st.dates(start, end) | st.sampled_from([start, end])).isoformat(),
    }
    if draw(st.booleans()):
        unit = draw(st.sampled_from(["month", "week", "day"]))
        asked["period"] = {"every": draw(st.integers(1, 12)), "unit": unit}
    if draw(st.booleans()):
        asked["day_count"] = draw(st.sampled_from(DAY_COUNTS))
    if draw(st.booleans()):
        asked["rounding"] = {"mode": draw(modes)}
    if draw(st.booleans()):
        names = draw(st.sets(st.sampled_from(["interest_minor", "fee_minor", "penalty_minor"])))
        asked["due"] = {name: draw(st.integers(0, 10**6)) for name in sorted(names)}
    if draw(st.booleans()):
        pct = draw(st.booleans())
        asked["early_fee"] = (
            {"pct": draw(percents_of(5))} if pct else {"amount_minor": draw(st.integers(0, 10**6))}
        )
    return asked
