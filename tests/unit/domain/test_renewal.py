"""Renewals: the new loan pays the old one off to the cent, and rules say who may."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.profiles import newest
from lending.domain.computable import NotComputable
from lending.domain.renewal import Record, may_renew, renew
from lending.domain.schedule import PlanKind, Terms
from lending.domain.settlement import Due, EarlyFee, Position

CN = newest("cn").policy
OLD = Position(1_000_000, Fraction(12), date(2026, 11, 1), date(2026, 12, 1))
NEW = Terms(Fraction(6), PlanKind.EQUAL_PRINCIPAL, date(2026, 1, 1), periods=10)
GOOD = Record("consumer", 1_000_000, 500_000, 30, 30)


def test_the_settlement_is_the_new_principal() -> None:
    """15 of 30 days at 12 %: 50.00 of interest on 10,000.00; 450.00 more for the customer."""
    done = renew(OLD, date(2026, 11, 16), NEW, new_money_minor=45_000)
    assert done.settlement.interest_minor == 5_000
    assert (done.pays_off_minor, done.pays_out_minor) == (1_005_000, 45_000)
    assert done.terms.principal_minor == 1_050_000
    first = done.schedule.rows[0]
    assert (first.start_on, first.due_on) == (date(2026, 11, 16), date(2026, 12, 16))
    assert (first.principal_minor, first.interest_minor) == (105_000, 5_250)


def test_a_waived_fee_is_not_lent_again() -> None:
    costly = replace(OLD, early_fee=EarlyFee(pct=Fraction(1)))
    on = date(2026, 11, 16)
    assert renew(costly, on, NEW).pays_off_minor - renew(OLD, on, NEW).pays_off_minor == 10_000
    product = newest("cn").products["cn-sme"]
    assert product.early_settlement.fee_pct(0, "renewal") == 0


@given(
    st.integers(0, 10**9),
    st.integers(0, 36),
    st.integers(0, 30),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_what_is_lent_is_what_is_paid_off_and_out(
    principal: int, rate: int, days: int, overdue: int, more: int
) -> None:
    old = replace(
        OLD, principal_minor=principal, annual_rate_pct=Fraction(rate), due=Due(fee_minor=overdue)
    )
    on = date.fromordinal(OLD.period_start.toordinal() + days)
    if principal + overdue == 0:
        with pytest.raises(NotComputable, match="nothing is left"):
            renew(old, on, NEW, more)
        return
    done = renew(old, on, NEW, more)
    lent = done.pays_off_minor + done.pays_out_minor
    assert lent == done.terms.principal_minor
    assert sum(row.principal_minor for row in done.schedule.rows) == lent
    assert done.pays_off_minor >= principal + overdue


@pytest.mark.parametrize(
    ("record", "rule", "allowed"),
    [
        (GOOD, "renewal.window_days", True),
        (replace(GOOD, worst_past_due_days=31), "renewal.max_past_due_days", False),
        (replace(GOOD, repaid_minor=499_999), "renewal.min_paid_bps", False),
        (replace(GOOD, days_to_maturity=31), "renewal.window_days", False),
        # Small businesses renew without repaying first (无还本续贷).
        (
            replace(GOOD, repaid_minor=0, product_kind="personal_business"),
            "renewal.window_days",
            True,
        ),
    ],
)
def test_who_may_renew(record: Record, rule: str, allowed: bool) -> None:
    found = may_renew(CN, record)
    assert (found.allowed, found.rule) == (allowed, rule)


def test_a_market_without_the_rule_gives_no_answer() -> None:
    with pytest.raises(NotComputable, match="no rule"):
        may_renew(newest("us").policy, GOOD)


@pytest.mark.parametrize(("on", "more"), [(date(2026, 12, 2), 0), (date(2026, 11, 16), -1)])
def test_what_makes_no_sense_is_refused(on: date, more: int) -> None:
    with pytest.raises(NotComputable):
        renew(OLD, on, NEW, more)
