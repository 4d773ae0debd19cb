"""Money by hand: two persons, field by field, ended with the case it is for."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lending.domain.faults import NotFound
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import StoredReply
from lending.usecases.enter_money import Entry
from lending.usecases.refusal import NotAllowed

from tests.fakes.desk import DAY, Desk
from tests.fakes.world import reply_for

_numbers = iter(range(1, 10_000))


def reply(_: Receipt) -> StoredReply:
    return reply_for(f"hand-{next(_numbers)}")


def payment_of(desk: Desk, **changes: Any) -> Entry:
    total = desk.loan.plan[0].total_minor
    entry = Entry("payment", desk.loan.loan_id, desk.due_on, total, "CNY")
    return replace(entry, **changes)


def entered(desk: Desk, entry: Entry) -> Receipt:
    result = desk.enter(entry, "op-1", desk.at(desk.due_on), reply)
    assert isinstance(result, Receipt), result
    return result


def confirmed(
    desk: Desk, entry: Receipt, operator: str = "op-2", *, approved: bool = True
) -> Receipt | NotAllowed:
    kind: Any = entry.kind
    at = desk.at(desk.due_on)
    result = desk.confirm(desk.loan.loan_id, kind, entry.receipt_id, approved, operator, at)
    desk.check()
    return result


def test_nothing_is_booked_before_another_person_confirms() -> None:
    desk = Desk()
    owed = desk.owed(desk.due_on)
    entry = entered(desk, payment_of(desk))
    assert desk.money.open_cases(9) == (entry,)
    assert desk.owed(desk.due_on) == owed
    own = confirmed(desk, entry, "op-1")
    assert isinstance(own, NotAllowed)
    assert own.code == "four_eyes"
    done = confirmed(desk, entry)
    assert isinstance(done, Receipt)
    assert (done.outcome, done.closed_by) == (ReceiptOutcome.CREDITED, "op-2")
    assert desk.owed(desk.due_on) == owed - desk.loan.plan[0].total_minor
    late = confirmed(desk, entry, "op-3")
    assert isinstance(late, NotAllowed)
    assert late.code == "illegal_state"
    assert desk.money.open_cases(9) == ()


def test_a_rejected_entry_books_nothing() -> None:
    desk = Desk()
    books = desk.money.books(desk.loan.loan_id)
    done = confirmed(desk, entered(desk, payment_of(desk)), approved=False)
    assert isinstance(done, Receipt)
    assert done.outcome is ReceiptOutcome.CLOSED
    assert desk.money.books(desk.loan.loan_id) == books


@pytest.mark.parametrize("approved", [True, False])
def test_a_word_that_is_given_again_is_answered_from_the_ended_entry(approved: bool) -> None:
    desk = Desk()
    entry = entered(desk, payment_of(desk))
    done = confirmed(desk, entry, approved=approved)
    assert isinstance(done, Receipt)
    stated = replace(done, stated_on=desk.due_on, version=done.version + 1)
    for _ in range(2):
        commits, books = desk.money.commits, desk.money.books(desk.loan.loan_id)
        again = confirmed(desk, entry, approved=approved)
        assert again == desk.money.receipts[entry.receipt_id]
        assert (desk.money.commits, desk.money.books(desk.loan.loan_id)) == (commits, books)
        desk.money.receipts[entry.receipt_id] = stated  # whatever became of it since
    for word, operator in ((not approved, "op-2"), (approved, "op-3"), (approved, "op-1")):
        other = confirmed(desk, entry, operator, approved=word)
        assert isinstance(other, NotAllowed)
        assert other.code == "illegal_state"


def test_of_two_at_once_with_the_same_word_both_get_the_same_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk()
    entry = entered(desk, payment_of(desk))
    done = confirmed(desk, entry)
    receipt, read = desk.money.receipt, [entry]
    # The other one had read the entry while it was open.
    monkeypatch.setattr(desk.money, "receipt", lambda name: read.pop() if read else receipt(name))
    assert confirmed(desk, entry) == done
    assert len([one for one in desk.money.facts if one[1] == entry.receipt_id]) == 1


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount_minor": 0}, "/amount_minor"),
        ({"amount_minor": -5}, "/amount_minor"),
        ({"currency": "USD"}, "/currency"),
        ({"value_on": date(2099, 1, 1)}, "/value_on"),
        ({"value_on": date(2020, 1, 1)}, "/value_on"),
        ({"case_id": "bank-none"}, "/case_id"),
        ({"kind": "reversal", "of": "bank-none"}, "/transaction_id"),
        ({"kind": "refund"}, "/amount_minor"),
    ],
)
def test_what_the_books_would_not_take_is_refused_field_by_field(
    changes: dict[str, Any], pointer: str
) -> None:
    desk = Desk()
    result = desk.enter(payment_of(desk, **changes), "op-1", desk.at(desk.due_on), reply)
    assert isinstance(result, NotAllowed)
    assert [problem.pointer for problem in result.problems] == [pointer]
    assert desk.money.receipts == {}


def test_an_entry_for_a_case_ends_the_case_with_its_booking() -> None:
    desk = Desk()
    case = desk.hears(desk.credit(reference="whose?")).receipt
    other = payment_of(desk, case_id=case.receipt_id, amount_minor=1)
    refused = desk.enter(other, "op-1", desk.at(desk.due_on), reply)
    assert isinstance(refused, NotAllowed)
    entry = entered(desk, payment_of(desk, case_id=case.receipt_id))
    twice = entered(desk, payment_of(desk, case_id=case.receipt_id))
    assert isinstance(confirmed(desk, entry), Receipt)
    ended = desk.money.receipts[case.receipt_id]
    assert (ended.outcome, ended.closed_by) == (ReceiptOutcome.CLOSED, entry.receipt_id)
    again = confirmed(desk, twice)
    assert isinstance(again, NotAllowed), "the money of one case is credited once"


def test_a_payment_is_reversed_by_hand_once() -> None:
    desk = Desk()
    owed = desk.owed(desk.due_on)
    desk.hears(desk.credit())
    wanted = Entry("reversal", desk.loan.loan_id, desk.due_on, of="bank-b-1")
    first, second = entered(desk, wanted), entered(desk, wanted)
    done = confirmed(desk, first)
    assert isinstance(done, Receipt)
    assert done.outcome is ReceiptOutcome.REVERSED
    assert desk.owed(desk.due_on) == owed
    again = confirmed(desk, second)
    assert isinstance(again, NotAllowed)
    assert again.problems[0].detail == "already reversed"


def test_no_more_is_refunded_than_is_held() -> None:
    desk = Desk()
    quoted = desk.view.quote(desk.loan.loan_id, desk.loan.owner, None, desk.at(desk.due_on))
    assert not isinstance(quoted, NotAllowed)
    desk.hears(desk.credit(amount_minor=quoted[1].total_minor + 900))
    refund = Entry("refund", desk.loan.loan_id, desk.due_on, 600, "CNY")
    first, second = entered(desk, refund), entered(desk, refund)
    done = confirmed(desk, first)
    assert isinstance(done, Receipt)
    assert done.outcome is ReceiptOutcome.REFUNDED
    assert desk.money.books(desk.loan.loan_id).account.suspense_minor == 300
    assert isinstance(confirmed(desk, second), NotAllowed)


def test_an_entry_is_confirmed_as_what_it_is() -> None:
    desk = Desk()
    entry = entered(desk, payment_of(desk))
    with pytest.raises(NotFound):
        desk.confirm(desk.loan.loan_id, "refund", entry.receipt_id, True, "op-2", entry.received_at)


def test_the_statement_and_the_quote_are_the_owners_only() -> None:
    desk = Desk()
    loan_id, owner = desk.loan.loan_id, desk.loan.owner
    desk.hears(desk.credit())
    found = desk.view.statement(loan_id, owner, date.min, date.max)
    assert found.rows[-1].cash_minor == desk.loan.plan[0].total_minor
    assert found.closing_owed_minor == desk.owed(desk.due_on)
    at = desk.at(desk.due_on)
    for read in (
        lambda: desk.view.statement(loan_id, "sub-2", date.min, date.max),
        lambda: desk.view.quote(loan_id, "sub-2", None, at),
    ):
        with pytest.raises(NotFound):
            read()
    early = desk.view.quote(loan_id, owner, desk.due_on - DAY, at)
    assert isinstance(early, NotAllowed)
    assert early.problems[0].pointer == "?on"


def test_paying_the_quote_closes_the_loan_to_zero() -> None:
    desk = Desk()
    loan_id, owner, at = desk.loan.loan_id, desk.loan.owner, desk.at(desk.due_on)
    quoted = desk.view.quote(loan_id, owner, None, at)
    assert not isinstance(quoted, NotAllowed)
    desk.hears(desk.credit(amount_minor=quoted[1].total_minor))
    assert desk.owed(desk.due_on) == 0
    closed = desk.view.quote(loan_id, owner, None, at)
    assert isinstance(closed, NotAllowed)
    assert desk.view.statement(loan_id, owner, date.min, date.max).closing_owed_minor == 0


def test_settling_early_costs_what_the_contract_says_until_it_is_free() -> None:
    desk = Desk()
    loan_id, owner, at = desk.loan.loan_id, desk.loan.owner, desk.at(desk.due_on)
    (offer,) = [
        one
        for one in desk.world.book.offers(desk.application_id)
        if one.offer_id == desk.world.book.applications[desk.application_id].accepted_offer_id
    ]
    assert offer.agreed is not None
    early = replace(offer.agreed.early_settlement, pct="3", free_after_paid=1)
    costly = replace(offer, agreed=replace(offer.agreed, early_settlement=early))
    desk.world.book.offered[desk.application_id, offer.offer_id] = costly
    quoted = desk.view.quote(loan_id, owner, None, at)
    assert not isinstance(quoted, NotAllowed)
    # 3 % of 12,000,000, none of which is repaid before the first instalment.
    assert quoted[1].early_fee_minor == 360_000
    total = quoted[1].total_minor
    desk.hears(desk.credit(amount_minor=total))
    assert desk.owed(desk.due_on) == 0
    assert desk.money.facts[loan_id, "bank-b-1"].early_fee_minor == 360_000
    other = Desk()
    other.world.book.offered[other.application_id, offer.offer_id] = costly
    other.hears(other.credit())  # one instalment is paid: from now on it is free
    free = other.view.quote(other.loan.loan_id, other.loan.owner, None, at)
    assert not isinstance(free, NotAllowed)
    assert free[1].early_fee_minor == 0
