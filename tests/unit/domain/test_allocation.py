"""Allocation of payments: hand-derived corners, and money that is never made or lost."""

from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.allocation import (
    ENTRIES,
    Allocation,
    AllocationRules,
    Component,
    Future,
    Mode,
    Owed,
    Payment,
    Timing,
    allocate,
    apply_payment,
    entries_of,
    opened,
)
from lending.domain.computable import NotComputable

USUAL = ("penalty", "fee", "interest", "principal")
MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def rules(
    order: tuple[str, ...] = USUAL, mode: str = "horizontal", future: str = "next"
) -> AllocationRules:
    return AllocationRules(entries_of(order), Mode(mode), Future(future))


def owing(done: Allocation) -> list[tuple[int, int, int, int]]:
    """Penalty, fee, interest, principal still owed, by instalment."""
    return [
        (
            position.owed.penalty_minor,
            position.owed.fee_minor,
            position.owed.interest_minor,
            position.owed.principal_minor,
        )
        for position in done.positions
    ]


TWO_LATE = (
    Owed(MAY, principal_minor=1_000, interest_minor=50, fee_minor=10, penalty_minor=5),
    Owed(JUNE, principal_minor=1_000, interest_minor=40, fee_minor=10, penalty_minor=0),
)


def test_horizontal_clears_the_older_instalment_before_the_younger() -> None:
    """1,070 on 1 July: May takes 5 + 10 + 50 + 1,000 = 1,065, June's fee the last 5."""
    done = allocate(TWO_LATE, [Payment(JULY, 1_070)], rules())
    assert owing(done) == [(0, 0, 0, 0), (0, 5, 40, 1_000)]


def test_vertical_clears_a_component_of_all_instalments_before_the_next_component() -> None:
    """1,070: penalty 5; fees 10 + 10; interest 50 + 40; the 955 left go to May's principal."""
    done = allocate(TWO_LATE, [Payment(JULY, 1_070)], rules(mode="vertical"))
    assert owing(done) == [(0, 0, 0, 45), (0, 0, 0, 1_000)]
    assert [done.applied[0].taken_minor(component) for component in Component] == [5, 20, 90, 955]


def test_vertical_walks_all_that_is_past_due_before_what_is_due() -> None:
    """On 1 June: May past due takes 1,065 in all its components; June, due, its fee and 5."""
    done = allocate(TWO_LATE, [Payment(JUNE, 1_080)], rules(mode="vertical"))
    assert owing(done) == [(0, 0, 0, 0), (0, 0, 35, 1_000)]


TWELVE = (
    "past_due.interest",
    "past_due.principal",
    "due.interest",
    "due.principal",
    "past_due.fee",
    "past_due.penalty",
    "due.fee",
    "due.penalty",
    "in_advance.principal",
    "in_advance.interest",
    "in_advance.fee",
    "in_advance.penalty",
)
THREE = (
    Owed(MAY, principal_minor=100, interest_minor=10, fee_minor=4, penalty_minor=3),
    Owed(JUNE, principal_minor=100, interest_minor=8, fee_minor=4, penalty_minor=0),
    Owed(JULY, principal_minor=100, interest_minor=6, fee_minor=4, penalty_minor=0),
)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        # Block 1, past due interest and principal: May 10 + 100. Then June's 8 + 100 (due).
        # Block 3 is past due again: May's fee and penalty, only after June's principal.
        (110, [(3, 4, 0, 0), (0, 4, 8, 100), (0, 4, 6, 100)]),
        (218, [(3, 4, 0, 0), (0, 4, 0, 0), (0, 4, 6, 100)]),
        (222, [(3, 0, 0, 0), (0, 4, 0, 0), (0, 4, 6, 100)]),
        (225, [(0, 0, 0, 0), (0, 4, 0, 0), (0, 4, 6, 100)]),
        # 229 more clear June; in advance the principal comes first.
        (300, [(0, 0, 0, 0), (0, 0, 0, 0), (0, 4, 6, 29)]),
    ],
)
def test_twelve_entries_split_a_timing_into_blocks(
    amount: int, expected: list[tuple[int, int, int, int]]
) -> None:
    assert owing(allocate(THREE, [Payment(JUNE, amount)], rules(TWELVE))) == expected


def test_a_block_ends_where_the_timing_changes() -> None:
    """Penalty, fee and interest past due, then interest due, then principal past due.

    On 1 July (May, June past due, July due) 41 go: May 3 + 4 + 10, June 4 + 8, July 6 = 35,
    and the 6 left to May's principal. As one block they would have gone to May's principal first.
    """
    order = (
        "past_due.penalty",
        "past_due.fee",
        "past_due.interest",
        "due.interest",
        "past_due.principal",
        "due.penalty",
        "due.fee",
        "due.principal",
        *TWELVE[-4:],
    )
    done = allocate(THREE, [Payment(JULY, 41)], rules(order))
    assert owing(done) == [(0, 0, 0, 94), (0, 0, 0, 100), (0, 4, 0, 100)]


AHEAD = tuple(Owed(day, principal_minor=100, interest_minor=10) for day in (MAY, JUNE, JULY))
APRIL = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("future", "expected"),
    [
        ("next", [(0, 0, 0, 0), (0, 0, 0, 70), (0, 0, 10, 100)]),
        ("last", [(0, 0, 10, 100), (0, 0, 0, 70), (0, 0, 0, 0)]),
        # 150 / 3 = 50 each: 10 interest and 40 principal.
        ("reamortise", [(0, 0, 0, 60)] * 3),
    ],
)
def test_money_in_advance_meets_the_future(
    future: str, expected: list[tuple[int, int, int, int]]
) -> None:
    assert owing(allocate(AHEAD, [Payment(APRIL, 150)], rules(future=future))) == expected


def test_the_last_future_first_also_walks_vertically_and_keeps_ties_in_order() -> None:
    """Interest of July (first of the two, then second), June; then principal of July's first."""
    instalments = (
        Owed(JUNE, principal_minor=100, interest_minor=10),
        Owed(JULY, principal_minor=100, interest_minor=10),
        Owed(JULY, principal_minor=100, interest_minor=10),
    )
    done = allocate(instalments, [Payment(MAY, 25)], rules(mode="vertical", future="last"))
    assert owing(done) == [(0, 0, 5, 100), (0, 0, 0, 100), (0, 0, 0, 100)]
    done = allocate(instalments, [Payment(MAY, 40)], rules(mode="vertical", future="last"))
    assert owing(done) == [(0, 0, 0, 100), (0, 0, 0, 90), (0, 0, 0, 100)]


@pytest.mark.parametrize(
    ("amount", "taken"),
    [
        # round-half-even(money / 3), the last one the rest.
        (1_000, [333, 333, 334]),
        (1_001, [334, 334, 333]),  # 333.67 rounds up: the rest is smaller.
        (2, [1, 1, 0]),  # 0.67 rounds to 1, the third finds nothing left.
        (1, [0, 0, 1]),  # 0.33 rounds to 0.
        (3_000, [1_000, 1_000, 1_000]),
    ],
)
def test_reamortise_divides_equally(amount: int, taken: list[int]) -> None:
    instalments = [Owed(day, principal_minor=1_000) for day in (MAY, JUNE, JULY)]
    done = allocate(instalments, [Payment(APRIL, amount)], rules(future="reamortise"))
    assert [position.paid_minor for position in done.positions] == taken


@pytest.mark.parametrize(("amount", "taken"), [(1, [0, 1]), (3, [2, 1]), (5, [2, 3])])
def test_reamortise_sends_ties_to_the_even_share(amount: int, taken: list[int]) -> None:
    """0.5 to 0, 1.5 to 2, 2.5 to 2; the second of two takes the rest."""
    instalments = [Owed(day, principal_minor=1_000) for day in (MAY, JUNE)]
    done = allocate(instalments, [Payment(APRIL, amount)], rules(future="reamortise"))
    assert [position.paid_minor for position in done.positions] == taken


def test_reamortise_counts_only_who_still_owes_and_carries_on_what_a_share_cannot_use() -> None:
    """June owes 30, July nothing, August and September 200 each; 300 / 3 = 100 a share.

    June uses 30 and sends 70 on: August has 170, September its 100.
    """
    instalments = (
        Owed(JUNE, principal_minor=30),
        Owed(JULY),
        Owed(date(2026, 8, 1), principal_minor=200),
        Owed(date(2026, 9, 1), principal_minor=200),
    )
    done = allocate(instalments, [Payment(MAY, 300)], rules(future="reamortise"))
    assert [position.paid_minor for position in done.positions] == [30, 0, 170, 100]
    assert done.positions[1].paid_on is None


def test_reamortise_leaves_what_the_last_share_cannot_use() -> None:
    """900 / 3 = 300 each; the last owes 100, and nobody comes after it."""
    instalments = (
        Owed(MAY, principal_minor=1_000),
        Owed(JUNE, principal_minor=1_000),
        Owed(JULY, principal_minor=100),
    )
    done = allocate(instalments, [Payment(APRIL, 900)], rules(future="reamortise"))
    assert [position.paid_minor for position in done.positions] == [300, 300, 100]
    assert done.applied[0].excess_minor == 200


def test_reamortise_first_pays_what_is_past_due_and_due() -> None:
    """On 1 June 500: May 100 + 10 and June 100 + 10 leave 280, 140 for each later one."""
    instalments = [
        Owed(day, principal_minor=principal, interest_minor=10)
        for day, principal in ((MAY, 100), (JUNE, 100), (JULY, 500), (date(2026, 8, 1), 500))
    ]
    done = allocate(instalments, [Payment(JUNE, 500)], rules(future="reamortise"))
    assert [position.paid_minor for position in done.positions] == [110, 110, 140, 140]
    assert [position.late_minor for position in done.positions] == [110, 0, 0, 0]
    assert [position.in_advance_minor for position in done.positions] == [0, 0, 140, 140]


def test_reamortise_divides_only_at_the_first_block_in_advance() -> None:
    """In advance interest first, all else (the dues), then principal in advance.

    200 / 2 = 100 a share: each block of interest uses 10 and sends the rest on, so 180 are left
    after the first block; the second block is walked one after the other: May 100, June 80.
    """
    order = (
        "in_advance.interest",
        *(name for name in TWELVE if not name.startswith("in_advance")),
        "in_advance.principal",
        "in_advance.fee",
        "in_advance.penalty",
    )
    done = allocate(AHEAD[:2], [Payment(APRIL, 200)], rules(order, future="reamortise"))
    assert owing(done) == [(0, 0, 0, 0), (0, 0, 0, 20)]


def test_payments_apply_in_date_order_and_equal_dates_as_given() -> None:
    done = allocate(
        [Owed(MAY, principal_minor=100), Owed(JUNE, principal_minor=100)],
        [Payment(JULY, 3), Payment(MAY, 60), Payment(MAY, 50), Payment(APRIL, 10)],
        rules(),
    )
    payments = [applied.payment for applied in done.applied]
    assert payments == [Payment(APRIL, 10), Payment(MAY, 60), Payment(MAY, 50), Payment(JULY, 3)]
    assert [applied.balance_minor for applied in done.applied] == [190, 130, 80, 77]
    may, june = done.positions
    assert (may.paid_minor, may.in_advance_minor, may.late_minor, may.paid_on) == (100, 10, 0, MAY)
    assert (june.paid_minor, june.in_advance_minor, june.late_minor) == (23, 20, 3)
    assert june.paid_on is None


def test_an_overpayment_is_excess_and_stays_no_claim() -> None:
    done = allocate([Owed(MAY, fee_minor=7)], [Payment(MAY, 10), Payment(JUNE, 5)], rules())
    assert [applied.excess_minor for applied in done.applied] == [3, 5]
    assert done.positions[0].paid_on == MAY


def test_parts_say_which_instalment_took_what() -> None:
    _, applied = apply_payment(opened(TWO_LATE), Payment(JULY, 1_070), rules())
    assert [(part.index, part.component.value, part.amount_minor) for part in applied.parts] == [
        (0, "penalty", 5),
        (0, "fee", 10),
        (0, "interest", 50),
        (0, "principal", 1_000),
        (1, "fee", 5),
    ]


@pytest.mark.parametrize(
    "order",
    [
        (),
        USUAL[:3],
        ("penalty", "fee", "interest", "interest"),
        ("penalty", "fee", "interest", "capital"),
        TWELVE[:11],
        (*TWELVE[:11], TWELVE[0]),
        (*USUAL, *USUAL),
    ],
)
def test_an_order_names_every_entry_once(order: tuple[str, ...]) -> None:
    with pytest.raises(NotComputable) as refused:
        entries_of(order)
    assert (refused.value.code, refused.value.pointer) == ("invalid_field", "/order")


def test_four_components_stand_for_twelve_entries() -> None:
    assert entries_of(("principal", "interest", "fee", "penalty")) == tuple(
        (timing, Component(name))
        for timing in (Timing.PAST_DUE, Timing.DUE, Timing.IN_ADVANCE)
        for name in ("principal", "interest", "fee", "penalty")
    )


def test_what_cannot_be_allocated_is_refused() -> None:
    with pytest.raises(NotComputable, match="ascend"):
        opened([Owed(JUNE), Owed(MAY)])
    with pytest.raises(NotComputable, match="0 or more"):
        opened([Owed(JUNE, fee_minor=-1)])
    with pytest.raises(NotComputable, match="0 or more"):
        apply_payment((), Payment(MAY, -1), rules())
    with pytest.raises(NotComputable, match="horizontal only") as refused:
        rules(mode="vertical", future="reamortise")
    assert refused.value.code == "contradiction"
    with pytest.raises(NotComputable, match="each of the twelve"):
        AllocationRules(ENTRIES[:4])


days = st.integers(0, 60).map(lambda offset: MAY + timedelta(days=offset))
minor = st.integers(0, 300)
instalment_lists = st.lists(st.builds(Owed, days, minor, minor, minor, minor), max_size=6).map(
    lambda instalments: sorted(instalments, key=lambda owed: owed.due_on)
)
payment_lists = st.lists(st.builds(Payment, days, st.integers(0, 1_500)), max_size=5)
orders = st.one_of(
    st.permutations(USUAL).map(entries_of), st.permutations(ENTRIES).map(lambda order: tuple(order))
)
greedy_rules = st.builds(
    AllocationRules,
    orders,
    st.sampled_from(Mode),
    st.sampled_from([Future.NEXT, Future.LAST]),
)
all_rules = st.one_of(
    greedy_rules, st.builds(AllocationRules, orders, future=st.just(Future.REAMORTISE))
)


@given(instalment_lists, payment_lists, all_rules)
def test_money_is_neither_made_nor_lost(
    instalments: list[Owed], payments: list[Payment], how: AllocationRules
) -> None:
    done = allocate(instalments, payments, how)
    for applied in done.applied:
        taken = sum(applied.taken_minor(component) for component in Component)
        assert taken + applied.excess_minor == applied.payment.amount_minor
        assert applied.excess_minor >= 0
        assert all(part.amount_minor > 0 for part in applied.parts)
    for before, position in zip(instalments, done.positions, strict=True):
        assert position.owed.due_on == before.due_on
        assert position.owed.total_minor + position.paid_minor == before.total_minor
        assert min(owing(Allocation((position,), ()))[0]) >= 0
        assert position.in_advance_minor + position.late_minor <= position.paid_minor
        cleared = before.total_minor > 0 and position.owed.total_minor == 0
        assert (position.paid_on is not None) is cleared


@given(instalment_lists, payment_lists, greedy_rules)
def test_money_is_excess_only_when_nothing_is_owed(
    instalments: list[Owed], payments: list[Payment], how: AllocationRules
) -> None:
    done = allocate(instalments, payments, how)
    if any(applied.excess_minor for applied in done.applied):
        assert all(position.owed.total_minor == 0 for position in done.positions)


@given(instalment_lists, days, st.integers(0, 1_000), st.integers(0, 1_000), greedy_rules)
def test_a_payment_split_on_its_day_ends_the_same(
    instalments: list[Owed], on: date, first: int, second: int, how: AllocationRules
) -> None:
    """Not so for `reamortise`, which divides each payment for itself."""
    whole = allocate(instalments, [Payment(on, first + second)], how)
    split = allocate(instalments, [Payment(on, first), Payment(on, second)], how)
    assert owing(whole) == owing(split)
    assert [one.paid_minor for one in whole.positions] == [
        one.paid_minor for one in split.positions
    ]


@given(minor, minor, minor, minor, days, st.integers(0, 1_500), orders)
def test_one_instalment_is_paid_alike_both_ways(
    principal: int, interest: int, fee: int, penalty: int, on: date, amount: int, order: tuple
) -> None:
    instalment = Owed(JUNE, principal, interest, fee, penalty)
    ways = [
        allocate([instalment], [Payment(on, amount)], AllocationRules(order, mode, future))
        for mode, future in (
            (Mode.HORIZONTAL, Future.NEXT),
            (Mode.VERTICAL, Future.NEXT),
            (Mode.VERTICAL, Future.LAST),
            (Mode.HORIZONTAL, Future.REAMORTISE),
        )
    ]
    assert all(way == ways[0] for way in ways)


@given(instalment_lists, days, st.integers(0, 1_500), orders)
def test_vertical_pays_an_entry_only_when_the_entries_before_it_are_paid(
    instalments: list[Owed], on: date, amount: int, order: tuple
) -> None:
    done = allocate(instalments, [Payment(on, amount)], AllocationRules(order, Mode.VERTICAL))
    timing_of = {
        index: (
            Timing.PAST_DUE
            if position.owed.due_on < on
            else Timing.DUE
            if position.owed.due_on == on
            else Timing.IN_ADVANCE
        )
        for index, position in enumerate(done.positions)
    }
    taken = [(timing_of[part.index], part.component) for part in done.applied[0].parts]
    places = [order.index(entry) for entry in taken]
    assert places == sorted(places)


@given(instalment_lists, days, st.integers(0, 1_500))
def test_horizontal_leaves_only_one_instalment_half_paid(
    instalments: list[Owed], on: date, amount: int
) -> None:
    for order in permutations(USUAL, 4):
        done = allocate(instalments, [Payment(on, amount)], rules(order))
        half = [
            position
            for position in done.positions
            if position.paid_minor and position.owed.total_minor
        ]
        assert len(half) <= 1
