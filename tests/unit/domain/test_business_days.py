"""Conventions, steps, and the days of China's official arrangements."""

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.profiles import built_in_calendar
from lending.domain.business_days import (
    WEEKDAYS,
    BusinessCalendar,
    Convention,
    Unit,
    adjust,
    advance,
    load_calendar,
)
from lending.domain.computable import NotComputable
from lending.domain.faults import Permanent

WEEKENDS = BusinessCalendar()
CHINA = built_in_calendar("cn")


def on(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("convention", "day", "expected"),
    [
        # 31 January 2026 is a Saturday at the end of its month, 1 February a Sunday.
        ("unadjusted", "2026-01-31", "2026-01-31"),
        ("following", "2026-01-31", "2026-02-02"),
        ("preceding", "2026-01-31", "2026-01-30"),
        ("modified_following", "2026-01-31", "2026-01-30"),
        ("modified_preceding", "2026-01-31", "2026-01-30"),
        ("nearest", "2026-01-31", "2026-01-30"),
        ("following", "2026-02-01", "2026-02-02"),
        ("preceding", "2026-02-01", "2026-01-30"),
        ("modified_following", "2026-02-01", "2026-02-02"),
        ("modified_preceding", "2026-02-01", "2026-02-02"),
        ("nearest", "2026-02-01", "2026-02-02"),
        # 14 and 15 March 2026 are a weekend: following passes the middle of the month.
        ("modified_following", "2026-03-14", "2026-03-16"),
        ("half_month_modified_following", "2026-03-14", "2026-03-13"),
        ("half_month_modified_following", "2026-03-15", "2026-03-13"),
        # 16 and 17 May 2026 are one after the middle, 2 and 3 May one before it.
        ("half_month_modified_following", "2026-05-16", "2026-05-18"),
        ("half_month_modified_following", "2026-05-02", "2026-05-04"),
        ("half_month_modified_following", "2026-01-31", "2026-01-30"),
        # A business day stays under every convention.
        *((convention.value, "2026-03-16", "2026-03-16") for convention in Convention),
    ],
)
def test_a_convention_moves_a_date(convention: str, day: str, expected: str) -> None:
    assert adjust(WEEKENDS, on(day), Convention(convention)) == on(expected)


def test_the_nearest_of_two_equally_near_days_is_the_later() -> None:
    """Wednesday is a holiday between two worked days; Friday one at the weekend's edge."""
    worked = BusinessCalendar(frozenset({on("2026-03-18"), on("2026-03-20")}))
    assert adjust(worked, on("2026-03-18"), Convention.NEAREST) == on("2026-03-19")
    assert adjust(worked, on("2026-03-20"), Convention.NEAREST) == on("2026-03-19")
    assert adjust(worked, on("2026-03-21"), Convention.NEAREST) == on("2026-03-23")


def test_a_worked_weekend_wins_over_a_holiday() -> None:
    saturday = on("2026-10-10")
    assert not WEEKENDS.is_business_day(saturday)
    both = BusinessCalendar(frozenset({saturday}), frozenset({saturday}))
    assert both.is_business_day(saturday)


def test_a_weekend_is_any_days_but_all() -> None:
    friday = on("2026-03-20")
    assert not BusinessCalendar(weekend=frozenset({"fri", "sat"})).is_business_day(friday)
    assert BusinessCalendar(weekend=frozenset()).is_business_day(on("2026-03-21"))
    with pytest.raises(NotComputable) as refused:
        BusinessCalendar(weekend=frozenset(WEEKDAYS))
    assert refused.value.pointer == "/weekend"


@pytest.mark.parametrize(
    ("start", "count", "unit", "convention", "expected"),
    [
        # Friday 13 March 2026; the weekend is stepped over whatever the convention.
        ("2026-03-13", 1, "day", "unadjusted", "2026-03-16"),
        ("2026-03-16", -1, "day", "following", "2026-03-13"),
        ("2026-03-14", 1, "day", "preceding", "2026-03-16"),
        ("2026-03-15", -1, "day", "following", "2026-03-13"),
        ("2026-03-13", 6, "day", "following", "2026-03-23"),
        ("2026-03-14", 0, "day", "following", "2026-03-14"),  # no step, no convention
        ("2026-03-14", 1, "week", "following", "2026-03-23"),
        ("2026-03-14", -1, "week", "preceding", "2026-03-06"),
        ("2026-03-14", 0, "week", "following", "2026-03-16"),
        # 31 January + 1 month is 28 February (a Saturday).
        ("2026-01-31", 1, "month", "unadjusted", "2026-02-28"),
        ("2026-01-31", 1, "month", "following", "2026-03-02"),
        ("2026-01-31", 1, "month", "modified_following", "2026-02-27"),
        ("2026-03-31", -1, "month", "preceding", "2026-02-27"),
        ("2028-02-29", 1, "year", "unadjusted", "2029-02-28"),
        ("2028-02-29", -4, "year", "following", "2024-02-29"),
    ],
)
def test_steps_from_date_to_date(
    start: str, count: int, unit: str, convention: str, expected: str
) -> None:
    found = advance(WEEKENDS, on(start), count, Unit(unit), Convention(convention))
    assert found == on(expected)


@pytest.mark.parametrize(
    ("start", "months", "convention", "expected"),
    [
        # From the last calendar day, unadjusted: to the last calendar day (28 February -> 31).
        ("2026-02-28", 1, "unadjusted", "2026-03-31"),
        ("2026-01-31", 1, "unadjusted", "2026-02-28"),
        # Friday 30 January is the last business day, Saturday 31 after it: to the last
        # business day, Friday 27 February, also under `following` and in unadjusted.
        ("2026-01-30", 1, "following", "2026-02-27"),
        ("2026-01-31", 1, "following", "2026-02-27"),
        ("2026-01-30", 1, "unadjusted", "2026-02-27"),
        # Thursday 29 January is neither: 28 February, a Saturday, follows on.
        ("2026-01-29", 1, "following", "2026-03-02"),
        ("2026-01-29", 1, "unadjusted", "2026-02-28"),
        # Friday 27 February is the last business day; the last one of May 2026 is the 29th.
        ("2026-02-27", 3, "modified_following", "2026-05-29"),
        ("2026-05-29", -3, "following", "2026-02-27"),
    ],
)
def test_month_ends_lead_to_month_ends(
    start: str, months: int, convention: str, expected: str
) -> None:
    found = advance(
        WEEKENDS, on(start), months, Unit.MONTH, Convention(convention), end_of_month=True
    )
    assert found == on(expected)


@pytest.mark.parametrize(
    ("start", "count", "unit"),
    [
        ("9999-12-31", 1, "day"),
        ("0001-01-01", -1, "week"),
        ("9999-12-01", 1, "month"),
        ("2026-01-01", 10**9, "week"),
        ("2026-01-01", -9_000, "year"),
    ],
)
def test_a_result_outside_all_calendars_is_refused(start: str, count: int, unit: str) -> None:
    with pytest.raises(NotComputable, match="1 to 9999"):
        advance(WEEKENDS, on(start), count, Unit(unit), Convention.FOLLOWING)


# The notices of 25 October 2023, 12 November 2024 and 4 November 2025, day by day: holidays
# that are no Saturday or Sunday, and the weekends that are worked instead. 2027, until its
# notice: the statutory days, and the working days that stand for those on a weekend.
ARRANGEMENTS = {
    2024: (
        (
            "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 09-16 09-17"
            " 10-01 10-02 10-03 10-04 10-07"
        ),
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        (
            "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 10-01 10-02"
            " 10-03 10-06 10-07 10-08"
        ),
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        (
            "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25"
            " 10-01 10-02 10-05 10-06 10-07"
        ),
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
    2027: ("01-01 02-05 02-08 02-09 02-10 04-05 05-03 05-04 06-09 09-15 10-01 10-04 10-05", ""),
}


@pytest.mark.parametrize("year", ARRANGEMENTS)
def test_china_works_as_the_state_council_arranges(year: int) -> None:
    off, worked = ARRANGEMENTS[year]
    found_off, found_worked = [], []
    for offset in range(366 if calendar.isleap(year) else 365):
        day = date(year, 1, 1) + timedelta(days=offset)
        if day.weekday() < 5 and not CHINA.is_business_day(day):
            found_off.append(f"{day:%m-%d}")
        if day.weekday() >= 5 and CHINA.is_business_day(day):
            found_worked.append(f"{day:%m-%d}")
    assert found_off == off.split()
    assert found_worked == worked.split()


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_chinas_year_has_248_working_days_or_as_many_as_its_weekdays_leave(year: int) -> None:
    """Since decree 795 there are 13 statutory days; what is swapped cancels out.

    Weekdays of the year less 13 (statutory days on a weekend are made up on weekdays): 261 - 13.
    """
    days = [date(year, 1, 1) + timedelta(days=offset) for offset in range(365)]
    weekdays = sum(day.weekday() < 5 for day in days)
    assert sum(CHINA.is_business_day(day) for day in days) == weekdays - 13 == 248


@pytest.mark.parametrize(
    ("day", "convention", "expected"),
    [
        # Spring Festival 2026, 15 to 23 February; Saturdays 14 and 28 are worked.
        ("2026-02-15", "following", "2026-02-24"),
        ("2026-02-23", "preceding", "2026-02-14"),
        ("2026-02-17", "modified_following", "2026-02-24"),
        ("2026-02-28", "following", "2026-02-28"),
        # 2025-09-28 is a Sunday that is worked; 8 holidays from 1 October.
        ("2025-10-01", "modified_preceding", "2025-10-09"),
        # The calendar's own edges need no day outside it.
        ("2024-01-01", "modified_preceding", "2024-01-02"),
        ("2024-01-01", "nearest", "2024-01-02"),
    ],
)
def test_china_moves_dates_over_its_festivals(day: str, convention: str, expected: str) -> None:
    assert adjust(CHINA, on(day), Convention(convention)) == on(expected)


def test_china_knows_only_its_own_years() -> None:
    for day in (on("2023-12-29"), on("2028-01-04")):
        with pytest.raises(NotComputable, match="2024-01-01 to 2027-12-31") as refused:
            CHINA.is_business_day(day)
        assert (refused.value.code, refused.value.pointer) == ("invalid_field", "/date")
    with pytest.raises(NotComputable):
        adjust(CHINA, on("2024-01-01"), Convention.PRECEDING)
    with pytest.raises(NotComputable):
        advance(CHINA, on("2027-12-31"), 1, Unit.DAY, Convention.FOLLOWING)
    # An unadjusted result asks the calendar nothing.
    found = advance(CHINA, on("2027-12-31"), 1, Unit.MONTH, Convention.UNADJUSTED)
    assert found == on("2028-01-31")


YEAR = {
    "year": 2026,
    "source": "a notice",
    "holidays": [{"name": "day", "from": "2026-01-01", "to": "2026-01-02"}],
    "working_days": ["2026-01-04"],
}


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"weekend": ["sat", "sun"], "years": []},
        {"weekend": ["saturday"], "years": [YEAR]},
        {"weekend": list(WEEKDAYS), "years": [YEAR]},
        {"weekend": [], "years": [{**YEAR, "source": ""}]},
        {"weekend": [], "years": [YEAR, {**YEAR, "year": 2028}]},
        {"weekend": [], "years": [{**YEAR, "working_days": ["2026-01-02"]}]},
        {"weekend": [], "years": [{**YEAR, "working_days": ["2026-1-2"]}]},
        {
            "weekend": [],
            "years": [
                {**YEAR, "holidays": [{"name": "x", "from": "2026-02-02", "to": "2026-02-01"}]}
            ],
        },
    ],
)
def test_a_malformed_calendar_is_a_fault(raw: dict) -> None:
    with pytest.raises(Permanent):
        load_calendar(raw)


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
calendars = st.builds(
    BusinessCalendar,
    st.frozensets(days, max_size=30),
    st.frozensets(days, max_size=10),
    st.frozensets(st.sampled_from(WEEKDAYS), max_size=6),
)
moving = st.sampled_from([convention for convention in Convention if convention != "unadjusted"])


@given(calendars, days, moving)
def test_an_adjusted_date_is_a_business_day_and_stays(
    worked: BusinessCalendar, day: date, convention: Convention
) -> None:
    found = adjust(worked, day, convention)
    assert worked.is_business_day(found)
    assert adjust(worked, found, convention) == found
    if worked.is_business_day(day):
        assert found == day


@given(calendars, days)
def test_no_business_day_lies_between_a_date_and_where_it_moves(
    worked: BusinessCalendar, day: date
) -> None:
    following = adjust(worked, day, Convention.FOLLOWING)
    preceding = adjust(worked, day, Convention.PRECEDING)
    assert preceding <= day <= following
    between = range(preceding.toordinal() + 1, following.toordinal())
    assert not any(worked.is_business_day(date.fromordinal(ordinal)) for ordinal in between)
    nearest = adjust(worked, day, Convention.NEAREST)
    assert nearest in {preceding, following}
    assert abs((nearest - day).days) == min((following - day).days, (day - preceding).days)


@given(calendars, days)
def test_modified_conventions_stay_in_the_month_if_they_can(
    worked: BusinessCalendar, day: date
) -> None:
    last = calendar.monthrange(day.year, day.month)[1]
    month = [day.replace(day=number) for number in range(1, last + 1)]
    if any(worked.is_business_day(one) for one in month):
        for convention in (Convention.MODIFIED_FOLLOWING, Convention.MODIFIED_PRECEDING):
            assert adjust(worked, day, convention).month == day.month


@given(calendars, days, st.integers(-40, 40))
def test_steps_over_business_days_lead_back(
    worked: BusinessCalendar, day: date, count: int
) -> None:
    start = adjust(worked, day, Convention.FOLLOWING)
    there = advance(worked, start, count, Unit.DAY, Convention.FOLLOWING)
    assert advance(worked, there, -count, Unit.DAY, Convention.FOLLOWING) == start
    low, high = sorted((start.toordinal(), there.toordinal()))
    between = range(low, high)
    assert sum(worked.is_business_day(date.fromordinal(one)) for one in between) == abs(count)
