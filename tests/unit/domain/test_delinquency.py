"""Days past due, grace, pauses and buckets."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.computable import NotComputable
from lending.domain.delinquency import Bucket, Delinquency, Pause, Unpaid, delinquency

FEB = date(2026, 2, 1)
DUE = [Unpaid(FEB, 5_000)]
BUCKETS = [Bucket("current", 0, 0), Bucket("M1", 1, 30), Bucket("M2", 31, 60), Bucket("M3+", 61)]


def day(offset: int) -> date:
    return FEB + timedelta(days=offset)


def test_the_example_of_the_contract() -> None:
    """Ten days past due, less 2 of grace and 3 of pause."""
    state = delinquency(day(10), DUE, 2, [Pause(day(4), day(7))])
    assert state == Delinquency(FEB, 10, 5, 5_000, day(2), None)


@pytest.mark.parametrize(
    ("as_of", "instalments", "expected"),
    [
        # Nothing has fallen due, or all that has is paid.
        (day(-1), DUE, Delinquency()),
        (day(5), [], Delinquency()),
        (day(5), [Unpaid(FEB, 0)], Delinquency()),
        # The due day itself: oldest unpaid, but neither past due nor overdue.
        (day(0), DUE, Delinquency(FEB, 0, 0, 0, FEB, "current")),
        (day(1), DUE, Delinquency(FEB, 1, 1, 5_000, FEB, "M1")),
        # In any order; paid ones and future ones count for nothing, today's is not overdue.
        (
            day(31),
            [Unpaid(day(31), 9), Unpaid(day(59), 7), Unpaid(FEB, 0), Unpaid(day(1), 100)],
            Delinquency(day(1), 30, 30, 100, day(1), "M1"),
        ),
        (day(31), DUE, Delinquency(FEB, 31, 31, 5_000, FEB, "M2")),
        (day(400), DUE, Delinquency(FEB, 400, 400, 5_000, FEB, "M3+")),
    ],
)
def test_the_state_on_a_day(as_of: date, instalments: list[Unpaid], expected: Delinquency) -> None:
    assert delinquency(as_of, instalments, buckets=BUCKETS) == expected


@pytest.mark.parametrize(
    ("pauses", "delinquent_days"),
    [
        ([], 10),
        ([Pause(day(-5), day(3))], 7),  # only from the oldest unpaid day on
        ([Pause(day(8), day(30))], 8),  # only up to the day of the question
        ([Pause(day(-9), day(-3))], 10),
        ([Pause(day(12), day(30))], 10),
        ([Pause(day(-1), day(30))], 0),
        ([Pause(day(2), day(2))], 10),
        ([Pause(day(5), day(7)), Pause(day(2), day(5))], 5),  # in any order, touching
    ],
)
def test_pauses_count_between_the_due_day_and_today(
    pauses: list[Pause], delinquent_days: int
) -> None:
    assert delinquency(day(10), DUE, pauses=pauses).delinquent_days == delinquent_days


@pytest.mark.parametrize(("grace", "days"), [(0, 10), (9, 1), (10, 0), (11, 0)])
def test_grace_shortens_delinquency_never_below_zero(grace: int, days: int) -> None:
    state = delinquency(day(10), DUE, grace, buckets=BUCKETS)
    assert (state.past_due_days, state.delinquent_days) == (10, days)
    assert state.grace_ends_on == day(grace)
    assert state.bucket == ("M1" if days else "current")


def test_a_bucket_is_none_if_no_range_fits() -> None:
    assert delinquency(day(10), DUE, buckets=[Bucket("M2", 31, 60)]).bucket is None
    assert delinquency(day(10), DUE, buckets=[Bucket("exactly", 10, 10)]).bucket == "exactly"


@pytest.mark.parametrize(
    ("keywords", "pointer"),
    [
        ({"pauses": [Pause(day(3), day(2))]}, "/pauses/0/to"),
        ({"pauses": [Pause(day(3), day(6)), Pause(day(1), day(4))]}, "/pauses"),
        ({"buckets": [Bucket("M1", 5, 4)]}, "/buckets/0/to"),
        ({"grace_days": 3_000_000}, "/grace_days"),
    ],
)
def test_what_makes_no_sense_is_refused(keywords: dict, pointer: str) -> None:
    with pytest.raises(NotComputable) as refused:
        delinquency(day(10), DUE, **keywords)
    assert (refused.value.code, refused.value.pointer) == ("invalid_field", pointer)


offsets = st.integers(-40, 120)
instalment_lists = st.lists(st.builds(Unpaid, offsets.map(day), st.integers(0, 1_000)), max_size=8)


@given(instalment_lists, offsets, st.integers(0, 20), st.tuples(offsets, offsets).map(sorted))
def test_a_day_later_nobody_is_less_delinquent(
    instalments: list[Unpaid], offset: int, grace: int, pause: list[int]
) -> None:
    pauses = [Pause(day(pause[0]), day(pause[1]))]
    today = delinquency(day(offset), instalments, grace, pauses)
    tomorrow = delinquency(day(offset + 1), instalments, grace, pauses)
    assert 0 <= tomorrow.delinquent_days - today.delinquent_days <= 1
    assert tomorrow.overdue_minor >= today.overdue_minor
    assert today.delinquent_days <= today.past_due_days


@given(instalment_lists, offsets, st.integers(0, 1_000))
def test_paying_makes_nobody_more_delinquent(
    instalments: list[Unpaid], offset: int, part: int
) -> None:
    before = delinquency(day(offset), instalments)
    less = [Unpaid(one.due_on, max(0, one.outstanding_minor - part)) for one in instalments]
    after = delinquency(day(offset), less)
    assert after.delinquent_days <= before.delinquent_days
    assert after.overdue_minor <= before.overdue_minor
