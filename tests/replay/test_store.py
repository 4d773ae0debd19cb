"""The ledger in a file: one transaction per booking, nothing written twice, nothing changed."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.journal import GENESIS
from lending.domain.ledger.merkle import anchor
from lending.domain.servicing.booking import Booking, LoanBooks, book
from lending.domain.servicing.transactions import Transaction

from tests.replay.conftest import OpenLedger
from tests.unit.domain.servicing.loans import TERMS, TODAY, lent, paid
from tools.replay.store import SqliteLedger

AT = datetime(2026, 11, 24, tzinfo=UTC)
ON = date(2026, 11, 24)
LOAN = TERMS.loan_id


@pytest.fixture
def ledger(tmp_path: Path, open_ledger: OpenLedger) -> SqliteLedger:
    found = open_ledger(tmp_path)
    found.open(TERMS)
    return found


def booked(before: LoanBooks, made: Transaction) -> Booking:
    result = book(TERMS, before, made, TODAY)
    assert isinstance(result, Booking)
    return result


def test_what_is_committed_is_read_back(ledger: SqliteLedger) -> None:
    assert ledger.books(LOAN) == LoanBooks()
    assert ledger.head(LOAN) == GENESIS
    first = booked(LoanBooks(), lent())
    ledger.commit(LOAN, LoanBooks(), first)
    second = booked(first.after, paid("02-01", 131))
    ledger.commit(LOAN, first.after, second)
    assert ledger.terms(LOAN) == TERMS
    assert ledger.books(LOAN) == second.after
    assert ledger.head(LOAN) == second.after.head
    assert list(ledger.journals(LOAN)) == [*first.entries, *second.entries]
    assert list(ledger.transactions(LOAN)) == [first.transaction, second.transaction]
    assert ledger.transaction(LOAN, "payment-02-01-131") == second.transaction
    assert ledger.transaction(LOAN, "payment-02-01-132") is None
    assert list(ledger.loan_ids()) == [LOAN]


def test_it_survives_being_opened_again(
    ledger: SqliteLedger, tmp_path: Path, open_ledger: OpenLedger
) -> None:
    ledger.commit(LOAN, LoanBooks(), booked(LoanBooks(), lent()))
    ledger.close()
    assert open_ledger(tmp_path).head(LOAN).seq == 1


def test_books_that_were_changed_meanwhile_are_stale(ledger: SqliteLedger) -> None:
    first = booked(LoanBooks(), lent())
    ledger.commit(LOAN, LoanBooks(), first)
    with pytest.raises(StaleVersion):
        ledger.commit(LOAN, LoanBooks(), booked(LoanBooks(), lent(transaction_id="other")))
    assert list(ledger.journals(LOAN)) == list(first.entries)


def test_an_id_is_booked_once_and_a_failed_commit_leaves_nothing(ledger: SqliteLedger) -> None:
    first = booked(LoanBooks(), lent())
    ledger.commit(LOAN, LoanBooks(), first)
    again = booked(first.after, paid("02-01", 5, transaction_id=lent().transaction_id))
    with pytest.raises(StaleVersion):
        ledger.commit(LOAN, first.after, again)
    assert ledger.books(LOAN) == first.after
    assert list(ledger.journals(LOAN)) == list(first.entries)


def test_a_unit_is_written_whole_or_not_at_all(ledger: SqliteLedger) -> None:
    first = booked(LoanBooks(), lent())

    def two_bookings() -> None:
        with ledger.unit():
            ledger.commit(LOAN, LoanBooks(), first)
            ledger.commit(LOAN, LoanBooks(), first)

    with pytest.raises(StaleVersion):
        two_bookings()
    assert ledger.books(LOAN) == LoanBooks()
    assert list(ledger.transactions(LOAN)) == []


def test_a_loan_is_opened_once(ledger: SqliteLedger) -> None:
    with pytest.raises(StaleVersion):
        ledger.open(TERMS)


@pytest.mark.parametrize("table", ["fact", "journal", "anchor", "anchored"])
@pytest.mark.parametrize("action", ["UPDATE {} SET rowid_ = 1", "DELETE FROM {}"])
def test_what_is_written_once_stays(ledger: SqliteLedger, table: str, action: str) -> None:
    ledger.commit(LOAN, LoanBooks(), booked(LoanBooks(), lent()))
    heads = list(ledger.heads())
    ledger.keep_anchor(anchor(ON, AT, heads), heads)
    column = ledger.connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()
    sql = action.format(table).replace("rowid_", column[0])
    with pytest.raises(sqlite3.IntegrityError, match="written once"):
        ledger.connection.execute(sql)


def test_an_anchor_is_kept_with_its_heads_once_a_day(ledger: SqliteLedger) -> None:
    ledger.commit(LOAN, LoanBooks(), booked(LoanBooks(), lent()))
    heads = list(ledger.heads())
    kept = anchor(ON, AT, heads)
    ledger.keep_anchor(kept, heads)
    assert list(ledger.anchors()) == [kept]
    assert list(ledger.anchored(ON)) == heads
    with pytest.raises(StaleVersion):
        ledger.keep_anchor(kept, heads)


def test_an_unknown_loan_is_a_fault(ledger: SqliteLedger) -> None:
    for read in (ledger.terms, ledger.books, ledger.head):
        with pytest.raises(Permanent, match="no loan"):
            read("loan_2")


@pytest.mark.parametrize("text", ["no json", "[]"])
def test_a_damaged_row_is_a_fault(ledger: SqliteLedger, text: str) -> None:
    ledger.connection.execute("UPDATE loan SET books = ?", (text,))
    with pytest.raises(Permanent):
        ledger.books(LOAN)
