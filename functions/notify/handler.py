"""Queue of bus events -> messages; failed ones go back to the queue."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lending.contracts.events import parse
from lending.entrypoint.batch import BatchReply, process_queue

from functions.notify.wiring import wiring


def handler(event: dict[str, Any], context: object) -> BatchReply:
    """Tell each customer once."""
    del context

    def tell(record: Mapping[str, Any]) -> None:
        fact = json.loads(record["body"])
        envelope = parse(fact["detail-type"], fact["detail"])
        sent_ms = int(record["attributes"]["ApproximateFirstReceiveTimestamp"])
        wiring()(
            fact["detail-type"],
            envelope.event_id,
            envelope.data.customer_id,
            envelope.data.model_dump(),
            datetime.fromtimestamp(sent_ms / 1000, UTC),
        )

    return process_queue(event, tell)
