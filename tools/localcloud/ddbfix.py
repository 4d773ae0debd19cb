"""Makes moto's DynamoDB fit for money.

moto has no locking, copies whole tables per transaction item, ignores `ClientRequestToken` and
leaves half of a failed update behind. Every handler call here runs under one lock, and
`TransactWriteItems` checks all conditions before it changes anything.
"""

import contextlib
import copy
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from moto.core.common_models import BaseModel
from moto.core.responses import ActionResult
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import (
    ERROR_TYPE_PREFIX,
    ConditionalCheckFailed,
    DynamodbException,
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
    ValidationException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from tools.localcloud import ddbfast, ddbindex, ddbstream, ddbupdate
from tools.localcloud.clock import VirtualClock

LOCK = threading.RLock()
"""Held during each DynamoDB and DynamoDB Streams call."""

MAX_NUMBER_DIGITS = 38
TOKEN_LIFETIME_S = 600.0
_TOKENS_KEPT = 50_000
_MAX_TRANSACTION_ITEMS = 100
_OPERATIONS = frozenset({"ConditionCheck", "Put", "Delete", "Update"})

_update_item = DynamoDBBackend.update_item
_validate_number_type = Table._validate_number_type
_handler_transact = DynamoHandler.transact_write_items


@dataclass(frozen=True)
class _Operation:
    """One validated item of a transaction."""

    kind: str
    body: dict[str, Any]
    table: Any
    key: dict[str, Any]

    @property
    def identity(self) -> str:
        return json.dumps([self.table.name, self.key], sort_keys=True, default=repr)


class _IdempotentParameterMismatch(DynamodbException):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(
            ERROR_TYPE_PREFIX + "IdempotentParameterMismatchException",
            "Request token was used with different parameters",
        )


class TokenLog:
    """Committed `ClientRequestToken`s of the last ten minutes with the digest of their request."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._seen: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def clear(self) -> None:
        """Forgets every token."""
        self._seen.clear()

    def find(self, token: str) -> str | None:
        """Digest of the committed request of `token`, or None when it is new or expired."""
        found = self._seen.get(token)
        if found is None or self._now_s() - found[1] >= TOKEN_LIFETIME_S:
            return None
        return found[0]

    def remember(self, token: str, digest: str) -> None:
        """Records a commit."""
        self._seen[token] = (digest, self._now_s())
        self._seen.move_to_end(token)
        while len(self._seen) > _TOKENS_KEPT:
            self._seen.popitem(last=False)


def _operations(backend: Any, entries: list[dict[str, Any]]) -> list[_Operation]:
    if len(entries) > _MAX_TRANSACTION_ITEMS:
        raise TooManyTransactionsException
    operations: list[_Operation] = []
    seen: set[str] = set()
    for entry in entries:
        if len(entry) != 1:
            raise TransactWriteSingleOpException
        ((kind, body),) = entry.items()
        if kind not in _OPERATIONS:
            raise MockValidationException(f"Unsupported transaction operation {kind}")
        table = backend.get_table(body["TableName"])
        given = body["Item"] if kind == "Put" else body["Key"]
        missing = [name for name in table.table_key_attrs if name not in given]
        if missing:
            raise MockValidationException(
                f"One or more parameter values were invalid: Missing the key {missing[0]}"
            )
        key = {name: given[name] for name in table.table_key_attrs}
        operation = _Operation(kind, body, table, key)
        if operation.identity in seen:
            raise MultipleTransactionsException
        seen.add(operation.identity)
        operations.append(operation)
    return operations


type Reason = tuple[str | None, str | None, dict[str, Any] | None]


def _check(operation: _Operation) -> Reason:
    """Cancellation reason of one operation against the state before the transaction."""
    body = operation.body
    expression = body.get("ConditionExpression")
    if not expression:
        return None, None, None
    current = operation.table.get_item(*ddbindex.key_of(operation.table, operation.key))
    condition = get_filter_expression(
        expression, body.get("ExpressionAttributeNames"), body.get("ExpressionAttributeValues")
    )
    if condition.expr(current):
        return None, None, None
    wants_old = body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    old = current.to_json()["Attributes"] if wants_old and current is not None else None
    return "ConditionalCheckFailed", str(ConditionalCheckFailed().message), old


def _new_item(operation: _Operation) -> dict[str, Any] | None:
    """What a Put or a plain Update puts in the place of the old item; None: another operation."""
    if operation.kind == "Put":
        item: dict[str, Any] = operation.body["Item"]
        return item
    if operation.kind == "Update":
        return ddbupdate.updated(operation.table, operation.body)
    return None


def _apply(backend: Any, operation: _Operation, item: dict[str, Any] | None) -> None:
    body, table_name = operation.body, operation.body["TableName"]
    if item is not None:
        backend.put_item(table_name, item, overwrite=True)
    elif operation.kind == "Delete":
        backend.delete_item(table_name, operation.key)
    elif operation.kind == "Update":
        backend.update_item(
            table_name,
            operation.key,
            update_expression=body["UpdateExpression"],
            expression_attribute_names=body.get("ExpressionAttributeNames"),
            expression_attribute_values=body.get("ExpressionAttributeValues"),
        )


@contextlib.contextmanager
def _all_or_nothing(targets: list[tuple[Any, dict[str, Any], bool]]) -> Iterator[None]:
    """Restores the items and streams of `targets` when the block raises.

    A target is (table, key, whether moto changes the item itself; otherwise it is replaced).
    """
    before = []
    for table, key, is_changed in targets:
        hash_key, range_key = ddbindex.key_of(table, key)
        shard = table.stream_shard
        old = table.get_item(hash_key, range_key)
        old = copy.deepcopy(old) if is_changed else old
        before.append((table, hash_key, range_key, old, shard and _stream_end(shard)))
    try:
        yield
    except Exception:
        for table, hash_key, range_key, old, end in reversed(before):
            _restore(table, hash_key, range_key, old)
            if end is not None:
                shard = table.stream_shard
                del shard.items[end - shard.starting_sequence_number :]
        raise


def _stream_end(shard: Any) -> int:
    return int(shard.starting_sequence_number) + len(shard.items)


def _restore(table: Any, hash_key: Any, range_key: Any | None, old: Any | None) -> None:
    slots, name = (
        (table.items, hash_key) if range_key is None else (table.items[hash_key], range_key)
    )
    if old is None:
        slots.pop(name, None)
    else:
        slots[name] = old
    ddbindex.indexes_of(table).place(ddbindex.item_id(hash_key, range_key), old)


def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
    """`DynamoDBBackend.transact_write_items`: linear in its own items, all or nothing."""
    operations = _operations(self, transact_items)
    reasons = [_check(operation) for operation in operations]
    if any(code for code, _, _ in reasons):
        raise TransactionCanceledException(reasons)
    items = [_new_item(operation) for operation in operations]
    changed = [
        (operation.table, operation.key, operation.kind == "Update" and item is None)
        for operation, item in zip(operations, items, strict=True)
    ]
    with _all_or_nothing(changed):
        for position, operation in enumerate(operations):
            try:
                _apply(self, operation, items[position])
            except MockValidationException as invalid:
                failed: list[Reason] = [(None, None, None)] * len(operations)
                failed[position] = ("ValidationError", invalid.exception_msg, None)
                raise TransactionCanceledException(failed) from invalid


def update_item(self: Any, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    """`DynamoDBBackend.update_item` without half-made items and double stream records."""
    table = self.get_table(table_name)
    if any(name not in key for name in table.table_key_attrs):
        return _update_item(self, table_name, key, *args, **kwargs)
    hash_key, range_key = ddbindex.key_of(table, key)
    shard, table.stream_shard = table.stream_shard, None
    old = copy.deepcopy(table.get_item(hash_key, range_key))
    try:
        with _all_or_nothing([(table, key, True)]):
            item = _update_item(self, table_name, key, *args, **kwargs)
            for value in item.attrs.values():
                _check_digits(value)
    finally:
        table.stream_shard = shard
    ddbindex.indexes_of(table).place(ddbindex.item_id(hash_key, range_key), item)
    if shard is not None:
        shard.add(old, item)
    return item


def _check_digits(value: Any) -> None:
    if value.type == "N":
        _require_digits(value.value)
    elif value.type == "M":
        for inner in value.value.values():
            _check_digits(inner)
    elif value.type == "L":
        for inner in value.value:
            _check_digits(inner)


def _require_digits(number: Any) -> None:
    text = str(number)
    if len(text) <= MAX_NUMBER_DIGITS:
        return
    digits = "".join(map(str, Decimal(text).as_tuple().digits)).strip("0")
    if len(digits) > MAX_NUMBER_DIGITS:
        raise ValidationException("Attempting to store more than 38 significant digits in a Number")


def _validate_number(self: Any, value: Any) -> None:
    _validate_number_type(self, value)
    _require_digits(value)


def _idempotent_transact(tokens: TokenLog) -> Callable[[Any], Any]:
    def transact(self: Any) -> Any:
        token = self.body.get("ClientRequestToken")
        if not token:
            return _handler_transact(self)
        text = json.dumps(self.body["TransactItems"], sort_keys=True, default=repr)
        digest = hashlib.sha256(text.encode()).hexdigest()
        known = tokens.find(token)
        if known is not None:
            if known != digest:
                raise _IdempotentParameterMismatch
            return ActionResult({"ConsumedCapacity": [], "ItemCollectionMetrics": {}})
        result = _handler_transact(self)
        tokens.remember(token, digest)
        return result

    return transact


def install(clock: VirtualClock) -> TokenLog:
    """Patches moto in this process. Callers must still hold `LOCK` around each call."""
    tokens = TokenLog(clock.now)
    ddbfast.install()
    ddbindex.install()
    ddbstream.install(clock)
    DynamoDBBackend.transact_write_items = transact_write_items
    DynamoDBBackend.update_item = update_item
    Table._validate_number_type = _validate_number
    DynamoHandler.transact_write_items = _idempotent_transact(tokens)
    # moto remembers every object it ever made for its dashboard: items, records and messages
    # would stay in memory for ever.
    BaseModel.__new__ = lambda cls, *_args, **_kwargs: object.__new__(cls)
    return tokens
