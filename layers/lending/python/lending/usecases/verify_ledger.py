"""Prove a whole ledger, or name the first broken link. Reads only; one loan in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import groupby

from lending.domain.faults import Permanent
from lending.domain.ledger.chain import Broken, Flaw
from lending.domain.ledger.journal import Head, JournalEntry
from lending.domain.ledger.merkle import Anchor, Tree, leaf
from lending.domain.ledger.trial_balance import TrialBalance, TrialLine
from lending.domain.servicing.verification import LoanLedger, first_broken
from lending.ports.ledger import LedgerReader


@dataclass(frozen=True, slots=True)
class Verified:
    """A ledger in which everything fits. `root_sha256` is over all heads as they are now."""

    loans: int
    entries: int
    transactions: int
    anchors: int
    root_sha256: str
    trial_balance: tuple[TrialLine, ...]


class VerifyLedger:
    """Recomputes chains, balances, states and anchors from what is stored."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger

    def __call__(self, seen: Callable[[str], None] = lambda _: None) -> Verified | Broken:
        """The proof, or what is wrong first; `seen` is told each loan that is whole."""
        proof = _Proof(self._ledger)
        for loan_id in self._ledger.loan_ids():
            broken = proof.loan(loan_id)
            if broken is not None:
                return broken
            seen(loan_id)
        return proof.end()


class _Proof:
    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._trial = TrialBalance()
        self._now = Tree()
        self._anchors = {anchor.on: anchor for anchor in ledger.anchors()}
        self._trees = {on: Tree() for on in self._anchors}
        heads = merge(*(_of_date(ledger, on) for on in self._anchors))
        self._anchored = groupby(heads, key=lambda found: found[0])
        self._next = next(self._anchored, None)
        self._loans = self._transactions = 0

    def loan(self, loan_id: str) -> Broken | None:
        """Take in one more loan."""
        try:
            found = LoanLedger(
                self._ledger.terms(loan_id),
                self._ledger.books(loan_id),
                tuple(self._ledger.transactions(loan_id)),
                tuple(self._ledger.journals(loan_id)),
            )
        except Permanent as fault:
            return Broken(loan_id, 0, Flaw.UNREADABLE, str(fault))
        broken = first_broken(found) or self._anchors_of(loan_id, found.entries)
        if broken is not None:
            return broken
        head = self._ledger.head(loan_id)
        if head != found.books.head:
            return Broken(loan_id, head.seq, Flaw.HEAD, "the row was changed while it was read")
        self._now.add(leaf(loan_id, head))
        for entry in found.entries:
            self._trial.add(entry)
        self._loans += 1
        self._transactions += len(found.transactions)
        return None

    def _anchors_of(self, loan_id: str, entries: Sequence[JournalEntry]) -> Broken | None:
        """What was anchored of the loan must still be in its chain."""
        while self._next is not None and self._next[0] <= loan_id:
            anchored_id, heads = self._next
            for _, on, head in heads:
                is_there = head.seq == 0 or (
                    head.seq <= len(entries) and entries[head.seq - 1].head == head
                )
                if anchored_id != loan_id or not is_there:
                    detail = f"the head anchored on {on} is not in its journal"
                    return Broken(anchored_id, head.seq, Flaw.ANCHOR, detail)
                self._trees[on].add(leaf(loan_id, head))
            self._next = next(self._anchored, None)
        return None

    def end(self) -> Verified | Broken:
        """What all loans together come to."""
        if self._next is not None:
            return Broken(self._next[0], 0, Flaw.ANCHOR, "it was anchored and is gone")
        for currency, amount in self._trial.out_of_balance().items():
            return Broken("all loans", 0, Flaw.TRIAL_BALANCE, f"{currency} is out by {amount}")
        for on, tree in self._trees.items():
            if not _fits(self._anchors[on], tree):
                detail = f"its heads do not give the root of the anchor of {on}"
                return Broken("all loans", 0, Flaw.ANCHOR, detail)
        return Verified(
            loans=self._loans,
            entries=self._trial.entries,
            transactions=self._transactions,
            anchors=len(self._anchors),
            root_sha256=self._now.root(),
            trial_balance=self._trial.lines(),
        )


def _fits(anchor: Anchor, tree: Tree) -> bool:
    return (anchor.loans, anchor.root_sha256) == (tree.count, tree.root())


def _of_date(ledger: LedgerReader, on: date) -> Iterator[tuple[str, date, Head]]:
    for loan_id, head in ledger.anchored(on):
        yield loan_id, on, head
