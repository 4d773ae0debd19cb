"""Prices: numbers derived by hand, and what holds of every plan, rate and amount."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.agreed import AddOnChoice, PlanParameters, PlanStep
from lending.domain.computable import NotComputable
from lending.domain.disclosure.cost_sheet import RateBasis
from lending.domain.money import Rounding
from lending.domain.pricing import (
    Asked,
    Priced,
    compare,
    highest_instalment_minor,
    instalments_of,
    price,
)
from lending.domain.pricing.add_ons import refund_minor
from lending.domain.pricing.agreement import agreed
from lending.domain.pricing.all_in import all_in
from lending.domain.pricing.sheet import sheet
from lending.domain.profile import load_profile
from lending.domain.schedule import RowKind

from tests.unit.domain.pricing.rules import ON, asked, raw_with, rules

CN = rules()
LEASE = asked(
    product_id="cn-auto-lease",
    plan="lease",
    parameters=PlanParameters(residual_minor=3_000_000, deposit_minor=1_200_000, advance_rents=2),
    add_ons=(AddOnChoice("gps"),),
)


def priced(request: Asked, rate: int = 980, cap: int = 2_400, on: date = ON) -> Priced:
    product = (CN.products | rules("us").products)[request.product_id]
    return price(request, product, rate, on, cap)


def with_steps(request: Asked, *pairs: tuple[int, str]) -> Asked:
    steps = tuple(PlanStep(*pair) for pair in pairs)
    return replace(request, plan="step", parameters=PlanParameters(steps=steps))


def test_interest_only_by_hand() -> None:
    """10,000.00 at 12 % for 3 months: 100.00 a month, at the end 10,100.00."""
    found = priced(
        Asked("cn-consumer", 1_000_000, 3, "interest_only", "CNY"), 1_200
    )  # fmt: skip
    rows = found.instalments
    assert [row.total_minor for row in rows] == [10_000, 10_000, 1_010_000]
    assert [row.due_on for row in rows] == [
        date(2026, 12, 24),
        date(2027, 1, 24),
        date(2027, 2, 24),
    ]
    assert highest_instalment_minor(found.schedule, found.terms) == 10_000
    assert found.all_in.nominal_bps == 1_200
    assert found.total_cost_minor == 30_000


def test_equal_principal_by_hand() -> None:
    """12,000.00 at 12 % over 3 months: 4,000.00 each; interest 120.00, 80.00, 40.00."""
    found = priced(Asked("cn-consumer", 1_200_000, 3, "equal_principal", "CNY"), 1_200)
    assert [row.total_minor for row in found.instalments] == [412_000, 408_000, 404_000]
    assert highest_instalment_minor(found.schedule, found.terms) == 412_000


def test_a_fee_kept_back_raises_the_all_in_rate() -> None:
    """1 % of 12,000.00 on the first day; one instalment after a month at 12 %: 12,120.00.

    11,880.00 received, 12,120.00 paid a month later: 240/11,880 a month, 24.2424 % a year.
    """
    us = rules("us").products["us-consumer"]
    shortest = replace(us, min_term_months=1)
    request = Asked("us-consumer", 1_200_000, 1, "equal_instalment", "USD")
    found = price(request, shortest, 1_200, ON, 3_600)
    assert found.upfront_minor == 12_000
    assert found.principal_minor == found.payout_minor == 1_200_000
    pct = found.all_in.rates.rate_pct
    assert pct.quantize(Decimal("1e-12")) == Decimal("24.242424242424")
    assert (found.total_fees_minor, found.total_cost_minor) == (12_000, 24_000)


def test_a_financed_fee_is_owed_but_not_paid_out() -> None:
    """2 % of 12,000.00 is 240.00: 12,240.00 are owed, 12,000.00 go to the customer."""
    request = Asked("us-business", 1_200_000, 12, "equal_principal", "USD")
    found = priced(request, 1_200, 3_600)
    assert (found.principal_minor, found.payout_minor) == (1_224_000, 1_200_000)
    assert sum(row.principal_minor for row in found.instalments) == 1_224_000
    # 12 % on 12,240.00, 11,220.00, ... 1,020.00: 1 % of 1,020.00 times 12 + 11 + ... + 1 = 78.
    assert found.schedule.totals.interest_minor == 79_560
    assert found.total_cost_minor == 79_560 + 24_000


def test_a_fee_for_something_else_is_listed_and_not_counted() -> None:
    request = Asked("us-auto", 1_200_000, 12, "equal_instalment", "USD")
    found = priced(request, 1_200, 3_600)
    assert (found.total_fees_minor, found.upfront_minor) == (7_500, 7_500)
    assert found.all_in.nominal_bps == 1_200


def test_the_lease_by_its_definition() -> None:
    """Present values at 9.8/12 % a month: rents and residual are worth the vehicle.

    2 rents now, 34 at the ends of months 1 to 34, the price after 36 months; a cent of rounding a
    row is worth less than 36 cents. The deposit and the handling fee make it dearer all in.
    """
    found = priced(LEASE)
    rent, monthly = found.schedule.instalment_minor, Fraction(98, 12_000)
    assert rent is not None
    rows = found.instalments
    assert [row.kind for row in (rows[0], rows[1], rows[-1])] == [
        "advance",
        "instalment",
        "residual",
    ]
    assert (rows[0].total_minor, rows[-1].total_minor) == (2 * rent, 3_000_000)
    assert [row.number for row in rows] == [*range(35), 36]
    worth = sum(row.total_minor / (1 + monthly) ** row.number for row in rows)
    assert abs(worth - 12_000_000) < 36
    # 1 % handling fee, the GPS device it must have, and a deposit that bears no interest.
    assert found.total_fees_minor == 120_000 + 120_000
    assert found.deposit_minor == 1_200_000
    without = replace(LEASE, parameters=replace(LEASE.parameters, deposit_minor=None))
    assert priced(without).all_in.nominal_bps < found.all_in.nominal_bps
    yearly = found.all_in.rates.rate_pct
    month = Fraction(yearly) / 1_200
    received = 12_000_000 - 240_000 - 1_200_000 - 2 * rent
    paid = [row.total_minor for row in rows[1:]]
    paid[-1] -= 1_200_000
    value = sum(
        amount / (1 + month) ** row.number for amount, row in zip(paid, rows[1:], strict=True)
    )
    assert abs(value - received) < Fraction(1, 10**9)


def test_a_tied_add_on_costs_an_optional_one_does_not() -> None:
    """The same device, once as a condition of the loan and once as a wish."""
    wished = priced(asked(add_ons=(AddOnChoice("gps"),)))
    raw = raw_with("products.cn-auto-new", {"required_add_ons": ["gps"]})
    tied = load_profile(raw, ON).products["cn-auto-new"]
    wanted = price(wished.asked, tied, 980, ON, 2_400)
    assert wished.upfront_minor == wanted.upfront_minor == 120_000
    assert (wished.total_fees_minor, wanted.total_fees_minor) == (0, 120_000)
    assert wished.all_in.nominal_bps == 980 < wanted.all_in.nominal_bps
    assert wished.schedule.rows == wanted.schedule.rows


def test_a_tied_add_on_that_is_financed_is_a_financed_fee() -> None:
    raw = raw_with("products.cn-auto-new", {"required_add_ons": ["gap"]})
    tied = load_profile(raw, ON).products["cn-auto-new"]
    request = asked(add_ons=(AddOnChoice("gap", 100_000, 80_000),))
    found = price(request, tied, 980, ON, 2_400)
    assert found.principal_minor == found.payout_minor == 12_080_000
    assert found.upfront_minor == 20_000
    assert found.total_fees_minor == 100_000


def test_an_optional_add_on_is_lent_like_the_rest() -> None:
    request = asked(add_ons=(AddOnChoice("gap", 100_000, 80_000),))
    found = priced(request)
    assert found.principal_minor == found.payout_minor == 12_080_000
    assert (found.total_fees_minor, found.upfront_minor) == (0, 20_000)
    assert found.all_in.nominal_bps == 980


def test_a_first_period_of_another_length_is_charged_and_counted_as_long() -> None:
    """16 days more or 15 less move the interest of the first row, not the annual rate."""
    regular, longer = priced(asked()), priced(asked(first_due_on=date(2027, 1, 9)))
    assert longer.instalments[0].due_on == date(2027, 1, 9)
    assert longer.schedule.totals.interest_minor > regular.schedule.totals.interest_minor
    assert abs(longer.all_in.nominal_bps - 980) <= 1
    shorter = priced(asked(first_due_on=date(2026, 12, 9)))
    assert shorter.schedule.totals.interest_minor < regular.schedule.totals.interest_minor
    assert abs(shorter.all_in.nominal_bps - 980) <= 1


@pytest.mark.parametrize(
    ("cap", "within"), [(1_200, True), (1_199, False)], ids=["at the cap", "a basis point above"]
)
def test_the_cap_is_met_exactly(cap: int, within: bool) -> None:
    """1 % of 10,000.00 a month is 12 % a year, to the last digit."""
    request = Asked("cn-consumer", 1_000_000, 3, "interest_only", "CNY")
    assert priced(request, 1_200, cap).all_in.is_within_cap is within


def test_rounding_never_breaks_the_cap() -> None:
    """1,234.57 at 12 %: 12.3457 of interest, rounded half up to 12.35, is more than 12 %.

    The rate for reading is 12.00 %; it is not within a cap of 12 %.
    """
    request = Asked("cn-consumer", 123_457, 12, "interest_only", "CNY")
    found = priced(request, 1_200, 1_200)
    assert found.instalments[0].interest_minor == 1_235
    assert found.all_in.rates.rate_pct > 12
    assert found.all_in.nominal_bps == 1_200
    assert not found.all_in.is_within_cap
    assert priced(request, 1_200, 1_201).all_in.is_within_cap


@pytest.mark.parametrize(
    ("received", "paid", "bps"),
    [
        (10_000, (10_100,), 1_200),
        (10_000, (0, 10_201), 1_200),
        (120_000, (120_005,), 5),  # 12 * 5 / 120,000 = 5.0 basis points
        (240_000, (240_001,), 1),  # 0.5: the tie goes up
        (100, (60, 40), 0),
    ],
)
def test_a_rate_is_read_in_basis_points_half_up(
    received: int, paid: tuple[int, ...], bps: int
) -> None:
    found = all_in(received, [*enumerate(paid, 1)], ON, date(2026, 12, 24), 2_400)
    assert found.nominal_bps == bps


@pytest.mark.parametrize(("received", "paid"), [(0, (1,)), (100, (-1,)), (100, ())])
def test_money_without_a_rate_is_refused(received: int, paid: tuple[int, ...]) -> None:
    with pytest.raises(NotComputable, match=r"no rate|cancel out"):
        all_in(received, [*enumerate(paid, 1)], ON, date(2026, 12, 24), 2_400)


def test_the_flat_rate_is_not_the_annual_rate() -> None:
    """12 times 1,000.00 + 98.00 for 12,000.00: the flat 9.8 % cost 17.6216 % (IRR)."""
    found = priced(Asked("cn-consumer", 1_200_000, 12, "flat", "CNY"))
    assert {row.total_minor for row in found.instalments} == {109_800}
    assert found.all_in.nominal_bps == 1_762


PLANS = st.one_of(
    st.just(("equal_instalment", PlanParameters())),
    st.just(("equal_principal", PlanParameters())),
    st.builds(
        lambda grace: ("equal_instalment", PlanParameters(grace_principal_periods=grace)),
        st.integers(1, 3),
    ),
    st.builds(
        lambda balloon: ("balloon", PlanParameters(balloon_minor=balloon)),
        st.integers(1, 400_000),
    ),
    st.builds(
        lambda first, weight: (
            "step",
            PlanParameters(steps=(PlanStep(first, "1"), PlanStep(24 - first, weight))),
        ),
        st.integers(1, 23),
        st.sampled_from(("1/3", "0.5", "1", "2", "3")),
    ),
)


@given(
    PLANS,
    st.integers(1_000_000, 150_000_000),
    st.integers(0, 2_400),
    st.dates(date(2024, 1, 1), date(2099, 12, 31)),
)
def test_every_plan_repays_exactly_and_costs_its_rate(
    plan: tuple[str, PlanParameters], amount: int, rate: int, on: date
) -> None:
    name, parameters = plan
    request = asked(amount_minor=amount, term_months=24, plan=name, parameters=parameters)
    found = priced(request, rate, on=on)
    rows = found.instalments
    assert sum(row.principal_minor for row in rows) == found.principal_minor == amount
    assert sum(row.total_minor for row in rows) == amount + found.total_cost_minor
    assert [row.number for row in rows] == list(range(1, 25))
    assert rows[-1].balance_minor == 0
    # 24 roundings of half a cent cannot move the rate of 10,000.00 by two basis points.
    assert abs(found.all_in.nominal_bps - rate) <= 2
    highest = highest_instalment_minor(found.schedule, found.terms)
    assert highest in {row.total_minor for row in rows}
    if not parameters.steps or parameters.steps[-1].periods > 1:
        assert highest == max(row.total_minor for row in rows[:-1])


@given(
    st.integers(100_000, 20_000_000),
    st.integers(3, 24),
    st.integers(1, 2_400),
    st.sampled_from(("equal_instalment", "equal_principal", "flat")),
)
def test_nothing_above_the_cap_is_within_it(amount: int, term: int, rate: int, plan: str) -> None:
    """Checked against the definition: what is paid, discounted at the cap, is worth more."""
    request = Asked("cn-consumer", amount, term, plan, "CNY")
    cap = 1_200
    found = priced(request, rate, cap)
    monthly = Fraction(cap, 120_000)
    worth = sum(row.total_minor / (1 + monthly) ** row.number for row in found.instalments)
    assert found.all_in.is_within_cap is (worth <= amount)


@given(st.lists(st.sampled_from(range(5)), min_size=1, max_size=4))
def test_a_comparison_keeps_the_order_and_ranks_by_cost(chosen: list[int]) -> None:
    requests = (
        asked(),
        asked(plan="equal_principal"),
        asked(plan="balloon", parameters=PlanParameters(balloon_minor=3_000_000)),
        with_steps(asked(), (12, "1"), (24, "2")),
        asked(term_months=60),
    )
    plans = [priced(requests[index]) for index in chosen]
    compared = compare(plans)
    assert [one.figures.total_cost_minor for one in compared] == [p.total_cost_minor for p in plans]
    first = compared[0]
    assert set(vars_of(first.difference)) == {0}
    for one, plan in zip(compared, plans, strict=True):
        cheaper = sum(other.total_cost_minor < plan.total_cost_minor for other in plans)
        assert one.rank == cheaper + 1
        assert one.difference.total_cost_minor == (
            plan.total_cost_minor - plans[0].total_cost_minor
        )


def vars_of(figures: Any) -> list[int]:
    return [getattr(figures, name) for name in figures.__dataclass_fields__]


@pytest.mark.parametrize("request_", [asked(), LEASE, asked(first_due_on=date(2027, 1, 9))])
def test_the_cost_sheet_says_what_the_price_says(request_: Asked) -> None:
    found = priced(request_)
    product = CN.products[request_.product_id]
    rest = agreed(found, product, RateBasis.IRR_NOMINAL)
    told = sheet(found.schedule, rest, "CNY", 980, 2_400, request_.first_due_on)
    assert told.total_cost_minor == found.total_cost_minor
    assert told.principal_minor == found.principal_minor
    assert told.annual_cost.pct == found.all_in.rates.nominal_pct
    assert told.annual_cost.is_within_cap is found.all_in.is_within_cap
    assert {item.code for item in told.items} == {
        "interest",
        *(fee.code for fee in found.fees),
        *product.required_add_ons,
    }
    assert "early_settlement" in {one.code for one in told.contingencies}
    effective = sheet(found.schedule, replace(rest, rate_basis="irr_effective"), "CNY", 980)
    assert effective.annual_cost.is_within_cap is None
    assert effective.annual_cost.pct > told.annual_cost.pct


def test_rows_are_kept_as_they_are_drawn() -> None:
    found = priced(LEASE)
    rows = instalments_of(found.schedule)
    assert {row.kind for row in rows} == {kind.value for kind in RowKind} - {"down_payment"}
    assert [row.total_minor for row in rows] == [row.total_minor for row in found.schedule.rows]


@pytest.mark.parametrize(
    ("months", "used", "on_cancel", "back"),
    [
        (36, 0, "pro_rata", 100_000),
        (36, 12, "pro_rata", 66_667),  # 66,666.67 up
        (36, 36, "pro_rata", 0),
        (36, 12, "none", 0),
    ],
)
def test_what_comes_back_of_an_add_on(months: int, used: int, on_cancel: str, back: int) -> None:
    assert refund_minor(100_000, months, used, on_cancel, Rounding.HALF_UP) == back


@pytest.mark.parametrize(("months", "used"), [(0, 0), (12, 13), (12, -1)])
def test_an_add_on_is_not_used_longer_than_it_runs(months: int, used: int) -> None:
    with pytest.raises(ValueError, match="months"):
        refund_minor(1, months, used, "pro_rata", Rounding.HALF_UP)


def test_early_settlement_costs_by_what_is_paid_and_why() -> None:
    rule = CN.products["cn-auto-new"].early_settlement
    assert [rule.fee_pct(paid) for paid in (0, 11, 12)] == [2, 2, 0]
    assert rule.fee_pct(0, "trade_in") == 0
    assert rule.fee_pct(0, "move") == 2
    always = replace(rule, free_after_paid=None)
    assert always.fee_pct(1_000) == 2
