"""A statement of the bank: what no webhook told is booked, what nobody can explain is a case."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from lending.domain.bank_facts import (
    Flaw,
    PayoutStatus,
    Problem,
    Statement,
    StatementLine,
    fact_of,
)
from lending.domain.faults import StaleVersion
from lending.domain.ledger.journal import canonical_json
from lending.domain.receipts import PAYOUT_PREFIX, Receipt, ReceiptOutcome
from lending.domain.reconciliation import Reconciliation, Standing, Tally
from lending.ports.book import Book, Change
from lending.ports.money import Beside
from lending.ports.statements import BankStatements, Reconciliations
from lending.usecases.cases import Cases, finding
from lending.usecases.receive_bank_fact import ReceiveBankFact

SOURCE: Final = "statement"
GAP: Final = "statement_gap"
DAYS_LOOKED_BACK: Final = 7
DAYS_BETWEEN_MAX: Final = 14  # a longer silence of the bank is a gap in itself
type Tallies = Mapping[Standing, Tally]


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One booking of a statement, as any channel would tell it, and marked as stated."""

    receive: ReceiveBankFact
    book: Book

    def __call__(self, line: StatementLine, source: str, at: datetime) -> Standing:
        """What a booked line came to. Raises Retryable, StaleVersion, Permanent."""
        fact = fact_of(line)
        if fact is None:
            # Charges and the like: never guessed. Each line is a case of its own.
            told = [line.statement_id, line.bank_reference, line.amount_minor, line.currency]
            digest = hashlib.sha256(canonical_json(told)).hexdigest()
            problem = Problem(
                Flaw.UNCLASSIFIED, f"entry {line.entry}", bank_reference=line.bank_reference
            )
            received = self.receive.park_unreadable(problem, digest, source, at, line)
        else:
            told_now = self.receive(fact, source, at, line.booked_on)
            if told_now is None:
                return Standing.UNEXPLAINED
            received = told_now
        receipt = received.receipt
        if receipt.stated_on is None:
            self._state(receipt, line.booked_on)
        if isinstance(fact, PayoutStatus) and receipt.outcome is ReceiptOutcome.RESOLVED:
            self._state_payout(fact.reference, line.booked_on)
        if receipt.outcome is ReceiptOutcome.PARKED:
            return Standing.UNEXPLAINED
        return Standing.EXPLAINED if received.is_new else Standing.MATCHED

    def _state(self, receipt: Receipt, on: date) -> None:
        stated = replace(receipt, stated_on=on, version=receipt.version + 1)
        self.receive.money.keep(Beside(stated, receipt.version))
        # It had been missed before: the finding is no longer true.
        Cases(self.receive.money).end(missing_id(receipt.receipt_id), SOURCE)

    def _state_payout(self, reference: str, on: date) -> None:
        application_id = reference.removeprefix(PAYOUT_PREFIX)
        payout = self.book.disbursement(application_id)
        if payout is None or payout.reference != reference or not payout.awaits_statement:
            return
        stated = replace(payout, stated_on=on, version=payout.version + 1)
        self.book.commit(Change(disbursement=stated, disbursement_was=payout.version))
        Cases(self.receive.money).end(missing_id(reference), SOURCE)


def missing_id(movement_id: str) -> str:
    """The case of a movement of ours that no statement shows."""
    return f"missing-{movement_id}"


@dataclass(frozen=True, slots=True)
class KeepDay:
    """Stores what a statement came to, and holds its balance against its neighbours'."""

    kept: Reconciliations
    cases: Cases

    def __call__(
        self, statement: Statement, tallies: Tallies, flawed: int, at: datetime, source: str
    ) -> Reconciliation:
        """The day's reconciliation, stored. `flawed` lines could not be read, so that their
        amounts are only known as what is left of the balance. Raises Retryable.
        """
        on, currency = statement.closed_on, statement.currency
        before = self.kept.reconciliation(on, currency)
        was = 0 if before is None else before.version
        done = replace(_day(statement, tallies, flawed, at, source), version=was + 1)
        if before is not None and _contradicts(before, done):
            apart_minor = done.closing_minor - before.closing_minor
            told = finding(
                f"other-{on}-{currency}-{done.version}",
                Flaw.OTHER_STATEMENT,
                apart_minor,
                currency,
                at,
            )
            self.cases.open(told)
        try:
            self.kept.keep_reconciliation(done, was)
        except StaleVersion:
            done = self.kept.reconciliation(on, currency) or done
        self._hold_against_neighbours(done, at)
        return done

    def newest(self, currency: str, until: date) -> Reconciliation | None:
        """The newest day up to a date that has a result, two weeks back at most."""
        return self._next(until + timedelta(days=1), currency, -1)

    def _hold_against_neighbours(self, done: Reconciliation, at: datetime) -> None:
        """A statement begins where the one before ended, in whatever order they come."""
        before = self._next(done.on, done.currency, -1)
        if before is not None:
            self._gap(before, done, at)
        after = self._next(done.on, done.currency, +1)
        if after is not None:
            self._gap(done, after, at)

    def _next(self, on: date, currency: str, step: int) -> Reconciliation | None:
        for days in range(1, DAYS_BETWEEN_MAX + 1):
            found = self.kept.reconciliation(on + timedelta(days=step * days), currency)
            if found is not None:
                return found
        return None

    def _gap(self, earlier: Reconciliation, later: Reconciliation, at: datetime) -> None:
        case_id = f"gap-{later.on}-{later.currency}"
        missing_minor = later.opening_minor - earlier.closing_minor
        if not missing_minor:
            self.cases.end(case_id, "no gap")
            return
        detail = f"{earlier.on} to {later.on}"
        told = finding(case_id, GAP, missing_minor, later.currency, at, detail=detail)
        self.cases.open(told)


@dataclass(frozen=True, slots=True)
class ReconcileStatement:
    """The bank's day, asked for. Running it again counts what is known as matched.

    `account` is ours at the bank; a statement of another one is a case and nothing of it used.
    """

    statements: BankStatements
    read: ReadLine
    keep: KeepDay
    account: str

    def __call__(self, on: date, currency: str, at: datetime) -> Reconciliation | None:
        """The day's reconciliation, stored; None: it is another account's.

        Raises:
            Retryable, Permanent, StaleVersion.
        """
        statement, lines = self.statements.statement(on, currency)
        if statement.account != self.account:
            digest = hashlib.sha256(f"{statement.statement_id}|{on}".encode()).hexdigest()
            problem = Problem(Flaw.OTHER_ACCOUNT, "statement", is_whole=True)
            self.read.receive.park_unreadable(problem, digest, SOURCE, at)
            return None
        tallies = dict.fromkeys(Standing, Tally())
        for line in lines:
            if line.is_booked:
                standing = self.read(line, SOURCE, at)
                tallies[standing] = tallies[standing].plus(line.amount_minor)
        return self.keep(statement, tallies, 0, at, SOURCE)

    def missed(self, on: date, currency: str) -> tuple[date, ...]:
        """Days of the last week without a result, although one before them has one.

        A run that failed to the end (the bank was down for longer than it is repeated) would
        leave its day unread for ever: the next day's run takes it up.
        """
        kept = self.keep.kept
        week = [on - timedelta(days=back) for back in range(DAYS_LOOKED_BACK, 0, -1)]
        done = [day for day in week if kept.reconciliation(day, currency) is not None]
        return tuple(day for day in week if done and day > done[0] and day not in done)


def _contradicts(before: Reconciliation, done: Reconciliation) -> bool:
    """Whether two statements of a day cannot both be; one that only grew since is the same."""
    if before.opening_minor != done.opening_minor:
        return True
    is_same = before.statement_id == done.statement_id
    return not is_same and before.closing_minor != done.closing_minor


def _day(
    statement: Statement, tallies: Tallies, flawed: int, at: datetime, source: str
) -> Reconciliation:
    matched, explained, unexplained = (tallies[one] for one in Standing)
    read_minor = sum(tally.amount_minor for tally in tallies.values())
    left_minor = statement.closing_minor - statement.opening_minor - read_minor
    if flawed:
        unexplained = Tally(unexplained.lines + flawed, unexplained.amount_minor + left_minor)
    return Reconciliation(
        statement_id=statement.statement_id,
        on=statement.closed_on,
        currency=statement.currency,
        opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor,
        matched=matched,
        explained=explained,
        unexplained=unexplained,
        balances=bool(flawed) or not left_minor,
        reconciled_at=at,
        account=statement.account,
        source=source,
    )
