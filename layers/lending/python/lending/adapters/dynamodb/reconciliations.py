"""The Reconciliations port on the lending table: one row a bank day and currency."""

from dataclasses import astuple, fields
from datetime import date
from typing import Any

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.expressions.operand import Path

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.attributes import (
    DayAttribute,
    InstantAttribute,
    IntegerAttribute,
    JsonAttribute,
)
from lending.adapters.dynamodb.rows import Row
from lending.adapters.dynamodb.table import RowCorrupt, Table, new_row
from lending.domain.reconciliation import Reconciliation, Tally

_TALLIES = ("matched", "explained", "unexplained")
_PLAIN = tuple(one.name for one in fields(Reconciliation) if one.name not in _TALLIES)


class ReconciliationRow(Row):
    """pk=RECON#day sk=currency; tallies are lists of lines and sum."""

    statement_id = UnicodeAttribute()
    on = DayAttribute()
    currency = UnicodeAttribute()
    opening_minor = IntegerAttribute()
    closing_minor = IntegerAttribute()
    tallies = JsonAttribute()
    balances = BooleanAttribute()
    reconciled_at = InstantAttribute()
    version = IntegerAttribute()
    account = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)


class DynamoReconciliations:
    """See `lending.ports.statements.Reconciliations`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def reconciliation(self, on: date, currency: str) -> Reconciliation | None:
        """The newest result of a day. Raises RowCorrupt."""
        row = self._table.get(ReconciliationRow, keys.reconciliation(on, currency))
        if row is None:
            return None
        # Rows of an older release lack what was added later: its default holds.
        found: dict[str, Any] = {
            name: getattr(row, name) for name in _PLAIN if getattr(row, name) is not None
        }
        try:
            found |= {name: Tally(*row.tallies[name]) for name in _TALLIES}
        except (KeyError, TypeError) as error:
            raise RowCorrupt(f"{row.pk} {row.sk}: tallies") from error
        return Reconciliation(**found)

    def keep_reconciliation(self, done: Reconciliation, was: int) -> None:
        """Store or replace a result. Raises StaleVersion, Retryable."""
        key = keys.reconciliation(done.on, done.currency)
        row = ReconciliationRow(
            pk=key.pk,
            sk=key.sk,
            tallies={name: list(astuple(getattr(done, name))) for name in _TALLIES},
            **{name: getattr(done, name) for name in _PLAIN},
        )
        self._table.write(row, Path("version") == {"N": str(was)} if was else new_row())
