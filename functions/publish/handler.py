"""Stream of the lending table -> event bus: every new outbox row, in order."""

from collections.abc import Mapping, Sequence
from typing import Any

from lending.adapters.dynamodb.stream import outbox_event
from lending.entrypoint.batch import BatchReply, process_stream_together
from lending.entrypoint.observability import logger

from functions.publish.wiring import wiring


def handler(event: dict[str, Any], context: object) -> BatchReply:
    """Publish the batch; the first record that fails by itself is where the stream goes on."""
    del context
    return process_stream_together(event, publish)


def publish(records: Sequence[Mapping[str, Any]]) -> None:
    """Hand the events of these records to the bus and acknowledge them."""
    found = (outbox_event(record) for record in records)
    done = wiring()(tuple(event for event in found if event is not None))
    if done.behind:
        logger().warning("loans are behind their payments", events=done.behind)
