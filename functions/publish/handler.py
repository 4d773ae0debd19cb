"""Stream of the lending table -> event bus: every new outbox row, in order."""

from collections.abc import Mapping
from typing import Any

from lending.adapters.dynamodb.stream import outbox_event
from lending.entrypoint.batch import BatchReply, process_stream

from functions.publish.wiring import wiring


def handler(event: dict[str, Any], context: object) -> BatchReply:
    """Publish one record after the other; the first failure is where the stream goes on."""
    del context

    def publish(record: Mapping[str, Any]) -> None:
        found = outbox_event(record)
        if found is not None:
            wiring()((found,))

    return process_stream(event, publish)
