"""SQS event sources of functions, and the hidden queues behind rule and topic targets."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tools.localcloud.pump.backends import Backends
from tools.localcloud.pump.delivery import Delivery, DeliveryFailed
from tools.localcloud.pump.filters import compile_filters
from tools.localcloud.pump.window import Window

MAX_BATCH = 10
MAX_DELIVERIES = 5
"""Deliveries of one event to a rule target, whatever larger number its retry policy allows."""

RETRY_AFTER_S = 1
"""Virtual seconds between two of them (AWS: exponential, up to a day)."""

_ATTRIBUTE_NAMES = {
    "StringValue": "stringValue",
    "BinaryValue": "binaryValue",
    "DataType": "dataType",
}


class AllFailed(Exception):
    """A partial batch answer names an unknown message, so Lambda retries the whole batch."""


def failed_items(answer: bytes, known: set[str]) -> set[str]:
    """Identifiers of `batchItemFailures` in a function's answer.

    Raises AllFailed when the answer has them but not in the documented form.
    """
    parsed = json.loads(answer or b"null")
    if parsed is None or parsed == {}:
        return set()
    failures = parsed.get("batchItemFailures") if isinstance(parsed, dict) else None
    if failures is None:
        return set()
    if not isinstance(failures, list):
        raise AllFailed
    found = {entry.get("itemIdentifier") for entry in failures if isinstance(entry, dict)}
    if len(found) == 0 < len(failures) or not found <= known:
        raise AllFailed
    return {name for name in found if name is not None}


def sqs_record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """A received message in the form a function gets it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {
                "stringListValues": [],
                "binaryListValues": [],
                **{_ATTRIBUTE_NAMES[k]: v for k, v in value.items() if k in _ATTRIBUTE_NAMES},
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def _filterable(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its body parsed, as filter patterns see it."""
    try:
        body = json.loads(record["body"])
    except ValueError:
        body = record["body"]
    return {**record, "body": body}


class QueueSource:
    """One SQS event source mapping. A failed message stays invisible until its time is up;
    then it comes again, or moto moves it to the dead-letter queue."""

    def __init__(
        self,
        mapping: Mapping[str, Any],
        backends: Backends,
        delivery: Delivery,
        boto: Callable[[str], Any],
        window: Window,
    ) -> None:
        self.name = f"{mapping['EventSourceArn']} -> {mapping['FunctionName']}"
        self._arn: str = mapping["EventSourceArn"]
        self._queue = self._arn.rsplit(":", 1)[-1]
        self._function: str = mapping["FunctionName"]
        self._batch = int(mapping.get("BatchSize") or MAX_BATCH)
        self._partial = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or ())
        self._passes = compile_filters(mapping.get("FilterCriteria"))
        self._backends = backends
        self._delivery = delivery
        self._boto = boto
        self._window = window
        self._url = ""

    def pending(self) -> bool:
        """Whether a message can be received now."""
        return self._backends.visible_messages(self._queue) > 0

    def step(self) -> bool:
        """Delivers one batch; False when there was none."""
        waiting = self._backends.visible_messages(self._queue)
        if not waiting or not self._window.closed(waiting, self._batch):
            return False
        messages = self._receive()
        if not messages:
            return False
        records = {m["MessageId"]: sqs_record(m, self._arn) for m in messages}
        wanted = {k: r for k, r in records.items() if self._passes(_filterable(r))}
        done = set(records) - self._deliver(wanted)
        self._delete([record for key, record in records.items() if key in done])
        return True

    def _receive(self) -> list[Mapping[str, Any]]:
        sqs = self._boto("sqs")
        self._url = self._url or sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
        messages: list[Mapping[str, Any]] = []
        while len(messages) < self._batch:
            found = sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(MAX_BATCH, self._batch - len(messages)),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            messages += found
            if len(found) < MAX_BATCH:
                break
        return messages

    def _deliver(self, records: Mapping[str, Mapping[str, Any]]) -> set[str]:
        """Invokes the function; returns the ids of the messages that failed."""
        if not records:
            return set()
        payload = json.dumps({"Records": list(records.values())}, ensure_ascii=False).encode()
        try:
            answer = self._delivery.batch(self._function, self._arn, payload)
            return failed_items(answer, set(records)) if self._partial else set()
        except (DeliveryFailed, AllFailed):
            return set(records)

    def _delete(self, records: list[dict[str, Any]]) -> None:
        for first in range(0, len(records), MAX_BATCH):
            entries = [
                {"Id": str(position), "ReceiptHandle": record["receiptHandle"]}
                for position, record in enumerate(records[first : first + MAX_BATCH])
            ]
            self._boto("sqs").delete_message_batch(QueueUrl=self._url, Entries=entries)


class TargetQueue:
    """The hidden queue of one rule target or Lambda subscription.

    An event that cannot be delivered is tried again, at most as often as the target's retry
    policy says and never more than `MAX_DELIVERIES` times, then goes to its dead-letter queue.
    """

    def __init__(
        self,
        url: str,
        target: Mapping[str, Any],
        source_arn: str,
        body_of: Callable[[Mapping[str, Any]], str],
        backends: Backends,
        delivery: Delivery,
        boto: Callable[[str], Any],
    ) -> None:
        self.name = f"{source_arn} -> {target['Arn']}"
        self._url = url
        self._queue = url.rsplit("/", 1)[-1]
        self._target = target
        self._source_arn = source_arn
        self._body_of = body_of
        self._backends = backends
        self._delivery = delivery
        self._boto = boto
        policy = target.get("RetryPolicy") or {}
        allowed = int(policy.get("MaximumRetryAttempts", MAX_DELIVERIES)) + 1
        self._max_deliveries = min(MAX_DELIVERIES, allowed)

    def pending(self) -> bool:
        """Whether an event waits, be it for another attempt."""
        return self._backends.all_messages(self._queue) > 0

    def step(self) -> bool:
        """Delivers up to ten events; False when none could be received."""
        if not self._backends.visible_messages(self._queue):
            return False
        sqs = self._boto("sqs")
        messages = sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=MAX_BATCH,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        for message in messages:
            if self._deliver(message):
                sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return bool(messages)

    def _deliver(self, message: Mapping[str, Any]) -> bool:
        """Whether the event is settled: taken, dead-lettered or dropped."""
        body = self._body_of(message)
        try:
            self._delivery.send(self._target, body, self._source_arn, message["MessageId"])
        except DeliveryFailed:
            attempts = int(message["Attributes"]["ApproximateReceiveCount"])
            if attempts < self._max_deliveries:
                self._boto("sqs").change_message_visibility(
                    QueueUrl=self._url,
                    ReceiptHandle=message["ReceiptHandle"],
                    VisibilityTimeout=RETRY_AFTER_S,
                )
                return False
            dead_letter = (self._target.get("DeadLetterConfig") or {}).get("Arn")
            if dead_letter:
                self._delivery.to_queue(dead_letter, body)
        return True


def rule_body(message: Mapping[str, Any]) -> str:
    """The event of a rule target: the message body is what the target gets."""
    body: str = message["Body"]
    return body


def topic_body(topic_arn: str, subscription_arn: str) -> Callable[[Mapping[str, Any]], str]:
    """Makes the event of a Lambda subscription out of the notification in the hidden queue."""

    def body(message: Mapping[str, Any]) -> str:
        notification = json.loads(message["Body"])
        attributes = notification.get("MessageAttributes") or {}
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription_arn,
            "Sns": {
                "Type": "Notification",
                "MessageId": notification.get("MessageId", message["MessageId"]),
                "TopicArn": topic_arn,
                "Subject": notification.get("Subject"),
                "Message": notification["Message"],
                "Timestamp": notification.get("Timestamp"),
                "SignatureVersion": notification.get("SignatureVersion", "1"),
                "Signature": notification.get("Signature", ""),
                "SigningCertUrl": notification.get("SigningCertURL", ""),
                "UnsubscribeUrl": notification.get("UnsubscribeURL", ""),
                "MessageAttributes": attributes,
            },
        }
        return json.dumps({"Records": [record]}, ensure_ascii=False)

    return body
