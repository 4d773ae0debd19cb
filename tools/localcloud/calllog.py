"""The log of API calls: who called which action on which resource."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 200_000


@dataclass(frozen=True)
class Call:
    """One API call. `at` is virtual time in seconds; `caller` is a function name or one of
    client, pump, stepfunctions; `function` is the calling function, if it was one.
    `items` are the item actions inside a transaction (PutItem, UpdateItem, ...)."""

    at: float
    caller: str
    service: str
    action: str
    resources: tuple[str, ...]
    status: int
    function: str | None
    items: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The call as a JSON object."""
        return asdict(self)


class CallLog:
    """Calls in order of completion; the oldest are dropped beyond a large bound."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._dropped = 0

    def __len__(self) -> int:
        return self._dropped + len(self._calls)

    def append(self, call: Call) -> None:
        """Adds one call."""
        with self._lock:
            self._calls.append(call)
            if len(self._calls) > 2 * _KEPT:
                del self._calls[:_KEPT]
                self._dropped += _KEPT

    def since(self, position: int = 0) -> list[Call]:
        """Calls from `position` (an earlier `len`) on."""
        with self._lock:
            return self._calls[max(0, position - self._dropped) :]

    def clear(self) -> None:
        """Forgets every call; positions start at 0 again."""
        with self._lock:
            self._calls.clear()
            self._dropped = 0


def resources_of(service: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the resources a request body addresses (tables, queues, machines, ...)."""
    names: list[Any] = [
        body.get(key)
        for key in (
            "TableName",
            "QueueUrl",
            "TopicArn",
            "FunctionName",
            "stateMachineArn",
            "executionArn",
            "KeyId",
            "SecretId",
            "EventBusName",
        )
    ]
    if service == "dynamodb":
        for entry in body.get("TransactItems") or ():
            names += [operation.get("TableName") for operation in entry.values()]
        names += list(body.get("RequestItems") or ())
        if "IndexName" in body:
            names[0] = f"{body.get('TableName')}/index/{body['IndexName']}"
    elif service == "events":
        names += [entry.get("EventBusName", "default") for entry in body.get("Entries") or ()]
    elif service in ("ssm", "scheduler"):
        names += [body.get("Name"), *(body.get("Names") or ())]
    return tuple(dict.fromkeys(_short(name) for name in names if isinstance(name, str)))


_ITEM_ACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def items_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The item actions of a TransactWriteItems body: what IAM checks and what is paid for."""
    entries = body.get("TransactItems") or ()
    return tuple(_ITEM_ACTIONS[kind] for entry in entries for kind in entry)


def _short(name: str) -> str:
    return name.rsplit("/", 1)[-1] if name.startswith("http") else name.rsplit(":", 1)[-1]
