"""Which notifications were sent: the engagement table."""

from datetime import datetime
from typing import Final

from pynamodb.expressions.operand import Path

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.rows import SentRow
from lending.adapters.dynamodb.table import Table, new_row
from lending.domain.faults import StaleVersion

_CLAIMED: Final = "CLAIMED"
_SENT: Final = "SENT"


class SentLog:
    """Claims survive a crash between sending and `done`.

    The message is then sent again under the same id, which the gateway sends once.
    """

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def claim(self, customer_id: str, event_id: str, at: datetime) -> bool:
        """True when the message is to be sent; False when it was sent. Raises Retryable."""
        key = keys.sent_message(customer_id, event_id)
        row = SentRow(pk=key.pk, sk=key.sk, status=_CLAIMED, claimed_at=at)
        try:
            self._table.write(row, new_row())
        except StaleVersion:
            known = self._table.get(SentRow, key)
            return known is None or known.status != _SENT
        return True

    def done(self, customer_id: str, event_id: str, at: datetime) -> None:
        """Remember that the message was handed over. Raises Retryable."""
        self._table.update(
            keys.sent_message(customer_id, event_id),
            [SentRow.status.set(_SENT), SentRow.sent_at.set(at)],
            Path("pk").exists(),
        )
