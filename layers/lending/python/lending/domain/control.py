"""The bank's balance against the ledger's, and how long money waits for somebody to decide.

What the bank says and what the books say may differ by three things only, each of which is
listed: what is booked and not on a statement yet, what is on a statement and is a case, and
what persons explained outside the loan ledger. The first statement of a currency sets what the
account held besides (own funds); from then on every other difference is a case that says by
how much.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import JournalEntry
from lending.domain.reconciliation import Tally


@dataclass(frozen=True, slots=True)
class ControlRules:
    """Days: until a movement of ours must be on a statement, the upper bounds of the ageing's
    buckets (ascending), until money in suspense is a case.
    """

    missing_after_days: int
    suspense_buckets_days: tuple[int, ...]
    suspense_case_after_days: int


def control_rules(raw: Mapping[str, Any]) -> ControlRules:
    """The rules in a profile's value.

    Raises:
        KeyError, TypeError, ValueError: a rule is missing, unknown or malformed.
    """
    rules = ControlRules(**{**raw, "suspense_buckets_days": tuple(raw["suspense_buckets_days"])})
    bounds = rules.suspense_buckets_days
    numbers = (rules.missing_after_days, rules.suspense_case_after_days, *bounds)
    if not bounds or any(type(one) is not int or one < 1 for one in numbers):
        raise ValueError("reconciliation: days are integers of at least 1")
    if list(bounds) != sorted(set(bounds)):
        raise ValueError("reconciliation: suspense_buckets_days ascend")
    return rules


@dataclass(frozen=True, slots=True)
class Holding:
    """What one loan's books hold on accounts that are not the borrower's debt, minor units."""

    loan_id: str
    currency: str
    clearing_minor: int
    suspense_minor: int
    deposit_minor: int = 0


@dataclass(frozen=True, slots=True)
class Unstated:
    """A movement of ours that no statement has shown; `moved_minor` > 0 came in."""

    movement_id: str
    loan_id: str
    moved_minor: int
    currency: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ClearingProof:
    """The bank's closing balance of a day against the ledger's clearing account, minor units.

    `difference_minor` = bank - (base + ledger - unstated + held + outside): 0 when every cent is
    explained. `base_minor` is what the account held besides our movements. `is_settled` False:
    money moved while it was counted, so the difference says nothing.
    """

    on: date
    currency: str
    bank_minor: int
    ledger_minor: int
    base_minor: int
    unstated: Tally
    held: Tally
    outside: Tally
    is_settled: bool
    proved_at: datetime
    version: int = 1

    @property
    def difference_minor(self) -> int:
        """What nobody can explain."""
        explained = self.ledger_minor - self.unstated.amount_minor
        explained += self.held.amount_minor + self.outside.amount_minor
        return self.bank_minor - self.base_minor - explained


@dataclass(frozen=True, slots=True)
class Bucket:
    """Money that waits for at most `days` (None = longer than every bound), minor units."""

    days: int | None
    items: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """One sum that waits since a day: on a loan's suspense account, or parked as a case."""

    item_id: str
    loan_id: str
    since: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SuspenseAgeing:
    """All that waited on a day, by age."""

    on: date
    currency: str
    buckets: tuple[Bucket, ...]
    overdue: int
    made_at: datetime
    version: int = 1

    @property
    def total_minor(self) -> int:
        """All buckets."""
        return sum(bucket.amount_minor for bucket in self.buckets)


def buckets(waiting: Iterable[Waiting], on: date, bounds: Sequence[int]) -> tuple[Bucket, ...]:
    """Everything that waits, by age on a day; the last bucket has no bound."""
    found = {bound: Bucket(bound) for bound in (*bounds, None)}
    for one in waiting:
        age = (on - one.since).days
        bound = next((bound for bound in bounds if age <= bound), None)
        known = found[bound]
        found[bound] = Bucket(bound, known.items + 1, known.amount_minor + one.amount_minor)
    return tuple(found.values())


def suspense_layers(entries: Iterable[JournalEntry]) -> list[tuple[date, int]]:
    """What is left in a loan's suspense account, by the day it came; what came first goes first.

    An entry that was taken back, and its reversal, are as if they had never been.
    """
    entries = list(entries)
    gone = {entry.reverses for entry in entries if entry.reverses is not None}
    standing = [e for e in entries if e.reverses is None and e.seq not in gone]
    layers: list[tuple[date, int]] = []
    debt = 0  # more went than was there
    for entry in sorted(standing, key=lambda one: (one.value_on, one.seq)):
        change = -sum(minor for account, minor in entry.postings if account is Account.SUSPENSE)
        if change > 0:
            kept = max(0, change - debt)
            debt -= change - kept
            if kept:
                layers.append((entry.value_on, kept))
        elif change < 0:
            debt += _consume(layers, -change)
    return layers


def _consume(layers: list[tuple[date, int]], amount_minor: int) -> int:
    """Take from the oldest on; what could not be taken."""
    while amount_minor and layers:
        since, held = layers[0]
        taken = min(held, amount_minor)
        amount_minor -= taken
        if taken == held:
            del layers[0]
        else:
            layers[0] = (since, held - taken)
    return amount_minor
