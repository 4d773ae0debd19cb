"""Statements of the bank's account, and what came of comparing them with our books."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from lending.domain.bank_facts import Statement, StatementLine
from lending.domain.control import ClearingProof, Holding, SuspenseAgeing, Unstated
from lending.domain.reconciliation import Reconciliation, Tally


class BankStatements(Protocol):
    """The account of one bank."""

    def statement(self, on: date, currency: str) -> tuple[Statement, Sequence[StatementLine]]:
        """All bookings of one bank day. Raises Retryable."""
        ...


class Reconciliations(Protocol):
    """One result a day and currency."""

    def reconciliation(self, on: date, currency: str) -> Reconciliation | None: ...

    def keep_reconciliation(self, done: Reconciliation, was: int) -> None:
        """Store or replace a result. Raises StaleVersion: version `was` is not stored now."""
        ...


class Movements(Protocol):
    """What stands between the bank's balance and the ledger's (eventually consistent)."""

    def holdings(self) -> Iterator[Holding]:
        """Of every loan. Raises Permanent (a row that cannot be read), Retryable."""
        ...

    def unstated(self) -> Iterator[Unstated]:
        """Booked receipts and accepted payouts that no statement has shown."""
        ...

    def held(self, currency: str) -> Tally:
        """Open cases whose booking a statement has shown."""
        ...

    def outside(self, currency: str) -> Tally:
        """Bookings that persons explained outside the loan ledger."""
        ...


class Controls(Protocol):
    """One proof and one ageing a day and currency; `was` 0: there is none yet."""

    def base_minor(self, currency: str) -> int | None:
        """What the bank's account held besides our movements."""
        ...

    def keep_base(self, currency: str, base_minor: int) -> None:
        """Keep it for ever. Raises StaleVersion: it is kept already."""
        ...

    def proof(self, on: date, currency: str) -> ClearingProof | None: ...

    def keep_proof(self, proof: ClearingProof, was: int) -> None:
        """Store or replace. Raises StaleVersion: version `was` is not stored now."""
        ...

    def ageing(self, on: date, currency: str) -> SuspenseAgeing | None: ...

    def keep_ageing(self, ageing: SuspenseAgeing, was: int) -> None:
        """Store or replace. Raises StaleVersion: version `was` is not stored now."""
        ...
