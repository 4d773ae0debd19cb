"""A deposit is held, pays what is left with the last row, and what is left of it goes back."""

import pytest
from lending.domain.ledger.accounts import Account
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.account import INDEX
from lending.domain.servicing.booking import Booking
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.ports.money import Beside
from lending.usecases.book_money import BookMoney
from lending.usecases.end_deposit import EndDeposit

from tests.fakes.desk import DAY, Desk

DEPOSIT = 700_000
GIVEN = "dis-app_1-deposit"  # as the opening names it


class Lessor:
    """A desk whose customer gave a deposit to the dealer on the first day."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.end = EndDeposit(self.desk.books)
        on = self.desk.loan.opened_on
        made = Transaction(
            GIVEN,
            TransactionKind.TRANSFER,
            on,
            self.desk.at(on),
            "CNY",
            DEPOSIT,
            debit=Account.DEALER_PAYABLE,
            credit=Account.LEASE_DEPOSIT,
        )
        done = self.desk.books(
            self.desk.loan, GIVEN, self.desk.at(on), lambda *_: made, lambda _: Beside()
        )
        assert isinstance(done, Booking)

    def balance(self, account: Account) -> int:
        return self.desk.money.books(self.desk.loan.loan_id).account.balances[INDEX[account]]


def test_it_is_held_while_the_plan_runs() -> None:
    lessor = Lessor()
    desk = lessor.desk
    assert lessor.end(desk.loan.loan_id, desk.at(desk.due_on)) == 0
    assert lessor.balance(Account.LEASE_DEPOSIT) == -DEPOSIT


def test_all_of_it_is_owed_back_when_nothing_is_owed_and_once() -> None:
    lessor = Lessor()
    desk, on = lessor.desk, lessor.desk.due_on
    desk.hears(desk.credit(amount_minor=desk.closing(on)))
    assert lessor.end(desk.loan.loan_id, desk.at(on)) == 1
    assert lessor.balance(Account.LEASE_DEPOSIT) == 0
    assert lessor.balance(Account.REFUND_PAYABLE) == -DEPOSIT
    assert lessor.end(desk.loan.loan_id, desk.at(on + DAY)) == 0
    desk.check()


def test_it_pays_what_is_left_at_the_end_and_the_rest_is_owed_back() -> None:
    lessor = Lessor()
    desk, last_on = lessor.desk, lessor.desk.loan.plan[-1].due_on
    left = DEPOSIT // 3
    desk.hears(desk.credit(amount_minor=desk.owed(last_on) - left, value_on=last_on), last_on)
    assert lessor.end(desk.loan.loan_id, desk.at(last_on)) == 2
    assert lessor.balance(Account.LEASE_DEPOSIT) == 0
    assert lessor.balance(Account.REFUND_PAYABLE) == -(DEPOSIT - left)
    assert desk.world.book.loans[desk.loan.loan_id].status == "CLOSED_SETTLED"
    desk.check()


def test_less_than_what_is_owed_pays_as_far_as_it_goes() -> None:
    lessor = Lessor()
    desk, last_on = lessor.desk, lessor.desk.loan.plan[-1].due_on
    owed = desk.owed(last_on)
    assert lessor.end(desk.loan.loan_id, desk.at(last_on)) == 1
    assert desk.owed(last_on) == owed - DEPOSIT
    assert lessor.balance(Account.LEASE_DEPOSIT) == 0
    desk.check()


def test_a_loan_that_is_paid_off_on_its_first_day_gives_it_back_too() -> None:
    lessor = Lessor()
    desk, on = lessor.desk, lessor.desk.loan.opened_on
    desk.hears(desk.credit(amount_minor=desk.closing(on), value_on=on), on)
    assert lessor.end(desk.loan.loan_id, desk.at(on)) == 1
    assert lessor.balance(Account.REFUND_PAYABLE) == -DEPOSIT
    desk.check()


def test_a_refusal_of_the_books_is_a_case_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lessor = Lessor()
    desk, on = lessor.desk, lessor.desk.due_on
    desk.hears(desk.credit(amount_minor=desk.closing(on)))
    monkeypatch.setattr(
        BookMoney, "__call__", lambda *_: BookingRefusal.MORE_THAN_HELD, raising=True
    )
    for _ in range(2):
        assert lessor.end(desk.loan.loan_id, desk.at(on)) == 0
    (case,) = desk.money.open_cases(9)
    assert (case.case, case.amount_minor, case.detail) == (
        "deposit_not_ended",
        DEPOSIT,
        "more_than_held",
    )
