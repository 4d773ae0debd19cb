"""Extensions: what is paid stays, what is left is laid out anew, and policy has its say."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.profiles import newest
from lending.domain.computable import NotComputable
from lending.domain.dates import Period, PeriodUnit
from lending.domain.extension import Limits, Standing, extend
from lending.domain.money import Rounding
from lending.domain.policy import Verdict
from lending.domain.schedule import (
    Fee,
    Grace,
    PlanKind,
    RateChange,
    RoundingRules,
    Step,
    Terms,
    repayment_schedule,
)

OPENED = date(2026, 1, 31)
CN, US = newest("cn").policy, newest("us").policy
LIMITS = Limits(CN, 60)


def terms(**changes: Any) -> Terms:
    """12,000.00 at 12 % over 12 months, half up."""
    agreed = Terms(
        annual_rate_pct=Fraction(12),
        plan=PlanKind.EQUAL_PRINCIPAL,
        disbursed_on=OPENED,
        principal_minor=1_200_000,
        periods=12,
        rounding=RoundingRules(Rounding.HALF_UP),
    )
    return replace(agreed, **changes)


def standing(paid: int, **changes: Any) -> Standing:
    agreed = terms(**changes)
    return Standing.of(agreed, repayment_schedule(agreed), paid)


def extended(
    loan: Standing, months: int, on: date, limits: Limits = LIMITS, **other: Any
) -> Standing:
    found = extend(loan, months, on, limits, **other)
    assert isinstance(found, Standing), found
    return found


def test_equal_principal_by_hand() -> None:
    """6 of 12 paid: 6,000.00 left; over 6 + 6 months 500.00 each, 1 % of what is left."""
    loan = extended(standing(6), 6, date(2026, 8, 10))
    later = [row for row in loan.rows if row.number > 6]
    assert [row.principal_minor for row in later] == [50_000] * 12
    assert [row.interest_minor for row in later] == [6_000 - 500 * n for n in range(12)]
    assert [row.number for row in loan.rows] == list(range(1, 19))
    assert (loan.version, loan.extensions, loan.extended_months) == (2, 1, 6)


def test_the_anchor_day_survives_short_months_and_the_extension() -> None:
    loan = extended(standing(6), 6, date(2026, 8, 31))
    dates = [row.due_on.isoformat() for row in loan.rows]
    assert dates[5:8] == ["2026-07-31", "2026-08-31", "2026-09-30"]
    assert dates[12:15] == ["2027-02-28", "2027-03-31", "2027-04-30"]
    assert dates[-1] == "2027-07-31"


def test_a_lump_sum_moves_to_the_new_end() -> None:
    balloon = extended(
        standing(6, plan=PlanKind.BALLOON, balloon_minor=500_000), 3, date(2026, 8, 1)
    )
    assert balloon.rows[-1].total_minor > 500_000
    assert balloon.rows[-1].due_on == date(2027, 4, 30)
    bullet = extended(standing(6, plan=PlanKind.INTEREST_ONLY), 3, date(2026, 8, 1))
    assert [row.principal_minor for row in bullet.rows] == [0] * 14 + [1_200_000]
    lease = extended(
        standing(6, plan=PlanKind.LEASE, residual_minor=300_000, advance_rents=2),
        3,
        date(2026, 8, 1),
    )
    assert lease.rows[0].number == 0
    assert lease.rows[-1].number == 15
    assert lease.rows[-1].balance_minor == 0


def test_steps_end_and_the_rate_may_change() -> None:
    steps = (Step(6, Fraction(1)), Step(6, Fraction(2)))
    loan = extended(
        standing(6, plan=PlanKind.STEP, steps=steps),
        6,
        date(2026, 8, 1),
        annual_rate_pct=Fraction(0),
    )
    later = [row for row in loan.rows if row.number > 6]
    assert loan.terms.plan is PlanKind.EQUAL_INSTALMENT
    assert {row.interest_minor for row in later} == {0}
    assert len({row.total_minor for row in later[:-1]}) == 1


def test_a_rate_that_had_changed_stays_and_a_coming_change_comes() -> None:
    changes = (
        RateChange(date(2026, 3, 31), Fraction(6)),
        RateChange(date(2026, 9, 30), Fraction(24)),
    )
    loan = standing(6, plan=PlanKind.EQUAL_INSTALMENT, rate_changes=changes)
    after = extended(loan, 6, date(2026, 8, 1))
    assert after.terms.annual_rate_pct == 6
    assert after.terms.rate_changes == changes[1:]
    seventh = next(row for row in after.rows if row.number == 7)
    assert seventh.interest_minor == round(Fraction(loan.balance_minor * 6, 1_200))


def test_fees_of_the_first_day_are_not_charged_again() -> None:
    fees = (Fee("handling", "upfront", 1_000), Fee("guard", "each_instalment", 200))
    loan = extended(standing(6, fees=fees), 6, date(2026, 8, 1))
    assert {row.fee_minor for row in loan.rows} == {200}
    assert [fee.code for fee in loan.terms.fees] == ["guard"]


def test_an_extension_before_anything_is_paid_keeps_the_first_due_date() -> None:
    first = date(2026, 3, 15)
    loan = extended(standing(0, first_due_on=first), 6, date(2026, 3, 1))
    assert [row.due_on for row in loan.rows[:2]] == [first, date(2026, 4, 15)]
    longer = terms(first_due_on=first, periods=18)
    assert loan.rows[0].interest_minor == repayment_schedule(longer).rows[0].interest_minor


def test_grace_that_is_left_is_kept() -> None:
    graced = standing(2, plan=PlanKind.EQUAL_INSTALMENT, grace=Grace(4))
    loan = extended(graced, 6, date(2026, 4, 1))
    assert [row.principal_minor > 0 for row in loan.rows] == [False] * 4 + [True] * 14


@pytest.mark.parametrize(
    ("loan", "months", "on", "limits", "rule"),
    [
        # At most the original term up to a year, then half of it.
        (standing(6), 13, date(2026, 8, 1), LIMITS, "extension.ratio"),
        (standing(6, periods=24), 13, date(2026, 8, 1), LIMITS, "extension.ratio"),
        (standing(6), 12, date(2026, 8, 1), Limits(CN, 23), "extension.max_total_months"),
        (standing(6), 3, date(2026, 9, 1), LIMITS, "extension.arrears"),
        (standing(12), 3, date(2027, 2, 1), LIMITS, "extension.balance"),
        (replace(standing(6), extensions=1), 3, date(2026, 8, 1), LIMITS, "extension.max_count"),
        (standing(6), 12, date(2026, 8, 1), Limits(US, 23), "extension.max_total_months"),
        (
            standing(2, plan=PlanKind.EQUAL_INSTALMENT, grace=Grace(3, 2)),
            3,
            date(2026, 4, 1),
            LIMITS,
            "extension.deferred_interest",
        ),
    ],
)
def test_a_rule_that_forbids_it_is_named(
    loan: Standing, months: int, on: date, limits: Limits, rule: str
) -> None:
    found = extend(loan, months, on, limits)
    assert isinstance(found, Verdict)
    assert (found.allowed, found.rule) == (False, rule)


@pytest.mark.parametrize(
    ("loan", "months", "on", "limits"),
    [
        (standing(6), 12, date(2026, 8, 31), LIMITS),
        (standing(6, periods=24), 12, date(2026, 8, 1), LIMITS),
        (standing(6), 12, date(2026, 8, 1), Limits(CN, 24)),
        (standing(6), 48, date(2026, 8, 1), Limits(US, 60)),
        (standing(3, plan=PlanKind.EQUAL_INSTALMENT, grace=Grace(3, 2)), 3, date(2026, 5, 1),
         LIMITS),
    ],
)  # fmt: skip
def test_the_edge_of_a_rule_is_allowed(
    loan: Standing, months: int, on: date, limits: Limits
) -> None:
    assert isinstance(extend(loan, months, on, limits), Standing)


def test_a_second_extension_counts_all_months_since_the_first_agreement() -> None:
    """Where the market has no count: 6 + 6 of 12 are the whole ratio."""
    often = Limits(replace(CN, extension_max_count=None), 60)
    once = extended(standing(6), 6, date(2026, 8, 1), often)
    again = extended(replace(once, paid=10), 6, date(2026, 12, 1), often)
    assert (again.version, again.extensions, again.extended_months) == (3, 2, 12)
    assert [row.number for row in again.rows] == list(range(1, 25))
    assert again.rows[-1].due_on == date(2028, 1, 31)
    assert sum(row.principal_minor for row in again.rows) == 1_200_000
    refused = extend(again, 1, date(2027, 1, 1), often)
    assert isinstance(refused, Verdict)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"months": 0}, "/months"), ({"paid": 13}, "/paid"), ({"paid": -1}, "/paid")],
)
def test_what_makes_no_sense_is_refused(change: dict[str, int], pointer: str) -> None:
    loan = replace(standing(6), paid=change.get("paid", 6))
    with pytest.raises(NotComputable) as refused:
        extend(loan, change.get("months", 1), date(2026, 8, 1), LIMITS)
    assert refused.value.pointer == pointer


def test_only_monthly_loans_stand() -> None:
    weekly = terms(period=Period(1, PeriodUnit.WEEK))
    with pytest.raises(NotComputable):
        Standing.of(weekly, repayment_schedule(weekly), 0)


@given(
    st.sampled_from((PlanKind.EQUAL_INSTALMENT, PlanKind.EQUAL_PRINCIPAL, PlanKind.INTEREST_ONLY)),
    st.integers(100, 10**9),
    st.integers(1, 36),
    st.integers(0, 35),
    st.integers(1, 24),
    st.dates(date(2024, 1, 1), date(2060, 12, 31)),
    st.integers(0, 36),
)
def test_an_extended_plan_repays_exactly_and_changes_nothing_paid(
    plan: PlanKind, principal: int, periods: int, paid: int, months: int, on: date, rate: int
) -> None:
    loan = standing(
        min(paid, periods - 1),
        plan=plan,
        principal_minor=principal,
        periods=periods,
        disbursed_on=on,
        annual_rate_pct=Fraction(rate),
    )
    found = extend(loan, months, loan.due_on(loan.paid), Limits(US, 600))
    if not loan.balance_minor:  # rounded instalments can end a tiny loan early
        assert found == Verdict(allowed=False, rule="extension.balance", reason="repaid")
        return
    assert isinstance(found, Standing)
    after = found
    assert sum(row.principal_minor for row in after.rows) == principal
    assert after.rows[-1].balance_minor == 0
    assert len(after.rows) == periods + months
    assert after.rows[: loan.paid] == loan.rows[: loan.paid]
    assert all(one.due_on < other.due_on for one, other in pairwise(after.rows))
    balance = principal
    for row in after.rows:
        balance -= row.principal_minor
        assert row.balance_minor == balance
        assert row.total_minor == row.principal_minor + row.interest_minor
