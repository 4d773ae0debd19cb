"""Regulation Z's unit periods: dates counted back by hand."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lending.domain.computable import NotComputable
from lending.domain.dates import add_months
from lending.domain.disclosure.unit_periods import (
    Elapsed,
    Unit,
    UnitPeriod,
    elapsed,
    periods_per_year,
    single_term,
)

# A busy machine is no failure.
UNHURRIED = settings(deadline=None)


def day(text: str) -> date:
    return date.fromisoformat(text)


CASES = """
start       to          every unit        whole odd
2026-01-10  2026-02-10      1 month           1 0
2026-01-10  2026-02-09      1 month           0 30/30
2026-02-10  2026-04-01      1 month           1 19/30
2026-01-31  2026-02-28      1 month           0 28/30
2026-02-28  2026-03-31      1 month           1 0
2024-02-29  2025-02-28      1 month          11 28/30
2024-01-31  2024-02-29      1 month           0 29/30
2026-05-23  2026-10-01      3 month           1 39/90
2026-01-10  2026-03-01      2 month           0 52/60
2026-01-01  2026-01-01      3 month           0 0
2026-01-10  2028-03-15      1 year            2 64/365
2024-01-01  2024-12-31      1 year            0 365/365
2024-02-29  2028-02-28      2 year            1 730/730
2026-02-23  2026-03-01      1 half_month      0 6/15
2026-02-23  2026-03-16      1 half_month      1 6/15
2026-01-01  2026-01-16      1 half_month      1 0
2026-01-01  2026-01-31      1 half_month      1 15/15
2026-01-01  2026-02-01      1 half_month      2 0
2026-03-20  2026-04-21      1 week            4 4/7
2026-03-18  2026-04-20      4 week            1 5/28
2026-01-01  2026-01-11      4 day             2 2/4
2026-01-01  2027-01-01      1 day           365 0
"""


@pytest.mark.parametrize("case", CASES.split("\n")[2:-1])
def test_time_is_counted_back_from_the_flow(case: str) -> None:
    start, to, every, unit, whole, odd = case.split()
    counted = elapsed(day(start), day(to), UnitPeriod(Unit(unit), int(every)))
    assert counted == Elapsed(int(whole), Fraction(odd))


@UNHURRIED
@given(
    st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    st.integers(0, 5000),
    st.sampled_from([unit for unit in Unit if unit is not Unit.TERM]),
    st.integers(1, 6),
)
def test_time_grows_with_every_day_and_the_odd_part_is_at_most_one(
    start: date, days: int, unit: Unit, every: int
) -> None:
    unit_period = UnitPeriod(unit, 1 if unit is Unit.HALF_MONTH else every)
    to = start + timedelta(days=days)
    counted = elapsed(start, to, unit_period)
    assert 0 <= counted.fraction <= 1
    # Month ends are clamped, so a later date may count as much, but never less by a period.
    later = elapsed(start, to + timedelta(days=1), unit_period)
    assert later.whole >= counted.whole
    if unit is Unit.MONTH:
        assert add_months(to, -counted.whole * every) >= start
        assert add_months(to, -(counted.whole + 1) * every) < start


@pytest.mark.parametrize(
    ("start", "to", "whole", "odd", "per_year"),
    [
        ("2026-01-03", "2026-09-15", 1, "0", "365/255"),  # Appendix J (c)(5)(i), in 1978
        ("2026-01-15", "2026-07-15", 1, "0", "2"),
        ("2026-01-15", "2027-01-15", 1, "0", "1"),
        ("2026-01-15", "2027-01-14", 1, "0", "365/364"),
        ("2024-02-29", "2025-02-28", 1, "0", "1"),  # 365 days, not twelve months back
        ("2026-01-31", "2026-02-28", 1, "0", "365/28"),  # a month back is 28 January
        ("2026-02-28", "2026-03-31", 1, "0", "12"),
        ("2026-01-15", "2027-07-15", 1, "1/2", "1"),
        ("2026-01-15", "2028-01-15", 2, "0", "1"),
        ("2026-01-15", "2027-01-18", 1, "3/365", "1"),
        ("2026-01-15", "2027-07-18", 1, "184/365", "1"),
    ],
)
def test_a_term_is_its_own_unit_period_up_to_a_year(
    start: str, to: str, whole: int, odd: str, per_year: str
) -> None:
    time, periods = single_term(day(start), day(to))
    assert time == Elapsed(whole, Fraction(odd))
    assert periods == Fraction(per_year)


@pytest.mark.parametrize("to", ["2026-01-15", "2026-01-14"])
def test_a_term_needs_a_day(to: str) -> None:
    with pytest.raises(NotComputable) as refused:
        single_term(day("2026-01-15"), day(to))
    assert refused.value.code == "invalid_field"


@pytest.mark.parametrize(
    ("unit", "every", "per_year"),
    [
        ("year", 1, "1"),
        ("month", 3, "4"),
        ("half_month", 1, "24"),
        ("week", 2, "26"),
        ("day", 10, "36.5"),
    ],
)
def test_unit_periods_a_year(unit: str, every: int, per_year: str) -> None:
    assert periods_per_year(UnitPeriod(Unit(unit), every)) == Fraction(per_year)


@pytest.mark.parametrize(("unit", "every"), [("month", 0), ("half_month", 2), ("term", 2)])
def test_a_unit_period_has_a_sensible_length(unit: str, every: int) -> None:
    with pytest.raises(NotComputable):
        UnitPeriod(Unit(unit), every)


def test_a_term_counts_no_periods() -> None:
    with pytest.raises(NotComputable):
        elapsed(day("2026-01-01"), day("2026-02-01"), UnitPeriod(Unit.TERM))
