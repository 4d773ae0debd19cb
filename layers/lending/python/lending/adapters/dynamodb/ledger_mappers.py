"""Rows of the ledger to facts, entries and anchors, and back."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.rows import (
    AnchoredRow,
    AnchorRow,
    BooksRow,
    JournalRow,
    LedgerTermsRow,
    Row,
    TransactionRow,
)
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.computable import NotComputable
from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import EntryKind, Head, JournalEntry, Posting
from lending.domain.ledger.merkle import Anchor
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
from lending.ports.ledger import LedgerOpening

# An item holds 400 KB; this leaves room for its key. About 1,500 entries of one booking.
ENTRIES_BYTES_MAX: Final = 380_000


def _key(key: keys.Key) -> dict[str, Any]:
    return {"pk": key.pk, "sk": key.sk}


def _timer(timer: keys.Timer) -> dict[str, Any]:
    return {"timer_shard": timer.shard, "timer_at": timer.at}


def books_text(books: LoanBooks) -> str:
    """The one text of a loan's books: what a booking expects to find is compared with it."""
    return json.dumps(books_to_wire(books), sort_keys=True, separators=(",", ":"))


def books_row(loan_id: str, books: LoanBooks) -> BooksRow:
    """The LEDGER row of a loan."""
    return BooksRow(**_key(keys.books(loan_id)), books=books_text(books))


def books(row: BooksRow) -> LoanBooks:
    """The books of a LEDGER row. Raises RowCorrupt."""
    try:
        wire = json.loads(row.books, parse_float=_no_float)
    except ValueError as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: books") from error
    return _whole(row, lambda: books_from_wire(_mapping(row, wire)))


def terms_row(terms: AccountTerms) -> LedgerTermsRow:
    """The TERMS row of a loan, by which it is listed, or of a later plan, which is not."""
    timer = {} if terms.number else _timer(keys.ledger_timer(terms.loan_id))
    return LedgerTermsRow(
        **_key(keys.ledger_terms(terms.loan_id, terms.number)),
        **timer,
        terms=terms_to_wire(terms),
    )


def terms(row: LedgerTermsRow) -> AccountTerms:
    """The terms of a TERMS row. Raises RowCorrupt."""
    return _whole(row, lambda: terms_from_wire(_mapping(row, row.terms)))


def family(rows: Sequence[LedgerTermsRow]) -> AccountTerms:
    """The terms of a loan with its later plans, from their rows by number. Raises RowCorrupt."""
    first, *later = (terms(row) for row in rows)
    return _whole(rows[0], lambda: _with_later(first, tuple(later)))


def _with_later(first: AccountTerms, later: tuple[AccountTerms, ...]) -> AccountTerms:
    try:
        return replace(first, later=later)
    except NotComputable as error:
        raise Permanent(str(error)) from error


def booking_rows(loan_id: str, booking: Booking) -> Iterator[Row]:
    """What a booking adds: the transaction and its entries, where there are any."""
    if booking.transaction is not None:
        key = keys.ledger_transaction(loan_id, booking.transaction.transaction_id)
        yield TransactionRow(
            **_key(key),
            fact=transaction_to_wire(booking.transaction),
            head_seq=booking.after.head.seq,
            entries=len(booking.entries),
        )
    if booking.entries:
        yield _journal_row(loan_id, booking.entries)


def opening_rows(opening: LedgerOpening) -> Iterator[Row]:
    """Every row of a new loan's ledger."""
    loan_id = opening.terms.loan_id
    yield terms_row(opening.terms)
    after = opening.bookings[-1].after if opening.bookings else LoanBooks()
    yield books_row(loan_id, after)
    for booking in opening.bookings:
        yield from booking_rows(loan_id, booking)


def transaction(row: TransactionRow) -> Transaction:
    """The fact of a TXN row. Raises RowCorrupt."""
    return _whole(row, lambda: transaction_from_wire(_mapping(row, row.fact)))


def in_order(rows: Iterable[TransactionRow]) -> list[Transaction]:
    """Facts in the order of booking; those that moved nothing follow the entry they met."""
    found = [(row, transaction(row)) for row in rows]
    found.sort(key=lambda one: (one[0].head_seq, one[0].entries == 0, one[1].booked_at))
    return [made for _, made in found]


def _journal_row(loan_id: str, entries: tuple[JournalEntry, ...]) -> JournalRow:
    first = entries[0]
    stored = [
        [
            entry.kind.value,
            entry.value_on.isoformat(),
            entry.transaction_id,
            [[account.value, amount] for account, amount in entry.postings],
            entry.reverses,
            entry.sha256,
        ]
        for entry in entries
    ]
    if len(json.dumps(stored, ensure_ascii=False).encode()) > ENTRIES_BYTES_MAX:
        raise Permanent(
            f"{loan_id}: {len(entries)} entries are too large for one booking; "
            "nothing was booked, operations must book it in parts"
        )
    return JournalRow(
        **_key(keys.journal(loan_id, first.seq)),
        seq=first.seq,
        booked_at=first.booked_at,
        currency=first.currency,
        previous_sha256=first.previous_sha256,
        entries=stored,
    )


def journal(loan_id: str, row: JournalRow) -> Iterator[JournalEntry]:
    """The entries of a JOURNAL row; whether they are genuine, their hashes tell.

    Raises:
        RowCorrupt: the row cannot be read.
    """
    previous = row.previous_sha256
    if not isinstance(row.entries, list):
        raise RowCorrupt(f"{row.pk} {row.sk}: entries")
    for offset, stored in enumerate(row.entries):
        try:
            kind, value_on, transaction_id, postings, reverses, sha256 = stored
            entry = JournalEntry(
                loan_id=loan_id,
                seq=row.seq + offset,
                kind=EntryKind(kind),
                value_on=date.fromisoformat(value_on),
                booked_at=row.booked_at,
                currency=row.currency,
                postings=tuple(Posting(Account(name), amount) for name, amount in postings),
                transaction_id=transaction_id,
                reverses=reverses,
                previous_sha256=previous,
                sha256=sha256,
            )
        except (TypeError, ValueError) as error:
            raise RowCorrupt(f"{row.pk} {row.sk}: entry {offset}") from error
        previous = entry.sha256
        yield entry


def anchor_row(anchor: Anchor) -> AnchorRow:
    """The ROOT row of a day."""
    return AnchorRow(
        **_key(keys.anchor(anchor.on)),
        **_timer(keys.anchor_timer(anchor.on)),
        on=anchor.on,
        taken_at=anchor.taken_at,
        loans=anchor.loans,
        root_sha256=anchor.root_sha256,
    )


def anchor(row: AnchorRow) -> Anchor:
    """The anchor of a ROOT row."""
    return Anchor(row.on, row.taken_at, row.loans, row.root_sha256)


def anchored_row(anchor: Anchor, chunk: int, heads: Iterable[tuple[str, Head]]) -> AnchoredRow:
    """One HEADS row of a day."""
    return AnchoredRow(
        **_key(keys.anchored(anchor.on, anchor.root_sha256, chunk)),
        heads=[[loan_id, head.seq, head.sha256] for loan_id, head in heads],
    )


def anchored(row: AnchoredRow) -> Iterator[tuple[str, Head]]:
    """The heads of a HEADS row. Raises RowCorrupt."""
    try:
        for loan_id, seq, sha256 in row.heads:
            yield loan_id, Head(seq, sha256)
    except (TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: heads") from error


def _no_float(text: str) -> object:
    raise ValueError(f"stored books contain the float {text}")


def _mapping(row: Row, wire: Any) -> Mapping[str, Any]:
    if not isinstance(wire, dict):
        raise RowCorrupt(f"{row.pk} {row.sk}: not an object")
    return wire


def _whole[R](row: Row, read: Callable[[], R]) -> R:
    try:
        return read()
    except RowCorrupt:
        raise
    except Permanent as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: {error}") from error
