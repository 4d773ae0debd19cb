"""What crediting a payment costs: one TransactWriteItems of at most 12 write units, whichever way
it comes. The use cases run as in production, over one table of DynamoDB.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.profiles import ProfileStore
from lending.domain.allocation import AllocationRules, entries_of
from lending.domain.bank_facts import CollectionStatus, Credit, Return
from lending.domain.receipts import Receipt, ReceiptOutcome, collection_reference
from lending.domain.records import StoredReply
from lending.domain.servicing.account import quote
from lending.domain.servicing.booking import Booking, book
from lending.domain.servicing.terms import AccountTerms, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.ports.book import Change
from lending.ports.money import Beside
from lending.usecases.book_money import BookMoney
from lending.usecases.enter_money import ConfirmMoney, EnterMoney, Entry
from lending.usecases.follow_payment import FollowPayment
from lending.usecases.publish_events import PublishEvents
from lending.usecases.receive_bank_fact import ReceiveBankFact

from tests.adapters import samples
from tests.adapters.conftest import Calls, RawTable
from tests.fakes.desk import ORDER
from tests.fakes.system import CountingIds, FakeBus
from tests.fakes.world import AT, World, reply_for

LOAN = "loan_01JD3Z6V9Q8XK2M4N5P7R8S9TB"  # ids as long as they are
BANK = "0123456789abcdef0123456789abcdef"
DAY = timedelta(days=1)
_NUMBERS = count(1)


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)


@dataclass
class Cost:
    """What one commit wrote, and took."""

    items: int = 0
    units: int = 0


@dataclass
class Counter:
    """A loan in the table, and everything that books on it."""

    table_name: str
    calls: Calls
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        book, money = DynamoBook(self.table_name), DynamoMoney(self.table_name)
        self.book, self.money, self.raw = book, money, RawTable(self.table_name)
        application_id = self.world.funded()
        file = self.world.book.file(application_id)
        (loan,) = self.world.book.loans.values()
        assert file is not None
        self.loan = loan = replace(loan, loan_id=LOAN)
        application = replace(file.application, loan_id=LOAN)
        moves = self.world.book.transitions(application_id)
        book.commit(Change(application=application, transitions=moves, offers=file.offers))
        book.commit(Change(loan=loan))
        self.terms = AccountTerms(
            loan_id=LOAN,
            currency=loan.currency,
            opened_on=loan.opened_on,
            plan=tuple(
                PlanRow(row.due_on, row.principal_minor, row.interest_minor, row.fee_minor)
                for row in loan.plan
            ),
            rules=AllocationRules(entries_of(ORDER)),
        )
        money.open(self.terms)
        lent = TransactionKind.DISBURSEMENT
        self._book(lent, loan.disbursement_reference, loan.opened_on, loan.principal_minor)
        rules, ids = ProfileStore(("cn", "us")), CountingIds()
        self.books = books = BookMoney(book, money, rules)
        self.receive = ReceiveBankFact(books, money, lambda *_: None)
        self.enter = EnterMoney(books, money, ids)
        self.confirm = ConfirmMoney(books, money)
        self.publish = PublishEvents(book, FakeBus(), FollowPayment(book, money))

    def _book(self, kind: TransactionKind, name: str, on: date, amount_minor: int) -> None:
        before = self.money.books(LOAN)
        made = Transaction(name, kind, on, noon(on), "CNY", amount_minor)
        booking = book(self.terms, before, made, on)
        assert isinstance(booking, Booking)
        self.money.commit(LOAN, before, booking)

    def paid_until_the_last(self) -> None:
        """All instalments but the last one."""
        for row in self.loan.plan[:-1]:
            name = f"bank-{BANK}-before-{row.number:03d}"
            self._book(TransactionKind.PAYMENT, name, row.due_on, row.total_minor)

    def closing(self, on: date) -> int:
        """What pays the loan off, with the fee for paying it early."""
        account = self.money.books(LOAN).account
        fee = self.books.early_fee(self.loan)(self.terms, account, on)
        return quote(self.terms, account, on, fee).total_minor

    @contextmanager
    def costing(self) -> Iterator[Cost]:
        """Counts what is written within, which must be one transaction."""
        was = {(one["pk"]["S"], one["sk"]["S"]): one for one in self.raw.items()}
        cost = Cost()
        self.calls.made.clear()
        yield cost
        writes = [name for name in self.calls.made if "Write" in name or name in _WRITES]
        assert writes == ["TransactWriteItems"]
        for one in self.raw.items():
            old = was.get((one["pk"]["S"], one["sk"]["S"]))
            if old != one:
                cost.items += 1
                # A transaction takes two units a KB.
                cost.units += 2 * -(-_bytes(one) // 1024) + _in_index(old, one)

    def hears(self, on: date, amount_minor: int, source: str = "webhook") -> Cost:
        """The bank tells of a transfer."""
        fact = Credit(f"{BANK}-{next(_NUMBERS)}", LOAN, amount_minor, "CNY", on)
        stated_on = on if source == "statement" else None
        with self.costing() as cost:
            received = self.receive(fact, source, noon(on), stated_on)
        assert received is not None
        assert received.receipt.outcome is ReceiptOutcome.CREDITED
        return cost

    def takes_back(self, on: date, amount_minor: int) -> Receipt:
        """The bank returns the transfer of so much."""
        paid = [one for one in self.money.transactions(LOAN) if one.amount_minor == amount_minor]
        name = paid[0].transaction_id.removeprefix("bank-")
        back = Return(f"{BANK}-back", LOAN, "credit", amount_minor, "CNY", on, "MD06", name)
        received = self.receive(back, "webhook", noon(on))
        assert received is not None
        return received.receipt

    def relay(self) -> None:
        """The outbox is told, and the loan's row follows."""
        assert self.publish(self.book.pending_events(AT.replace(year=2100), 99)).behind == ()


_WRITES = ("PutItem", "UpdateItem", "DeleteItem")


@pytest.fixture
def counter(table_name: str, calls: Calls) -> Counter:
    return Counter(table_name, calls)


def instalment(counter: Counter) -> tuple[date, int]:
    row = counter.loan.plan[0]
    return row.due_on, row.total_minor


def last(counter: Counter) -> tuple[date, int]:
    counter.paid_until_the_last()
    on = counter.loan.plan[-1].due_on
    return on, counter.closing(on)


def last_and_more(counter: Counter) -> tuple[date, int]:
    on, amount_minor = last(counter)
    return on, amount_minor + 123_456


def pay_off(counter: Counter) -> tuple[date, int]:
    on = counter.loan.plan[0].due_on + 5 * DAY
    return on, counter.closing(on)


def pay_off_and_more(counter: Counter) -> tuple[date, int]:
    on, amount_minor = pay_off(counter)
    return on, amount_minor + 4_000_000


def part(counter: Counter) -> tuple[date, int]:
    on, amount_minor = instalment(counter)
    return on, amount_minor // 3


def in_advance(counter: Counter) -> tuple[date, int]:
    on, amount_minor = instalment(counter)
    return on, 3 * amount_minor + 1


def after_the_end(counter: Counter) -> tuple[date, int]:
    on, amount_minor = last(counter)
    counter.hears(on, amount_minor)
    counter.relay()
    return on + DAY, 70_000


def again_before_the_row_followed(counter: Counter) -> tuple[date, int]:
    on, amount_minor = last(counter)
    counter.hears(on, amount_minor)
    return on + DAY, 70_000


type Owed = Callable[[Counter], tuple[date, int]]
KINDS: tuple[Owed, ...] = (
    instalment,
    part,
    in_advance,
    last,
    last_and_more,
    pay_off,
    pay_off_and_more,
    after_the_end,
    again_before_the_row_followed,
)


@pytest.mark.parametrize("owed", KINDS)
def test_a_transfer_is_one_transaction_of_twelve_units_whatever_it_pays(
    counter: Counter, owed: Owed
) -> None:
    """Books, transaction, journal, receipt, event; the last two are listed."""
    cost = counter.hears(*owed(counter))
    assert (cost.items, cost.units) == (5, 12)


@pytest.mark.parametrize("owed", [instalment, last_and_more])
@pytest.mark.parametrize(("source", "units"), [("file", 12), ("statement", 11)])
def test_a_file_of_the_bank_costs_the_same_and_its_statement_less(
    counter: Counter, owed: Owed, source: str, units: int
) -> None:
    """What a statement shows waits for no other."""
    cost = counter.hears(*owed(counter), source)
    assert (cost.items, cost.units) == (5, units)


@pytest.mark.parametrize("owed", [instalment, last, last_and_more])
def test_a_debit_of_ours_costs_the_same(counter: Counter, owed: Owed) -> None:
    """The order's row holds the receipt, and stays where it is listed."""
    on, amount_minor = owed(counter)
    reference = collection_reference(LOAN, 1, 1)
    attempt = samples.collection(
        loan_id=LOAN, reference=reference, amount_minor=amount_minor, intended_at=noon(on)
    )
    counter.money.keep(Beside(collection=attempt))
    fact = CollectionStatus(reference, "collected", amount_minor, "CNY", BANK, on)
    with counter.costing() as cost:
        received = counter.receive(fact, "webhook", noon(on))
    assert received is not None
    assert received.receipt.outcome is ReceiptOutcome.CREDITED
    assert (cost.items, cost.units) == (5, 12)


@pytest.mark.parametrize("rest", [0, 5_000])
def test_the_loan_is_over_for_everybody_at_once_and_its_row_follows(
    counter: Counter, rest: int
) -> None:
    on = counter.loan.plan[0].due_on + 5 * DAY
    counter.hears(on, counter.closing(on) + rest)
    over, row = counter.book.loan(LOAN), counter.book.loan_row(LOAN)
    assert over is not None
    assert row == counter.loan
    assert (over.status, over.next_due_on, over.version) == ("CLOSED_SETTLED", None, row.version)
    assert all(
        counter.book.loans_due(date.min, date.max, shard) == () for shard in range(LOAN_SHARDS)
    )
    counter.calls.made.clear()
    counter.relay()
    # One row beside what acknowledging took before: out of one list, into another.
    assert counter.calls.count("TransactWriteItems") == 2
    assert counter.book.loan(LOAN) == counter.book.loan_row(LOAN) == replace(over, version=2)
    held = [one for shard in range(LOAN_SHARDS) for one in counter.book.loans_holding(shard, 9)]
    assert held == ([replace(over, version=2)] if rest else [])


def test_books_that_were_read_before_the_row_do_not_end_a_loan_that_is_open_again(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = counter.loan.plan[0].due_on + 5 * DAY
    amount_minor = counter.closing(on)
    counter.hears(on, amount_minor)
    closed = counter.raw.item("LEDGER")
    assert counter.takes_back(on, amount_minor).outcome is ReceiptOutcome.REVERSED
    get_many, read = type(counter.book._table).get_many, list[int]()

    def torn(table: Any, keys: Any) -> Any:
        found = get_many(table, keys)
        read.append(len(keys))
        if len(keys) > 1:
            found |= {key: closed for key in found if key.sk == "LEDGER"}
        return found

    monkeypatch.setattr(type(counter.book._table), "get_many", torn)
    opened = counter.book.loan(LOAN)
    assert opened is not None
    assert opened.status == "ACTIVE_CURRENT"
    assert read == [3, 1]


def reply(_: Receipt) -> StoredReply:
    return reply_for(f"{next(_NUMBERS):036}")


def by_hand(counter: Counter, on: date, amount_minor: int, case_id: str = "") -> Cost:
    entry = Entry("payment", LOAN, on, amount_minor, "CNY", case_id=case_id)
    entered = counter.enter(entry, "operator-1", noon(on), reply)
    assert isinstance(entered, Receipt)
    name = entered.receipt_id
    with counter.costing() as cost:
        done = counter.confirm(LOAN, "payment", name, True, "operator-2", noon(on))
    assert isinstance(done, Receipt)
    assert done.outcome is ReceiptOutcome.CREDITED
    return cost


@pytest.mark.parametrize("owed", [instalment, last, last_and_more, pay_off])
def test_a_payment_by_hand_costs_the_same(counter: Counter, owed: Owed) -> None:
    """At its confirmation: the entry stays where it is listed, and is the answer itself."""
    cost = by_hand(counter, *owed(counter))
    assert (cost.items, cost.units) == (5, 12)


def test_money_that_a_person_had_to_look_for_costs_its_case_more(counter: Counter) -> None:
    """The transfer was parked: its receipt is ended, and moves to those on no statement."""
    on, amount_minor = instalment(counter)
    fact = Credit(BANK, "whose?", amount_minor, "CNY", on)
    parked = counter.receive(fact, "webhook", noon(on))
    assert parked is not None
    cost = by_hand(counter, on, amount_minor, parked.receipt.receipt_id)
    assert (cost.items, cost.units) == (6, 16)


@pytest.mark.parametrize(
    ("owed", "items", "units"), [(instalment, 5, 12), (pay_off, 7, 18)], ids=["open", "ended"]
)
def test_a_payment_taken_back_costs_more_where_it_opens_the_loan_again(
    counter: Counter, owed: Owed, items: int, units: int
) -> None:
    """The loan's row is written with it, so that nobody can end it again; and it is told."""
    on, amount_minor = owed(counter)
    counter.hears(on, amount_minor)
    counter.relay()
    with counter.costing() as cost:
        received = counter.takes_back(on, amount_minor)
    assert received.outcome is ReceiptOutcome.REVERSED
    assert (cost.items, cost.units) == (items, units)


def _in_index(old: dict[str, Any] | None, new: dict[str, Any]) -> int:
    """Units of a row's change in the index, which holds whole rows: out, in, or in its place."""
    places = [
        (one["timer_shard"]["S"], one["timer_at"]["S"]) if one and "timer_shard" in one else None
        for one in (old, new)
    ]
    assert _bytes(new) <= 1024, "a unit a KB"
    return len({place for place in places if place})


def _bytes(item: dict[str, Any]) -> int:
    """About what DynamoDB bills: names and values."""
    return sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items())
