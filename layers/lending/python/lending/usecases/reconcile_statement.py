"""The daily statement: what no webhook told is booked, what nobody can explain is a case."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from lending.domain.bank_facts import Flaw, Problem, Statement, StatementLine, fact_of
from lending.domain.faults import StaleVersion
from lending.domain.ledger.journal import canonical_json
from lending.domain.receipts import ReceiptOutcome
from lending.domain.reconciliation import Reconciliation, Standing, Tally
from lending.ports.statements import BankStatements, Reconciliations
from lending.usecases.receive_bank_fact import ReceiveBankFact

SOURCE: Final = "statement"
DAYS_LOOKED_BACK: Final = 7


@dataclass(frozen=True, slots=True)
class ReconcileStatement:
    """Running it again for a day reads the day again and counts what is known as matched."""

    statements: BankStatements
    receive: ReceiveBankFact
    kept: Reconciliations

    def __call__(self, on: date, currency: str, at: datetime) -> Reconciliation:
        """The day's reconciliation, stored. Raises Retryable, Permanent."""
        statement, lines = self.statements.statement(on, currency)
        tallies = dict.fromkeys(Standing, Tally())
        for line in lines:
            if line.is_booked:
                standing = self._standing(line, at)
                tallies[standing] = tallies[standing].plus(line.amount_minor)
        before = self.kept.reconciliation(on, currency)
        done = replace(
            _reconciled(statement, lines, tallies, at),
            version=1 if before is None else before.version + 1,
        )
        try:
            self.kept.keep_reconciliation(done, 0 if before is None else before.version)
        except StaleVersion:
            return self.kept.reconciliation(on, currency) or done
        return done

    def missed(self, on: date, currency: str) -> tuple[date, ...]:
        """Days of the last week without a result, although one before them has one.

        A run that failed to the end (the bank was down for longer than it is repeated) would
        leave its day unread for ever: the next day's run takes it up.
        """
        week = [on - timedelta(days=back) for back in range(DAYS_LOOKED_BACK, 0, -1)]
        done = [day for day in week if self.kept.reconciliation(day, currency) is not None]
        return tuple(day for day in week if done and day > done[0] and day not in done)

    def _standing(self, line: StatementLine, at: datetime) -> Standing:
        """Book or park what the line says, as any channel would."""
        fact = fact_of(line)
        if fact is None:
            # Charges and the like: never guessed. Each line is a case of its own.
            told = [line.statement_id, line.bank_reference, line.amount_minor, line.currency]
            digest = hashlib.sha256(canonical_json(told)).hexdigest()
            problem = Problem(
                Flaw.UNCLASSIFIED, f"entry {line.entry}", bank_reference=line.bank_reference
            )
            received = self.receive.park_unreadable(problem, digest, SOURCE, at, line)
        else:
            told_now = self.receive(fact, SOURCE, at)
            if told_now is None:
                return Standing.UNEXPLAINED
            received = told_now
        if received.receipt.outcome is ReceiptOutcome.PARKED:
            return Standing.UNEXPLAINED
        return Standing.EXPLAINED if received.is_new else Standing.MATCHED


def _reconciled(
    statement: Statement,
    lines: Sequence[StatementLine],
    tallies: Mapping[Standing, Tally],
    at: datetime,
) -> Reconciliation:
    moved = sum(line.amount_minor for line in lines if line.is_booked)
    return Reconciliation(
        statement_id=statement.statement_id,
        on=statement.closed_on,
        currency=statement.currency,
        opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor,
        matched=tallies[Standing.MATCHED],
        explained=tallies[Standing.EXPLAINED],
        unexplained=tallies[Standing.UNEXPLAINED],
        balances=statement.opening_minor + moved == statement.closing_minor
        and statement.lines == len(lines),
        reconciled_at=at,
    )
