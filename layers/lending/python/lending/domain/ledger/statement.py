"""A loan's statement: what every entry did to what is owed, with a running balance."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import EntryKind, JournalEntry

CASH = (Account.CASH_CLEARING, Account.FUNDING)


@dataclass(frozen=True, slots=True)
class StatementRow:
    """Changes in minor units: > 0 raises what the customer owes (or what we hold in suspense).

    `cash_minor` > 0 came in. `owed_minor`, `suspense_minor` and the held `deposit_minor` stand
    after this row.
    `reversed_by` names the entry that took this one back; it stays visible.
    """

    seq: int
    value_on: date
    kind: EntryKind
    transaction_id: str
    reverses: int | None
    reversed_by: int | None
    cash_minor: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    penalty_minor: int
    owed_minor: int
    suspense_minor: int
    deposit_minor: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """Rows of the value dates asked for, in order; the opening sums are before the first."""

    opening_owed_minor: int
    opening_suspense_minor: int
    rows: tuple[StatementRow, ...]
    closing_owed_minor: int
    closing_suspense_minor: int


def statement(
    entries: Iterable[JournalEntry],
    from_on: date = date.min,
    to_on: date = date.max,
    *,
    standing_only: bool = False,
) -> Statement:
    """The statement of a loan from all its entries, by value date, both dates included.

    `standing_only` leaves out entries that were taken back, together with their reversals.
    """
    entries = sorted(entries, key=lambda entry: (entry.value_on, entry.seq))
    reversed_by = {entry.reverses: entry.seq for entry in entries if entry.reverses is not None}
    owed = suspense = deposit = 0
    opening = (0, 0)
    rows = []
    for entry in entries:
        if entry.value_on > to_on:
            break
        moved = dict(entry.postings)
        row = _row(entry, moved, reversed_by.get(entry.seq), owed, suspense)
        deposit -= moved.get(Account.LEASE_DEPOSIT, 0)
        row = replace(row, deposit_minor=deposit)
        owed, suspense = row.owed_minor, row.suspense_minor
        if entry.value_on < from_on:
            opening = (owed, suspense)
        elif not (standing_only and (row.reverses or row.reversed_by)):
            rows.append(row)
    return Statement(*opening, tuple(rows), owed, suspense)


def _row(
    entry: JournalEntry,
    moved: dict[Account, int],
    reversed_by: int | None,
    owed_minor: int,
    suspense_minor: int,
) -> StatementRow:
    principal = moved.get(Account.LOAN_PRINCIPAL, 0)
    interest = moved.get(Account.INTEREST_RECEIVABLE, 0)
    fee = moved.get(Account.FEE_RECEIVABLE, 0)
    penalty = moved.get(Account.PENALTY_RECEIVABLE, 0)
    return StatementRow(
        seq=entry.seq,
        value_on=entry.value_on,
        kind=entry.kind,
        transaction_id=entry.transaction_id,
        reverses=entry.reverses,
        reversed_by=reversed_by,
        cash_minor=sum(moved.get(account, 0) for account in CASH),
        principal_minor=principal,
        interest_minor=interest,
        fee_minor=fee,
        penalty_minor=penalty,
        owed_minor=owed_minor + principal + interest + fee + penalty,
        suspense_minor=suspense_minor - moved.get(Account.SUSPENSE, 0),
    )
