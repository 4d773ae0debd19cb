"""What every MoneyBook must do: the same suite over the fake and DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.reconciliations import DynamoReconciliations
from lending.adapters.dynamodb.table import RowCorrupt
from lending.contracts.events import detail_json
from lending.domain.auto_debit import Collection, CollectionState
from lending.domain.events import money_events, told_as
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.loan_payouts import PayoutState, ordered
from lending.domain.receipts import Receipt, ReceiptOutcome, collection_reference
from lending.domain.reconciliation import Reconciliation, Tally
from lending.domain.records import Loan
from lending.domain.servicing.booking import Booking, LoanBooks, book
from lending.ports.book import Book, Change
from lending.ports.money import Beside, MoneyBook
from lending.usecases.follow_payment import FollowPayment

from tests.adapters import samples
from tests.adapters.conftest import RawTable
from tests.fakes.book import FakeBook
from tests.fakes.money import FakeMoney
from tests.unit.domain.servicing.loans import AT, TERMS, TODAY, lent, paid
from tests.unit.domain.servicing.test_replanning import LONGER, replan

ONE = TERMS.loan_id
LONG = "loan_01JD3Z6V9Q8XK2M4N5P7R8S9TB"  # as long as they are
ON = date(2026, 11, 24)


@dataclass
class Stores:
    book: Book
    money: MoneyBook


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        fake = FakeBook()
        yield Stores(fake, FakeMoney(fake))
        return
    name = request.getfixturevalue("table_name")
    yield Stores(DynamoBook(name), DynamoMoney(name))


def receipt(**changes: object) -> Receipt:
    one = Receipt(
        receipt_id="bank-b-1",
        sha256="a" * 64,
        source="webhook",
        kind="credit",
        outcome=ReceiptOutcome.PARKED,
        received_at=AT,
        case="unknown_reference",
        amount_minor=700,
        currency="CNY",
        value_on=TODAY,
        bank_reference="b-1",
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # fields of a receipt


def test_a_receipt_comes_back_as_it_was_and_is_there_once(stores: Stores) -> None:
    stores.money.keep(Beside(receipt=receipt()))
    assert stores.money.receipt("bank-b-1") == receipt()
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(receipt=receipt()))
    assert stores.money.receipt("bank-b-2") is None


def test_cases_are_listed_oldest_first_until_they_are_ended(stores: Stores) -> None:
    late, early = receipt(), receipt(receipt_id="bank-b-0", received_at=AT.replace(year=2020))
    for one in (late, early):
        stores.money.keep(Beside(receipt=one))
    assert stores.money.open_cases(9) == (early, late)
    assert stores.money.open_cases(1) == (early,)
    ended = replace(early, outcome=ReceiptOutcome.CLOSED, version=2, closed_by="op-1")
    stores.money.keep(Beside(receipt=ended, receipt_was=1))
    assert stores.money.open_cases(9) == (late,)
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(receipt=ended, receipt_was=1))


def test_open_entries_are_listed_before_all_that_were_confirmed_and_are_on_no_statement(
    stores: Stores,
) -> None:
    done = [
        receipt(
            receipt_id=f"ent_{number}",
            source="teller",
            kind="payment",
            outcome=ReceiptOutcome.CREDITED,
            received_at=AT.replace(year=2020),
            case="second_person",
        )
        for number in range(5)
    ]
    waiting = receipt(receipt_id="ent_9", source="teller", kind="payment", case="second_person")
    older = receipt(receipt_id="bank-b-0", received_at=AT.replace(year=2021))
    for one in (*done, waiting, older):
        stores.money.keep(Beside(receipt=one))
    assert stores.money.open_cases(1) == (older,)
    assert stores.money.open_cases(9) == (older, waiting)


def paid_booking(stores: Stores, loan_id: str = ONE) -> tuple[LoanBooks, Booking, Loan]:
    """A lent loan and the booking of its first payment."""
    loan, terms = samples.loan(loan_id=loan_id), replace(TERMS, loan_id=loan_id)
    stores.book.commit(Change(loan=loan))
    stores.money.open(terms)
    before = stores.money.books(loan_id)
    opened = book(terms, before, lent(), TODAY)
    assert isinstance(opened, Booking)
    stores.money.commit(loan_id, before, opened)
    first = terms.plan[0]
    amount = first.principal_minor + first.interest_minor + first.fee_minor
    booking = book(terms, opened.after, paid(f"{first.due_on:%m-%d}", amount), TODAY)
    assert isinstance(booking, Booking)
    return opened.after, booking, loan


def test_a_booking_and_all_beside_it_are_there_together_or_not_at_all(stores: Stores) -> None:
    before, booking, loan = paid_booking(stores)
    case = receipt(receipt_id="bank-case")
    stores.money.keep(Beside(receipt=case))
    closed = replace(case, outcome=ReceiptOutcome.CLOSED, version=2)
    beside = Beside(
        receipt=receipt(outcome=ReceiptOutcome.CREDITED, case=""),
        events=money_events(loan, booking, AT),
        reply=samples.reply(),
        closed_case=closed,
        loan=replace(loan, status="CLOSED_SETTLED", next_due_on=None, version=2),
        loan_was=9,
    )
    with pytest.raises(StaleVersion):
        stores.money.commit_with(ONE, before, booking, beside)
    assert stores.money.books(ONE) == before
    assert stores.money.receipt("bank-b-1") is None
    beside = replace(beside, loan_was=1)
    stores.money.commit_with(ONE, before, booking, beside)
    assert stores.money.books(ONE) == booking.after
    assert stores.money.receipt("bank-case") == closed
    found = stores.book.loan(ONE)
    assert found is not None
    assert found.status == "CLOSED_SETTLED"
    with pytest.raises(StaleVersion):
        stores.money.commit_with(ONE, before, booking, beside)


def test_an_attempt_is_listed_while_it_is_open_and_ends_in_the_commit_of_its_money(
    stores: Stores,
) -> None:
    before, booking, _ = paid_booking(stores)
    attempt = samples.collection(loan_id=ONE)
    stores.money.keep(Beside(collection=attempt))
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(collection=attempt))
    assert stores.money.collection(ONE, 1, 1) == attempt
    assert stores.money.collection(ONE, 1, 2) is None
    assert open_attempts(stores) == [attempt]
    ended = replace(attempt, state=CollectionState.COLLECTED, version=2, resolved_at=AT)
    beside = Beside(receipt=receipt(), collection=ended, collection_was=9)
    with pytest.raises(StaleVersion):
        stores.money.commit_with(ONE, before, booking, beside)
    assert stores.money.books(ONE) == before
    stores.money.commit_with(ONE, before, booking, replace(beside, collection_was=1))
    assert open_attempts(stores) == []
    second = replace(attempt, attempt=2, state=CollectionState.CANCELLED)
    stores.money.keep(Beside(collection=second))
    assert stores.money.collections(ONE) == (ended, second)
    with pytest.raises(ValueError, match="no loan shard"):
        stores.money.open_collections(LOAN_SHARDS, 9)


def drawn(stores: Stores) -> tuple[Collection, Receipt]:
    """An order at the bank, and the receipt of what it drew, not stored."""
    attempt = samples.collection(loan_id=ONE, reference=collection_reference(ONE, 1, 1))
    stores.money.keep(Beside(collection=attempt))
    told = receipt(
        receipt_id=f"debit-{attempt.reference}",
        kind="collection_collected",
        outcome=ReceiptOutcome.CREDITED,
        case="",
    )
    return attempt, told


def ended(attempt: Collection, state: CollectionState = CollectionState.COLLECTED) -> Collection:
    return replace(attempt, state=state, version=attempt.version + 1, resolved_at=AT)


def test_the_receipt_of_an_order_is_there_once_and_outlives_what_becomes_of_the_order(
    stores: Stores,
) -> None:
    before, booking, _ = paid_booking(stores)
    attempt, told = drawn(stores)
    assert stores.money.receipt(told.receipt_id) is None
    beside = Beside(receipt=told, collection=ended(attempt), collection_was=1)
    with pytest.raises(StaleVersion):
        stores.money.commit_with(ONE, before, booking, replace(beside, receipt_was=1))
    stores.money.commit_with(ONE, before, booking, beside)
    assert stores.money.receipt(told.receipt_id) == told
    for again in (beside, Beside(receipt=told)):
        with pytest.raises(StaleVersion):
            stores.money.keep(again)
    back = ended(ended(attempt), CollectionState.RETURNED)
    stores.money.keep(Beside(receipt=receipt(), collection=back, collection_was=2))
    assert stores.money.receipt(told.receipt_id) == told
    stated = replace(told, stated_on=ON, version=2)
    stores.money.keep(Beside(stated, 1))
    assert stores.money.receipt(told.receipt_id) == stated
    assert stores.money.collection(ONE, 1, 1) == back
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(stated, 1))
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(collection=back, collection_was=2))


def test_an_order_whose_money_is_a_case_is_a_case_until_a_person_ends_it(stores: Stores) -> None:
    attempt, told = drawn(stores)
    parked = replace(told, outcome=ReceiptOutcome.PARKED, case="before_disbursement")
    stores.money.keep(Beside(receipt=parked))
    assert stores.money.open_cases(9) == (parked,)
    assert open_attempts(stores) == []
    assert stores.money.collection(ONE, 1, 1) == attempt
    # Whoever credits it at that moment finds that it was told.
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(receipt=told, collection=ended(attempt), collection_was=1))
    failed = ended(attempt, CollectionState.FAILED)
    stores.money.keep(Beside(collection=failed, collection_was=1))
    assert stores.money.open_cases(9) == (parked,)
    closed = replace(parked, outcome=ReceiptOutcome.CLOSED, version=2, closed_by="op-1")
    entry = receipt(receipt_id="ent_1", outcome=ReceiptOutcome.CREDITED, case="")
    stores.money.keep(Beside(receipt=entry, closed_case=closed))
    assert stores.money.open_cases(9) == ()
    assert stores.money.receipt(told.receipt_id) == closed


def test_a_receipt_under_the_reference_of_no_order_has_its_own_row(stores: Stores) -> None:
    told = receipt(receipt_id="debit-c-1-001-1", loan_id="loan_1")
    stores.money.keep(Beside(receipt=told))
    assert stores.money.receipt(told.receipt_id) == told
    # Also when an order takes that reference afterwards, as with the rows of older releases.
    stores.money.keep(Beside(collection=samples.collection(reference="c-1-001-1")))
    assert stores.money.receipt(told.receipt_id) == told
    closed = replace(told, outcome=ReceiptOutcome.CLOSED, version=2)
    stores.money.keep(Beside(receipt=closed, receipt_was=1))
    assert stores.money.receipt(told.receipt_id) == closed


def test_a_damaged_receipt_of_an_order_is_told_by_its_key(raw: RawTable) -> None:
    stores = Stores(DynamoBook(raw.name), DynamoMoney(raw.name))
    attempt, told = drawn(stores)
    stores.money.keep(Beside(receipt=told, collection=ended(attempt), collection_was=1))
    item = raw.item("COLLECTION#001#1")
    for document in ('{"outcome": "invented"}', "[]", '{"value_on": 7}'):
        raw.put({**item, "receipt": {"S": document}})
        with pytest.raises(RowCorrupt, match="COLLECTION#001#1: receipt"):
            stores.money.receipt(told.receipt_id)


def test_a_payout_after_the_first_takes_the_next_number_and_is_listed_while_it_is_open(
    stores: Stores,
) -> None:
    first = ordered(ONE, "refund", 700, "CNY", "con_1", (), AT)
    assert first is not None
    opened = receipt(receipt_id="returned-1", kind="payout_returned", case="payout_returned")
    stores.money.keep(Beside(payout=first, opened_case=opened))
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(payout=first))
    assert stores.money.open_cases(9) == (opened,)
    assert stores.money.payouts(ONE) == (first,)
    assert ordered(ONE, "refund", 700, "CNY", "con_1", stores.money.payouts(ONE), AT) is None
    listed = [one for shard in range(LOAN_SHARDS) for one in stores.money.open_payouts(shard, 99)]
    assert listed == [first]
    ended = replace(first, state=PayoutState.ACCEPTED, version=2, resolved_at=AT)
    with pytest.raises(StaleVersion):
        stores.money.keep(Beside(payout=ended, payout_was=9))
    stores.money.keep(Beside(payout=ended, payout_was=1))
    assert stores.money.payout(ONE, 1) == ended
    assert stores.money.payout(ONE, 2) is None
    assert not any(stores.money.open_payouts(shard, 99) for shard in range(LOAN_SHARDS))
    second = ordered(ONE, "payout", 900, "CNY", "", stores.money.payouts(ONE), AT)
    assert second is not None
    assert (second.number, second.reference[:5]) == (2, "rp02-")


def test_a_loan_that_is_over_is_listed_while_it_holds_money(stores: Stores) -> None:
    loan = samples.loan(loan_id=ONE)
    stores.book.commit(Change(loan=loan))

    def listed() -> list[Loan]:
        return [one for shard in range(LOAN_SHARDS) for one in stores.book.loans_holding(shard, 99)]

    assert listed() == []
    over = replace(loan, status="CLOSED_SETTLED", next_due_on=None, holds_money=True, version=2)
    stores.book.commit(Change(loan=over, loan_was=1))
    assert listed() == [over]
    stores.book.commit(Change(loan=replace(over, holds_money=False, version=3), loan_was=2))
    assert listed() == []


def open_attempts(stores: Stores) -> list[Collection]:
    return [one for shard in range(LOAN_SHARDS) for one in stores.money.open_collections(shard, 99)]


@pytest.mark.parametrize("left_minor", [0, 7])
def test_a_loan_is_over_as_soon_as_its_books_say_so_whatever_its_row_still_says(
    stores: Stores, left_minor: int
) -> None:
    before, booking, loan = paid_booking(stores)
    for row in TERMS.plan[1:]:
        stores.money.commit(ONE, before, booking)
        before, total = booking.after, row.principal_minor + row.interest_minor + row.fee_minor
        total += left_minor if row is TERMS.plan[-1] else 0
        made = book(TERMS, before, paid(f"{row.due_on:%m-%d}", total), row.due_on)
        assert isinstance(made, Booking)
        booking = made
    assert len(due(stores)) == 1
    stores.money.commit_with(ONE, before, booking, Beside(events=money_events(loan, booking, AT)))
    over = replace(loan, status="CLOSED_SETTLED", next_due_on=None, holds_money=left_minor > 0)
    assert stores.book.loan(ONE) == over
    assert stores.book.loan_row(ONE) == loan
    assert due(stores) == []
    (event,) = stores.book.pending_events(AT.replace(year=2100), 9)
    follow = FollowPayment(stores.book, stores.money)
    for _ in range(2):
        follow(event)
        assert stores.book.loan_row(ONE) == stores.book.loan(ONE) == replace(over, version=2)
    told = told_as(event)
    assert [one.kind for one in told] == ["PaymentReceived", "LoanClosed"]
    for one in told:
        detail_json(one)


def due(stores: Stores) -> list[Loan]:
    return [
        one
        for shard in range(LOAN_SHARDS)
        for one in stores.book.loans_due(date.min, date.max, shard)
    ]


def test_a_reconciliation_is_replaced_by_its_next_version(table_name: str) -> None:
    kept = DynamoReconciliations(table_name)
    tallies = (Tally(1, 700), Tally(), Tally(2, -5))
    done = Reconciliation("ST-1", TODAY, "CNY", 1, 696, *tallies, True, AT)
    assert kept.reconciliation(TODAY, "CNY") is None
    kept.keep_reconciliation(done, 0)
    assert kept.reconciliation(TODAY, "CNY") == done
    with pytest.raises(StaleVersion):
        kept.keep_reconciliation(done, 0)
    kept.keep_reconciliation(replace(done, version=2), 1)
    assert kept.reconciliation(TODAY, "CNY") == replace(done, version=2)


def opened_and_paid(stores: Stores) -> LoanBooks:
    """A loan with its first row paid."""
    stores.money.open(TERMS)
    before = LoanBooks()
    for made in (lent(), paid("02-01", 131)):
        booking = book(TERMS, before, made, TODAY)
        assert isinstance(booking, Booking)
        stores.money.commit(ONE, before, booking)
        before = booking.after
    return before


def test_a_new_plan_is_kept_with_the_fact_that_brings_it_into_force(stores: Stores) -> None:
    before = opened_and_paid(stores)
    terms = replace(TERMS, later=(LONGER,))
    booking = book(terms, before, replan(), TODAY)
    assert isinstance(booking, Booking)
    stores.money.commit_with(ONE, before, booking, Beside(plan=LONGER))
    assert stores.money.terms(ONE) == terms
    assert stores.money.books(ONE) == booking.after
    assert list(stores.money.loan_ids()) == [ONE]  # a later plan is no other loan


def test_a_new_plan_comes_with_its_fact_or_not_at_all(stores: Stores) -> None:
    before = opened_and_paid(stores)
    terms = replace(TERMS, later=(LONGER,))
    extended = book(terms, before, replan(), TODAY)
    other = book(TERMS, before, paid("03-01", 128), TODAY)
    assert isinstance(extended, Booking)
    assert isinstance(other, Booking)
    for booking, beside in ((extended, Beside()), (other, Beside(plan=LONGER))):
        with pytest.raises(Permanent):
            stores.money.commit_with(ONE, before, booking, beside)
    stores.money.commit(ONE, before, other)
    with pytest.raises(StaleVersion):
        stores.money.commit_with(ONE, before, extended, Beside(plan=LONGER))
    assert stores.money.terms(ONE) == TERMS
