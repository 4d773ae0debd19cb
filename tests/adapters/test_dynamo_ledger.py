"""What only the real table can do wrong: cost, layout, damage, size, other releases' words."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb import keys, ledger_mappers
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.dynamodb.table import RowCorrupt, connection
from lending.adapters.profiles import ProfileStore
from lending.domain.events import loan_funded, money_events
from lending.domain.faults import Permanent, Retryable, StaleVersion
from lending.domain.ledger.chain import Broken, Flaw
from lending.domain.ledger.journal import Head
from lending.domain.ledger.merkle import anchor
from lending.domain.records import Loan, ReplyKey
from lending.domain.servicing.booking import Booking, History, LoanBooks, book
from lending.domain.servicing.opening import account_terms, opening_bookings, opening_facts
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.ports.book import Change
from lending.ports.ledger import LedgerOpening
from lending.usecases.verify_ledger import Verified, VerifyLedger

from tests.adapters import samples
from tests.adapters.conftest import Calls, RawTable
from tests.adapters.samples import APP, AT, LOAN
from tests.fakes.plans import equal_instalment
from tests.unit.domain.servicing.loans import TERMS, lent, paid

ITEMS = 5
UNITS_MAX = 12
KB = 1024
LATER = date(2036, 1, 1)
PROFILE = ProfileStore(("cn",)).get("cn", AT.date())


@pytest.fixture
def ledger(table_name: str) -> DynamoLedger:
    return DynamoLedger(table_name)


@pytest.fixture
def book_(table_name: str) -> DynamoBook:
    return DynamoBook(table_name)


def five_years() -> Loan:
    """1,500,000.00 over 60 months: the largest amount of a product, so the longest numbers."""
    on = date(2026, 11, 24)
    plan = equal_instalment(150_000_000, 980, 60, on, PROFILE.rounding)
    return samples.loan(
        principal_minor=150_000_000,
        term_months=60,
        plan=plan,
        instalment_minor=plan[0].total_minor,
        next_due_on=plan[0].due_on,
        disbursement_reference=f"dis-{APP}",
    )


def opening_of(loan: Loan) -> LedgerOpening:
    """As the use case opens it."""
    terms = account_terms(loan, PROFILE.servicing)
    payout = samples.disbursement(
        reference=loan.disbursement_reference, amount_minor=loan.principal_minor
    )
    offer = samples.offer(principal_minor=loan.principal_minor)
    facts = opening_facts(loan, offer, payout, AT)
    return LedgerOpening(terms, opening_bookings(terms, facts, loan.opened_on))


def funding(loan: Loan) -> Change:
    return Change(loan=loan, ledger=opening_of(loan), events=(loan_funded(loan, AT),))


def payment(number: int, on: date, amount_minor: int) -> Transaction:
    return Transaction(
        transaction_id=f"bank-2026112400000000000000000000{number:04d}",
        kind=TransactionKind.PAYMENT,
        value_on=on,
        booked_at=AT + timedelta(days=30 * number),
        currency="CNY",
        amount_minor=amount_minor,
    )


def booked(ledger: DynamoLedger, terms: AccountTerms, made: Transaction) -> Booking:
    before = ledger.books(terms.loan_id)
    result = book(terms, before, made, LATER)
    assert isinstance(result, Booking), result
    ledger.commit(terms.loan_id, before, result)
    return result


def item_bytes(item: dict[str, dict[str, Any]]) -> int:
    """As DynamoDB counts: UTF-8 names and values; a number has a byte for two digits, and one."""
    total = 0
    for name, typed in item.items():
        ((kind, value),) = typed.items()
        total += len(name.encode())
        match kind:
            case "S":
                total += len(value.encode())
            case "N":
                total += (len(value.strip("-")) + 1) // 2 + 1 + value.startswith("-")
            case _:
                raise AssertionError(f"count {kind} too")
    return total


@pytest.fixture
def transactions(account: None) -> Iterator[list[list[dict[str, Any]]]]:
    """The items of every TransactWriteItems."""
    seen: list[list[dict[str, Any]]] = []

    def watch(params: dict[str, Any], **_: Any) -> None:
        seen.append(json.loads(params["body"])["TransactItems"])

    events = connection().client.meta.events
    events.register_first("before-call.dynamodb.TransactWriteItems", watch)
    yield seen
    events.unregister("before-call.dynamodb.TransactWriteItems", watch)


def test_a_payment_costs_five_items_and_at_most_twelve_units(
    book_: DynamoBook,
    ledger: DynamoLedger,
    calls: Calls,
    transactions: list[list[dict[str, Any]]],
    record_property: Callable[[str, object], None],
) -> None:
    """60 payments on 60 months, each short by turns: with its event and a teller's reply."""
    loan = five_years()
    book_.commit(funding(loan))
    terms = ledger.terms(LOAN)
    transactions.clear()
    largest: dict[str, int] = {}
    for number, row in enumerate(loan.plan, start=1):
        amount = row.total_minor + (-12_345 if number % 2 else 12_345)
        made = payment(number, row.due_on + timedelta(days=number % 3), amount)
        before = ledger.books(LOAN)
        booking = book(terms, before, made, LATER)
        assert isinstance(booking, Booking)
        assert len(booking.entries) == 2, "an accrual and the payment"
        key = ReplyKey("teller-0000-4000-8000", "POST /v1/ops/loans/{id}/payments", "k" * 36)
        reply = samples.reply(replace(key, key=f"{number:036d}"), body="收" * 100)
        calls.made.clear()
        ledger.commit(LOAN, before, booking, money_events(loan, booking, AT), reply)
        assert calls.made == ["TransactWriteItems"], "one call, and nothing is read for it"
        items = transactions.pop()
        assert transactions == []
        sizes = {one["Put"]["Item"]["sk"]["S"]: item_bytes(one["Put"]["Item"]) for one in items}
        assert len(items) == ITEMS, "books, fact, entries, event, reply; also of the last one"
        # Two units a KB begun in a transaction, and one for each event's place in the index.
        units = sum(2 * -(-size // KB) for size in sizes.values())
        listed = sum("timer_shard" in one["Put"]["Item"] for one in items)
        assert units + listed <= UNITS_MAX, sizes
        for sk, size in sizes.items():
            kind = sk.partition("#")[0]
            largest[kind] = max(size, largest.get(kind, 0))
    assert set(largest) == {"LEDGER", "TXN", "JOURNAL", "OUTBOX", "REPLY"}
    assert max(largest.values()) < KB, largest
    record_property("largest_rows_bytes", largest)
    sys.stdout.write(f"a payment: 5 items, 10 units, 1 in the index; largest rows {largest}\n")
    assert isinstance(VerifyLedger(ledger)(), Verified)
    assert ledger.books(LOAN).account.principal_minor == 0


def test_rows_lie_where_policies_can_tell_them_apart(
    book_: DynamoBook, ledger: DynamoLedger, raw: RawTable
) -> None:
    loan = five_years()
    book_.commit(funding(loan))
    made = payment(1, loan.plan[0].due_on, loan.instalment_minor)
    booked(ledger, ledger.terms(LOAN), made)
    places = {(item["pk"]["S"], item["sk"]["S"]) for item in raw.items()}
    assert places == {
        (f"LOAN#{LOAN}", "STATE"),
        (f"LOAN#{LOAN}", "PLAN#0001"),
        (f"LOAN#{LOAN}", "LEDGER"),
        (f"LOAN#{LOAN}", f"OUTBOX#{LOAN}-LoanFunded-1"),
        (f"LEDGER#{LOAN}", "TERMS"),
        (f"LEDGER#{LOAN}", f"TXN#dis-{APP}"),
        (f"LEDGER#{LOAN}", f"TXN#{made.transaction_id}"),
        (f"LEDGER#{LOAN}", "JOURNAL#00000001"),
        (f"LEDGER#{LOAN}", "JOURNAL#00000002"),
    }


def test_a_loan_and_its_ledger_are_opened_together_or_not_at_all(
    book_: DynamoBook, ledger: DynamoLedger, raw: RawTable
) -> None:
    loan = five_years()
    ledger.open(opening_of(loan).terms)
    with pytest.raises(StaleVersion):
        book_.commit(funding(loan))
    assert book_.loan(LOAN) is None
    assert ledger.books(LOAN) == LoanBooks()
    other = replace(loan, loan_id="loan_2")
    book_.commit(funding(other))
    proof = VerifyLedger(ledger)()
    assert isinstance(proof, Verified)
    assert (proof.loans, proof.entries) == (2, 1)


@pytest.mark.parametrize("wrong", ["alone", "loan", "principal", "currency", "known"])
def test_a_ledger_of_another_loan_is_never_opened(
    book_: DynamoBook, raw: RawTable, wrong: str
) -> None:
    loan, change = five_years(), funding(five_years())
    match wrong:
        case "alone":
            change = replace(change, loan=None)
        case "loan":
            change = replace(change, ledger=opening_of(replace(loan, loan_id="loan_2")))
        case "principal":
            change = replace(change, loan=samples.loan())
        case "currency":
            change = replace(change, loan=replace(loan, currency="USD"))
        case _:
            change = replace(change, loan=replace(loan, version=2), loan_was=1)
    with pytest.raises(Permanent):
        book_.commit(change)
    assert raw.items() == []


def lent_and_paid(ledger: DynamoLedger) -> None:
    ledger.open(TERMS)
    for made in (lent(), paid("02-01", 131), paid("03-01", 128)):
        booked(ledger, TERMS, made)


def entries_with(item: dict[str, Any], place: int, column: int, value: object) -> dict[str, Any]:
    entries = json.loads(item["entries"]["S"])
    entries[place][column] = value
    return {**item, "entries": {"S": json.dumps(entries)}}


TAMPERED: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any] | None], Flaw]] = {
    "an amount": (
        "JOURNAL#00000002",
        lambda item: entries_with(
            item, 1, 3, [["interest_receivable", -31], ["cash_clearing", 31]]
        ),
        Flaw.HASH,
    ),
    "a date": ("JOURNAL#00000001", lambda item: entries_with(item, 0, 1, "2026-01-02"), Flaw.HASH),
    "a hash": ("JOURNAL#00000001", lambda item: entries_with(item, 0, 5, "a" * 64), Flaw.HASH),
    "a name": ("JOURNAL#00000001", lambda item: entries_with(item, 0, 0, "gift"), Flaw.UNREADABLE),
    "a list": ("JOURNAL#00000001", lambda item: {**item, "entries": {"S": "7"}}, Flaw.UNREADABLE),
    "entries gone": ("JOURNAL#00000002", lambda item: None, Flaw.GAP),
    "the last gone": ("JOURNAL#00000004", lambda item: None, Flaw.HEAD),
    "the link": (
        "JOURNAL#00000004",
        lambda item: {**item, "previous_sha256": {"S": "b" * 64}},
        Flaw.PREVIOUS_HASH,
    ),
    "a fact gone": ("TXN#payment-02-01-131", lambda item: None, Flaw.STATE),
    "a fact": (
        "TXN#payment-02-01-131",
        lambda item: {**item, "fact": {"S": item["fact"]["S"].replace("131,", "132,")}},
        Flaw.STATE,
    ),
    "books": ("LEDGER", lambda item: {**item, "books": {"S": "{}"}}, Flaw.UNREADABLE),
    "float books": (
        "LEDGER",
        lambda item: {**item, "books": {"S": '{"head":[1.5,"x"]}'}},
        Flaw.UNREADABLE,
    ),
    "the head": (
        "LEDGER",
        lambda item: {**item, "books": {"S": item["books"]["S"].replace('"head":[5', '"head":[4')}},
        Flaw.HEAD,
    ),
    "terms": ("TERMS", lambda item: {**item, "terms": {"S": "[]"}}, Flaw.UNREADABLE),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whoever_changes_a_row_is_found_out_by_name(
    ledger: DynamoLedger, raw: RawTable, what: str
) -> None:
    lent_and_paid(ledger)
    assert isinstance(VerifyLedger(ledger)(), Verified)
    sk, change, flaw = TAMPERED[what]
    item = raw.item(sk)
    changed = change(item)
    assert changed != item
    if changed is None:
        raw.delete(item)
    else:
        raw.put(changed)
    proof = VerifyLedger(ledger)()
    assert isinstance(proof, Broken)
    assert (proof.loan_id, proof.flaw) == (TERMS.loan_id, flaw), str(proof)


def test_a_journal_moved_to_another_loan_is_found_out(ledger: DynamoLedger, raw: RawTable) -> None:
    lent_and_paid(ledger)
    ledger.open(replace(TERMS, loan_id="loan_0"))
    first = raw.item("JOURNAL#00000001")
    raw.put({**first, "pk": {"S": keys.ledger_partition("loan_0")}})
    proof = VerifyLedger(ledger)()
    assert isinstance(proof, Broken)
    assert (proof.loan_id, proof.flaw) == ("loan_0", Flaw.HASH)


def test_the_same_books_in_other_words_are_the_same_books(
    ledger: DynamoLedger, raw: RawTable
) -> None:
    """Another release may spell them out; a booking must not be refused for ever."""
    ledger.open(TERMS)
    booked(ledger, TERMS, lent())
    item = raw.item("LEDGER")
    spelt = json.dumps({**json.loads(item["books"]["S"]), "claim": 0, "cleared": 0}, indent=1)
    raw.put({**item, "books": {"S": spelt}})
    booked(ledger, TERMS, paid("02-01", 131))
    assert isinstance(VerifyLedger(ledger)(), Verified)
    before = ledger.books(TERMS.loan_id)
    again = book(TERMS, before, paid("02-01", 131), LATER)
    assert isinstance(again, Booking)
    with pytest.raises(StaleVersion):
        ledger.commit(TERMS.loan_id, before, again)


def test_a_backdated_payment_rebooks_five_years_in_one_commit(
    book_: DynamoBook, ledger: DynamoLedger, transactions: list[list[dict[str, Any]]]
) -> None:
    """The entries of one booking are one item, so that not their number is the limit."""
    loan = five_years()
    book_.commit(funding(loan))
    terms = ledger.terms(LOAN)
    for number, row in enumerate(loan.plan[1:], start=1):
        booked(ledger, terms, payment(number, row.due_on, row.total_minor))
    transactions.clear()
    late = payment(0, loan.plan[0].due_on, loan.plan[0].total_minor)
    before = ledger.books(LOAN)
    history = History(tuple(ledger.transactions(LOAN)), tuple(ledger.journals(LOAN)))
    booking = book(terms, before, late, LATER, history)
    assert isinstance(booking, Booking)
    ledger.commit(LOAN, before, booking)
    assert len(booking.entries) > 100
    assert len(transactions[-1]) == 3
    assert isinstance(VerifyLedger(ledger)(), Verified)


def test_a_booking_too_large_for_an_item_is_refused_whole(
    ledger: DynamoLedger, raw: RawTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.open(TERMS)
    booked(ledger, TERMS, lent())
    stood = raw.items()
    monkeypatch.setattr(ledger_mappers, "ENTRIES_BYTES_MAX", 300)
    with pytest.raises(Permanent, match="2 entries are too large for one booking"):
        booked(ledger, TERMS, paid("02-01", 131))
    assert raw.items() == stood


def test_heads_of_an_attempt_that_broke_off_do_not_count(
    ledger: DynamoLedger, raw: RawTable
) -> None:
    lent_and_paid(ledger)
    on, heads = date(2026, 12, 31), list(ledger.heads())
    taken = anchor(on, AT, heads)
    ledger.keep_anchor(taken, heads)
    root = raw.item("ROOT")
    raw.delete(root)  # the attempt died before its last write
    assert list(ledger.anchored(on)) == []
    booked(ledger, TERMS, paid("04-01", 131))
    later = list(ledger.heads())
    ledger.keep_anchor(anchor(on, AT, later), later)
    assert list(ledger.anchored(on)) == later != heads
    assert isinstance(VerifyLedger(ledger)(), Verified)
    raw.delete(raw.item("ROOT"))
    ledger.keep_anchor(taken, heads)  # the very same again
    assert list(ledger.anchored(on)) == heads


def test_many_heads_are_kept_in_chunks(ledger: DynamoLedger, raw: RawTable) -> None:
    heads = [(f"loan_{number:026d}", Head(number, f"{number:064x}")) for number in range(1, 4_502)]
    taken = anchor(date(2026, 12, 31), AT, heads)
    ledger.keep_anchor(taken, iter(heads))
    assert list(ledger.anchored(taken.on)) == heads
    chunks = [item for item in raw.items() if item["sk"]["S"].startswith("HEADS#")]
    assert len(chunks) == 3
    assert max(map(item_bytes, chunks)) < 400 * KB


def test_a_loan_listed_without_books_is_a_corrupt_row(ledger: DynamoLedger, raw: RawTable) -> None:
    ledger.open(TERMS)
    raw.delete(raw.item("LEDGER"))
    with pytest.raises(RowCorrupt):
        list(ledger.heads())


def test_aws_errors_become_faults(ledger: DynamoLedger, calls: Calls) -> None:
    ledger.open(TERMS)
    before = ledger.books(TERMS.loan_id)
    booking = book(TERMS, before, lent(), LATER)
    assert isinstance(booking, Booking)
    calls.fail("TransactWriteItems", "ThrottlingException")
    with pytest.raises(Retryable):
        ledger.commit(TERMS.loan_id, before, booking)
