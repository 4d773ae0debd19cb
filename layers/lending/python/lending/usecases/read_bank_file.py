"""A file that the bank delivered: read whole or parked, each booking in it once.

A file is claimed by its message id and content before anything of it is used, and finished
after everything is; a run that broke off begins again and finds its bookings known.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from lending.domain.bank_facts import (
    BatchStatus,
    CollectionStatus,
    Credit,
    FileHead,
    Flaw,
    PayoutStatus,
    Problem,
    Return,
    Statement,
    StatementLine,
    fact_of,
)
from lending.domain.faults import NotFound
from lending.domain.ledger.journal import canonical_json
from lending.domain.receipts import PAYOUT_PREFIX, attempt_of_collection, loan_payout_of
from lending.domain.reconciliation import Standing, Tally
from lending.ports.bank import BankFile, BankFiles, FileItem
from lending.usecases.reconcile_statement import KeepDay, ReadLine

SOURCE: Final = "file"
STATEMENT_KINDS: Final = frozenset({"camt.053.001.08"})
# A bank rejects a file it has seen: that says nothing of the first one's orders.
DUPLICATE_REASONS: Final = frozenset({"DUPL", "DU01", "DU02", "DU03", "DU04", "AM05"})
type FileOutcome = Literal["read", "known", "parked", "gone"]


@dataclass(slots=True)
class _Counted:
    """What was read of a statement so far."""

    tallies: dict[Standing, Tally] = field(default_factory=lambda: dict.fromkeys(Standing, Tally()))
    flawed: int = 0


@dataclass(frozen=True, slots=True)
class ReadBankFile:
    """`account` is ours at the bank: a file of another one is not used."""

    files: BankFiles
    read: ReadLine
    keep: KeepDay
    account: str

    def __call__(self, key: str, at: datetime, today: Mapping[str, date]) -> FileOutcome:
        """Deal with one file; `today` is the market's date of each currency that we lend in.

        Raises:
            Retryable, StaleVersion, Permanent: it stays where it is, and nothing is lost.
        """
        try:
            file = self.files.inspect(key)
        except NotFound:
            return "gone"  # another run was faster
        problem = file.problem or self._unfit(file, today)
        if problem is not None:
            return self._parked(file, problem, at)
        match self.files.claim(file):
            case "other_body":
                return self._parked(
                    file, Problem(Flaw.SAME_ID_OTHER_BODY, "head", "MsgId", is_whole=True), at
                )
            case "done":
                self.files.finish(file)
                return "known"
        counted = _Counted()
        for item in self.files.items(file):
            counted = self._use(file, item, counted, at)
        self.files.finish(file)
        return "read"

    def _unfit(self, file: BankFile, today: Mapping[str, date]) -> Problem | None:
        for number, one in enumerate(file.statements, 1):
            where = f"statement {number}"
            if one.account != self.account:
                return Problem(Flaw.OTHER_ACCOUNT, where, "Acct", is_whole=True)
            if one.currency not in today:
                return Problem(Flaw.UNKNOWN_CURRENCY, where, "Acct/Ccy", is_whole=True)
            if one.closed_on > today[one.currency]:
                return Problem(Flaw.FUTURE_DATED, where, "Bal/Dt", is_whole=True)
        return None

    def _parked(self, file: BankFile, problem: Problem, at: datetime) -> FileOutcome:
        """The case first: after a crash the file is still there and meets its case."""
        self.read.receive.park_unreadable(problem, file.sha256, SOURCE, at)
        self.files.set_aside(file)
        return "parked"

    def _use(self, file: BankFile, item: FileItem, counted: _Counted, at: datetime) -> _Counted:
        receive = self.read.receive
        match item:
            case StatementLine() if item.is_booked and file.kind in STATEMENT_KINDS:
                standing = self.read(item, SOURCE, at)
                tally = counted.tallies[standing]
                counted.tallies[standing] = tally.plus(item.amount_minor)
            case StatementLine():
                # A notification shows no balance: it is told like a webhook.
                if (fact := fact_of(item)) is not None:
                    receive(fact, SOURCE, at)
            case Statement():
                self.keep(item, counted.tallies, counted.flawed, at, SOURCE)
                return _Counted()
            case PayoutStatus() | CollectionStatus() | Credit() | Return():
                receive(item, SOURCE, at)
            case BatchStatus():
                self._batch(file, item, at)
            case Problem():
                self._flawed(file, item, at)
                counted.flawed += 1
            case FileHead():
                pass
        return counted

    def _batch(self, file: BankFile, verdict: BatchStatus, at: datetime) -> None:
        """Our files hold one order each: a "no" to the file is one to its order."""
        if verdict.status != "rejected":
            return  # each order's own verdict follows
        told = None if verdict.reason in DUPLICATE_REASONS else _rejected(verdict)
        if told is None:
            self._flawed(file, Problem(Flaw.BATCH_REJECTED, "group", verdict.reason), at)
            return
        self.read.receive(told, SOURCE, at)

    def _flawed(self, file: BankFile, problem: Problem, at: datetime) -> None:
        told = [file.kind, file.message_id, problem.at, problem.flaw, problem.bank_reference]
        digest = hashlib.sha256(canonical_json(told)).hexdigest()
        self.read.receive.park_unreadable(problem, digest, SOURCE, at)


def _rejected(verdict: BatchStatus) -> PayoutStatus | CollectionStatus | None:
    """The fate of the one order in a file of ours; None: it is none of ours."""
    reference, reason = verdict.message_id, verdict.reason
    if attempt_of_collection(reference) is not None:
        return CollectionStatus(reference, "failed", reason=reason)
    if reference.startswith(PAYOUT_PREFIX) or loan_payout_of(reference) is not None:
        return PayoutStatus(reference, "rejected", reason=reason)
    return None
