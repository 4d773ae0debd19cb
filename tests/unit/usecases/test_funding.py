"""Money moves once: crashes, lost answers, refusals and outages in every order."""

from datetime import timedelta

import pytest
from lending.domain.faults import LendingFault, Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import EntryKind
from lending.domain.records import State
from lending.ports.partners import RailAnswer
from lending.usecases.verify_ledger import Verified, VerifyLedger

from tests.fakes.world import AT, World


def ready(world: World) -> str:
    application_id = world.signed()
    assert world.release(application_id, AT) == "READY"
    return application_id


def test_a_payout_opens_the_loan_with_its_plan_and_tells_it_once() -> None:
    world = World()
    application_id = world.funded()
    application = world.book.applications[application_id]
    assert application.state == State.FUNDED
    assert application.loan_id is not None
    loan = world.book.loans[application.loan_id]
    assert sum(row.principal_minor for row in loan.plan) == loan.principal_minor == 12_000_000
    assert world.rail.paid == {f"dis-{application_id}": 12_000_000}
    kinds = [event.kind for event in world.book.events.values()]
    assert kinds.count("LoanFunded") == 1
    assert world.settle(application_id, world.later(days=1)) == loan.loan_id
    assert world.pay(application_id, 2, world.at).status == "accepted"
    assert world.rail.sends == 1


def test_a_payout_is_entry_1_of_the_loans_books() -> None:
    """In the commit that opens the loan; settling again books nothing."""
    world = World()
    application_id = world.funded()
    (loan,) = world.book.loans.values()
    ledger = world.book.ledger
    assert isinstance(VerifyLedger(ledger)(), Verified)
    (entry,) = ledger.journals(loan.loan_id)
    assert (entry.seq, entry.kind, entry.value_on) == (1, EntryKind.DISBURSEMENT, loan.opened_on)
    assert dict(entry.postings) == {
        Account.LOAN_PRINCIPAL: 12_000_000,
        Account.CASH_CLEARING: -12_000_000,
    }
    (fact,) = ledger.transactions(loan.loan_id)
    assert fact.transaction_id == f"dis-{application_id}"
    world.settle(application_id, world.later(days=1))
    assert list(ledger.journals(loan.loan_id)) == [entry]


def test_a_rail_whose_clock_is_ahead_by_a_day_is_booked_on_its_day() -> None:
    world = World()
    application_id = ready(world)
    assert world.pay(application_id, 1, AT + timedelta(days=1)).status == "accepted"
    loan_id = world.settle(application_id, AT)
    assert world.book.ledger.books(loan_id).accrued_on == world.book.loans[loan_id].opened_on


def test_a_lost_answer_is_asked_for_and_never_paid_again() -> None:
    world = World()
    world.rail.lost = 1
    application_id = ready(world)
    assert world.pay(application_id, 1, AT).status == "unknown"
    assert world.state(application_id) == State.FUNDING
    assert world.pay(application_id, 1, AT).status == "accepted"
    assert (world.rail.sends, world.rail.queries) == (1, 1)


def test_a_crash_between_intent_and_payment_pays_after_asking() -> None:
    world = World()
    application_id = ready(world)
    paid = world.rail.pay
    world.rail.pay = crash  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        world.pay(application_id, 1, AT)
    world.rail.pay = paid  # type: ignore[method-assign]
    assert world.book.disbursements[application_id].status == "INTENT"
    assert world.pay(application_id, 1, AT).status == "accepted"
    assert (world.rail.sends, world.rail.queries) == (1, 1)


def crash(**_: object) -> RailAnswer:
    raise KeyboardInterrupt


def test_a_rail_that_is_down_leaves_funding_open_until_it_is_back() -> None:
    world = World()
    application_id = ready(world)
    world.rail.down = True
    for _ in range(3):
        assert world.pay(application_id, 1, AT).status == "unknown"
    assert world.fail(application_id, 1, AT) == "FUNDING"
    world.rail.down = False
    assert world.sweep(world.later(minutes=5)).restarted == 1
    assert world.pay(application_id, 2, AT).status == "accepted"
    world.settle(application_id, AT)
    assert world.state(application_id) == State.FUNDED


def test_a_refusal_fails_the_funding_with_its_reason_and_is_revoked_later() -> None:
    world = World()
    world.rail.answers = [RailAnswer("rejected", "account_closed")]
    application_id = ready(world)
    assert world.pay(application_id, 1, AT).status == "rejected"
    assert world.fail(application_id, 1, AT) == "FUNDING_FAILED"
    assert world.fail(application_id, 1, AT) == "FUNDING_FAILED"
    failed = [e for e in world.book.events.values() if e.kind == "DisbursementFailed"]
    assert [event.data["reason"] for event in failed] == ["account_closed"]
    world.sweep(world.later(days=2))
    assert world.state(application_id) == State.REVOKED


def test_nothing_is_settled_that_was_not_accepted() -> None:
    world = World()
    application_id = ready(world)
    world.rail.down = True
    world.pay(application_id, 1, AT)
    with pytest.raises(Permanent):
        world.settle(application_id, AT)
    assert not world.book.loans


def test_nothing_is_paid_for_an_application_that_ended() -> None:
    world = World()
    application_id = ready(world)
    world.withdraw(application_id, "sub-1", AT, lambda _: world.key())
    assert world.pay(application_id, 1, AT).status == "cancelled"
    assert not world.rail.paid


def test_unsigned_terms_are_not_paid() -> None:
    world = World()
    application_id = ready(world)
    del world.book.contracts[application_id]
    with pytest.raises(LendingFault):
        world.pay(application_id, 1, AT)
    assert not world.rail.paid
