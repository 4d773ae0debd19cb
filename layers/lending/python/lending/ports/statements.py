"""Statements of the bank's account, and what came of comparing them with our books."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from lending.domain.bank_facts import Statement, StatementLine
from lending.domain.reconciliation import Reconciliation


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
