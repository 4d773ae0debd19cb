"""Partial answers to a batch: one record, one outcome (habit: never `return` in the loop)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lending.domain.faults import LendingFault
from lending.entrypoint.observability import logger, where

type BatchReply = dict[str, list[dict[str, str]]]


def process_queue(
    event: Mapping[str, Any], work: Callable[[Mapping[str, Any]], None]
) -> BatchReply:
    """Run `work` on each SQS record; failed ones go back to the queue, the others are done."""
    failures = [
        {"itemIdentifier": str(record["messageId"])}
        for record in event["Records"]
        if not _succeeds(record, work, str(record["messageId"]))
    ]
    return {"batchItemFailures": failures}


def process_stream(
    event: Mapping[str, Any], work: Callable[[Mapping[str, Any]], None]
) -> BatchReply:
    """Run `work` on DynamoDB stream records in order, stopping at the first failure.

    The service repeats from the named record on, so later ones must not run before it.
    """
    for record in event["Records"]:
        sequence = str(record["dynamodb"]["SequenceNumber"])
        if not _succeeds(record, work, sequence):
            return {"batchItemFailures": [{"itemIdentifier": sequence}]}
    return {"batchItemFailures": []}


def process_stream_together(
    event: Mapping[str, Any], work: Callable[[Sequence[Mapping[str, Any]]], None]
) -> BatchReply:
    """Run `work` on all records of a stream at once, or one by one when that failed.

    For work that may be repeated: what succeeded together before the failure runs again.
    """
    records = event["Records"]
    try:
        work(records)
    except Exception as error:  # noqa: BLE001  # which record it was is found below
        logger().warning("one by one", where=where(error))
        return process_stream(event, lambda record: work([record]))
    return {"batchItemFailures": []}


def _succeeds(
    record: Mapping[str, Any], work: Callable[[Mapping[str, Any]], None], record_id: str
) -> bool:
    try:
        work(record)
    except LendingFault as fault:
        logger().warning("record failed", record=record_id, fault=type(fault).__name__,
                         reason=str(fault), where=where(fault))  # fmt: skip
        return False
    except Exception as error:  # noqa: BLE001  # a poison record must not hold the others back
        logger().error("record is poison", record=record_id, where=where(error))
        return False
    return True
