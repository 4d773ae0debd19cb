"""Money in: credited once, parked by name, reversed and reopened, closed to zero, never lost."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lending.domain.bank_facts import (
    CollectionStatus,
    Flaw,
    PayoutStatus,
    Problem,
    Return,
)
from lending.domain.faults import StaleVersion
from lending.domain.receipts import ReceiptOutcome, collection_reference
from lending.domain.servicing.account import status
from lending.domain.servicing.booking import balances

from tests.fakes.desk import DAY, Desk
from tests.fakes.world import AT


def test_the_first_instalment_is_credited_and_told_with_its_parts() -> None:
    desk = Desk()
    owed = desk.owed(desk.due_on)
    received = desk.hears(desk.credit())
    row = desk.loan.plan[0]
    assert (received.is_new, received.receipt.outcome) == (True, ReceiptOutcome.CREDITED)
    assert desk.owed(desk.due_on) == owed - row.total_minor
    (event,) = desk.money.events.values()
    parts = {name: event.data[name] for name in ("principal_minor", "interest_minor")}
    assert parts == {
        "principal_minor": row.principal_minor,
        "interest_minor": row.interest_minor,
    }
    assert event.data["suspense_minor"] == 0


def test_the_same_money_told_again_by_any_channel_changes_nothing() -> None:
    desk = Desk()
    desk.hears(desk.credit())
    commits = desk.money.commits
    for later in (0, 1, 400):
        again = desk.hears(
            desk.credit(reference=f"  {desk.loan.loan_id} "), desk.due_on + later * DAY
        )
        assert (again.is_new, again.receipt.receipt_id) == (False, "bank-b-1")
    assert desk.money.commits == commits


@pytest.mark.parametrize("changes", [{"amount_minor": 1}, {"reference": ""}, {"currency": "USD"}])
def test_the_same_id_with_another_body_is_a_case_and_credits_nothing(
    changes: dict[str, Any],
) -> None:
    desk = Desk()
    desk.hears(desk.credit())
    books = desk.money.books(desk.loan.loan_id)
    for is_new in (True, False):
        other = desk.hears(desk.credit(**changes))
        assert (other.is_new, other.receipt.case) == (is_new, "same_id_other_body")
    assert desk.money.books(desk.loan.loan_id) == books
    assert desk.money.receipts["bank-b-1"].outcome is ReceiptOutcome.CREDITED


@pytest.mark.parametrize(
    ("changes", "case"),
    [
        ({"reference": ""}, "unknown_reference"),
        ({"reference": "for the car"}, "unknown_reference"),
        ({"reference": "loan_0000NOBODY"}, "unknown_reference"),
        ({"reference": "loan_1 loan_2"}, "unknown_reference"),
        ({"currency": "USD"}, "currency_mismatch"),
        ({"value_on": date(2099, 1, 1)}, "value_date_in_future"),
        ({"value_on": date(2020, 1, 1)}, "before_opening"),
    ],
)
def test_money_that_cannot_be_booked_is_parked_under_a_name(
    changes: dict[str, Any], case: str
) -> None:
    desk = Desk()
    books = desk.money.books(desk.loan.loan_id)
    received = desk.hears(desk.credit(**changes))
    assert (received.receipt.outcome, received.receipt.case) == (ReceiptOutcome.PARKED, case)
    assert received.receipt.amount_minor == desk.loan.plan[0].total_minor
    assert desk.money.open_cases(10) == (received.receipt,)
    assert desk.money.books(desk.loan.loan_id) == books
    assert desk.hears(desk.credit(**changes)).is_new is False


def test_what_closes_the_loan_settles_it_to_zero_and_the_rest_waits_in_suspense() -> None:
    desk = Desk()
    on = desk.due_on + 3 * DAY
    closing = desk.closing(on)
    desk.hears(desk.credit(amount_minor=closing + 5_000, value_on=on), on)
    books = desk.money.books(desk.loan.loan_id)
    assert status(books.account).value == "closed"
    over = desk.world.book.loan(desk.loan.loan_id)
    assert over is not None
    assert (over.status, over.next_due_on) == ("CLOSED_SETTLED", None)
    assert desk.owed(on + 90 * DAY) == 0
    assert books.account.suspense_minor == 5_000
    desk.relay()
    told = [event.kind for event in desk.world.bus.published]
    assert told == ["PaymentReceived", "LoanClosed"]
    held = {one.value: amount for one, amount in balances(desk.terms, books).items() if amount}
    assert not {"loan_principal", "interest_receivable", "fee_receivable"} & set(held)
    # Once more after closing: all of it waits for the customer.
    desk.hears(desk.credit("b-2", amount_minor=700, value_on=on), on)
    assert desk.money.books(desk.loan.loan_id).account.suspense_minor == 5_700


def test_a_chargeback_after_closing_opens_the_loan_again() -> None:
    desk = Desk()
    on = desk.due_on
    closing = desk.closing(on)
    owed = desk.owed(on)
    desk.hears(desk.credit(amount_minor=closing))
    back = Return("b-9", desk.loan.loan_id, "credit", closing, "CNY", on, "MD06", "b-1")
    received = desk.hears(back)
    assert received.receipt.outcome is ReceiptOutcome.REVERSED
    assert desk.kinds()[-2:] == ["PaymentReversed", "LoanReopened"]
    assert desk.owed(on) == owed
    loan = desk.money.loans[desk.loan.loan_id]
    assert (loan.status, loan.next_due_on) == ("ACTIVE_CURRENT", on)
    assert desk.hears(back).is_new is False
    twice = desk.hears(replace(back, bank_reference="b-10"))
    assert twice.receipt.case == "already_reversed"


@pytest.mark.parametrize(
    ("changes", "case"),
    [({"original": "b-77"}, "unknown_reference"), ({"amount_minor": 5}, "amount_differs")],
)
def test_a_return_of_something_else_is_a_case(changes: dict[str, Any], case: str) -> None:
    desk = Desk()
    desk.hears(desk.credit())
    total = desk.loan.plan[0].total_minor
    back = Return("b-9", "x", "credit", total, "CNY", desk.due_on, "MD06", "b-1")
    assert desk.hears(replace(back, **changes)).receipt.case == case


def test_the_return_of_parked_money_ends_its_case() -> None:
    desk = Desk()
    total = desk.hears(desk.credit(reference="whose?")).receipt.amount_minor
    back = Return("b-9", "whose?", "credit", total, "CNY", desk.due_on, "AC04", "b-1")
    assert desk.hears(back).receipt.outcome is ReceiptOutcome.NOTED
    assert desk.money.open_cases(10) == ()
    assert desk.money.receipts["bank-b-1"].closed_by == "bank-b-9"


def test_a_collection_is_credited_and_its_return_taken_back() -> None:
    desk = Desk()
    total, on = desk.loan.plan[0].total_minor, desk.due_on
    reference = collection_reference(desk.loan.loan_id, 1, 1)
    assert len(reference) <= 35
    pending = CollectionStatus(reference, "pending")
    assert desk.receive(pending, "webhook", desk.at(on)) is None
    failed = CollectionStatus(reference.replace("-1", "-0"), "failed", total, "CNY", reason="AM04")
    assert desk.hears(failed).receipt.outcome is ReceiptOutcome.NOTED
    collected = CollectionStatus(reference, "collected", total, "CNY", "b-5", on)
    assert desk.hears(collected).receipt.outcome is ReceiptOutcome.CREDITED
    by_statement = replace(collected, value_on=on, bank_reference="b-6")
    assert desk.hears(by_statement).is_new is False
    back = Return("b-7", reference, "collection", total, "CNY", on, "MD06")
    assert desk.hears(back).receipt.outcome is ReceiptOutcome.REVERSED


def test_the_fate_of_a_payout_goes_to_the_code_that_asks_for_it() -> None:
    desk = Desk()
    reference = f"dis-{desk.application_id}"
    total, on = desk.loan.principal_minor, desk.loan.opened_on
    fact = PayoutStatus(reference, "accepted", total, "CNY", "p-1", on)
    assert desk.hears(fact).receipt.outcome is ReceiptOutcome.RESOLVED
    assert desk.hears(fact).is_new is False
    assert desk.resolved == [(desk.application_id, "accepted")]
    wrong = replace(fact, bank_reference="p-2", amount_minor=total + 1)
    assert desk.hears(wrong).receipt.case == "amount_mismatch"
    rejected = PayoutStatus(reference, "rejected", total, "CNY", reason="AC04")
    assert desk.hears(rejected).receipt.case == "fate_contradicted"
    stranger = replace(fact, bank_reference="p-3", reference="dis-app_none")
    assert desk.hears(stranger).receipt.case == "unknown_reference"
    assert len(desk.resolved) == 1


def test_a_returned_payout_takes_the_disbursement_back() -> None:
    desk = Desk()
    reference, total = f"dis-{desk.application_id}", desk.loan.principal_minor
    back = Return("p-9", reference, "payout", total, "CNY", desk.loan.opened_on, "AC04")
    assert desk.hears(back).receipt.outcome is ReceiptOutcome.REVERSED
    assert [one.case for one in desk.money.open_cases(9)] == ["payout_returned"]
    assert desk.money.books(desk.loan.loan_id).account.principal_minor == 0
    loan = desk.money.loans[desk.loan.loan_id]
    assert (loan.status, loan.next_due_on) == ("PAYOUT_RETURNED", None)
    assert desk.kinds() == ["PayoutReturned", "PaymentReversed"]
    assert desk.hears(back).is_new is False


def test_a_lost_race_is_run_again_and_a_busy_loan_stores_nothing() -> None:
    desk = Desk()
    desk.money.stale = 3
    assert desk.hears(desk.credit()).receipt.outcome is ReceiptOutcome.CREDITED
    desk.money.stale = 1_000
    with pytest.raises(StaleVersion):
        desk.receive(desk.credit("b-2"), "webhook", desk.at(desk.due_on))
    assert "bank-b-2" not in desk.money.receipts


def test_unreadable_books_park_the_money() -> None:
    desk = Desk()
    del desk.money.kept_terms[desk.loan.loan_id]
    received = desk.receive(desk.credit(), "webhook", desk.at(desk.due_on))
    assert received is not None
    assert received.receipt.case == "books_unreadable"


def test_a_malformed_message_is_parked_once_for_its_content() -> None:
    desk = Desk()
    problem = Problem(Flaw.MISSING_FIELD, "event evt_1", "/data/amount_minor", is_whole=True)
    first = desk.receive.park_unreadable(problem, "a" * 64, "webhook", AT)
    again = desk.receive.park_unreadable(problem, "a" * 64, "webhook", AT)
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.receipt.case, first.receipt.detail) == ("missing_field", "/data/amount_minor")
