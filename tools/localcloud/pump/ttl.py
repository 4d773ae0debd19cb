"""Time to live: expired items go away, with the stream record DynamoDB would write."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from tools.localcloud import ddbindex
from tools.localcloud.calllog import Call, CallLog
from tools.localcloud.ddbfix import LOCK

CALLER = "ttl"
_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class HasTtl(Protocol):
    """The part of a deployed table that says where its expiry is."""

    @property
    def ttl_attribute(self) -> str | None:
        """Number attribute in seconds since the epoch."""
        ...


class Tables(Protocol):
    """Gives moto's table by name."""

    def table(self, table_name: str) -> Any:
        """moto's table."""
        ...


def sweep(tables: Mapping[str, HasTtl], backends: Tables, calls: CallLog, now_s: float) -> int:
    """Deletes the items whose expiry is not after `now_s`; returns how many.

    AWS does it within some days; here it happens at each sweep. Each table with deletions leaves
    one entry of caller "ttl" in the call log, so that snapshots see the change.
    """
    deleted = 0
    for name, info in tables.items():
        if info.ttl_attribute is None:
            continue
        with LOCK:
            count = _sweep_table(backends.table(name), info.ttl_attribute, now_s)
        if count:
            deleted += count
            calls.append(
                Call(
                    at=now_s,
                    caller=CALLER,
                    service="dynamodb",
                    action="DeleteItem",
                    resources=(name,),
                    status=200,
                    function=None,
                )
            )
    return deleted


def _sweep_table(table: Any, attribute: str, now_s: float) -> int:
    expired = list(_expired(ddbindex.stored_items(table), attribute, now_s))
    for item in expired:
        shard = table.stream_shard
        before = len(shard.items) if shard is not None else 0
        table.delete_item(item.hash_key, item.range_key)
        if shard is not None and len(shard.items) > before:
            shard.items[-1].record["userIdentity"] = _IDENTITY
    return len(expired)


def _expired(items: Iterable[Any], attribute: str, now_s: float) -> Iterable[Any]:
    for item in items:
        value = item.attrs.get(attribute)
        # DynamoDB ignores expiries that are not numbers or lie more than five years back.
        if value is not None and value.type == "N":
            expires_s = float(value.value)
            if now_s - 5 * 365 * 86_400 < expires_s <= now_s:
                yield item
