"""What is read off journals: trial balance, statement, and CSV that no spreadsheet executes."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.profiles import ProfileStore
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.export import journal_csv, safe_cell, statement_csv
from lending.domain.ledger.journal import (
    GENESIS,
    Draft,
    EntryKind,
    JournalEntry,
    Posting,
    postings_of,
    seal,
)
from lending.domain.ledger.statement import statement
from lending.domain.ledger.trial_balance import TrialBalance

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CHART = ProfileStore(("us",)).get("us", date(2026, 11, 24)).chart


def draft(
    kind: EntryKind, day: int, transaction_id: str, reverses: int | None = None, **amounts: int
) -> Draft:
    postings = postings_of({Account(name): amount for name, amount in amounts.items()})
    return Draft(kind, date(2026, 11, day), transaction_id, postings, reverses)


# Lent 1000 on the 1st; 10 interest accrued and 60 paid on the 11th (10 interest, 50 principal);
# that payment returned on the 14th; 100 paid on the 12th but booked last.
DRAFTS = [
    draft(EntryKind.DISBURSEMENT, 1, "d", loan_principal=1000, cash_clearing=-1000),
    draft(EntryKind.ACCRUAL, 11, "p1", interest_receivable=10, interest_income=-10),
    draft(
        EntryKind.PAYMENT, 11, "p1", cash_clearing=60, loan_principal=-50, interest_receivable=-10
    ),
    draft(
        EntryKind.REVERSAL, 11, "r", 3, cash_clearing=-60, loan_principal=50, interest_receivable=10
    ),
    draft(
        EntryKind.PAYMENT,
        12,
        "p2",
        cash_clearing=100,
        loan_principal=-80,
        interest_receivable=-10,
        suspense=-10,
    ),
]
ENTRIES = seal("loan_1", "USD", GENESIS, DRAFTS, AT)


def test_the_trial_balance_shows_turnover_and_balances() -> None:
    trial = TrialBalance()
    for entry in ENTRIES:
        trial.add(entry)
    lines = {
        line.account: (line.debit_minor, line.credit_minor, line.balance_minor)
        for line in trial.lines()
    }
    assert lines == {
        Account.LOAN_PRINCIPAL: (1050, 130, 920),
        Account.INTEREST_RECEIVABLE: (20, 20, 0),
        Account.INTEREST_INCOME: (0, 10, -10),
        Account.CASH_CLEARING: (160, 1060, -900),
        Account.SUSPENSE: (0, 10, -10),
    }
    assert trial.out_of_balance() == {}
    assert trial.entries == len(ENTRIES)


def test_currencies_never_balance_each_other() -> None:
    trial = TrialBalance()
    trial.add_postings("CNY", [Posting(Account.CASH_CLEARING, 5)])
    trial.add_postings("USD", [Posting(Account.CASH_CLEARING, -5)])
    assert trial.out_of_balance() == {"CNY": 5, "USD": -5}


def test_a_statement_runs_by_value_date_and_keeps_what_was_taken_back() -> None:
    found = statement(ENTRIES)
    assert [(row.seq, row.owed_minor, row.suspense_minor) for row in found.rows] == [
        (1, 1000, 0),
        (2, 1010, 0),
        (3, 950, 0),
        (4, 1010, 0),
        (5, 920, 10),
    ]
    assert (found.rows[2].reversed_by, found.rows[3].reverses) == (4, 3)
    assert (found.rows[4].cash_minor, found.rows[4].principal_minor) == (100, -80)
    assert (found.closing_owed_minor, found.closing_suspense_minor) == (920, 10)


def test_a_customers_statement_leaves_out_what_never_held() -> None:
    found = statement(ENTRIES, standing_only=True)
    assert [row.seq for row in found.rows] == [1, 2, 5]
    assert found.closing_owed_minor == 920


def test_a_period_opens_with_what_stood_before_it() -> None:
    found = statement(ENTRIES, date(2026, 11, 12), date(2026, 11, 12))
    assert (found.opening_owed_minor, [row.seq for row in found.rows]) == (1010, [5])
    before = statement(ENTRIES, to_on=date(2026, 11, 10))
    assert (before.closing_owed_minor, len(before.rows)) == (1000, 1)
    after = statement(ENTRIES, date(2026, 11, 13))
    assert (after.opening_owed_minor, after.opening_suspense_minor, after.rows) == (920, 10, ())


@given(st.integers(1, 13), st.integers(1, 13))
def test_consecutive_periods_join(first: int, second: int) -> None:
    low, high = sorted((first, second))
    one = statement(ENTRIES, to_on=date(2026, 11, low))
    other = statement(ENTRIES, date(2026, 11, low + 1), date(2026, 11, high + 1))
    assert one.closing_owed_minor == other.opening_owed_minor
    assert one.rows + other.rows == statement(ENTRIES, to_on=date(2026, 11, high + 1)).rows


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_a_cell_that_begins_like_a_formula_is_text(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "pay_1", "1+1", "'=1", " =1", "张=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def hostile(transaction_id: str) -> tuple[JournalEntry, ...]:
    made = draft(EntryKind.PAYMENT, 1, transaction_id, cash_clearing=5, suspense=-5)
    return seal("loan_1", "USD", GENESIS, [made], AT)


@given(st.text(max_size=12))
def test_any_reference_comes_back_from_the_csv_as_text(transaction_id: str) -> None:
    lines = "".join(journal_csv(hostile(transaction_id), CHART))
    cell = next(csv.DictReader(_whole(lines)))["transaction_id"]
    assert cell in (transaction_id, f"'{transaction_id}")
    assert not cell.startswith(tuple("=+-@\t\r\n"))


def _whole(text: str) -> list[str]:
    """The lines as a file opened with newline="" gives them."""
    return list(io.StringIO(text, newline=""))


def test_every_posting_is_a_line_with_both_sides() -> None:
    rows = list(csv.DictReader(_whole("".join(journal_csv(ENTRIES, CHART)))))
    assert len(rows) == sum(len(entry.postings) for entry in ENTRIES)
    assert sum(int(row["debit_minor"]) - int(row["credit_minor"]) for row in rows) == 0
    first = rows[0]
    assert (first["account_code"], first["account"], first["debit_minor"]) == (
        CHART[Account.LOAN_PRINCIPAL].code,
        "loan_principal",
        "1000",
    )
    assert [row["reverses"] for row in rows if row["seq"] == "4"] == ["3", "3", "3"]


def test_a_statement_is_exported_row_by_row() -> None:
    rows = list(csv.DictReader(_whole("".join(statement_csv(statement(ENTRIES).rows)))))
    assert [row["owed_minor"] for row in rows] == ["1000", "1010", "950", "1010", "920"]
    assert rows[4]["reversed_by"] == ""
    assert rows[2]["principal_minor"] == "-50"
