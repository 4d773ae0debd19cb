"""A funded loan with its books, and every use case about its money over fakes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lending.adapters.profiles import ProfileStore
from lending.contracts.events import detail_json
from lending.domain.allocation import AllocationRules, entries_of
from lending.domain.bank_facts import Credit
from lending.domain.records import Loan
from lending.domain.servicing.account import quote
from lending.domain.servicing.booking import Booking, book
from lending.domain.servicing.terms import AccountTerms, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.servicing.verification import LoanLedger, first_broken
from lending.usecases.book_money import BookMoney
from lending.usecases.enter_money import ConfirmMoney, EnterMoney
from lending.usecases.follow_payment import FollowPayment
from lending.usecases.publish_events import Published, PublishEvents
from lending.usecases.receive_bank_fact import ReceiveBankFact, Received
from lending.usecases.refusal import NotAllowed
from lending.usecases.view_money import ViewMoney

from tests.fakes.money import FakeMoney
from tests.fakes.world import AT, World

ORDER = ("penalty", "fee", "interest", "principal")
DAY = timedelta(days=1)


class Desk:
    """A funded loan, its books, and the use case that the bank talks to."""

    def __init__(self) -> None:
        self.world = World()
        application_id = self.world.funded()
        self.application_id = application_id
        loan_id = self.world.book.applications[application_id].loan_id
        assert loan_id is not None
        self.loan: Loan = self.world.book.loans[loan_id]
        self.money = FakeMoney(self.world.book)
        self.world.book.events.clear()
        follow = FollowPayment(self.world.book, self.money)
        self.publish = PublishEvents(self.world.book, self.world.bus, follow)
        self.terms = AccountTerms(
            loan_id=loan_id,
            currency=self.loan.currency,
            opened_on=self.loan.opened_on,
            plan=tuple(
                PlanRow(row.due_on, row.principal_minor, row.interest_minor, row.fee_minor)
                for row in self.loan.plan
            ),
            rules=AllocationRules(entries_of(ORDER)),
        )
        self.money.open(self.terms)
        self.pay_out()
        self.resolved: list[tuple[str, str]] = []
        rules = ProfileStore(("cn", "us"))
        books = BookMoney(self.world.book, self.money, rules)
        self.books = books
        self.enter = EnterMoney(books, self.money, self.world.ids)
        self.confirm = ConfirmMoney(books, self.money)
        self.view = ViewMoney(self.world.book, self.money, rules)
        self.receive = ReceiveBankFact(
            books,
            self.money,
            lambda application_id, answer, _at: self.resolved.append(
                (application_id, answer.status)
            ),
        )

    def pay_out(self) -> None:
        before = self.money.books(self.loan.loan_id)
        made = Transaction(
            transaction_id=self.loan.disbursement_reference,
            kind=TransactionKind.DISBURSEMENT,
            value_on=self.loan.opened_on,
            booked_at=AT,
            currency=self.loan.currency,
            amount_minor=self.loan.principal_minor,
        )
        booking = book(self.terms, before, made, self.loan.opened_on)
        assert isinstance(booking, Booking)
        self.money.commit(self.loan.loan_id, before, booking)

    @property
    def due_on(self) -> date:
        return self.loan.plan[0].due_on

    def at(self, on: date) -> datetime:
        return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)

    def credit(self, bank_reference: str = "b-1", **changes: Any) -> Credit:
        row = self.loan.plan[0]
        fact = Credit(bank_reference, self.loan.loan_id, row.total_minor, "CNY", row.due_on)
        return replace(fact, **changes)

    def hears(self, fact: Any, on: date | None = None) -> Received:
        received = self.receive(fact, "webhook", self.at(on or self.due_on))
        assert received is not None
        self.check()
        return received

    def check(self) -> None:
        """The books hold whatever happened, and every event keeps its contract."""
        loan_id = self.loan.loan_id
        ledger = LoanLedger(
            self.terms,
            self.money.books(loan_id),
            list(self.money.transactions(loan_id)),
            list(self.money.journals(loan_id)),
        )
        assert first_broken(ledger) is None
        for event in self.money.events.values():
            detail_json(event)

    def relay(self) -> Published:
        """What the outbox holds is told to the world, and loans follow it."""
        book = self.world.book
        return self.publish(book.pending_events(datetime.max.replace(tzinfo=UTC), 1_000))

    def kinds(self) -> list[str]:
        return [event.kind for event in self.money.events.values()]

    def closing(self, on: date) -> int:
        """What the customer is told to pay on a day to be free of the loan."""
        quoted = self.view.quote(self.loan.loan_id, self.loan.owner, on, self.at(on))
        assert not isinstance(quoted, NotAllowed), quoted
        return quoted[1].total_minor

    def owed(self, on: date) -> int:
        books = self.money.books(self.loan.loan_id)
        return quote(self.terms, books.account, on).owed.total_minor
