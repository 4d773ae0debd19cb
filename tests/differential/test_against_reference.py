"""Every answer of the calculator equals that of a literal reading of docs/calc.md.

EXAMPLES=20000 in the environment runs that many requests a test instead of the few of every day.
"""

import os
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.differential.other_requests import (
    allocations,
    business_days,
    delinquencies,
    year_fractions,
)
from tests.differential.schedule_requests import PLANS, open_ended, schedules, settlements
from tests.reference import Document
from tests.reference import solve as by_reference
from tests.reference.plans import NotRepaid
from tools.calc.run import solve

EXAMPLES = int(os.environ.get("EXAMPLES", "150"))
pytestmark = pytest.mark.timeout(180 if EXAMPLES <= 150 else 0)

steadily = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
OTHERS = {
    "settlement": settlements(),
    "allocate": allocations(),
    "delinquency": delinquencies(),
    "year-fraction": year_fractions(),
    "business-day": business_days(),
}


def rates_below_astronomy(answer: Document) -> Document:
    """The answer without an effective rate of which not all digits can be meant.

    (1 + i)^365 of a daily rate of 100 % has 110 digits; i itself is exact to 15 decimals.
    """
    rates = answer.get("rates", {})
    shown = rates.get("irr_effective_pct")
    if shown is None or Decimal(shown) < 10**9:
        return answer
    return answer | {"rates": rates | {"irr_effective_pct": "astronomical"}}


@pytest.mark.parametrize("plan", PLANS)
@steadily
@given(data=st.data())
def test_a_schedule_is_that_of_the_reference(plan: str, data: st.DataObject) -> None:
    asked = data.draw(schedules(plan))
    answer, expected = solve("schedule", asked), by_reference("schedule", asked)
    assert rates_below_astronomy(answer) == rates_below_astronomy(expected)


@steadily
@given(asked=open_ended())
def test_a_schedule_without_end_is_that_of_the_reference(asked: Document) -> None:
    answer = solve("schedule", asked)
    try:
        expected = by_reference("schedule", asked)
    except NotRepaid:
        assert answer["error"]["code"] == "no_solution"
    else:
        assert rates_below_astronomy(answer) == rates_below_astronomy(expected)


@pytest.mark.parametrize("kind", OTHERS)
@steadily
@given(data=st.data())
def test_an_answer_is_that_of_the_reference(kind: str, data: st.DataObject) -> None:
    asked = data.draw(OTHERS[kind])
    assert solve(kind, asked) == by_reference(kind, asked)
