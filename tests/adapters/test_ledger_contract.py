"""What every LedgerBook must do: the same suite over the fake, DynamoDB and the replay's file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.domain.allocation import Component
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.journal import GENESIS, Head
from lending.domain.ledger.merkle import anchor
from lending.domain.servicing.booking import (
    Booking,
    History,
    LoanBooks,
    accrue,
    book,
    needs_history,
)
from lending.domain.servicing.fold import fold
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, is_same_fact
from lending.ports.ledger import LedgerBook
from lending.usecases.verify_ledger import Verified, VerifyLedger

from tests.adapters import samples
from tests.fakes.ledger import FakeLedger
from tests.unit.domain.servicing.loans import (
    AT,
    SIMPLE,
    TERMS,
    TODAY,
    charged,
    lent,
    paid,
    returned,
    settled,
)
from tools.replay.store import SqliteLedger

ONE = TERMS.loan_id
# The replay's file trusts the one process that writes it, and keeps no outbox.
OF_THE_PLATFORM = pytest.mark.parametrize("ledger", ["fake", "dynamodb"], indirect=True)


@pytest.fixture(params=["fake", "dynamodb", "sqlite"])
def ledger(request: pytest.FixtureRequest) -> Iterator[LedgerBook]:
    match request.param:
        case "fake":
            yield FakeLedger()
        case "dynamodb":
            yield DynamoLedger(request.getfixturevalue("table_name"))
        case _:
            store = SqliteLedger(None)
            yield store
            store.close()


def booking_of(
    ledger: LedgerBook, made: Transaction, terms: AccountTerms = TERMS
) -> tuple[LoanBooks, Booking]:
    """What the store holds of the books, and the booking that a use case would commit next."""
    before = ledger.books(terms.loan_id)
    history = None
    if needs_history(before, made):
        history = History(
            tuple(ledger.transactions(terms.loan_id)), tuple(ledger.journals(terms.loan_id))
        )
    result = book(terms, before, made, TODAY, history)
    assert isinstance(result, Booking), result
    return before, result


def booked(ledger: LedgerBook, *facts: Transaction, terms: AccountTerms = TERMS) -> Booking:
    """Book facts one after the other; the last booking."""
    for made in facts:
        before, result = booking_of(ledger, made, terms)
        ledger.commit(terms.loan_id, before, result)
    return result


def whole(ledger: LedgerBook) -> Verified:
    """The proof of everything stored."""
    proof = VerifyLedger(ledger)()
    assert isinstance(proof, Verified), str(proof)
    return proof


def test_a_new_loan_has_terms_and_fresh_books(ledger: LedgerBook) -> None:
    ledger.open(TERMS)
    assert ledger.terms(ONE) == TERMS
    assert ledger.books(ONE) == LoanBooks()
    assert ledger.head(ONE) == GENESIS
    assert list(ledger.journals(ONE)) == []
    assert list(ledger.transactions(ONE)) == []
    assert ledger.transaction(ONE, "x") is None


def test_an_unknown_loan_is_a_fault(ledger: LedgerBook) -> None:
    for read in (ledger.terms, ledger.books, ledger.head):
        with pytest.raises(Permanent):
            read("loan_unknown")


def test_a_loan_is_opened_once(ledger: LedgerBook) -> None:
    ledger.open(TERMS)
    booked(ledger, lent())
    with pytest.raises(StaleVersion):
        ledger.open(replace(TERMS, tolerance_minor=7))
    assert ledger.terms(ONE) == TERMS
    assert ledger.head(ONE).seq == 1


def test_loans_are_listed_in_the_order_of_their_ids(ledger: LedgerBook) -> None:
    names = [f"loan_{number:03d}" for number in range(130)]
    for name in reversed(names):
        ledger.open(replace(TERMS, loan_id=name))
    booked(ledger, lent(), terms=replace(TERMS, loan_id="loan_007"))
    assert list(ledger.loan_ids()) == names
    assert list(ledger.loan_ids("loan_100")) == names[101:]
    assert list(ledger.loan_ids(names[-1])) == []
    heads = dict(ledger.heads())
    assert list(heads) == names
    assert heads["loan_007"] == ledger.head("loan_007")
    assert {head for name, head in heads.items() if name != "loan_007"} == {GENESIS}


def test_everything_booked_is_read_back(ledger: LedgerBook) -> None:
    ledger.open(TERMS)
    facts = [
        lent(),
        charged("01-20", 9, Component.PENALTY),
        paid("02-01", 140),
        paid("02-20", 1_000, transaction_id="银行/42#x"),
    ]
    kept = [booked(ledger, made) for made in facts]
    assert ledger.books(ONE) == kept[-1].after
    assert list(ledger.transactions(ONE)) == facts
    entries = [entry for one in kept for entry in one.entries]
    assert list(ledger.journals(ONE)) == entries
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert ledger.transaction(ONE, "银行/42#x") == facts[-1]
    assert whole(ledger).entries == len(entries)


def test_what_is_stored_is_the_replay_of_its_facts(ledger: LedgerBook) -> None:
    ledger.open(SIMPLE)
    bounced = paid("02-03", 12_310)
    booked(
        ledger,
        lent(amount_minor=36_500),
        bounced,
        paid("03-05", 12_190),
        returned("03-09", bounced),
        paid("01-15", 500),
        charged("03-12", 40, Component.FEE),
        terms=SIMPLE,
    )
    account, _ = fold(SIMPLE, ledger.transactions(ONE))
    assert ledger.books(ONE).account == account
    reversals = [entry for entry in ledger.journals(ONE) if entry.reverses is not None]
    assert reversals, "backdated facts take entries back"
    assert whole(ledger).transactions == 6


def test_a_booking_on_stale_books_is_refused_whole(ledger: LedgerBook) -> None:
    ledger.open(TERMS)
    booked(ledger, lent())
    before, late = booking_of(ledger, paid("02-10", 50))
    booked(ledger, paid("02-01", 131))
    stood = list(ledger.journals(ONE))
    with pytest.raises(StaleVersion):
        ledger.commit(ONE, before, late)
    assert list(ledger.journals(ONE)) == stood
    assert ledger.transaction(ONE, "payment-02-10-50") is None
    booked(ledger, paid("02-10", 50))
    assert whole(ledger).transactions == 3


def test_the_same_booking_is_committed_once(ledger: LedgerBook) -> None:
    ledger.open(TERMS)
    booked(ledger, lent())
    before, booking = booking_of(ledger, paid("02-01", 131))
    ledger.commit(ONE, before, booking)
    for _ in range(2):
        with pytest.raises(StaleVersion):
            ledger.commit(ONE, before, booking)
    assert whole(ledger).transactions == 2


@pytest.mark.parametrize("amount_minor", [131, 132])
def test_an_id_is_taken_for_ever(ledger: LedgerBook, amount_minor: int) -> None:
    """Also by another fact, on books that are current, after much else was booked."""
    ledger.open(TERMS)
    first = paid("02-01", 131, transaction_id="bank-1")
    booked(ledger, lent(), first, paid("03-01", 128))
    again = paid("03-02", amount_minor, transaction_id="bank-1")
    before, booking = booking_of(ledger, again)
    with pytest.raises(StaleVersion):
        ledger.commit(ONE, before, booking)
    known = ledger.transaction(ONE, "bank-1")
    assert known == first
    assert not is_same_fact(first, again)
    assert whole(ledger).transactions == 3


def test_books_that_only_accrued_are_other_books(ledger: LedgerBook) -> None:
    ledger.open(TERMS)
    booked(ledger, lent())
    before, booking = booking_of(ledger, paid("02-01", 131))
    accrual = accrue(TERMS, ledger.books(ONE), date(2026, 1, 20), AT)
    assert accrual is not None
    ledger.commit(ONE, before, accrual)
    with pytest.raises(StaleVersion):
        ledger.commit(ONE, before, booking)
    assert list(ledger.transactions(ONE)) == [lent()]
    booked(ledger, paid("02-01", 131))
    assert whole(ledger).entries == 4  # payout, accrual, accrual, payment


def test_the_whole_books_are_compared_not_their_head_alone(ledger: LedgerBook) -> None:
    """A fact that moved nothing changes the account and adds no entry."""
    ledger.open(TERMS)
    early = paid("01-01", 5)
    booked(ledger, lent(), early)
    before, booking = booking_of(ledger, paid("01-02", 7))
    late = replace(before, account=replace(before.account, last=None))
    with pytest.raises(StaleVersion):
        ledger.commit(ONE, late, booking)
    ledger.commit(ONE, before, booking)
    whole(ledger)


def test_loans_do_not_share_ids_nor_heads(ledger: LedgerBook) -> None:
    other = replace(TERMS, loan_id="loan_2")
    for terms in (TERMS, other):
        ledger.open(terms)
        booked(ledger, lent(), paid("02-01", 131, transaction_id="bank-1"), terms=terms)
    assert ledger.head(ONE) != ledger.head("loan_2")
    assert whole(ledger).loans == 2


@OF_THE_PLATFORM
@pytest.mark.parametrize("wrong", ["loan", "number", "previous", "head"])
def test_a_booking_that_does_not_follow_is_never_written(ledger: LedgerBook, wrong: str) -> None:
    ledger.open(TERMS)
    before, booking = booking_of(ledger, lent())
    (entry,) = booking.entries
    match wrong:
        case "loan":
            booking = replace(booking, entries=(replace(entry, loan_id="loan_2"),))
        case "number":
            booking = replace(booking, entries=(replace(entry, seq=2),))
        case "previous":
            booking = replace(booking, entries=(replace(entry, previous_sha256="f" * 64),))
        case _:
            after = replace(booking.after, head=Head(1, "f" * 64))
            booking = replace(booking, after=after)
    with pytest.raises(Permanent):
        ledger.commit(ONE, before, booking)
    assert list(ledger.journals(ONE)) == []
    assert ledger.books(ONE) == LoanBooks()


def test_a_day_is_anchored_once_with_its_heads(ledger: LedgerBook) -> None:
    for number in range(5):
        terms = replace(TERMS, loan_id=f"loan_{number}")
        ledger.open(terms)
        booked(ledger, lent(), terms=terms)
    first, second = date(2026, 12, 30), date(2026, 12, 31)
    at = datetime(2026, 12, 31, 1, tzinfo=UTC)
    early = list(ledger.heads())
    ledger.keep_anchor(anchor(first, at, early), early)
    booked(ledger, paid("02-01", 131), terms=replace(TERMS, loan_id="loan_3"))
    late = list(ledger.heads())
    ledger.keep_anchor(anchor(second, at + timedelta(days=1), late), iter(late))
    with pytest.raises(StaleVersion):
        ledger.keep_anchor(anchor(first, at, late), late)
    assert [one.on for one in ledger.anchors()] == [first, second]
    assert next(iter(ledger.anchors())) == anchor(first, at, early)
    assert list(ledger.anchored(first)) == early
    assert list(ledger.anchored(second)) == late
    assert early != late
    assert list(ledger.anchored(date(2026, 1, 1))) == []
    assert whole(ledger).anchors == 2


@OF_THE_PLATFORM
def test_events_and_reply_come_with_the_booking_or_not_at_all(ledger: LedgerBook) -> None:
    ledger.open(TERMS)
    event, reply = samples.event(entity_id=ONE), samples.reply()
    before, booking = booking_of(ledger, lent())
    ledger.commit(ONE, before, booking, (event,), reply)
    before, booking = booking_of(ledger, settled("02-01", 331))
    for told in (((event,), None), ((), reply)):
        with pytest.raises(StaleVersion):
            ledger.commit(ONE, before, booking, *told)
    assert ledger.books(ONE) == before
    ledger.commit(ONE, before, booking, (samples.event(2, entity_id=ONE),), samples.reply("k-2"))
    assert whole(ledger).transactions == 2
