"""Day counts against hand-counted shares; the EU fraction against hand-counted dates."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.computable import NotComputable
from lending.domain.dates import (
    MonthEnd,
    PeriodUnit,
    add_months,
    add_units,
    whole_months,
    whole_units,
)
from lending.domain.daycount import DayCount, eu_apr_fraction, year_share

DATES = st.dates(date(1900, 1, 1), date(2150, 12, 31))
WITHOUT_PERIODIC = [one for one in DayCount if one is not DayCount.PERIODIC]

# from, to, day count -> days, year fraction. Derivations stand beside the rows.
SHARES = [
    ("2026-01-01", "2026-07-01", "ACT/360", 181, "181/360"),
    ("2026-01-01", "2026-07-01", "ACT/364", 181, "181/364"),
    ("2026-01-01", "2026-07-01", "ACT/365F", 181, "181/365"),
    ("2024-01-01", "2025-01-01", "ACT/365F", 366, "366/365"),
    # (28 Feb, 29 Feb] holds the leap day, [29 Feb, 1 Mar) without its first day does not.
    ("2024-02-28", "2024-02-29", "ACT/365L", 1, "1/366"),
    ("2024-02-29", "2024-03-01", "ACT/365L", 1, "1/365"),
    ("2023-12-31", "2025-01-01", "ACT/365L", 367, "367/366"),
    # 2023-12-31 is not counted, 2024-01-01 is: one day of a leap year.
    ("2023-12-31", "2024-01-01", "ACT/ACT", 1, "1/366"),
    ("2023-12-31", "2024-01-01", "ACT/ACT ISDA", 1, "1/365"),
    ("2024-12-31", "2025-01-01", "ACT/ACT", 1, "1/365"),
    ("2024-12-31", "2025-01-01", "ACT/ACT ISDA", 1, "1/366"),
    # 16..31 December 2023 = 16 days; January and 15 days of February 2024 = 46 days.
    ("2023-12-15", "2024-02-15", "ACT/ACT", 62, "16/365+46/366"),
    # 15..31 December 2023 = 17 days; January and 14 days of February = 45 days.
    ("2023-12-15", "2024-02-15", "ACT/ACT ISDA", 62, "17/365+45/366"),
    ("2023-07-01", "2026-07-01", "ACT/ACT ISDA", 1096, "184/365+1+1+181/365"),
    ("2023-07-01", "2026-07-01", "ACT/ACT", 1096, "183/365+1+1+182/365"),
    # 30/360: d2 becomes 30 only if d1 is 30 or 31.
    ("2026-01-15", "2026-01-31", "30/360", 16, "16/360"),
    ("2026-01-30", "2026-03-31", "30/360", 60, "60/360"),
    ("2026-01-31", "2026-03-31", "30/360", 60, "60/360"),
    ("2026-01-31", "2026-02-28", "30/360", 28, "28/360"),
    ("2026-02-28", "2026-03-31", "30/360", 33, "33/360"),
    # US: the last of February counts as 30, so 31 March does too (d1 is 30 by then).
    ("2026-02-28", "2026-03-31", "30/360 US", 30, "30/360"),
    ("2024-02-29", "2025-02-28", "30/360 US", 360, "1"),
    ("2024-02-28", "2025-02-28", "30/360 US", 360, "1"),
    ("2024-02-28", "2024-02-29", "30/360 US", 1, "1/360"),
    ("2026-01-31", "2026-02-28", "30/360 US", 28, "28/360"),
    ("2026-01-15", "2026-01-31", "30/360 US", 16, "16/360"),
    ("2026-01-15", "2026-01-31", "30E/360", 15, "15/360"),
    ("2026-02-28", "2026-03-31", "30E/360", 32, "32/360"),
    ("2026-02-28", "2026-03-31", "30E/360 ISDA", 30, "30/360"),
    ("2026-01-31", "2026-02-28", "30E/360 ISDA", 30, "30/360"),
    ("2024-02-28", "2024-02-29", "30E/360 ISDA", 2, "2/360"),
]


def _sum(text: str) -> Fraction:
    return sum((Fraction(part) for part in text.split("+")), Fraction(0))


@pytest.mark.parametrize(("start", "to", "name", "days", "share"), SHARES)
def test_share_of_a_year(start: str, to: str, name: str, days: int, share: str) -> None:
    found = year_share(date.fromisoformat(start), date.fromisoformat(to), DayCount(name))
    assert found.days == days
    assert Fraction(found.numerator, found.denominator) == _sum(share)


def test_maturity_keeps_the_last_of_february_as_it_is() -> None:
    start, to = date(2026, 1, 31), date(2026, 2, 28)
    assert year_share(start, to, DayCount.THIRTY_E_360_ISDA, maturity=to).days == 28
    assert year_share(start, to, DayCount.THIRTY_E_360_ISDA, maturity=date(2026, 3, 1)).days == 30


def test_a_part_of_a_365l_period_counts_by_the_whole_period() -> None:
    period = (date(2024, 2, 10), date(2024, 3, 10))
    part = year_share(date(2024, 3, 1), date(2024, 3, 10), DayCount.ACT_365L, period=period)
    assert (part.numerator, part.denominator) == (9, 366)


def test_periodic_and_reversed_dates_are_named_errors() -> None:
    with pytest.raises(NotComputable) as periodic:
        year_share(date(2026, 1, 1), date(2026, 2, 1), DayCount.PERIODIC)
    assert (periodic.value.code, periodic.value.pointer) == ("invalid_field", "/day_count")
    for name in WITHOUT_PERIODIC:
        with pytest.raises(NotComputable) as reversed_dates:
            year_share(date(2026, 2, 1), date(2026, 1, 31), name)
        assert reversed_dates.value.pointer == "/to"


def test_the_ends_of_the_calendar_count() -> None:
    first, last = date.min, date.max
    for name in WITHOUT_PERIODIC:
        assert year_share(first, last, name).days > 3_598_000
    assert year_share(last, last, DayCount.ACT_ACT).numerator == 0
    assert eu_apr_fraction(first, date(2, 1, 1), "year").value == 1
    assert eu_apr_fraction(first, date(1, 12, 31), "year").year_days == 365


@given(DATES, DATES, DATES)
def test_shares_of_days_by_year_add_up(one: date, two: date, three: date) -> None:
    start, middle, end = sorted((one, two, three))
    for name in (DayCount.ACT_ACT, DayCount.ACT_ACT_ISDA, DayCount.ACT_360, DayCount.ACT_365F):
        parts = [year_share(a, b, name) for a, b in ((start, middle), (middle, end), (start, end))]
        left, right, whole = (Fraction(part.numerator, part.denominator) for part in parts)
        assert left + right == whole


@given(DATES, st.integers(0, 3000))
def test_day_by_day_definition_of_actual_actual(start: date, length: int) -> None:
    to = start + timedelta(days=length)

    def by_definition(first_offset: int) -> Fraction:
        days = [start + timedelta(days=offset + first_offset) for offset in range(length)]
        leap = sum(1 for day in days if (day.year % 4 == 0) != (day.year in (1900, 2100)))
        return Fraction(leap, 366) + Fraction(length - leap, 365)

    isda, last_counts = (
        year_share(start, to, name) for name in (DayCount.ACT_ACT_ISDA, DayCount.ACT_ACT)
    )
    assert Fraction(isda.numerator, isda.denominator) == by_definition(0)
    assert Fraction(last_counts.numerator, last_counts.denominator) == by_definition(1)


# start, to, unit -> whole units, days left, days of the year, value.
EU = [
    ("2026-01-12", "2026-04-15", "month", 3, 3, 365, "3/12+3/365"),
    # Counted back from 15 April: 15 January; that year (2025-01-15 to 2026-01-15) has 365 days.
    ("2024-03-31", "2024-04-30", "month", 0, 30, 366, "30/366"),
    # 30 April - 1 month = 30 March is before 31 March: nothing whole, 30 days of
    # 2023-04-30..2024-04-30 (366).
    ("2024-01-31", "2024-02-29", "month", 0, 29, 366, "29/366"),
    ("2024-02-29", "2024-03-31", "month", 1, 0, 0, "1/12"),
    # 31 March - 1 month is clamped to 29 February.
    ("2023-02-27", "2024-02-29", "year", 1, 1, 365, "1+1/365"),
    # 29 February 2024 - 1 year = 28 February 2023; its year 2022-02-28.. has 365 days.
    ("2024-02-27", "2025-02-28", "year", 1, 1, 365, "1+1/365"),
    # Stopped on 28 February 2024; its year began on 28 February 2023 and has 365 days.
    ("2024-02-28", "2025-03-01", "year", 1, 2, 366, "1+2/366"),
    ("2026-01-01", "2026-01-20", "week", 2, 5, 365, "2/52+5/365"),
    ("2024-06-01", "2024-06-06", "week", 0, 5, 366, "5/366"),
    ("2024-01-01", "2025-01-01", "day", 0, 366, 365, "366/365"),
    ("2026-01-01", "2026-01-01", "day", 0, 0, 0, "0"),
    ("2026-01-01", "2026-01-01", "month", 0, 0, 0, "0"),
]


@pytest.mark.parametrize(("start", "to", "unit", "whole", "days", "year", "value"), EU)
def test_eu_apr_fraction(
    start: str, to: str, unit: str, whole: int, days: int, year: int, value: str
) -> None:
    found = eu_apr_fraction(
        date.fromisoformat(start),
        date.fromisoformat(to),
        unit,  # type: ignore[arg-type]
    )
    assert (found.whole_units, found.days, found.year_days) == (whole, days, year)
    assert found.value == _sum(value)


def test_eu_apr_fraction_refuses_reversed_dates() -> None:
    with pytest.raises(NotComputable):
        eu_apr_fraction(date(2026, 1, 2), date(2026, 1, 1), "day")


@given(DATES, st.integers(0, 4000))
def test_eu_days_of_a_year_are_those_of_the_calendar(start: date, length: int) -> None:
    to = start + timedelta(days=length)
    for unit, months in (("year", 12), ("month", 1)):
        found = eu_apr_fraction(start, to, unit)  # type: ignore[arg-type]
        stopped_on = add_months(to, -months * found.whole_units)
        assert stopped_on >= start > add_months(to, -months * (found.whole_units + 1))
        if found.days:
            assert found.year_days == (stopped_on - add_months(stopped_on, -12)).days


@pytest.mark.parametrize(
    ("months", "clamped", "rolled"),
    [
        (1, "2026-02-28", "2026-03-01"),
        (2, "2026-03-31", "2026-03-31"),
        (3, "2026-04-30", "2026-05-01"),
        (25, "2028-02-29", "2028-03-01"),
        (-2, "2025-11-30", "2025-12-01"),
        (11, "2026-12-31", "2026-12-31"),
    ],
)
def test_the_anchor_is_never_lost(months: int, clamped: str, rolled: str) -> None:
    anchor = date(2026, 1, 31)
    assert add_months(anchor, months).isoformat() == clamped
    assert add_months(anchor, months, MonthEnd.ROLL).isoformat() == rolled


def test_dates_beyond_the_calendar_are_refused() -> None:
    for unit in PeriodUnit:
        for count in (-10_000_000, 10_000_000, 10**30):
            with pytest.raises(ValueError, match=r"year|range"):
                add_units(date(2026, 1, 31), count, unit)


@given(DATES, DATES)
def test_whole_units_do_not_pass_the_end(one: date, two: date) -> None:
    start, to = min(one, two), max(one, two)
    for unit in PeriodUnit:
        count = whole_units(start, to, unit)
        assert add_units(start, count, unit) <= to < add_units(start, count + 1, unit)
    assert whole_months(start, to) >= 0
