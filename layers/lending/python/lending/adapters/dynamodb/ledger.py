"""The LedgerBook port on the lending table: what is booked is written once and stays."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import batched
from typing import Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from lending.adapters.consistency import check_booking
from lending.adapters.dynamodb import keys, ledger_mappers, mappers
from lending.adapters.dynamodb.rows import (
    AnchoredRow,
    AnchorRow,
    BooksRow,
    JournalRow,
    LedgerTermsRow,
    Row,
    TransactionRow,
)
from lending.adapters.dynamodb.table import RowCorrupt, Table, Work, new_row, read
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.journal import Head, JournalEntry
from lending.domain.ledger.merkle import Anchor
from lending.domain.records import DomainEvent, StoredReply
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction
from lending.ports.ledger import LedgerOpening

_HEADS_CHUNK: Final = 2_000  # about 250 KB an item
_BOOKS_PAGE: Final = 100  # keys of one BatchGetItem

type Write = tuple[Row, Condition]


class DynamoLedger:
    """See `lending.ports.ledger.LedgerBook`. Rows are laid out in `keys` and `rows`.

    A loan lies in two partitions: its books, which each booking replaces, beside the loan; terms,
    transactions and journal, which nothing may change, under a key that policies can name.
    """

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def loan_ids(self, after: str = "") -> Iterator[str]:
        """Every loan that has terms, ascending, behind `after` (eventually consistent)."""
        behind = Path("timer_at") > after if after else None
        for item in self._listed(keys.ledger_timer_shards(), behind):
            yield str(item["timer_at"]["S"])

    def terms(self, loan_id: str) -> AccountTerms:
        """The terms of a loan with its later plans.

        Raises:
            Permanent: there is no such loan, or a row is damaged.
        """
        prefix = Path("sk").startswith(keys.TERMS_PREFIX)
        items = self._table.query(keys.ledger_partition(loan_id), prefix)
        rows = [read(LedgerTermsRow, item) for item in items]
        if not rows:
            raise Permanent(f"no ledger of loan {loan_id}")
        return ledger_mappers.family(rows)

    def books(self, loan_id: str) -> LoanBooks:
        """A loan's books. Raises Permanent: there is no such loan, or its row is damaged."""
        return ledger_mappers.books(self._books(loan_id))

    def head(self, loan_id: str) -> Head:
        """The head in the loan's row. Raises Permanent as `books`."""
        return self.books(loan_id).head

    def heads(self) -> Iterator[tuple[str, Head]]:
        """Loan and head of every loan, ascending. Raises Permanent, Retryable."""
        for loan_ids in batched(self.loan_ids(), _BOOKS_PAGE, strict=False):
            found = self._table.get_many([keys.books(loan_id) for loan_id in loan_ids])
            for loan_id in loan_ids:
                item = found.get(keys.books(loan_id))
                if item is None:
                    raise RowCorrupt(f"{keys.books(loan_id).pk}: no books")
                yield loan_id, ledger_mappers.books(read(BooksRow, item)).head

    def journals(self, loan_id: str) -> Iterator[JournalEntry]:
        """Entries in the order of their numbers. Raises RowCorrupt."""
        partition = keys.ledger_partition(loan_id)
        items = self._table.query(partition, Path("sk").startswith(keys.JOURNAL_PREFIX))
        for item in items:
            yield from ledger_mappers.journal(loan_id, read(JournalRow, item))

    def transactions(self, loan_id: str) -> Iterator[Transaction]:
        """Facts in the order of booking. Raises RowCorrupt."""
        partition = keys.ledger_partition(loan_id)
        items = self._table.query(partition, Path("sk").startswith(keys.TRANSACTION_PREFIX))
        yield from ledger_mappers.in_order(read(TransactionRow, item) for item in items)

    def transaction(self, loan_id: str, transaction_id: str) -> Transaction | None:
        """The fact that was booked under this id, whenever that was."""
        row = self._table.get(TransactionRow, keys.ledger_transaction(loan_id, transaction_id))
        return None if row is None else ledger_mappers.transaction(row)

    def open(self, terms: AccountTerms) -> None:
        """Keep the terms of a new loan, with fresh books. Raises StaleVersion: it is there."""
        work = Work()
        for row in ledger_mappers.opening_rows(LedgerOpening(terms, ())):
            work.puts.append(self._table.put(row, new_row()))
        self._table.commit(work)

    def commit(
        self,
        loan_id: str,
        before: LoanBooks,
        booking: Booking,
        events: tuple[DomainEvent, ...] = (),
        reply: StoredReply | None = None,
    ) -> None:
        """Write a booking with its events and reply in one transaction.

        Raises:
            StaleVersion: the books are not `before` any more, or an id was used.
            Permanent: the booking does not follow `before`, or is too large.  Retryable.
        """
        rows: list[Row] = [mappers.outbox_row(event) for event in events]
        if reply is not None:
            rows.append(mappers.reply_row(reply))
        self.commit_beside(loan_id, before, booking, [(row, new_row()) for row in rows])

    def commit_beside(
        self, loan_id: str, before: LoanBooks, booking: Booking, beside: Sequence[Write]
    ) -> None:
        """Write a booking with other rows, each on its condition. Raises as `commit`."""
        check_booking(loan_id, before, booking)
        was = ledger_mappers.books_text(before)
        try:
            self._table.commit(self._work(loan_id, was, booking, beside))
        except StaleVersion:
            # The same books may have been written in other words, by another release.
            stored = self._books(loan_id)
            if stored.books == was or ledger_mappers.books(stored) != before:
                raise
            self._table.commit(self._work(loan_id, stored.books, booking, beside))

    def anchors(self) -> Iterator[Anchor]:
        """Anchors by date (eventually consistent)."""
        for item in self._listed((keys.ANCHOR_TIMER_SHARD,)):
            yield ledger_mappers.anchor(read(AnchorRow, item))

    def anchored(self, on: date) -> Iterator[tuple[str, Head]]:
        """The heads under the anchor of a date, ascending by loan; none without an anchor."""
        row = self._table.get(AnchorRow, keys.anchor(on))
        if row is None:
            return
        prefix = Path("sk").startswith(keys.anchored_prefix(row.root_sha256))
        for item in self._table.query(keys.anchor_partition(on), prefix):
            yield from ledger_mappers.anchored(read(AnchoredRow, item))

    def keep_anchor(self, anchor: Anchor, heads: Iterable[tuple[str, Head]]) -> None:
        """Keep heads, then the anchor over them: without the anchor's row they do not count.

        Raises:
            StaleVersion: the date has an anchor already.  Retryable.
        """
        for chunk, some in enumerate(batched(heads, _HEADS_CHUNK, strict=False)):
            try:
                self._table.write(ledger_mappers.anchored_row(anchor, chunk, some), new_row())
            except StaleVersion:
                continue  # an attempt before this one wrote the same: its key holds the root
        self._table.write(ledger_mappers.anchor_row(anchor), new_row())

    def _books(self, loan_id: str) -> BooksRow:
        row = self._table.get(BooksRow, keys.books(loan_id))
        if row is None:
            raise Permanent(f"no ledger of loan {loan_id}")
        return row

    def _listed(
        self, shards: Iterable[str], at: Condition | None = None
    ) -> Iterator[dict[str, dict[str, str]]]:
        rows = (self._table.timers(shard, at, None) for shard in shards)
        return heapq.merge(*rows, key=lambda item: str(item["timer_at"]["S"]))

    def _work(self, loan_id: str, was: str, booking: Booking, beside: Sequence[Write]) -> Work:
        table, work = self._table, Work()
        books = ledger_mappers.books_row(loan_id, booking.after)
        work.puts.append(table.put(books, Path("books") == was))
        for row in ledger_mappers.booking_rows(loan_id, booking):
            work.puts.append(table.put(row, new_row()))
        work.puts.extend(table.put(row, condition) for row, condition in beside)
        return work
