"""Reads the lending table's stream: which events were just written."""

from collections.abc import Mapping
from typing import Any

from lending.adapters.dynamodb import keys, mappers
from lending.adapters.dynamodb.rows import OutboxRow
from lending.adapters.dynamodb.table import read
from lending.domain.records import DomainEvent


def outbox_event(record: Mapping[str, Any]) -> DomainEvent | None:
    """The event of an INSERT of an OUTBOX row; None for every other stream record.

    Raises:
        RowCorrupt: the row cannot be read.
    """
    change = record["dynamodb"]
    is_outbox = str(change["Keys"]["sk"]["S"]).startswith(keys.OUTBOX_PREFIX)
    if record.get("eventName") != "INSERT" or not is_outbox:
        return None
    return mappers.event(read(OutboxRow, dict(change["NewImage"])))
