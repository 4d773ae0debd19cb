"""DynamoDB in this process: moto's own handlers, called without HTTP, and what they hold.

The short way costs a fifth of moto's usual one (no signing, no URL dispatch, no JSON both ways);
a test holds the two against each other.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from unittest import mock

from botocore import xform_name
from lending.adapters.dynamodb.keys import Key
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.models import dynamo_type, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.utilities import dynamo_to_dict
from moto.dynamodb.responses import DynamoHandler

from tools.chaos.machines import ACCOUNT, REGION
from tools.chaos.seams import Unmodelled
from tools.localcloud import ddbfix, ddbindex
from tools.localcloud.clock import VirtualClock

LENDING: Final = "chaos-lending"
CONTRACTS: Final = "chaos-contracts"  # a bucket
CUSTOMERS: Final = "chaos-customers"
ENGAGEMENT: Final = "chaos-engagement"
TABLES: Final = (LENDING, CUSTOMERS, ENGAGEMENT)

# What `short` understands of a request.
_WHOLE_ITEM: Final = frozenset({"TableName", "Key", "ConsistentRead", "ReturnConsumedCapacity"})
_SHARD: Final = frozenset(
    {
        "TableName",
        "IndexName",
        "KeyConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ConsistentRead",
        "ScanIndexForward",
        "Limit",
        "ReturnConsumedCapacity",
    }
)
_PARTITION: Final = re.compile(r"\(?(#\w+) = (:\w+)(?: AND .*\))?$")

type Attributes = dict[str, dict[str, Any]]


class _Handler(DynamoHandler):  # type: ignore[misc]
    """moto's handler with the account and region that a request would have told it."""

    dynamodb_backend = None  # moto's property looks for account and region each time

    def __init__(self, body: dict[str, Any], backend: Any) -> None:
        super().__init__()
        self.body = self.params = body
        self.region = REGION
        self.current_account = ACCOUNT
        self.dynamodb_backend = backend


@contextmanager
def without_sizes() -> Iterator[None]:
    """moto weighs every attribute of an item again for each one set, and of each answer: a tenth
    of a run. Nothing here comes near 400 KB."""
    with (
        mock.patch.object(dynamo_type.LimitedSizeDict, "__setitem__", dict.__setitem__),
        mock.patch.object(dynamo_type.Item, "size", lambda _: 1),
    ):
        yield


def _answer(found: dict[str, Any], params: dict[str, Any], units: float) -> dict[str, Any]:
    if params.get("ReturnConsumedCapacity", "NONE") == "TOTAL":
        capacity = {"TableName": params["TableName"], "CapacityUnits": units}
        found["ConsumedCapacity"] = capacity
    return {**found, "ResponseMetadata": {"HTTPStatusCode": 200}}


@dataclass(slots=True)
class Saved:
    """The items and the stream of one table."""

    items: Any
    stream: list[Any]


class Store:
    """The three tables of the product."""

    def __init__(self, clock: VirtualClock) -> None:
        """Patches moto in this process; needs `mock_aws` to be active."""
        self._tokens = ddbfix.install(clock)
        self._backend: Any = dynamodb_backends[ACCOUNT][REGION]
        for name in TABLES:
            self._create(name)

    def _create(self, name: str) -> None:
        index = {
            "IndexName": "timers",
            "KeySchema": [
                {"AttributeName": "timer_shard", "KeyType": "HASH"},
                {"AttributeName": "timer_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        names = ("pk", "sk", "timer_shard", "timer_at") if name == LENDING else ("pk", "sk")
        body: dict[str, Any] = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": attribute, "AttributeType": "S"} for attribute in names
            ],
            # All have one here: what was ever written is evidence.
            "StreamSpecification": {
                "StreamEnabled": True,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        }
        if name == LENDING:
            body["GlobalSecondaryIndexes"] = [index]
        answer = self.by_moto("CreateTable", body)
        assert "Error" not in answer, answer

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """The answer as botocore would have parsed it; an error has the key `Error`."""
        answer = self.short(operation, params)
        return self.by_moto(operation, params) if answer is None else answer

    def short(self, operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to what is asked most: one whole item, or a shard of timers that is empty.

        None: another call, or a shard with something in it.
        """
        if operation == "GetItem" and params.keys() <= _WHOLE_ITEM:
            table = self.table(params["TableName"])
            item = table.get_item(*ddbindex.key_of(table, params["Key"]))
            found = {} if item is None else {"Item": dynamo_to_dict(item.attrs)}
            return _answer(found, params, 0.5)
        if operation == "Query" and params.keys() <= _SHARD and "IndexName" in params:
            wanted = _PARTITION.match(params["KeyConditionExpression"])
            if wanted and not params.get("ConsistentRead"):
                name = params["ExpressionAttributeNames"][wanted[1]]
                shard = {name: DynamoType(params["ExpressionAttributeValues"][wanted[2]])}
                indexes = ddbindex.indexes_of(self.table(params["TableName"]))
                if indexes.candidates(params["IndexName"], shard) == []:
                    return _answer({"Items": [], "Count": 0, "ScannedCount": 0}, params, 1.0)
        return None

    def by_moto(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """moto's own answer to any call."""
        handler = _Handler(params, self._backend)
        method = getattr(handler, snake_case(operation))
        with ddbfix.LOCK:
            try:
                result = method().result
            except JsonRESTError as error:
                return _error(error)
            except Exception as error:
                raise Unmodelled(f"dynamodb.{operation}: {error!r}") from error
        return {**result, "ResponseMetadata": {"HTTPStatusCode": 200}}

    def table(self, name: str) -> Any:
        """moto's table."""
        return self._backend.tables[name]

    def items(self, name: str, sk: str | None = None) -> list[Attributes]:
        """Every item, or those with one sort key, in DynamoDB JSON."""
        return [
            {key: value.to_json() for key, value in item.attrs.items()}
            for item in ddbindex.stored_items(self.table(name))
            if sk is None or item.range_key.value == sk
        ]

    def item(self, name: str, key: Key) -> Attributes | None:
        """One item in DynamoDB JSON."""
        rows = self.table(name).items.get(DynamoType({"S": key.pk}), {})
        row = rows.get(DynamoType({"S": key.sk}))
        return None if row is None else {key: value.to_json() for key, value in row.attrs.items()}

    def stream(self, name: str) -> list[dict[str, Any]]:
        """Every record of a table's stream."""
        return [record.record for record in self.table(name).stream_shard.items]

    def clear(self) -> None:
        """Empty tables and streams."""
        for name in TABLES:
            table = self.table(name)
            table.items.clear()
            table.stream_shard.items.clear()
            ddbindex.rebuild(table)
        self._tokens.clear()

    def save(self) -> dict[str, Saved]:
        """What the tables hold; to be pickled before anything is written again."""
        return {
            name: Saved(self.table(name).items, self.table(name).stream_shard.items)
            for name in TABLES
        }

    def restore(self, saved: dict[str, Saved]) -> None:
        """Back to what was saved."""
        for name, held in saved.items():
            table = self.table(name)
            table.items = held.items
            table.stream_shard.items = held.stream
            ddbindex.rebuild(table)
        self._tokens.clear()

    @contextmanager
    def lagging(self, since_ms: int | None) -> Iterator[None]:
        """The lending table as an index sees it that misses the writes since then.

        None: it misses the last transaction only.
        """
        table = self.table(LENDING)
        records = table.stream_shard.items
        missed: list[dict[str, Any]] = []
        for record in reversed(records):
            data = record.record["dynamodb"]
            at_ms = int(data["ApproximateCreationDateTime"].timestamp() * 1000)
            if since_ms is None:
                since_ms = at_ms
            if at_ms < since_ms:
                break
            missed.append(data)
        now: dict[str, tuple[Any, Any, Any]] = {}
        for data in missed:  # newest first, so the oldest image of each item is put last
            hash_key, range_key = ddbindex.key_of(table, data["Keys"])
            key = json.dumps(data["Keys"], sort_keys=True)
            now.setdefault(key, (hash_key, range_key, table.get_item(hash_key, range_key)))
            old = data.get("OldImage")
            before = None if old is None else Item(hash_key, range_key, old)
            ddbfix._restore(table, hash_key, range_key, before)
        try:
            yield
        finally:
            for hash_key, range_key, item in now.values():
                ddbfix._restore(table, hash_key, range_key, item)


@cache
def snake_case(operation: str) -> str:
    """boto's method of an operation; moto calls its own the same."""
    return xform_name(operation)


def _error(error: Any) -> dict[str, Any]:
    told = json.loads(error.description)
    kind = str(told.get("__type", "")).rsplit("#", 1)[-1]
    answer: dict[str, Any] = {
        "Error": {"Code": kind, "Message": told.get("Message") or told.get("message") or ""},
        "ResponseMetadata": {"HTTPStatusCode": int(getattr(error, "code", 400) or 400)},
    }
    if "CancellationReasons" in told:
        answer["CancellationReasons"] = told["CancellationReasons"]
    return answer
