"""The all-in cost sheet: complete, by payee, with a rate on the market's basis."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lending.domain.computable import NotComputable
from lending.domain.disclosure.cost_sheet import (
    Charge,
    Contingency,
    CostSheet,
    Lending,
    RateBasis,
    When,
    cost_sheet,
)
from lending.domain.schedule import Fee, OddDays, PlanKind, Schedule, Terms, repayment_schedule

LENDER = Lending("CNY", "lender", Fraction(12), RateBasis.IRR_NOMINAL, Decimal(24))
UPFRONT = Charge("appraisal", "appraiser", When.UPFRONT, 100_00)
FINANCED = Charge("guarantee", "guarantor", When.FINANCED, 200_00, "amount", Fraction(2))
EACH = Charge("account", "lender", When.EACH_INSTALMENT, 5_00)
LATE = Contingency("late", "lender", "overdue", base="overdue", pct=Fraction(18))


def schedule(*charges: Charge, terms: Terms | None = None) -> Schedule:
    """10,000.00 over 12 months at 12 %, with these charges."""
    plain = terms or Terms(
        annual_rate_pct=Fraction(12),
        plan=PlanKind.EQUAL_INSTALMENT,
        disbursed_on=date(2026, 1, 15),
        principal_minor=10_000_00,
        periods=12,
    )
    fees = tuple(Fee(one.code, one.when.value, amount_minor=one.amount_minor) for one in charges)
    return repayment_schedule(replace(plain, fees=fees))


def sheet(*charges: Charge, lending: Lending = LENDER) -> CostSheet:
    return cost_sheet(schedule(*charges), lending, charges, (LATE,))


def test_every_cost_has_its_line_and_its_payee() -> None:
    drawn = schedule(UPFRONT, FINANCED, EACH)
    one = sheet(UPFRONT, FINANCED, EACH)
    interest = sum(row.interest_minor for row in drawn.rows)
    assert [(item.code, item.payee, item.times, item.total_minor) for item in one.items] == [
        ("interest", "lender", 12, interest),
        ("appraisal", "appraiser", 1, 100_00),
        ("guarantee", "guarantor", 1, 200_00),
        ("account", "lender", 12, 60_00),
    ]
    assert one.principal_minor == 10_200_00
    assert one.received_minor == 9_900_00
    assert one.total_cost_minor == interest + 360_00
    assert one.total_paid_minor == drawn.totals.total_minor
    # What is paid is what was lent and what it costs.
    assert one.total_paid_minor == 10_000_00 + one.total_cost_minor
    assert one.contingencies == (LATE,)


def test_interest_alone_costs_the_contract_rate() -> None:
    one = sheet()
    assert one.annual_cost.basis is RateBasis.IRR_NOMINAL
    assert abs(one.annual_cost.pct - 12) < Decimal("0.001")  # whole fen a row
    assert one.annual_cost.is_within_cap is True


def test_each_fee_makes_the_loan_dearer() -> None:
    costs = [
        sheet(*charges).annual_cost.pct
        for charges in ((), (EACH,), (UPFRONT, EACH), (UPFRONT, FINANCED, EACH))
    ]
    assert costs == sorted(costs)
    assert len(set(costs)) == len(costs)


def test_what_is_not_counted_is_listed_but_costs_nothing() -> None:
    others = [replace(one, is_counted=False) for one in (UPFRONT, EACH)]
    one = sheet(*others)
    assert one.annual_cost == sheet().annual_cost
    assert one.total_cost_minor == sheet().total_cost_minor
    assert [item.is_counted for item in one.items] == [True, False, False]
    # Financed for something else: more is lent and received, at the contract's rate.
    financed = sheet(replace(FINANCED, is_counted=False))
    assert abs(financed.annual_cost.pct - 12) < Decimal("0.001")


@pytest.mark.parametrize("basis", list(RateBasis))
def test_the_rate_is_stated_on_the_markets_basis(basis: RateBasis) -> None:
    # One payment of 11,000.00 after a year: 10 % on every basis.
    terms = Terms(
        annual_rate_pct=Fraction(10),
        plan=PlanKind.INTEREST_ONLY,
        disbursed_on=date(2026, 1, 15),
        first_due_on=date(2027, 1, 15),
        principal_minor=10_000_00,
        periods=1,
        period=replace(schedule().period, every=12),
    )
    drawn = schedule(terms=terms)
    lending = replace(LENDER, basis=basis, annual_rate_pct=Fraction(10))
    for cap, within in ((None, None), ("10", True), ("9.999999999999999999999999", False)):
        one = cost_sheet(drawn, replace(lending, cap_pct=None if cap is None else Decimal(cap)), ())
        assert (one.annual_cost.pct, one.annual_cost.is_within_cap) == (10, within)


def test_simple_and_effective_rates_of_an_instalment_loan() -> None:
    # 1 % a month on the balance: 12 % simple, nominal 12 %, effective 1.01^12 - 1.
    simple = sheet(lending=replace(LENDER, basis=RateBasis.SIMPLE)).annual_cost.pct
    assert abs(simple - 12) < Decimal("0.001")
    effective = sheet(lending=replace(LENDER, basis=RateBasis.IRR_EFFECTIVE)).annual_cost.pct
    assert abs(effective - Decimal("12.682503")) < Decimal("0.001")


def test_a_ceiling_is_broken_by_the_last_fee() -> None:
    cap = sheet(UPFRONT).annual_cost.pct.quantize(Decimal("0.0001")) + Decimal("0.0001")
    capped = replace(LENDER, cap_pct=cap)
    assert sheet(UPFRONT, lending=capped).annual_cost.is_within_cap is True
    dearer = replace(UPFRONT, amount_minor=UPFRONT.amount_minor + 2)
    assert sheet(dearer, lending=capped).annual_cost.is_within_cap is False


def test_odd_days_interest_on_the_first_day_is_interest() -> None:
    terms = Terms(
        annual_rate_pct=Fraction(12),
        plan=PlanKind.EQUAL_INSTALMENT,
        disbursed_on=date(2026, 1, 15),
        first_due_on=date(2026, 3, 1),
        odd_days_interest=OddDays.UPFRONT,
        principal_minor=10_000_00,
        periods=12,
    )
    drawn = schedule(terms=terms)
    # 17 days of the real first period (45) less those of the regular one (28): at 12 %
    assert drawn.upfront_minor == 55_89
    lending = replace(LENDER, upfront_interest_minor=55_89)
    one = cost_sheet(drawn, lending, ())
    assert one.items[0].times == 13
    assert one.items[0].amount_minor is None
    assert one.total_paid_minor == 10_000_00 + one.total_cost_minor
    with pytest.raises(NotComputable):
        cost_sheet(drawn, LENDER, ())


@pytest.mark.parametrize(
    ("charged", "listed"),
    [
        ((UPFRONT,), ()),
        ((), (UPFRONT,)),
        ((FINANCED,), ()),
        ((EACH,), ()),
        ((), (EACH,)),
        ((UPFRONT,), (FINANCED,)),
        ((EACH,), (replace(EACH, amount_minor=4_99),)),
    ],
)
def test_nothing_is_charged_outside_the_list(
    charged: tuple[Charge, ...], listed: tuple[Charge, ...]
) -> None:
    with pytest.raises(NotComputable) as refused:
        cost_sheet(schedule(*charged), LENDER, listed)
    assert (refused.value.code, refused.value.pointer) == ("contradiction", "/charges")


@pytest.mark.parametrize(
    "unmeasured",
    [
        Contingency("late", "lender", "overdue"),
        Contingency("late", "lender", "overdue", amount_minor=1, base="overdue", pct=Fraction(1)),
    ],
)
def test_a_contingency_has_one_measure(unmeasured: Contingency) -> None:
    with pytest.raises(NotComputable) as refused:
        cost_sheet(schedule(), LENDER, (), (LATE, unmeasured))
    assert refused.value.pointer == "/contingencies/1"


def test_tranches_have_no_sheet() -> None:
    with pytest.raises(NotComputable):
        cost_sheet(replace(schedule(), in_tranches=True), LENDER, ())


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from([kind for kind in PlanKind if kind.value in {"equal_principal", "flat"}]),
    st.integers(0, 3600),
    st.integers(1, 48),
    st.lists(st.tuples(st.sampled_from(When), st.integers(1, 500_00)), max_size=4),
)
def test_lent_and_cost_is_what_is_paid(
    plan: PlanKind, rate_bps: int, periods: int, amounts: list[tuple[When, int]]
) -> None:
    charges = [
        Charge(f"fee_{at}", "lender", when, amount) for at, (when, amount) in enumerate(amounts)
    ]
    terms = Terms(
        annual_rate_pct=Fraction(rate_bps, 100),
        plan=plan,
        disbursed_on=date(2026, 1, 31),
        principal_minor=50_000_00,
        periods=periods,
    )
    one = cost_sheet(schedule(*charges, terms=terms), LENDER, charges)
    assert one.total_paid_minor == 50_000_00 + one.total_cost_minor
    assert one.total_cost_minor == sum(item.total_minor for item in one.items)
