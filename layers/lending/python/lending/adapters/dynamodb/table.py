"""One table through pynamodb: reads, queries and one unit of work (TransactWriteItems)."""

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from lending.adapters import aws
from lending.adapters.dynamodb.keys import TIMERS_INDEX, Key
from lending.adapters.dynamodb.rows import Row
from lending.domain.faults import LendingFault, Permanent, Retryable, StaleVersion

TRANSACTION_ITEMS_MAX: Final = 100
type Operation = dict[str, Any]
type Item = dict[str, dict[str, Any]]

_SCHEMA: Final = {
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"}
        for name in ("pk", "sk", "timer_shard", "timer_at")
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": TIMERS_INDEX,
            "KeySchema": [
                {"AttributeName": "timer_shard", "KeyType": "HASH"},
                {"AttributeName": "timer_at", "KeyType": "RANGE"},
            ],
        }
    ],
}


class RowCorrupt(Permanent):
    """A stored row breaks an invariant or cannot be read; the message is its key."""


class _Connection(Connection):
    """pynamodb's connection, whose own configuration of its client knows no user agent."""

    @property
    def session(self) -> Session:
        made = super().session
        made.set_default_client_config(Config(user_agent=aws.user_agent()))
        return made


@cache
def connection() -> Connection:
    """pynamodb's connection of this process, with the timeouts of every other client."""
    return _Connection(
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        host=os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL"),
        connect_timeout_seconds=aws.CONNECT_TIMEOUT_S,
        read_timeout_seconds=aws.READ_TIMEOUT_S,
        max_retry_attempts=aws.ATTEMPTS_MAX - 1,
        max_pool_connections=aws.CONNECTIONS_MAX,
    )


@cache
def _connected_to(table_name: str) -> Connection:
    shared = connection()
    shared.add_meta_table(MetaTable({"TableName": table_name, **_SCHEMA}))
    return shared


def new_row() -> Condition:
    """The row must not exist yet."""
    return Path("pk").does_not_exist()


class Work:
    """Writes collected for one transaction."""

    def __init__(self) -> None:
        self.checks: list[Operation] = []
        self.deletes: list[Operation] = []
        self.puts: list[Operation] = []
        self.updates: list[Operation] = []

    def __len__(self) -> int:
        return len(self.checks) + len(self.deletes) + len(self.puts) + len(self.updates)


class Table:
    """Typed access to one table; every AWS error leaves as a fault."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get[R: Row](self, row: type[R], key: Key) -> R | None:
        """One row, strongly consistent."""
        with _faults("dynamodb.GetItem"):
            answer = self._connection.get_item(
                self._name, key.pk, range_key=key.sk, consistent_read=True
            )
        item = answer.get("Item")
        return None if item is None else read(row, item)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Several rows at once (at most 100), strongly consistent; absent ones are left out."""
        found: dict[Key, Item] = {}
        wanted = [{"pk": key.pk, "sk": key.sk} for key in dict.fromkeys(keys)]
        if not wanted:
            return found
        with _faults("dynamodb.BatchGetItem"):
            answer = self._connection.batch_get_item(
                self._name,
                wanted,  # type: ignore[arg-type]  # annotated for tables without a range key
                consistent_read=True,
            )
        if answer.get("UnprocessedKeys"):
            raise Retryable("dynamodb.BatchGetItem: some keys were not read")
        for item in answer["Responses"].get(self._name, []):
            found[Key(item["pk"]["S"], item["sk"]["S"])] = item
        return found

    def query(
        self,
        pk: str,
        sort: Condition | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Item]:
        """Rows of one partition in sort-key order, strongly consistent."""
        return self._pages(
            pk,
            limit,
            range_key_condition=sort,
            scan_index_forward=not newest_first,
            consistent_read=True,
        )

    def timers(self, shard: str, at: Condition | None, limit: int | None) -> Iterator[Item]:
        """Rows of one timer shard, oldest first (eventually consistent); None = all of them."""
        return self._pages(shard, limit, range_key_condition=at, index_name=TIMERS_INDEX)

    def put(self, row: Row, condition: Condition | None = None) -> Operation:
        """A write for `commit`."""
        try:
            item = row.serialize()
        except (TypeError, ValueError) as error:
            raise RowCorrupt(f"{row.pk} {row.sk}: {type(error).__name__}") from error
        return self._connection.get_operation_kwargs(
            self._name, row.pk, range_key=row.sk, key="Item", attributes=item, condition=condition
        )

    def touch(
        self,
        key: Key,
        *,
        condition: Condition | None = None,
        actions: Sequence[Action] | None = None,
    ) -> Operation:
        """An update (with `actions`), delete or condition check of a key for `commit`."""
        return self._connection.get_operation_kwargs(
            self._name, key.pk, range_key=key.sk, condition=condition, actions=actions
        )

    def commit(self, work: Work) -> None:
        """Write everything or nothing.

        Raises:
            StaleVersion: a condition failed.  Retryable: throttled, in conflict or no answer.
            Permanent: refused as malformed, or more than 100 items.
        """
        if not len(work):
            return
        if len(work) > TRANSACTION_ITEMS_MAX:
            raise Permanent(f"a transaction of {len(work)} items")
        with _faults("dynamodb.TransactWriteItems"):
            self._connection.transact_write_items(
                condition_check_items=work.checks,
                delete_items=work.deletes,
                put_items=work.puts,
                update_items=work.updates,
                # One token for all of botocore's own retries: a lost answer is not applied twice.
                client_request_token=str(uuid.uuid4()),
            )

    def write(self, row: Row, condition: Condition | None = None) -> None:
        """Put one row. Raises StaleVersion when the condition fails."""
        with _faults("dynamodb.PutItem"):
            self._connection.dispatch("PutItem", self.put(row, condition))

    def update(self, key: Key, actions: Sequence[Action], condition: Condition) -> None:
        """Update one row. Raises StaleVersion when the condition fails."""
        with _faults("dynamodb.UpdateItem"):
            self._connection.update_item(
                self._name, key.pk, range_key=key.sk, actions=actions, condition=condition
            )

    def delete(self, key: Key, condition: Condition) -> None:
        """Delete one row. Raises StaleVersion when the condition fails."""
        with _faults("dynamodb.DeleteItem"):
            self._connection.delete_item(self._name, key.pk, range_key=key.sk, condition=condition)

    @property
    def _connection(self) -> Connection:
        return _connected_to(self._name)

    def _pages(self, partition: str, limit: int | None, **how: Any) -> Iterator[Item]:
        start: Mapping[str, Any] | None = None
        left = limit
        while left is None or left > 0:
            with _faults("dynamodb.Query"):
                page = self._connection.query(
                    self._name, partition, limit=left, exclusive_start_key=start, **how
                )
            items = page["Items"]
            yield from items
            start = page.get("LastEvaluatedKey")
            if not start:
                return
            left = None if left is None else left - len(items)


def read[R: Row](row: type[R], item: Item) -> R:
    """The typed row of a stored item. Raises RowCorrupt."""
    where = f"{item.get('pk', {}).get('S')} {item.get('sk', {}).get('S')}"
    try:
        found = row.from_raw_data(item)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RowCorrupt(f"{where}: {type(error).__name__}") from error
    # pynamodb reads an absent attribute as None, also where the row cannot be without it.
    for name, attribute in row.get_attributes().items():
        if not attribute.null and getattr(found, name) is None:
            raise RowCorrupt(f"{where}: no {name}")
    return found


@contextmanager
def _faults(operation: str) -> Iterator[None]:
    try:
        yield
    except PynamoDBException as error:
        raise _fault_of(error, operation) from error
    except (ClientError, BotoCoreError) as error:
        raise _aws_fault(error, operation) from error


def _fault_of(error: PynamoDBException, operation: str) -> LendingFault:
    if isinstance(error.cause, BotoCoreError):  # no answer at all: pynamodb would look into it
        return _aws_fault(error.cause, operation)
    code = error.cause_response_code
    if code == "TransactionCanceledException" and isinstance(error, TransactWriteError):
        codes = [reason.code for reason in error.cancellation_reasons if reason is not None]
        if "ConditionalCheckFailed" in codes:
            return StaleVersion(f"{operation}: a condition failed")
        if "ValidationError" in codes:
            return Permanent(f"{operation}: ValidationError")
        return Retryable(f"{operation}: {', '.join(sorted(set(codes)))}")
    if isinstance(error.cause, ClientError):
        return _aws_fault(error.cause, operation)
    return Permanent(f"{operation}: {type(error).__name__}")


def _aws_fault(error: ClientError | BotoCoreError, operation: str) -> LendingFault:
    if isinstance(error, ClientError):
        if aws.error_code(error) == "ConditionalCheckFailedException":
            return StaleVersion(f"{operation}: a condition failed")
        # pynamodb wraps the client's error and leaves the HTTP status behind on the original.
        original = error.__cause__
        return aws.fault_of(original if isinstance(original, ClientError) else error, operation)
    return aws.fault_of(error, operation)
