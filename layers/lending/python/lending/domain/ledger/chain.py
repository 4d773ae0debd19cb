"""Whether a loan's journal is the one that was written: the first link that is not, by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lending.domain.ledger.journal import (
    GENESIS,
    EntryKind,
    Head,
    JournalEntry,
    Postings,
    negated,
    sha256_of,
)


class Flaw(StrEnum):
    """What can be wrong with a ledger."""

    UNREADABLE = "unreadable"
    ANOTHER_LOAN = "another_loan"
    ANOTHER_CURRENCY = "another_currency"
    GAP = "gap"
    PREVIOUS_HASH = "previous_hash"
    HASH = "hash"
    UNBALANCED = "unbalanced"
    REVERSAL = "reversal"
    HEAD = "head"
    TRANSACTION = "transaction"
    EFFECT = "effect"
    ACCRUAL = "accrual"
    STATE = "state"
    BALANCE = "balance"
    TRIAL_BALANCE = "trial_balance"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing wrong with a loan's ledger; `seq` 0 = no single entry is at fault."""

    loan_id: str
    seq: int
    flaw: Flaw
    detail: str

    def __str__(self) -> str:
        where = f"{self.loan_id} entry {self.seq}" if self.seq else self.loan_id
        return f"{where}: {self.flaw}: {self.detail}"


def first_broken_link(
    loan_id: str, currency: str, entries: Iterable[JournalEntry], head: Head
) -> Broken | None:
    """The first entry (in order of `seq`) that breaks the chain, or the head that does not fit."""
    newest = GENESIS
    standing: dict[int, Postings] = {}
    for entry in entries:
        flaw = _flaw(entry, loan_id, currency, newest) or _reversal_flaw(entry, standing)
        if flaw is not None:
            return Broken(loan_id, entry.seq, *flaw)
        if entry.reverses is not None:
            del standing[entry.reverses]
        elif entry.kind is not EntryKind.ACCRUAL:
            standing[entry.seq] = entry.postings
        newest = entry.head
    if newest != head:
        detail = f"the loan's head is entry {head.seq} {head.sha256[:12]}, "
        detail += f"the journal ends with {newest.seq} {newest.sha256[:12]}"
        return Broken(loan_id, newest.seq, Flaw.HEAD, detail)
    return None


def _flaw(
    entry: JournalEntry, loan_id: str, currency: str, newest: Head
) -> tuple[Flaw, str] | None:
    if entry.loan_id != loan_id:
        return Flaw.ANOTHER_LOAN, f"it belongs to {entry.loan_id}"
    if entry.seq != newest.seq + 1:
        return Flaw.GAP, f"{newest.seq + 1} is expected here"
    if entry.previous_sha256 != newest.sha256:
        return Flaw.PREVIOUS_HASH, f"entry {newest.seq} has another hash"
    if entry.sha256 != sha256_of(entry):
        return Flaw.HASH, "its content is not what was sealed"
    if entry.currency != currency:
        return Flaw.ANOTHER_CURRENCY, f"{entry.currency} in a loan of {currency}"
    if not entry.postings or sum(amount for _, amount in entry.postings) != 0:
        return Flaw.UNBALANCED, "its postings do not sum to zero"
    return None


def _reversal_flaw(entry: JournalEntry, standing: dict[int, Postings]) -> tuple[Flaw, str] | None:
    if (entry.kind is EntryKind.REVERSAL) != (entry.reverses is not None):
        return Flaw.REVERSAL, "a reversal names the entry it takes back, and nothing else does"
    if entry.reverses is None:
        return None
    taken_back = standing.get(entry.reverses)
    if taken_back is None:
        return Flaw.REVERSAL, f"entry {entry.reverses} does not stand"
    if entry.postings != negated(taken_back):
        return Flaw.REVERSAL, f"it does not take back exactly entry {entry.reverses}"
    return None
