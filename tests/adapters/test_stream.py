"""Stream records of the lending table -> events."""

from typing import Any

import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.stream import outbox_event
from lending.adapters.dynamodb.table import RowCorrupt
from lending.ports.book import Change

from tests.adapters import samples
from tests.adapters.conftest import RawTable


def record(item: dict[str, Any], name: str = "INSERT") -> dict[str, Any]:
    """What the stream says about an item."""
    return {
        "eventName": name,
        "dynamodb": {
            "SequenceNumber": "1",
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": item,
        },
    }


def test_a_new_outbox_row_is_its_event(table_name: str, raw: RawTable) -> None:
    event = samples.event()
    DynamoBook(table_name).commit(Change(events=(event,)))
    (item,) = raw.items()
    assert outbox_event(record(item)) == event


def test_other_rows_and_other_changes_are_none_of_our_business(
    table_name: str, raw: RawTable
) -> None:
    DynamoBook(table_name).commit(samples.opening())
    rows = raw.items()
    assert rows
    assert {outbox_event(record(item)) for item in rows} == {None}
    outbox = {"pk": {"S": "APP#1"}, "sk": {"S": "OUTBOX#1"}}
    assert outbox_event(record(outbox, "MODIFY")) is None
    removed = record(outbox, "REMOVE")
    del removed["dynamodb"]["NewImage"]
    assert outbox_event(removed) is None


def test_an_outbox_row_that_cannot_be_read_is_a_fault() -> None:
    with pytest.raises(RowCorrupt, match="APP#1 OUTBOX#1"):
        outbox_event(record({"pk": {"S": "APP#1"}, "sk": {"S": "OUTBOX#1"}}))
