"""Refunds, a payout that came back, returns before their bookings: paid once, or a case."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.adapters.profiles import ProfileStore
from lending.domain.bank_facts import CollectionStatus, PayoutStatus, Return
from lending.domain.ledger.accounts import Account
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import Loan, StoredReply
from lending.domain.servicing.booking import balances
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.submission import PayeeAccount
from lending.ports.money import Beside
from lending.ports.partners import RailAnswer
from lending.usecases.enter_money import Entry
from lending.usecases.order_payout import ConfirmOrder, EnterOrder, OrderEntry
from lending.usecases.pay_customers import PayCustomers
from lending.usecases.refusal import NotAllowed
from lending.usecases.remind_borrowers import Shard

from tests.adapters import samples
from tests.fakes.desk import DAY, Desk
from tests.fakes.partners import FakeRail
from tests.fakes.world import AT, World, reply_for

_numbers = iter(range(1, 10_000))
OTHER = PayeeAccount("王小明", "6222999900009999")


def reply(_: Receipt) -> StoredReply:
    return reply_for(f"order-{next(_numbers)}")


@dataclass
class Paying:
    """A funded loan and the run that pays what it owes out."""

    desk: Desk = field(default_factory=Desk)
    rail: FakeRail = field(default_factory=FakeRail)

    def __post_init__(self) -> None:
        world, money, books = self.desk.world, self.desk.money, self.desk.books
        self.enter = EnterOrder(books, money, world.vault, world.ids)
        self.confirm = ConfirmOrder(books, money)
        self.pay = PayCustomers(
            world.book,
            money,
            world.vault,
            ProfileStore(("cn", "us")),
            self.rail,
            self.desk.receive,
            books,
        )

    @property
    def loan(self) -> Loan:
        return self.desk.world.book.loans[self.desk.loan.loan_id]

    def run(self, on: date) -> None:
        for number in range(LOAN_SHARDS):
            done = self.pay(Shard("cn", number, on), self.desk.at(on))
            assert (done.failed, done.broken) == ([], [])
        self.desk.check()

    def owed_out(self) -> int:
        loan_id = self.loan.loan_id
        return -balances(self.desk.terms, self.desk.money.books(loan_id))[Account.REFUND_PAYABLE]

    def overpaid(self, rest: int) -> date:
        """All is settled by a credit of more than it takes."""
        on = self.desk.due_on
        total = self.desk.closing(on) + rest
        self.desk.hears(self.desk.credit("b-all", amount_minor=total, value_on=on), on)
        assert self.desk.relay().behind == ()
        return on

    def drawn_before(self) -> None:
        """An attempt under a mandate was collected once: its account is the customer's."""
        loan_id = self.loan.loan_id
        mandate = self.desk.world.ids.new("con")
        names = {f"payer_name.{mandate}": "王小明", f"payer_account_no.{mandate}": "62229999"}
        self.desk.world.vault.save(self.loan.customer_id, names, ())
        attempt = samples.collection(
            loan_id=loan_id,
            reference=f"c-{loan_id.removeprefix('loan_')}-001-1",
            mandate_id=mandate,
        )
        self.desk.money.attempts[loan_id, 1, 1] = attempt
        fact = CollectionStatus(attempt.reference, "collected", 12_345, "CNY", "", self.desk.due_on)
        self.desk.hears(fact)

    def order(self, kind: Any, at: date, payee: PayeeAccount | None = None, case: str = "") -> Any:
        entry = self.enter(
            OrderEntry(kind, self.loan.loan_id, payee, case), "op-1", self.desk.at(at), reply
        )
        if isinstance(entry, NotAllowed):
            return entry
        done = [
            self.confirm(
                self.loan.loan_id, kind, entry.receipt_id, True, who, self.desk.at(at), reply
            )
            for who in ("op-1", "op-2", "op-3")
        ]
        own, second, third = done
        assert isinstance(own, NotAllowed)
        assert own.code == "four_eyes"
        assert isinstance(third, NotAllowed)
        self.desk.check()
        return second

    def states(self) -> list[str]:
        return [one.state.value for one in self.desk.money.orders.values()]


def test_what_is_left_after_closing_goes_back_to_the_verified_account_once() -> None:
    paying = Paying()
    paying.drawn_before()
    on = paying.overpaid(5_000)
    assert (paying.loan.status, paying.loan.holds_money) == ("CLOSED_SETTLED", True)
    for day in range(4):
        paying.run(on + day * DAY)
    (reference,) = paying.rail.paid
    assert reference == f"rf01-{paying.loan.loan_id.removeprefix('loan_')}"
    assert paying.rail.paid[reference] == 5_000
    assert (paying.states(), paying.owed_out()) == (["ACCEPTED"], 0)
    account = paying.desk.money.books(paying.loan.loan_id).account
    assert (account.suspense_minor, paying.loan.holds_money) == (0, False)
    told = PayoutStatus(reference, "accepted", 5_000, "CNY", "b-77", on)
    assert paying.desk.hears(told, on).is_new is False
    assert paying.owed_out() == 0


@pytest.mark.parametrize("lost", [1, 3])
def test_a_refund_whose_answer_is_lost_is_asked_about_and_paid_once(lost: int) -> None:
    paying = Paying()
    paying.drawn_before()
    on = paying.overpaid(5_000)
    paying.rail.lost = lost
    paying.run(on)
    assert (paying.states(), paying.owed_out()) == (["UNKNOWN"], 5_000)
    paying.run(on + DAY)
    assert (paying.states(), paying.owed_out(), paying.rail.sends) == (["ACCEPTED"], 0, 1)


def test_doubt_past_the_final_hour_is_a_case_until_the_bank_speaks() -> None:
    paying = Paying()
    paying.drawn_before()
    on = paying.overpaid(5_000)
    paying.rail.down = True
    for day in range(3):
        paying.run(on + day * DAY)
    (case,) = paying.desk.money.open_cases(9)
    assert (case.case, case.amount_minor) == ("payout_unknown", 5_000)
    paying.rail.down = False
    paying.run(on + 3 * DAY)
    assert (paying.states(), paying.desk.money.open_cases(9)) == (["ACCEPTED"], ())


@pytest.mark.parametrize(
    ("drawn", "rest", "case"),
    [(True, 1_000_001, "refund_above_limit"), (False, 5_000, "refund_without_account")],
)
def test_what_the_machine_may_not_refund_is_a_case_once_and_two_persons_do_it(
    drawn: bool, rest: int, case: str
) -> None:
    paying = Paying()
    if drawn:
        paying.drawn_before()
    on = paying.overpaid(rest)
    for day in range(3):
        paying.run(on + day * DAY)
    (found,) = paying.desk.money.open_cases(9)
    assert (found.case, found.amount_minor, paying.rail.paid) == (case, rest, {})
    entry = paying.desk.enter(
        Entry("refund", paying.loan.loan_id, on, rest, "CNY"), "op-1", paying.desk.at(on), reply
    )
    assert isinstance(entry, Receipt)
    done = paying.desk.confirm(
        paying.loan.loan_id, "refund", entry.receipt_id, True, "op-2", paying.desk.at(on)
    )
    assert isinstance(done, Receipt)
    if not drawn:
        assert paying.owed_out() == rest
        refused = paying.order("payout", on)
        assert isinstance(refused, NotAllowed)
        assert isinstance(paying.order("payout", on, OTHER), Receipt)
    paying.run(on + 4 * DAY)
    assert list(paying.rail.paid.values()) == [rest]
    assert paying.owed_out() == 0


def test_a_refund_that_comes_back_is_owed_again_and_paid_to_another_account() -> None:
    paying = Paying()
    paying.drawn_before()
    on = paying.overpaid(5_000)
    paying.run(on)
    (reference,) = paying.rail.paid
    back = Return("b-80", reference, "payout", 5_000, "CNY", on + DAY, "AC04")
    paying.desk.hears(back, on + DAY)
    (returned,) = paying.desk.money.open_cases(9)
    assert (returned.case, paying.owed_out()) == ("payout_returned", 5_000)
    assert paying.loan.status == "CLOSED_SETTLED"
    paying.run(on + 2 * DAY)
    assert len(paying.rail.paid) == 1
    assert isinstance(paying.order("payout", on + 2 * DAY, OTHER, returned.receipt_id), Receipt)
    assert paying.desk.money.open_cases(9) == ()
    paying.run(on + 3 * DAY)
    assert (paying.states(), paying.owed_out()) == (["RETURNED", "ACCEPTED"], 0)


def test_what_is_owed_without_an_order_is_ordered_too() -> None:
    paying = Paying()
    paying.drawn_before()
    on = paying.overpaid(5_000)
    loan_id, at = paying.loan.loan_id, paying.desk.at(on)
    owed = Transaction(
        "by-another-way",
        TransactionKind.REFUND,
        on,
        at,
        "CNY",
        5_000,
        credit=Account.REFUND_PAYABLE,
    )
    paying.desk.books(paying.loan, owed.transaction_id, at, lambda *_: owed, lambda _: Beside())
    assert (paying.owed_out(), paying.loan.holds_money) == (5_000, True)
    for day in range(3):
        paying.run(on + day * DAY)
    assert (list(paying.rail.paid.values()), paying.owed_out()) == ([5_000], 0)
    assert paying.desk.world.book.loans[loan_id].holds_money is False


def returned_payout(paying: Paying) -> tuple[date, Receipt]:
    on = paying.desk.loan.opened_on + DAY
    reference, total = f"dis-{paying.desk.application_id}", paying.desk.loan.principal_minor
    back = Return("p-9", reference, "payout", total, "CNY", on, "AC04")
    paying.desk.hears(back, on)
    (case,) = paying.desk.money.open_cases(9)
    return on, case


def test_a_returned_payout_is_paid_to_a_corrected_account_and_the_loan_lives_again() -> None:
    paying = Paying()
    on, case = returned_payout(paying)
    assert paying.desk.world.remind(Shard("cn", 0, paying.desk.due_on), AT) == 0
    done = paying.order("payout", on, OTHER, case.receipt_id)
    assert isinstance(done, Receipt)
    again = paying.order("payout", on)
    assert isinstance(again, NotAllowed)
    paying.run(on)
    (reference,) = paying.rail.paid
    assert reference.startswith("rp01-")
    loan = paying.loan
    assert (loan.status, loan.next_due_on) == ("ACTIVE_CURRENT", loan.plan[0].due_on)
    account = paying.desk.money.books(loan.loan_id).account
    assert account.principal_minor == loan.principal_minor
    assert paying.desk.money.open_cases(9) == ()
    late = PayoutStatus(reference, "accepted", loan.principal_minor, "CNY", "b-3", on)
    paying.desk.hears(late, on)
    assert paying.desk.money.books(loan.loan_id).account == account


def test_a_loan_whose_payout_came_back_is_cancelled_to_zero_and_what_was_paid_goes_back() -> None:
    paying = Paying()
    paying.drawn_before()
    on = paying.desk.due_on
    reference, total = f"dis-{paying.desk.application_id}", paying.desk.loan.principal_minor
    back = Return("p-9", reference, "payout", total, "CNY", on, "AC04")
    paying.desk.hears(back, on)
    (case,) = paying.desk.money.open_cases(9)
    assert isinstance(paying.order("cancellation", on, None, case.receipt_id), Receipt)
    assert (paying.loan.status, paying.loan.holds_money) == ("CANCELLED", True)
    assert paying.desk.kinds()[-1] == "LoanCancelled"
    assert paying.desk.owed(on + 90 * DAY) == 0
    refused = paying.order("payout", on)
    assert isinstance(refused, NotAllowed)
    paying.run(on)
    assert list(paying.rail.paid.values()) == [12_345]


def test_a_refused_order_and_a_bank_that_contradicts_itself_are_cases() -> None:
    paying = Paying()
    paying.drawn_before()
    on = paying.overpaid(5_000)
    paying.rail.answers = [RailAnswer("rejected", "account_closed")]
    paying.run(on)
    assert paying.states() == ["REJECTED"]
    (case,) = paying.desk.money.open_cases(9)
    assert case.case == "payout_rejected"
    reference = paying.desk.money.orders[paying.loan.loan_id, 1].reference
    wrong = PayoutStatus(reference, "accepted", 5_001, "CNY", "b-8", on)
    assert paying.desk.hears(wrong, on).receipt.case == "amount_mismatch"
    told = PayoutStatus(reference, "accepted", 5_000, "CNY", "b-7", on)
    assert paying.desk.hears(told, on).receipt.case == "fate_contradicted"
    nobody = PayoutStatus("rf07-nobody", "accepted", 5_001, "CNY", "b-9", on)
    assert paying.desk.hears(nobody, on).receipt.case == "unknown_reference"


def test_a_return_before_its_credit_is_matched_once_that_is_here_and_no_case_any_more() -> None:
    desk = Desk()
    total, on = desk.loan.plan[0].total_minor, desk.due_on
    back = Return("b-9", desk.loan.loan_id, "credit", total, "CNY", on, "MD06", "b-1")
    assert desk.hears(back).receipt.case == "unknown_reference"
    assert desk.receive.reconsider(desk.at(on)) == 0
    owed = desk.owed(on)
    desk.hears(desk.credit())
    assert desk.receive.reconsider(desk.at(on)) == 1
    assert desk.money.open_cases(9) == ()
    assert (desk.owed(on), desk.money.receipts["bank-b-9"].outcome) == (
        owed,
        ReceiptOutcome.REVERSED,
    )
    assert desk.hears(back).is_new is False
    assert desk.receive.reconsider(desk.at(on)) == 0


def test_a_return_before_its_collection_and_one_of_held_money_are_matched_too() -> None:
    desk = Desk()
    on, reference = desk.due_on, f"c-{desk.loan.loan_id.removeprefix('loan_')}-001-1"
    back = Return("b-9", reference, "collection", 700, "CNY", on, "MD06")
    assert desk.hears(back).receipt.case == "unknown_transaction"
    desk.hears(CollectionStatus(reference, "collected", 700, "CNY", "b-8", on))
    held = Return("b-5", "whose?", "credit", 300, "CNY", on, "AC04", "b-4")
    desk.hears(held)
    desk.hears(replace(desk.credit("b-4", reference="whose?"), amount_minor=300))
    assert desk.receive.reconsider(desk.at(on)) == 2
    assert desk.money.open_cases(9) == ()


def test_a_first_payout_in_doubt_past_the_final_hour_is_a_case_and_then_none() -> None:
    world = World()
    application_id = world.signed()
    world.release(application_id, world.at)
    world.rail.down = True
    for _ in range(3):
        assert world.pay(application_id, 1, world.at).status == "unknown"
        world.later(hours=13)
    (case,) = world.receipts.open_cases(9)
    assert (case.case, case.detail) == ("payout_unknown", f"dis-{application_id}")
    world.rail.down = False
    assert world.pay(application_id, 1, world.later(hours=1)).status == "accepted"
    assert world.receipts.open_cases(9) == ()
    assert timedelta(hours=24) < world.at - AT
