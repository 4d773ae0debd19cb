"""Asynchronous invocations: retries, destinations and dead-letter targets of functions.

Follows the Lambda asynchronous invocation contract: up to `max_retries` more attempts after a
function error, then the on-failure destination (with a JSON record) or the dead-letter target
(with the bare event). The waits between attempts are short so that tests need not wait minutes.
"""

import datetime as dt
import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from tools.localcloud.runtime import Function, Result

RETRY_DELAYS_S = (0.1, 0.3)
"""Real seconds before each further attempt (AWS: one and two minutes)."""


class AsyncInvoker:
    """Runs event invocations in the background."""

    def __init__(
        self,
        invoke: Callable[[Function, bytes], Result],
        boto: Callable[[str], Any],
        now: Callable[[], dt.datetime],
    ) -> None:
        self._invoke = invoke
        self._boto = boto
        self._now = now
        self._lock = threading.Lock()
        self._running = 0

    @property
    def running(self) -> int:
        """Event invocations that have not ended yet, retries included."""
        return self._running

    def start(self, function: Function, payload: bytes) -> None:
        """Accepts one event; returns at once."""
        with self._lock:
            self._running += 1
        threading.Thread(target=self._run, args=(function, payload), daemon=True).start()

    def _run(self, function: Function, payload: bytes) -> None:
        try:
            config = function.async_config
            attempts = 0
            while True:
                attempts += 1
                result = self._invoke(function, payload)
                if result[0] == "response" or attempts > config.max_retries:
                    break
                time.sleep(RETRY_DELAYS_S[min(attempts, len(RETRY_DELAYS_S)) - 1])
            self._settle(function, payload, result, attempts)
        finally:
            with self._lock:
                self._running -= 1

    def _settle(self, function: Function, payload: bytes, result: Result, attempts: int) -> None:
        config = function.async_config
        succeeded = result[0] == "response"
        target = config.on_success_arn if succeeded else config.on_failure_arn
        if target:
            record = self._record(function, payload, result, attempts)
            self._send(target, json.dumps(record), {})
        if not succeeded and function.spec.dead_letter_arn:
            error = json.loads(result[1] or b"{}")
            attributes = {
                "RequestID": str(uuid.uuid4()),
                "ErrorCode": "200",
                "ErrorMessage": str(error.get("errorMessage", ""))[:1024] or "error",
            }
            self._send(function.spec.dead_letter_arn, payload.decode(), attributes)

    def _record(
        self, function: Function, payload: bytes, result: Result, attempts: int
    ) -> dict[str, Any]:
        succeeded = result[0] == "response"
        answer: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
        if not succeeded:
            answer["functionError"] = "Unhandled"
        return {
            "version": "1.0",
            "timestamp": self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": f"{function.arn}:$LATEST",
                "condition": "Success" if succeeded else "RetriesExhausted",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": json.loads(payload or b"{}"),
            "responseContext": answer,
            "responsePayload": json.loads(result[1] or b"null"),
        }

    def _send(self, arn: str, body: str, attributes: dict[str, str]) -> None:
        service, name = arn.split(":")[2], arn.rsplit(":", 1)[-1]
        typed = {
            key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
        }
        if service == "sqs":
            sqs = self._boto("sqs")
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=typed)
        elif service == "sns":
            self._boto("sns").publish(TopicArn=arn, Message=body, MessageAttributes=typed)
        elif service == "lambda":
            self._boto("lambda").invoke(
                FunctionName=arn, InvocationType="Event", Payload=body.encode()
            )
        elif service == "events":
            entry = {
                "EventBusName": name.removeprefix("event-bus/"),
                "Source": "lambda",
                "DetailType": "Lambda Function Invocation Result - "
                + ("Failure" if "functionError" in body else "Success"),
                "Detail": body,
            }
            self._boto("events").put_events(Entries=[entry])
        else:
            raise NotImplementedError(f"destination {arn}")
