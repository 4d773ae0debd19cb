"""The books of a loan on its first day: the payout is entry 1, whatever the plan and its fees."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.agreed import AddOnChoice, PlanParameters, PlanStep
from lending.domain.application import submitted
from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.loan import open_loan
from lending.domain.records import Disbursement, Loan, Offer, Request, Vehicle
from lending.domain.servicing.booking import Booking
from lending.domain.servicing.opening import (
    account_terms,
    opening_bookings,
    opening_facts,
    servicing_rules,
)
from lending.domain.servicing.verification import LoanLedger, first_broken

from tests.fakes.offers import make_offers

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
SEEDS = 12
STORE = ProfileStore(("cn", "us"))
MARKET = {market: STORE.get(market, TODAY) for market in ("cn", "us")}
RULES = {
    "order": ["fee", "penalty", "interest", "principal"],
    "mode": "horizontal",
    "future": "next",
    "tolerance_minor": 100,
    "interest_basis": "scheduled",
}


def request_for(market: str, product_id: str, plan: str, seed: int) -> Request:
    """A request within the product's bounds, where the seed hits them."""
    chance = random.Random(f"{market}-{product_id}-{plan}-{seed}")
    product = MARKET[market].products[product_id]
    amount = chance.randint(product.min_amount_minor, product.max_amount_minor // 4)
    term = chance.randint(product.min_term_months, min(product.max_term_months, 60))
    parameters = PlanParameters()
    if plan == "step":
        first = chance.randint(1, term - 1)
        steps = (PlanStep(first, "1"), PlanStep(term - first, chance.choice(["3/2", "2", "1/2"])))
        parameters = PlanParameters(steps=steps)
    elif plan == "balloon":
        parameters = PlanParameters(balloon_minor=amount // chance.randint(3, 9))
    elif plan == "lease":
        option = product.plans["lease"]
        parameters = PlanParameters(
            residual_minor=amount // 5,
            deposit_minor=amount // 10 if option.deposit_max_bps else None,
            advance_rents=min(2, option.advance_rents_max) or None,
        )
    elif plan == "equal_instalment" and chance.random() < 0.3:
        parameters = PlanParameters(grace_principal_periods=1)
    vehicle = None
    if product.kind in ("auto", "finance_lease"):
        used = "used" if product.vehicle_condition == "used" else "new"
        vehicle = Vehicle("LZZAB12C1RZ100001", used, "ice", amount * 2, 2026)  # type: ignore[arg-type]
    return Request(
        market, product_id, "web", MARKET[market].currency, amount, term,
        plan,  # type: ignore[arg-type]
        "car", 0, vehicle, (), parameters, tuple(map(AddOnChoice, product.required_add_ons)),
    )  # fmt: skip


def opened(request: Request) -> list[tuple[Loan, Offer, Disbursement]]:
    """A loan of every offer that the request gets."""
    profile, found = MARKET[request.market], []
    for offer in make_offers(request, "app_1", 30_000, profile, AT, ("off_1", "off_2", "off_3")):
        application, _ = submitted("app_1", "sub", "cus_1", request, "v", AT, {})
        application = replace(application, accepted_offer_id=offer.offer_id)
        loan = open_loan(application, offer, "dis-app_1", "loan_1", TODAY, profile.rounding)
        payout = Disbursement(
            "app_1", "dis-app_1", offer.payout_minor, offer.currency, "ACCEPTED", 2, AT, AT
        )
        found.append((loan, offer, payout))
    return found


def bookings_of(loan: Loan, offer: Offer, payout: Disbursement) -> tuple[Booking, ...]:
    terms = account_terms(loan, MARKET[loan.market].servicing)
    bookings = opening_bookings(terms, opening_facts(loan, offer, payout, AT), TODAY)
    facts = tuple(one.transaction for one in bookings if one.transaction is not None)
    entries = tuple(entry for one in bookings for entry in one.entries)
    broken = first_broken(LoanLedger(terms, bookings[-1].after, facts, entries))
    assert broken is None, str(broken)
    return bookings


PLANS = [
    (market, product_id, plan)
    for market, profile in MARKET.items()
    for product_id, product in profile.products.items()
    for plan in product.plans
]


@pytest.mark.parametrize(("market", "product_id", "plan"), PLANS)
def test_whatever_can_be_offered_can_be_kept_books_of(
    market: str, product_id: str, plan: str
) -> None:
    """Once money left it is too late to find out that a plan does not fit the ledger."""
    made = 0
    for seed in range(SEEDS):
        for loan, offer, payout in opened(request_for(market, product_id, plan, seed)):
            first, *_ = bookings_of(loan, offer, payout)
            (entry,) = first.entries
            assert entry.seq == 1
            assert entry.value_on == loan.opened_on
            assert entry.transaction_id == payout.reference
            assert dict(entry.postings) == {
                Account.LOAN_PRINCIPAL: payout.amount_minor,
                Account.CASH_CLEARING: -payout.amount_minor,
            }
            made += 1
    assert made, "no request of this plan got an offer"


def balances(bookings: tuple[Booking, ...]) -> dict[Account, int]:
    found: dict[Account, int] = {}
    for booking in bookings:
        for entry in booking.entries:
            for account, amount in entry.postings:
                found[account] = found.get(account, 0) + amount
    return {account: amount for account, amount in found.items() if amount}


def business_loan() -> tuple[Loan, Offer, Disbursement]:
    """Its origination fee of 2 % is financed."""
    for seed in range(SEEDS):
        for found in opened(request_for("us", "us-business", "equal_instalment", seed)):
            return found
    raise AssertionError("no offer")


def test_a_financed_fee_of_ours_is_lent_and_earned_but_never_paid_out() -> None:
    loan, offer, payout = business_loan()
    fee = loan.principal_minor - payout.amount_minor
    assert fee > 0
    bookings = bookings_of(loan, offer, payout)
    assert [one.transaction.transaction_id for one in bookings if one.transaction] == [
        "dis-app_1", "dis-app_1-fee-1", "dis-app_1-fee-1-charged", "dis-app_1-fee-1-paid",
    ]  # fmt: skip
    assert balances(bookings) == {
        Account.LOAN_PRINCIPAL: loan.principal_minor,
        Account.CASH_CLEARING: -payout.amount_minor,
        Account.FEE_INCOME: -fee,
    }


def test_a_financed_fee_of_somebody_else_is_owed_to_them() -> None:
    loan, offer, payout = business_loan()
    assert offer.agreed is not None
    (fee,) = offer.agreed.fees
    theirs = replace(offer, agreed=replace(offer.agreed, fees=(replace(fee, payee="dealer"),)))
    assert balances(bookings_of(loan, theirs, payout)) == {
        Account.LOAN_PRINCIPAL: loan.principal_minor,
        Account.CASH_CLEARING: -payout.amount_minor,
        Account.DEALER_PAYABLE: -fee.amount_minor,
    }


@pytest.mark.parametrize("change", [{"amount_minor": 1}, {"currency": "EUR"}])
def test_another_payout_than_the_loan_lends_is_a_fault(change: dict[str, Any]) -> None:
    loan, offer, payout = business_loan()
    with pytest.raises(Permanent, match="not its principal"):
        opening_facts(loan, offer, replace(payout, **change), AT)


def test_a_fact_that_is_refused_is_a_fault() -> None:
    loan, offer, payout = business_loan()
    terms = account_terms(loan, MARKET["us"].servicing)
    facts = opening_facts(loan, offer, payout, AT)
    with pytest.raises(Permanent, match="value_date_in_future"):
        opening_bookings(terms, facts, date(2026, 11, 23))


@pytest.mark.parametrize("market", ["cn", "us"])
def test_terms_are_the_loans_plan_under_the_markets_rules(market: str) -> None:
    product_id = "cn-consumer" if market == "cn" else "us-consumer"
    loan, *_ = opened(request_for(market, product_id, "equal_instalment", 3))[0]
    terms, rules = account_terms(loan, MARKET[market].servicing), MARKET[market].servicing
    assert (terms.rules, terms.tolerance_minor) == (rules.allocation, 100)
    assert [row.total_minor for row in terms.plan] == [row.total_minor for row in loan.plan]
    assert [row.due_on for row in terms.plan] == [row.due_on for row in loan.plan]


@pytest.mark.parametrize(
    "change",
    [
        {"order": ["fee", "penalty", "interest"]},
        {"mode": "diagonal"},
        {"future": "never"},
        {"tolerance_minor": -1},
        {"tolerance_minor": True},
        {"tolerance_minor": "1"},
        {"interest_basis": "compound"},
        {"unknown": 1},
        {"future": "reamortise", "mode": "vertical"},
    ],
)
def test_malformed_rules_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        servicing_rules({**RULES, **change})
    servicing_rules(RULES)
