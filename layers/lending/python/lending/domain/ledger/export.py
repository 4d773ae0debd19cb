"""Ledger rows as CSV that a spreadsheet shows and never executes."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from lending.domain.ledger.accounts import ChartOfAccounts
from lending.domain.ledger.journal import JournalEntry, instant_text
from lending.domain.ledger.statement import StatementRow

# OWASP, "CSV injection": a cell that begins so may be read as a formula; some locales take the
# full-width forms too.
FORMULA_STARTS: Final = tuple("=+-@\t\r\n＝＋－＠")

JOURNAL_COLUMNS: Final = (
    "loan_id", "seq", "kind", "value_on", "booked_at", "currency", "account_code", "account",
    "account_name", "debit_minor", "credit_minor", "transaction_id", "reverses", "sha256",
)  # fmt: skip
STATEMENT_COLUMNS: Final = (
    "seq", "value_on", "kind", "transaction_id", "reverses", "reversed_by", "cash_minor",
    "principal_minor", "interest_minor", "fee_minor", "penalty_minor", "owed_minor",
    "suspense_minor", "deposit_minor",
)  # fmt: skip


def safe_cell(text: str) -> str:
    """The text with an apostrophe before it when it could be read as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def journal_csv(entries: Iterable[JournalEntry], chart: ChartOfAccounts) -> Iterator[str]:
    """A header and one line for every posting, each with its line end; streamed."""
    yield _line(JOURNAL_COLUMNS)
    for entry in entries:
        for account, amount in entry.postings:
            line = chart[account]
            yield _line(
                (
                    safe_cell(entry.loan_id),
                    entry.seq,
                    entry.kind.value,
                    entry.value_on.isoformat(),
                    instant_text(entry.booked_at),
                    safe_cell(entry.currency),
                    safe_cell(line.code),
                    account.value,
                    safe_cell(line.name),
                    max(amount, 0),
                    max(-amount, 0),
                    safe_cell(entry.transaction_id),
                    "" if entry.reverses is None else entry.reverses,
                    entry.sha256,
                )
            )


def statement_csv(rows: Iterable[StatementRow]) -> Iterator[str]:
    """A header and one line for every row. Amounts are numbers: a minus sign there is no formula.

    A spreadsheet reads `-5` as the number it is; only text can carry a formula.
    """
    yield _line(STATEMENT_COLUMNS)
    for row in rows:
        cells = (getattr(row, name) for name in STATEMENT_COLUMNS)
        yield _line(safe_cell(cell) if isinstance(cell, str) else cell for cell in cells)


def _line(cells: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(list(cells))
    return buffer.getvalue()
