"""Valid requests of the kinds `allocate`, `delinquency`, `year-fraction` and `business-day`."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.differential.schedule_requests import DAY_COUNTS, SHARP_DATES, dates

COMPONENTS = ("principal", "interest", "fee", "penalty")
ENTRIES = [
    f"{timing}.{component}"
    for timing in ("past_due", "due", "in_advance")
    for component in COMPONENTS
]
CONVENTIONS = (
    "unadjusted",
    "following",
    "preceding",
    "modified_following",
    "modified_preceding",
    "half_month_modified_following",
    "nearest",
)
WEEKENDS = (["sat", "sun"], ["fri", "sat"], ["sun"], [])
type Request = dict[str, Any]
type Draw = st.DrawFn

# A narrow span of days, so that payments meet due dates.
close_days = st.dates(date(2026, 1, 1), date(2026, 1, 25))


@st.composite
def allocations(draw: Draw) -> Request:
    """Instalments, payments, an order of 4 or 12 entries, modes and futures."""
    due = sorted(draw(st.lists(close_days, min_size=1, max_size=6)))
    instalments = []
    for due_on in due:
        names = draw(st.sets(st.sampled_from(COMPONENTS)))
        amounts = {f"{name}_minor": draw(st.integers(0, 12)) for name in sorted(names)}
        instalments.append({"due_on": due_on.isoformat(), **amounts})
    paid = draw(st.lists(close_days, min_size=1, max_size=5))
    asked: Request = {
        "instalments": instalments,
        "payments": [
            {"on": on.isoformat(), "amount_minor": draw(st.integers(1, 60))} for on in paid
        ],
    }
    four = draw(st.booleans())
    asked["order"] = draw(st.permutations(COMPONENTS if four else ENTRIES))
    if draw(st.booleans()):
        asked["mode"] = draw(st.sampled_from(["horizontal", "vertical"]))
    futures = ["next", "last"]
    if asked.get("mode") != "vertical":
        futures += ["reamortise"] * 2
    if draw(st.integers(0, 3)):
        asked["future"] = draw(st.sampled_from(futures))
    return asked


@st.composite
def delinquencies(draw: Draw) -> Request:
    """Instalments around `as_of`, a grace, pauses and buckets."""
    as_of = draw(dates)

    def near(low: int, high: int) -> str:
        return (as_of + timedelta(days=draw(st.integers(low, high)))).isoformat()

    count = draw(st.integers(0, 6))
    asked: Request = {
        "as_of": as_of.isoformat(),
        "instalments": [
            {"due_on": on, "outstanding_minor": draw(st.sampled_from([0, 0, 1, 5000, 77]))}
            for on in sorted(near(-60, 20) for _ in range(count))
        ],
    }
    if draw(st.booleans()):
        asked["grace_days"] = draw(st.integers(0, 15))
    if draw(st.booleans()):
        edges = sorted({near(-80, 30) for _ in range(draw(st.integers(1, 6)))})
        asked["pauses"] = [{"from": start, "to": end} for start, end in list(pairwise(edges))[::2]]
    if draw(st.booleans()):
        edges_days = sorted(draw(st.sets(st.integers(0, 60), min_size=1, max_size=5)))
        buckets: list[Request] = [
            {"name": f"M{place}", "from": low, "to": high - 1}
            for place, (low, high) in enumerate(pairwise(edges_days))
        ]
        asked["buckets"] = [*buckets, {"name": "above", "from": edges_days[-1]}]
    return asked


@st.composite
def year_fractions(draw: Draw) -> Request:
    """Two dates up to some years apart."""
    start = draw(dates)
    end = draw(
        st.sampled_from([one for one in SHARP_DATES if one >= start] or [start])
        | st.dates(start, start + timedelta(days=2000))
    )
    asked: Request = {"from": start.isoformat(), "to": end.isoformat()}
    asked["day_count"] = draw(st.sampled_from([*DAY_COUNTS[1:], "EU APR", "EU APR"]))
    if asked["day_count"] == "30E/360 ISDA" and draw(st.booleans()):
        asked["maturity"] = draw(st.just(end) | dates).isoformat()
    if asked["day_count"] == "EU APR" and draw(st.booleans()):
        asked["time_unit"] = draw(st.sampled_from(["year", "month", "week", "day"]))
    return asked


@st.composite
def business_days(draw: Draw) -> Request:
    """Adjusting and advancing over lists of holidays."""
    start = draw(dates)
    asked: Request = {"op": draw(st.sampled_from(["adjust", "advance"])), "date": start.isoformat()}
    if draw(st.integers(0, 4)):
        asked["convention"] = draw(st.sampled_from(CONVENTIONS))
    around = start
    if asked["op"] == "advance":
        unit = asked["unit"] = draw(st.sampled_from(["day", "week", "month", "year"]))
        count = asked["n"] = draw(st.integers(-14, 14))
        around += timedelta(days=count * {"day": 1, "week": 7, "month": 30, "year": 365}[unit])
    if draw(st.booleans()):
        asked["end_of_month"] = draw(st.booleans())
    if draw(st.booleans()):
        asked["weekend"] = draw(st.sampled_from(WEEKENDS))
    for name in ("holidays", "working_days"):
        if draw(st.booleans()):
            centre = draw(st.sampled_from([start, around]))
            near = st.integers(-20, 20).map(lambda days, on=centre: on + timedelta(days=days))
            found = draw(st.sets(near, max_size=16))
            asked[name] = [on.isoformat() for on in sorted(found)]
    return asked
