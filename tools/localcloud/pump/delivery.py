"""Hands events to their targets: functions, state machines, queues, topics, buses."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tools.localcloud.faults import Fault
from tools.localcloud.runtime import Throttled

_UNIVERSAL = ":scheduler:::aws-sdk:"
_BOTO_NAMES = {"sfn": "stepfunctions", "eventbridge": "events", "cloudwatchlogs": "logs"}


class DeliveryFailed(Exception):
    """A target did not take an event; the caller may try again."""


class UnsupportedTarget(Exception):
    """The pump has no way to reach this kind of target."""


class Invoker(Protocol):
    """The part of the edge that runs functions."""

    def invoke(
        self, function_name_or_arn: str, payload: bytes, kind: str = "RequestResponse"
    ) -> tuple[str, bytes]:
        """(status, body); see `Edge.invoke`."""
        ...

    def take_fault(self, **wanted: str) -> Fault | None:
        """Uses up a delivery fault rule."""
        ...


class Delivery:
    """All deliveries of the pump; may be used from any thread.

    A fault rule `{match: {delivery: regex}, do: dup|error}` meets the ARN of the target first,
    then that of the source.
    """

    def __init__(self, edge: Invoker, boto: Callable[[str], Any]) -> None:
        self._edge = edge
        self._boto = boto

    def _times(self, target_arn: str, source_arn: str) -> int:
        """How often to deliver: 2 under a `dup` rule. An `error` rule raises DeliveryFailed."""
        fault = self._edge.take_fault(delivery=target_arn) or self._edge.take_fault(
            delivery=source_arn
        )
        if fault is None:
            return 1
        if fault.do == "dup":
            return 2
        raise DeliveryFailed(f"injected fault for {target_arn}")

    def batch(self, function_arn: str, source_arn: str, payload: bytes) -> bytes:
        """Runs a function on a batch and returns its answer; raises DeliveryFailed."""
        answer = b""
        for _ in range(self._times(function_arn, source_arn)):
            try:
                status, answer = self._edge.invoke(function_arn, payload)
            except Throttled as throttled:
                raise DeliveryFailed(f"{function_arn} is throttled") from throttled
            if status == "error":
                raise DeliveryFailed(answer.decode("utf-8", "replace"))
        return answer

    def send(self, target: Mapping[str, Any], body: str, source_arn: str, delivery_id: str) -> None:
        """Hands one event to the `Arn` of a rule or schedule target.

        Functions are invoked asynchronously, as AWS does. `delivery_id` names executions and
        deduplicates FIFO messages, so that a repeated delivery starts nothing twice.
        Raises DeliveryFailed, and UnsupportedTarget for a target the pump does not know.
        """
        arn: str = target["Arn"]
        try:
            for _ in range(self._times(arn, source_arn)):
                self._send(arn, target, body, delivery_id)
        except (ClientError, BotoCoreError, KeyError, Throttled) as refused:
            raise DeliveryFailed(f"{arn}: {refused!r}") from refused

    def _send(self, arn: str, target: Mapping[str, Any], body: str, delivery_id: str) -> None:
        if _UNIVERSAL in arn:
            self._call(arn.split(_UNIVERSAL, 1)[1], body)
            return
        service, name = arn.split(":")[2], arn.rsplit(":", 1)[-1]
        if service == "lambda":
            self._edge.invoke(arn, body.encode(), "Event")
        elif service == "states":
            self._start(arn, body, delivery_id)
        elif service == "sqs":
            self.to_queue(arn, body, (target.get("SqsParameters") or {}).get("MessageGroupId"))
        elif service == "sns":
            self._boto("sns").publish(TopicArn=arn, Message=body)
        elif service == "events":
            extra = target.get("EventBridgeParameters") or {}
            entry = {
                "EventBusName": name.removeprefix("event-bus/"),
                "Source": extra.get("Source", "aws.scheduler"),
                "DetailType": extra.get("DetailType", "Scheduled Event"),
                "Detail": body,
            }
            self._boto("events").put_events(Entries=[entry])
        else:
            raise UnsupportedTarget(arn)

    def _start(self, arn: str, body: str, name: str) -> None:
        states = self._boto("stepfunctions")
        try:
            states.start_execution(stateMachineArn=arn, name=name, input=body)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def to_queue(self, arn: str, body: str, group_id: str | None = None) -> None:
        """Sends a message to a queue by ARN."""
        sqs = self._boto("sqs")
        url = sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
        extra = {"MessageGroupId": group_id} if group_id else {}
        sqs.send_message(QueueUrl=url, MessageBody=body, **extra)

    def to_destination(self, arn: str, body: str) -> None:
        """Sends a failure record to an on-failure destination or dead-letter queue or topic."""
        if arn.split(":")[2] == "sns":
            self._boto("sns").publish(TopicArn=arn, Message=body)
        else:
            self.to_queue(arn, body)

    def _call(self, service_action: str, body: str) -> None:
        """A universal target: `sfn:startExecution` with the API parameters as input."""
        service, action = service_action.split(":", 1)
        client = self._boto(_BOTO_NAMES.get(service, service))
        wanted = action.lower()
        method = next(
            python_name
            for python_name, name in client.meta.method_to_api_mapping.items()
            if name.lower() == wanted
        )
        shape = client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[method]
        ).input_shape
        spelling = {member.lower(): member for member in shape.members}
        parameters = json.loads(body or "{}")
        getattr(client, method)(
            **{spelling[name.lower()]: value for name, value in parameters.items()}
        )
