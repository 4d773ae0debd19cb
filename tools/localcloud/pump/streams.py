"""DynamoDB stream event sources: in order, the same batch again until it is done."""

import base64
import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tools.localcloud.pump.delivery import Delivery, DeliveryFailed
from tools.localcloud.pump.filters import compile_filters
from tools.localcloud.pump.queues import AllFailed, failed_items
from tools.localcloud.pump.window import Window

DEFAULT_BATCH = 100
RETRY_FIRST_S = 0.1
RETRY_LONGEST_S = 2.0


class Stream(Protocol):
    """Reads the one shard of a table's stream; see `Backends`."""

    def stream_bounds(self, table_name: str) -> tuple[int, int]:
        """(oldest kept, next) sequence number."""
        ...

    def stream_records(self, table_name: str, start: int, limit: int) -> list[dict[str, Any]]:
        """Records from a sequence number on."""
        ...


class StreamSource:
    """One stream event source mapping.

    It starts at the oldest record of the stream. After `MaximumRetryAttempts` retries a batch is
    skipped and described to the on-failure destination; without that limit it is tried for ever,
    and nothing behind it is delivered, as on AWS. Bisecting, record age and parallelization are
    not modelled.
    """

    def __init__(
        self,
        mapping: Mapping[str, Any],
        stream: Stream,
        delivery: Delivery,
        now_iso: Callable[[], str],
        window: Window,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"{mapping['EventSourceArn']} -> {mapping['FunctionName']}"
        self._arn: str = mapping["EventSourceArn"]
        self._table = self._arn.split("/")[1]
        self._function: str = mapping["FunctionName"]
        self._batch = int(mapping.get("BatchSize") or DEFAULT_BATCH)
        self._max_retries = int(mapping.get("MaximumRetryAttempts", -1))
        self._partial = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or ())
        destination = (mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
        self._on_failure: str | None = destination.get("Destination")
        self._passes = compile_filters(mapping.get("FilterCriteria"))
        self._stream = stream
        self._delivery = delivery
        self._now_iso = now_iso
        self._window = window
        self._monotonic = monotonic
        self._position = 0
        self._attempts = 0
        self._retry_at = 0.0

    def pending(self) -> bool:
        """Whether records wait, be it for another attempt."""
        oldest, end = self._stream.stream_bounds(self._table)
        return end > max(oldest, self._position)

    def step(self) -> bool:
        """Delivers one batch; False when there is none or its retry is not yet due."""
        if self._monotonic() < self._retry_at:
            return False
        oldest, end = self._stream.stream_bounds(self._table)
        self._position = max(self._position, oldest)
        if end <= self._position:
            return False
        if not self._window.closed(end - self._position, self._batch):
            return False
        found = self._stream.stream_records(self._table, self._position, self._batch)
        records = [
            {**record, "eventSourceARN": self._arn} for record in found if self._passes(record)
        ]
        failed_at = self._deliver(records)
        if failed_at is None:
            self._move_to(_sequence(found[-1]) + 1)
            return True
        if failed_at > self._position:
            # The records before the failed one are done; what is left is a new batch.
            self._move_to(failed_at)
        return self._retry_later(records)

    def _deliver(self, records: list[dict[str, Any]]) -> int | None:
        """Sequence number of the first record that failed, None when all are done."""
        if not records:
            return None
        payload = as_event({"Records": records}).encode()
        try:
            answer = self._delivery.batch(self._function, self._arn, payload)
            if not self._partial:
                return None
            known = {str(_sequence(record)) for record in records}
            # An empty identifier means the whole batch.
            failed = failed_items(answer, known)
        except (DeliveryFailed, AllFailed):
            return self._position
        return min((int(name) for name in failed), default=None)

    def _retry_later(self, records: list[dict[str, Any]]) -> bool:
        self._attempts += 1
        if 0 <= self._max_retries < self._attempts:
            rest = [record for record in records if _sequence(record) >= self._position]
            if self._on_failure:
                self._delivery.to_destination(self._on_failure, self._failure_record(rest))
            self._move_to(_sequence(rest[-1]) + 1)
            return True
        delay_s = min(RETRY_LONGEST_S, RETRY_FIRST_S * 2 ** min(self._attempts - 1, 10))
        self._retry_at = self._monotonic() + delay_s
        return False

    def _move_to(self, position: int) -> None:
        self._position = position
        self._attempts = 0
        self._retry_at = 0.0

    def _failure_record(self, records: list[dict[str, Any]]) -> str:
        first, last = records[0], records[-1]
        return as_event(
            {
                "version": "1.0",
                "timestamp": self._now_iso(),
                "requestContext": {
                    "functionArn": self._function,
                    "condition": "RetryAttemptsExhausted",
                    "approximateInvokeCount": self._attempts,
                },
                "responseContext": {
                    "statusCode": 200,
                    "executedVersion": "$LATEST",
                    "functionError": "Unhandled",
                },
                "DDBStreamBatchInfo": {
                    "shardId": "shardId-00000000000000000000-00000000",
                    "startSequenceNumber": first["dynamodb"]["SequenceNumber"],
                    "endSequenceNumber": last["dynamodb"]["SequenceNumber"],
                    "approximateArrivalOfFirstRecord": first["dynamodb"].get(
                        "ApproximateCreationDateTime"
                    ),
                    "approximateArrivalOfLastRecord": last["dynamodb"].get(
                        "ApproximateCreationDateTime"
                    ),
                    "batchSize": len(records),
                    "streamArn": self._arn,
                },
            }
        )


def as_event(value: Mapping[str, Any]) -> str:
    """JSON as in a Lambda event: record times in whole seconds, binary attributes in base64."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return int(value.timestamp())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(repr(value))


def _sequence(record: Mapping[str, Any]) -> int:
    return int(record["dynamodb"]["SequenceNumber"])
