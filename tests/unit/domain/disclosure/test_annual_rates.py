"""Annual rates by every method, and ceilings met exactly."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lending.domain.computable import NotComputable
from lending.domain.disclosure import (
    Method,
    TimedLoan,
    annual_rates,
    plan_within_cap,
    simple_rates,
    within_cap,
)
from lending.domain.rate import Flow, periodic_irr
from lending.domain.schedule import PlanKind, Terms, repayment_schedule

# A busy machine is no failure.
UNHURRIED = settings(deadline=None)


def loan(method: Method, periods: str, *flows: tuple[int | str, int | str]) -> TimedLoan:
    parts = tuple(Flow(Fraction(amount), Fraction(time)) for time, amount in flows)
    return TimedLoan(method, parts, Fraction(periods))


def test_a_quarterly_rate_as_nominal_and_effective() -> None:
    rates = annual_rates(loan(Method.IRR, "4", (0, 1000), (1, -1025)))
    assert rates.rate_pct == rates.nominal_pct == 10
    assert rates.effective_pct == Decimal("10.3812890625")  # 1.025^4
    assert rates.periodic_pct == Decimal("2.5")


def test_the_effective_method_has_no_other_rate() -> None:
    rates = annual_rates(loan(Method.EU_EFFECTIVE, "1", (0, 100), ("1/2", -110)))
    assert rates.rate_pct == rates.effective_pct == 21
    assert rates.nominal_pct is None
    assert rates.periodic_pct is None


def test_a_simple_rate_is_a_product() -> None:
    rates = simple_rates(Decimal("0.05"), 365)
    assert rates.rate_pct == rates.nominal_pct == Decimal("18.25")
    assert rates.effective_pct is None
    assert rates.periodic_pct is None


@pytest.mark.parametrize(
    ("periods", "flows", "cap", "within"),
    [
        # 2 % a month is exactly 24 %
        ("12", [(0, 10000), (1, -10200)], "24", True),
        ("12", [(0, 10**18), (1, -102 * 10**16 - 1)], "24", False),  # by 1e-16 %
        ("12", [(0, 10**18), (1, -102 * 10**16 + 1)], "24", True),
        # above by 12e-50: more than the fifty digits of a first answer tell
        ("12", [(0, 10**52), (1, -102 * 10**50 - 1)], "24", False),
        ("12", [(0, 10**52), (1, -102 * 10**50 + 1)], "24", True),
        # 2 % a month over two rows: 102.02 + ... written as 10404 = 10000 * 1.02^2
        ("12", [(0, 10000), (2, -10404)], "24", True),
        ("12", [(0, 10000), (2, -10405)], "24", False),
        # a third of a percent a month: the nominal rate 4 is not a finite decimal a month
        ("12", [(0, 300), (1, -301)], "4", True),
        ("12", [(0, 300), (1, -301)], "3.999999999999", False),
        ("1", [(0, 100), (1, -100)], "0", True),
        ("1", [(0, 100), (1, -90)], "-10", True),
        ("1", [(0, 100), (1, -90)], "-10.000000000001", False),
    ],
)
def test_a_ceiling_is_met_exactly(
    periods: str, flows: list[tuple[int, int]], cap: str, within: bool
) -> None:
    one = loan(Method.IRR, periods, *flows)
    assert within_cap(one, annual_rates(one), Decimal(cap)) is within


@pytest.mark.parametrize(
    ("received", "paid", "cap", "within"),
    [
        (10000, [10200], "2/100", True),
        (10000, [10201], "2/100", False),
        (10000, [0, 10404], "2/100", True),
        (10000, [0, 10405], "2/100", False),
        (0, [], "0", True),
        (0, [1], "0", False),
        (100, [50, 50], "0", True),
        (100, [50, 51], "0", False),
    ],
)
def test_a_plan_is_held_to_a_ceiling_in_integers(
    received: int, paid: list[int], cap: str, within: bool
) -> None:
    assert plan_within_cap(received, paid, Fraction(cap)) is within


@pytest.mark.parametrize(("received", "paid", "cap"), [(-1, [1], 0), (1, [-1], 0), (1, [1], -1)])
def test_a_ceiling_is_for_money_lent_and_repaid(received: int, paid: list[int], cap: int) -> None:
    with pytest.raises(NotComputable):
        plan_within_cap(received, paid, Fraction(cap))


@UNHURRIED
@given(
    st.integers(1, 10**8),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=24),
    st.integers(0, 5000),
)
def test_both_ways_to_hold_a_ceiling_agree(received: int, paid: list[int], cap_bps: int) -> None:
    one = TimedLoan(
        Method.IRR,
        (Flow(received, 0), *(Flow(-amount, k) for k, amount in enumerate(paid, 1))),
        Fraction(12),
    )
    try:
        rates = annual_rates(one)
    except NotComputable:
        return
    exact = plan_within_cap(received, paid, Fraction(cap_bps, 120_000))
    assert within_cap(one, rates, Decimal(cap_bps) / 100) is exact


@UNHURRIED
@given(
    st.integers(10_000, 10**8),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=36),
    st.integers(1, 5_000),
)
def test_a_fee_makes_a_loan_dearer(received: int, paid: list[int], fee: int) -> None:
    flows = [(k, -amount) for k, amount in enumerate(paid, 1)]
    try:
        rate = periodic_irr([(0, received), *flows])
    except NotComputable:
        return
    assert periodic_irr([(0, received - fee), *flows]) > rate


@UNHURRIED
@given(
    st.sampled_from([PlanKind.EQUAL_INSTALMENT, PlanKind.EQUAL_PRINCIPAL, PlanKind.INTEREST_ONLY]),
    st.integers(10**6, 10**9),
    st.integers(0, 3600),
    st.integers(1, 84),
)
def test_a_plan_without_fees_costs_its_contract_rate(
    plan: PlanKind, principal: int, rate_bps: int, periods: int
) -> None:
    rate_pct = Fraction(rate_bps, 100)
    terms = Terms(rate_pct, plan, date(2026, 1, 31), principal_minor=principal, periods=periods)
    flows = repayment_schedule(terms).flows
    found = 1200 * periodic_irr(flows)
    # Each row is off by at most a minor unit of interest, on half the principal on average.
    assert abs(found - Decimal(rate_bps) / 100) < Decimal(3_000) / principal
