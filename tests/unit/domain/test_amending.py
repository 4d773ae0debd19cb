"""Extensions of whatever can be offered: the plan still repays exactly, and books follow it."""

from dataclasses import replace

import pytest
from lending.adapters.dynamodb.mappers import plan_row
from lending.domain.amending import DrawnUp, Running, drawn_up, extended_loan
from lending.domain.computable import NotComputable
from lending.domain.extension import Limits
from lending.domain.servicing.opening import account_terms

from tests.unit.domain.servicing.test_opening import (
    MARKET,
    PLANS,
    TODAY,
    bookings_of,
    opened,
    request_for,
)


@pytest.mark.parametrize(("market", "product_id", "plan"), PLANS)
def test_whatever_is_extended_repays_exactly_and_has_books(
    market: str, product_id: str, plan: str
) -> None:
    """I7: what was lent, row by row, to zero; every earlier row as it was."""
    profile = MARKET[market]
    limits = Limits(profile.policy, 120)
    for loan, offer, payout in opened(request_for(market, product_id, plan, 1)):
        terms = account_terms(loan, profile.servicing)
        account = bookings_of(loan, offer, payout)[-1].after.account
        running = Running(loan, offer, (), terms, account)
        try:
            drawn = drawn_up(running, 3, TODAY, limits, profile.rounding)
        except NotComputable as cause:
            assert cause.code in ("invalid_field", "contradiction", "not_amortizing"), cause
            continue
        if not isinstance(drawn, DrawnUp):
            assert drawn.rule.startswith("extension.")
            continue
        extended = extended_loan(loan, drawn)
        plan_row(extended)  # refuses a plan that does not repay the loan
        assert extended.plan[-1].due_on > loan.plan[-1].due_on
        kept = [row for row in loan.plan if row.number <= drawn.paid]
        assert list(extended.plan[: len(kept)]) == kept
        family = replace(terms, later=(drawn.terms,))
        assert family.in_force(1).principal_minor == loan.principal_minor
