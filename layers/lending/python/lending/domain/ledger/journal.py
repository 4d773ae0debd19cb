"""Journal entries of a loan: balanced, numbered without gaps, chained by hash, never changed.

The hash of an entry covers its canonical JSON (sorted keys, no spaces, UTF-8), which holds the
hash of the entry before it; so whoever knows the newest hash (the head) can tell that no entry
was changed, removed or slipped in.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import Account


class EntryKind(StrEnum):
    """What an entry states; a reversal takes back one earlier entry, number `reverses`."""

    ACCRUAL = "accrual"
    DISBURSEMENT = "disbursement"
    PAYMENT = "payment"
    REVERSAL = "reversal"
    CHARGE = "charge"
    WAIVER = "waiver"
    SETTLEMENT = "settlement"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    TRANSFER = "transfer"
    REPLAN = "replan"


class Posting(NamedTuple):
    """Minor units on one account: debit > 0, credit < 0."""

    account: Account
    amount_minor: int


type Postings = tuple[Posting, ...]


class Head(NamedTuple):
    """The newest entry of a loan: its number and hash."""

    seq: int
    sha256: str


GENESIS: Final = Head(0, "0" * 64)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it is numbered and sealed."""

    kind: EntryKind
    value_on: date
    transaction_id: str
    postings: Postings
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One sealed entry. `transaction_id` is the transaction that it states the effect of.

    A reversal's is the transaction that made it necessary. `value_on` is the day that counts
    for interest, `booked_at` when it was written.
    """

    loan_id: str
    seq: int
    kind: EntryKind
    value_on: date
    booked_at: datetime
    currency: str
    postings: Postings
    transaction_id: str
    reverses: int | None
    previous_sha256: str
    sha256: str = ""

    @property
    def head(self) -> Head:
        """What the loan's head is once this is its newest entry."""
        return Head(self.seq, self.sha256)


def postings_of(amounts: Mapping[Account, int]) -> Postings:
    """Postings in the order of the accounts, without zeros."""
    return tuple(Posting(one, amounts[one]) for one in Account if amounts.get(one))


def negated(postings: Postings) -> Postings:
    """What takes the postings back."""
    return tuple(Posting(account, -amount) for account, amount in postings)


def instant_text(at: datetime) -> str:
    """UTC with six decimals: the one text of an instant."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def canonical_json(value: object) -> bytes:
    """The one text of a value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def content(entry: JournalEntry) -> dict[str, Any]:
    """What the hash covers, JSON-ready."""
    return {
        "loan_id": entry.loan_id,
        "seq": entry.seq,
        "kind": entry.kind.value,
        "value_on": entry.value_on.isoformat(),
        "booked_at": instant_text(entry.booked_at),
        "currency": entry.currency,
        "postings": [[account.value, amount] for account, amount in entry.postings],
        "transaction_id": entry.transaction_id,
        "reverses": entry.reverses,
        "previous_sha256": entry.previous_sha256,
    }


def sha256_of(entry: JournalEntry) -> str:
    """The hash that a genuine entry bears."""
    return hashlib.sha256(canonical_json(content(entry))).hexdigest()


def entry_to_wire(entry: JournalEntry) -> dict[str, Any]:
    """Everything of an entry, JSON-ready."""
    return {**content(entry), "sha256": entry.sha256}


def entry_from_wire(wire: Mapping[str, Any]) -> JournalEntry:
    """The entry that was written.

    Raises:
        Permanent: it cannot be read; a stored entry was damaged.
    """
    try:
        return JournalEntry(
            loan_id=wire["loan_id"],
            seq=wire["seq"],
            kind=EntryKind(wire["kind"]),
            value_on=date.fromisoformat(wire["value_on"]),
            booked_at=datetime.fromisoformat(wire["booked_at"]),
            currency=wire["currency"],
            postings=tuple(Posting(Account(name), amount) for name, amount in wire["postings"]),
            transaction_id=wire["transaction_id"],
            reverses=wire["reverses"],
            previous_sha256=wire["previous_sha256"],
            sha256=wire["sha256"],
        )
    except (KeyError, TypeError, ValueError) as cause:
        raise Permanent(f"a journal entry cannot be read: {cause!r}") from cause


def seal(
    loan_id: str, currency: str, head: Head, drafts: Iterable[Draft], booked_at: datetime
) -> tuple[JournalEntry, ...]:
    """The drafts as entries that follow `head`.

    Raises:
        Permanent: a draft does not balance, or posts nothing (our mistake, never booked).
    """
    sealed = []
    for draft in drafts:
        if not draft.postings or sum(amount for _, amount in draft.postings) != 0:
            raise Permanent(f"{loan_id}: {draft.kind} {draft.transaction_id} does not balance")
        entry = JournalEntry(
            loan_id=loan_id,
            seq=head.seq + 1,
            kind=draft.kind,
            value_on=draft.value_on,
            booked_at=booked_at,
            currency=currency,
            postings=draft.postings,
            transaction_id=draft.transaction_id,
            reverses=draft.reverses,
            previous_sha256=head.sha256,
        )
        entry = replace(entry, sha256=sha256_of(entry))
        sealed.append(entry)
        head = entry.head
    return tuple(sealed)
