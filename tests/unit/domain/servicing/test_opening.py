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
from lending.domain.ledger.statement import statement
from lending.domain.loan import open_loan
from lending.domain.records import Disbursement, Loan, Offer, Request, Vehicle
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.account import AccountStatus, owes, status
from lending.domain.servicing.booking import Booking, book
from lending.domain.servicing.booking import balances as standing_on
from lending.domain.servicing.deposit import deposit_end
from lending.domain.servicing.opening import (
    account_terms,
    opening_bookings,
    opening_facts,
    servicing_rules,
)
from lending.domain.servicing.transactions import Transaction, TransactionKind
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


def lease() -> tuple[Loan, Offer, Disbursement]:
    """A lease with a deposit, two rents in advance and the lessor's fee."""
    product = MARKET["cn"].products["cn-auto-lease"]
    amount, term = 20_000_000, 24
    assert product.min_amount_minor <= amount <= product.max_amount_minor
    parameters = PlanParameters(
        residual_minor=amount // 5, deposit_minor=amount // 10, advance_rents=2
    )
    request = replace(
        request_for("cn", "cn-auto-lease", "lease", 1),
        amount_minor=amount,
        term_months=term,
        parameters=parameters,
    )
    return opened(request)[0]


def test_what_the_dealer_took_at_the_start_is_in_the_books_and_owed_by_them() -> None:
    loan, offer, payout = lease()
    assert offer.agreed is not None
    terms = account_terms(loan, MARKET["cn"].servicing)
    facts = opening_facts(loan, offer, payout, AT, by_dealer=True)
    bookings = opening_bookings(terms, facts, TODAY)
    entries = tuple(entry for one in bookings for entry in one.entries)
    broken = first_broken(LoanLedger(terms, bookings[-1].after, facts, entries))
    assert broken is None, str(broken)
    books = bookings[-1].after
    held = standing_on(terms, books)
    deposit = offer.agreed.parameters.deposit_minor
    fee = sum(one.amount_minor for one in offer.agreed.fees if one.payee == "lessor")
    rents = sum(row.total_minor for row in loan.plan if row.kind == "advance")
    assert fee > 0
    assert rents > 0
    assert held[Account.LEASE_DEPOSIT] == -(deposit or 0)
    assert held[Account.DEALER_PAYABLE] == fee + rents + (deposit or 0)
    assert held[Account.FEE_INCOME] == -fee
    assert held[Account.LOAN_PRINCIPAL] == payout.amount_minor - rents
    assert held[Account.FEE_RECEIVABLE] == 0
    assert sum(held.values()) == 0, "the trial balance"
    shown = statement(entries)
    assert shown.rows[-1].deposit_minor == deposit
    assert shown.closing_owed_minor == payout.amount_minor - rents


def test_a_fee_that_nobody_took_is_owed_from_the_first_day() -> None:
    loan, offer, payout = lease()
    terms = account_terms(loan, MARKET["cn"].servicing)
    facts = opening_facts(loan, offer, payout, AT)
    held = standing_on(terms, opening_bookings(terms, facts, TODAY)[-1].after)
    assert held[Account.FEE_RECEIVABLE] > 0
    assert held[Account.DEALER_PAYABLE] == 0
    assert sum(held.values()) == 0


def test_a_deposit_pays_the_last_row_and_what_is_left_is_owed_back() -> None:
    loan, offer, payout = lease()
    terms = account_terms(loan, MARKET["cn"].servicing)
    facts = opening_facts(loan, offer, payout, AT, by_dealer=True)
    books = opening_bookings(terms, facts, TODAY)[-1].after
    deposit = books.account.deposit_minor
    assert deposit_end(terms, books, TODAY, AT) is None, "held on"
    last_on = terms.due_on[-1]
    owed = owes(terms, books.account, last_on).total_minor
    left = deposit // 4
    paid = Transaction("a-1", TransactionKind.PAYMENT, last_on, AT, "CNY", owed - left)
    made: list[Transaction] = [*facts, paid]
    entries = [entry for one in opening_bookings(terms, facts, TODAY) for entry in one.entries]

    def post(transaction: Transaction | None) -> None:
        nonlocal books
        assert transaction is not None
        booking = book(terms, books, transaction, last_on)
        assert isinstance(booking, Booking), booking
        books = booking.after
        entries.extend(booking.entries)

    post(paid)
    for wanted in ("deposit-applied", "return-of-deposit"):
        found = deposit_end(terms, books, last_on, AT)
        assert found is not None
        assert found.transaction_id.startswith(wanted)
        post(found)
        made.append(found)
    held = standing_on(terms, books)
    assert status(books.account) is AccountStatus.CLOSED
    assert held[Account.LEASE_DEPOSIT] == 0
    assert held[Account.REFUND_PAYABLE] == -(deposit - left)
    assert sum(held.values()) == 0
    assert deposit_end(terms, books, last_on, AT) is None, "once"
    assert first_broken(LoanLedger(terms, books, tuple(made), tuple(entries))) is None


def test_no_more_leaves_a_deposit_than_is_in_it() -> None:
    loan, offer, payout = lease()
    terms = account_terms(loan, MARKET["cn"].servicing)
    facts = opening_facts(loan, offer, payout, AT, by_dealer=True)
    books = opening_bookings(terms, facts, TODAY)[-1].after
    too_much, tomorrow = books.account.deposit_minor + 1, date(2026, 11, 25)
    for kind, accounts in (
        (TransactionKind.PAYMENT, {"debit": Account.LEASE_DEPOSIT}),
        (
            TransactionKind.TRANSFER,
            {"debit": Account.LEASE_DEPOSIT, "credit": Account.REFUND_PAYABLE},
        ),
    ):
        wrong = Transaction("x", kind, tomorrow, AT, "CNY", too_much, **accounts)  # type: ignore[arg-type]
        assert book(terms, books, wrong, tomorrow) is BookingRefusal.MORE_THAN_HELD
