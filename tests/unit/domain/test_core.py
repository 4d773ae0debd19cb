"""The pure core: rounding, plans, identifiers and the lifecycle."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.application import (
    LEGAL_MOVES,
    TERMINAL,
    IllegalMove,
    Move,
    advance,
    can_move,
    submitted,
)
from lending.domain.identifiers import (
    cn_id_problem,
    luhn_ok,
    normalise_cn_mobile,
    normalise_us_phone,
    us_ssn_problem,
    vin_problem,
)
from lending.domain.money import Money, Rounding, divide
from lending.domain.records import Actor, Application, Request, State
from lending.domain.schedule import add_months

from tests.fakes.plans import equal_instalment

AT = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
SYSTEM = Actor("system", "test")
REQUEST = Request(
    market="cn",
    product_id="cn-auto-new",
    channel="web",
    currency="CNY",
    amount_minor=12_000_000,
    term_months=36,
    plan="equal_instalment",
    purpose="vehicle_purchase",
    down_payment_minor=4_000_000,
    vehicle=None,
    consent_ids=(),
)


def an_application(state: State) -> Application:
    application, _ = submitted("app_1", "sub", "cus_1", REQUEST, "cn-1", AT, {})
    return Application(
        **{
            name: (state if name == "state" else getattr(application, name))
            for name in Application.__dataclass_fields__
        }
    )


@pytest.mark.parametrize(
    ("numerator", "denominator", "mode", "quotient"),
    [
        (5, 2, "half_even", 2),
        (7, 2, "half_even", 4),
        (-5, 2, "half_even", -2),
        (5, 2, "half_up", 3),
        (-5, 2, "half_up", -3),
        (-7, 3, "down", -3),
        (-7, 3, "up", -2),
        (7, -3, "down", -3),
    ],
)
def test_division_rounds_as_its_mode_says(
    numerator: int, denominator: int, mode: str, quotient: int
) -> None:
    assert divide(numerator, denominator, Rounding(mode)) == quotient


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_allocation_loses_no_cent_and_gives_none_to_weight_zero(
    minor: int, weights: list[int]
) -> None:
    shares = Money(minor, "CNY").allocate(weights)
    assert sum(share.minor for share in shares) == minor
    for share, weight in zip(shares, weights, strict=True):
        exact = Fraction(minor * weight, sum(weights))
        assert abs(share.minor - exact) < 1
        assert weight or not share.minor


@given(
    st.integers(1, 10**12),
    st.integers(0, 3_600),
    st.integers(1, 120),
    st.dates(date(2000, 1, 1), date(2090, 12, 31)),
    st.sampled_from(Rounding),
)
def test_a_plan_repays_exactly(
    principal: int, rate: int, term: int, opened_on: date, rounding: Rounding
) -> None:
    plan = equal_instalment(principal, rate, term, opened_on, rounding)
    assert len(plan) == term
    assert sum(row.principal_minor for row in plan) == principal
    assert plan[-1].balance_minor == 0
    assert all(row.total_minor == row.principal_minor + row.interest_minor for row in plan)
    dates = [opened_on, *(row.due_on for row in plan)]
    assert all(earlier < later for earlier, later in pairwise(dates))


def test_a_plan_keeps_its_anchor_day_through_february() -> None:
    plan = equal_instalment(120_000, 600, 3, date(2027, 12, 31), Rounding.HALF_EVEN)
    assert [row.due_on for row in plan] == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)


def test_a_textbook_annuity() -> None:
    """10,000.00 at 12 % over 12 months: 888.49 a month (annuity formula, by hand)."""
    plan = equal_instalment(1_000_000, 1_200, 12, date(2026, 1, 15), Rounding.HALF_UP)
    assert {row.total_minor for row in plan[:-1]} == {88_849}
    assert (plan[0].interest_minor, plan[0].principal_minor) == (10_000, 78_849)


@pytest.mark.parametrize(
    ("id_no", "good"),
    [
        ("990202199003150017", True),
        ("990202197811220440", True),
        ("990202200106301231", True),
        ("990202196401017779", True),
        ("990202199003150018", False),
        ("990202199002300017", False),
        ("990202900315001", False),
        ("", False),
    ],
)
def test_resident_id(id_no: str, good: bool) -> None:
    assert (cn_id_problem(id_no, date(2026, 11, 24)) is None) is good


@pytest.mark.parametrize(
    ("vin", "good"),
    [
        ("LZZAB12C1RZ100001", True),
        ("LZZCD34E6SZ200002", True),
        ("WZZEF56G0PZ300003", True),
        ("LZZAB12C2RZ100001", False),
        ("LZZAB12CIRZ100001", False),
        ("1" * 17, False),
    ],
)
def test_vin(vin: str, good: bool) -> None:
    assert (vin_problem(vin) is None) is good


def test_phones_cards_and_ssn() -> None:
    assert normalise_cn_mobile("+86 139-0000-0001") == "13900000001"
    assert normalise_cn_mobile("12900000001") is None
    assert normalise_us_phone("+1 (415) 555-2671") == "4155552671"
    assert normalise_us_phone("115 555 2671") is None
    for card in ("6222999900001118", "622299990000222227", "6233999900003333338"):
        assert luhn_ok(card)
    assert not luhn_ok("6222999900001119")
    assert us_ssn_problem("123-45-6789") is None
    assert us_ssn_problem("666-45-6789") is not None


def test_every_state_has_its_moves_and_terminal_states_have_none() -> None:
    assert set(LEGAL_MOVES) == set(State)
    assert {
        State.FUNDED,
        State.DECLINED,
        State.DECLINED_BY_APPLICANT,
        State.PREQUAL_DECLINED,
        State.WITHDRAWN,
        State.EXPIRED,
        State.REVOKED,
    } == TERMINAL


def test_the_applicant_may_withdraw_in_every_state_before_funding() -> None:
    after_funding = {State.FUNDING, State.FUNDING_FAILED}
    for state in set(State) - TERMINAL:
        assert can_move(state, State.WITHDRAWN) is (state not in after_funding)


@given(st.sampled_from(State), st.sampled_from(State))
def test_advance_makes_only_legal_moves(from_state: State, to_state: State) -> None:
    application = an_application(from_state)
    move = Move(to_state, "test", SYSTEM)
    if not can_move(from_state, to_state):
        with pytest.raises(IllegalMove):
            advance(application, [move], AT, {})
        return
    moved, transitions = advance(application, [move], AT, {to_state: timedelta(days=7)})
    assert (moved.state, moved.version) == (to_state, application.version + 1)
    assert [(t.seq, t.from_state, t.to_state) for t in transitions] == [(2, from_state, to_state)]
    assert moved.deadline_at == (None if to_state in TERMINAL else AT + timedelta(days=7))
