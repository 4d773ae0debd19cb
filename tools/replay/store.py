"""The ledger in one SQLite file, behind the same port as the book of the platform."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.journal import (
    GENESIS,
    Head,
    JournalEntry,
    entry_from_wire,
    entry_to_wire,
    instant_text,
)
from lending.domain.ledger.merkle import Anchor
from lending.domain.records import DomainEvent, StoredReply
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction
from lending.domain.servicing.wire import (
    books_from_wire,
    books_to_wire,
    terms_from_wire,
    terms_to_wire,
    transaction_from_wire,
    transaction_to_wire,
)

FILE = "ledger.sqlite"
# Entries, facts and anchors are written once: the file itself refuses to change them.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS loan (
    loan_id TEXT PRIMARY KEY, terms TEXT NOT NULL, books TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (
    loan_id TEXT NOT NULL, number INTEGER NOT NULL, transaction_id TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (loan_id, transaction_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    loan_id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (loan_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS anchor (
    taken_on TEXT PRIMARY KEY, taken_at TEXT NOT NULL, loans INTEGER NOT NULL,
    root_sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS anchored (
    taken_on TEXT NOT NULL, loan_id TEXT NOT NULL, seq INTEGER NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (taken_on, loan_id)
) WITHOUT ROWID;
"""
_WRITTEN_ONCE = ("fact", "journal", "anchor", "anchored")


class SqliteLedger:
    """A `LedgerBook` in a file; every commit is one transaction, kept through a kill.

    Several commits are one transaction inside `unit`. One process at a time writes.
    """

    def __init__(self, folder: Path | None) -> None:
        """Open or create the file in a folder; None = in memory."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if folder is None else str(folder / FILE)
        self.connection = sqlite3.connect(path, isolation_level=None)
        # A committed transaction survives the process; only power loss could take the newest.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.executescript(_SCHEMA)
        for table in _WRITTEN_ONCE:
            for action in ("UPDATE", "DELETE"):
                self.connection.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{action} BEFORE {action} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'written once'); END"
                )

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Everything inside is written, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def _own_unit(self) -> Iterator[None]:
        if self.connection.in_transaction:
            yield
        else:
            with self.unit():
                yield

    def loan_ids(self, after: str = "") -> Iterator[str]:
        for (loan_id,) in self._rows("SELECT loan_id FROM loan ORDER BY loan_id"):
            if loan_id > after:
                yield loan_id

    def terms(self, loan_id: str) -> AccountTerms:
        return terms_from_wire(_read(self._one("terms", loan_id)))

    def books(self, loan_id: str) -> LoanBooks:
        text = self._one("books", loan_id)
        return books_from_wire(_read(text)) if text else LoanBooks()

    def head(self, loan_id: str) -> Head:
        return self.books(loan_id).head

    def journals(self, loan_id: str) -> Iterator[JournalEntry]:
        sql = "SELECT body FROM journal WHERE loan_id = ? ORDER BY seq"
        for (body,) in self._rows(sql, loan_id):
            yield entry_from_wire(_read(body))

    def transactions(self, loan_id: str) -> Iterator[Transaction]:
        sql = "SELECT body FROM fact WHERE loan_id = ? ORDER BY number"
        for (body,) in self._rows(sql, loan_id):
            yield transaction_from_wire(_read(body))

    def anchors(self) -> Iterable[Anchor]:
        sql = "SELECT taken_on, taken_at, loans, root_sha256 FROM anchor ORDER BY taken_on"
        for on, at, loans, root in self._rows(sql):
            yield Anchor(date.fromisoformat(on), datetime.fromisoformat(at), loans, root)

    def anchored(self, on: date) -> Iterator[tuple[str, Head]]:
        sql = "SELECT loan_id, seq, sha256 FROM anchored WHERE taken_on = ? ORDER BY loan_id"
        for loan_id, seq, sha256 in self._rows(sql, on.isoformat()):
            yield loan_id, Head(seq, sha256)

    def open(self, terms: AccountTerms) -> None:
        body = _text(terms_to_wire(terms))
        self._insert("INSERT INTO loan (loan_id, terms) VALUES (?, ?)", terms.loan_id, body)

    def transaction(self, loan_id: str, transaction_id: str) -> Transaction | None:
        sql = "SELECT body FROM fact WHERE loan_id = ? AND transaction_id = ?"
        row = self.connection.execute(sql, (loan_id, transaction_id)).fetchone()
        return None if row is None else transaction_from_wire(_read(row[0]))

    def commit(
        self,
        loan_id: str,
        before: LoanBooks,
        booking: Booking,
        events: tuple[DomainEvent, ...] = (),
        reply: StoredReply | None = None,
    ) -> None:
        if events or reply is not None:
            raise Permanent("the file keeps no outbox and no replies")
        with self._own_unit():
            was = _text(books_to_wire(before)) if before != LoanBooks() else ""
            changed = self.connection.execute(
                "UPDATE loan SET books = ? WHERE loan_id = ? AND books = ?",
                (_text(books_to_wire(booking.after)), loan_id, was),
            )
            if changed.rowcount != 1:
                raise StaleVersion(f"{loan_id}: its books were changed meanwhile")
            if booking.transaction is not None:
                self._insert(
                    "INSERT INTO fact (loan_id, number, transaction_id, body) VALUES (?, "
                    "(SELECT count(*) FROM fact WHERE loan_id = ?), ?, ?)",
                    loan_id,
                    loan_id,
                    booking.transaction.transaction_id,
                    _text(transaction_to_wire(booking.transaction)),
                )
            self.connection.executemany(
                "INSERT INTO journal (loan_id, seq, body) VALUES (?, ?, ?)",
                [(loan_id, entry.seq, _text(entry_to_wire(entry))) for entry in booking.entries],
            )

    def keep_anchor(self, anchor: Anchor, heads: Iterable[tuple[str, Head]]) -> None:
        on = anchor.on.isoformat()
        with self._own_unit():
            self._insert(
                "INSERT INTO anchor VALUES (?, ?, ?, ?)",
                on,
                instant_text(anchor.taken_at),
                anchor.loans,
                anchor.root_sha256,
            )
            self.connection.executemany(
                "INSERT INTO anchored VALUES (?, ?, ?, ?)",
                ((on, loan_id, head.seq, head.sha256) for loan_id, head in heads),
            )

    def heads(self) -> Iterator[tuple[str, Head]]:
        """Loan and head of every loan, ascending."""
        for loan_id, books in self._rows("SELECT loan_id, books FROM loan ORDER BY loan_id"):
            yield loan_id, Head(*_read(books)["head"]) if books else GENESIS

    def _rows(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        yield from self.connection.execute(sql, values)

    def _one(self, column: str, loan_id: str) -> str:
        row = self.connection.execute(
            f"SELECT {column} FROM loan WHERE loan_id = ?", (loan_id,)
        ).fetchone()
        if row is None:
            raise Permanent(f"no loan {loan_id}")
        return str(row[0])

    def _insert(self, sql: str, *values: object) -> None:
        try:
            self.connection.execute(sql, values)
        except sqlite3.IntegrityError as cause:
            raise StaleVersion(f"{values[0]} is there already") from cause


def _text(wire: dict[str, Any]) -> str:
    return json.dumps(wire, separators=(",", ":"), ensure_ascii=False)


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as cause:
        raise Permanent("a row of the ledger is not JSON") from cause
    if not isinstance(found, dict):
        raise Permanent("a row of the ledger is not a JSON object")
    return found
