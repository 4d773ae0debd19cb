"""Bounded, correct DynamoDB streams on moto.

moto keeps every record for ever, shares mutable images with the stored item and names a fixed
region. Callers hold the DynamoDB lock.
"""

import datetime as dt
import random
from typing import Any

from moto.dynamodb.models.table import StreamRecord, StreamShard
from moto.dynamodb.models.utilities import dynamo_to_dict
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

from tools.localcloud.clock import VirtualClock

# AWS keeps a day of records; the pump reads within a second, so this is ample.
RECORDS_KEPT = 20_000
_TRIM_STEP = 1_000
_ITERATORS_KEPT = 2_000
# Asking the system for randomness hands the interpreter to another thread, in the middle of a lock.
_NUMBERS = random.Random()


def _plain(item: Any | None) -> dict[str, Any] | None:
    return None if item is None else {k: dynamo_to_dict(v) for k, v in item.attrs.items()}


def _record(
    table: Any, now: dt.datetime, sequence: int, old: dict[str, Any] | None, new: Any
) -> Any:
    view = table.stream_specification["StreamViewType"]
    image: dict[str, Any] = old if old is not None else new
    data: dict[str, Any] = {
        "StreamViewType": view,
        "ApproximateCreationDateTime": now,
        "SequenceNumber": str(sequence),
        "Keys": {name: image[name] for name in table.table_key_attrs},
        "SizeBytes": len(repr(old or "")) + len(repr(new or "")),
    }
    if new is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        data["NewImage"] = new
    if old is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        data["OldImage"] = old
    record = StreamRecord.__new__(StreamRecord)
    record.record = {
        "eventID": f"{_NUMBERS.getrandbits(128):032x}",
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventVersion": "1.1",
        "awsRegion": table.region_name,
        "dynamodb": data,
    }
    return record


def install(clock: VirtualClock) -> None:
    """Replaces moto's shard methods; record times come from `clock`."""

    def add(self: Any, old: Any | None, new: Any | None) -> None:
        old_image, new_image = _plain(old), _plain(new)
        if old_image == new_image:
            return  # A write that changes nothing leaves no record, as on AWS.
        sequence = self.starting_sequence_number + len(self.items)
        self.items.append(_record(self.table, clock.datetime(), sequence, old_image, new_image))
        if len(self.items) >= RECORDS_KEPT + _TRIM_STEP:
            del self.items[:_TRIM_STEP]
            self.starting_sequence_number += _TRIM_STEP

    def get(self: Any, start: int, quantity: int) -> list[dict[str, Any]]:
        first = max(0, start - self.starting_sequence_number)
        return [record.to_json() for record in self.items[first : first + quantity]]

    StreamShard.add = add
    StreamShard.get = get
    DynamoDBStreamsBackend.get_records = _get_records


_original_get_records = DynamoDBStreamsBackend.get_records


def _get_records(self: Any, iterator_arn: str, limit: int) -> Any:
    result = _original_get_records(self, iterator_arn, limit)
    # Iterators stay valid for a while because a consumer repeats a failed batch from the same one.
    while len(self.shard_iterators) > _ITERATORS_KEPT:
        del self.shard_iterators[next(iter(self.shard_iterators))]
    return result
