"""Makes moto's DynamoDB queries proportional to one partition instead of the whole table.

moto sorts every item of the table for each query. Here a query on the table looks at one
hash key only, and each global secondary index has a bucket of items per index hash key that
writes keep up to date. Callers hold the DynamoDB lock.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

# (type, comparable value) of one attribute; numbers compare by value, not by spelling.
type AttributeId = tuple[str, Any]
type ItemId = tuple[AttributeId, AttributeId | None]
type BucketId = tuple[AttributeId, ...]


class TableIndexes:
    """Buckets of one table: index name -> bucket id -> item id -> item."""

    def __init__(self, table: Any) -> None:
        self._hash_names: dict[str, tuple[str, ...]] = {}
        self._buckets: dict[str, dict[BucketId, dict[ItemId, Any]]] = {}
        self._places: dict[ItemId, dict[str, BucketId]] = {}
        # What was written since `take_touched`; the snapshot saves just that.
        self._touched: dict[ItemId, Any | None] = {}
        self.is_whole = True  # nothing was taken yet: what was there before counts as touched
        for index in table.all_indexes():
            self._hash_names[index.name] = tuple(
                key["AttributeName"] for key in index.schema if key["KeyType"] == "HASH"
            )
            self._buckets[index.name] = {}
        for item in stored_items(table):
            self.place(item_id(item.hash_key, item.range_key), item)

    def covers(self, table: Any) -> bool:
        """Whether the table still has exactly the indexes these buckets were built for."""
        return self._hash_names.keys() == {index.name for index in table.all_indexes()}

    def place(self, key: ItemId, item: Any | None) -> None:
        """Puts `item` in the buckets of its current attributes; None removes it."""
        self._touched[key] = item
        for index_name, bucket_id in self._places.pop(key, {}).items():
            bucket = self._buckets[index_name][bucket_id]
            del bucket[key]
            if not bucket:
                del self._buckets[index_name][bucket_id]
        if item is None:
            return
        places: dict[str, BucketId] = {}
        for index_name, names in self._hash_names.items():
            values = [item.attrs.get(name) for name in names]
            if all(value is not None for value in values):
                bucket_id = tuple(attribute_id(value) for value in values)
                self._buckets[index_name].setdefault(bucket_id, {})[key] = item
                places[index_name] = bucket_id
        if places:
            self._places[key] = places

    def is_touched(self) -> bool:
        """Whether anything was written since the last `take_touched`."""
        return bool(self._touched)

    def take_touched(self) -> dict[ItemId, Any | None]:
        """Items written since the last call by their id (None = deleted); then starts anew."""
        touched, self._touched = self._touched, {}
        self.is_whole = False
        return touched

    def candidates(self, index_name: str, conditions: dict[str, Any]) -> list[Any] | None:
        """Items whose index hash key has the wanted value; None when the index is unknown."""
        names = self._hash_names.get(index_name)
        if names is None or not all(name in conditions for name in names):
            return None
        wanted = tuple(attribute_id(conditions[name]) for name in names)
        return list(self._buckets[index_name].get(wanted, {}).values())


def attribute_id(value: Any) -> AttributeId:
    """Hashable identity of a key attribute."""
    raw = value.value
    return (value.type, Decimal(raw) if value.type == "N" else raw)


def item_id(hash_key: Any, range_key: Any | None) -> ItemId:
    """Identity of an item inside its table."""
    return attribute_id(hash_key), None if range_key is None else attribute_id(range_key)


def stored_items(table: Any) -> Iterable[Any]:
    """All items of a table in no order."""
    for entry in table.items.values():
        if table.has_range_key:
            yield from entry.values()
        elif isinstance(entry, Item):
            yield entry


def indexes_of(table: Any) -> TableIndexes:
    """The buckets of `table`, built on first use or after its indexes changed."""
    found: TableIndexes | None = table.__dict__.get("_local_indexes")
    if found is None or not found.covers(table):
        found = TableIndexes(table)
        table._local_indexes = found
    return found


def rebuild(table: Any) -> None:
    """Forgets the buckets; call it after changing `table.items` directly."""
    table.__dict__.pop("_local_indexes", None)


_query = Table.query
_put_item = Table.put_item
_delete_item = Table.delete_item


def _indexed_query(self: Any, hash_key: Any, *args: Any, **kwargs: Any) -> Any:
    index_name = kwargs.get("index_name", args[6] if len(args) > 6 else None)
    if index_name:
        conditions = dict(kwargs.get("hash_key_conditions") or ())
        found = indexes_of(self).candidates(index_name, conditions)
    else:
        entry = self.items.get(hash_key)
        if self.has_range_key:
            found = list(entry.values()) if entry else []
        else:
            found = [entry] if isinstance(entry, Item) else []
    if found is None:
        return _query(self, hash_key, *args, **kwargs)
    is_consistent = kwargs.get("consistent_read", args[7] if len(args) > 7 else False)
    if not found and index_name and not is_consistent:
        return [], 0, None  # most timer shards are empty most of the time
    # The lock is held, so shadowing the method on the instance is seen by this query only.
    self.all_items = lambda: found
    try:
        return _query(self, hash_key, *args, **kwargs)
    finally:
        del self.all_items


def _indexed_put(self: Any, item_attrs: Any, *args: Any, **kwargs: Any) -> Any:
    item = _put_item(self, item_attrs, *args, **kwargs)
    indexes_of(self).place(item_id(item.hash_key, item.range_key), item)
    return item


def _indexed_delete(self: Any, hash_key: Any, range_key: Any | None) -> Any:
    item = _delete_item(self, hash_key, range_key)
    if item is not None:
        indexes_of(self).place(item_id(item.hash_key, item.range_key), None)
    return item


def key_of(table: Any, attributes: dict[str, Any]) -> tuple[Any, Any | None]:
    """(hash key, range key or None) of an item or key in DynamoDB JSON."""
    hash_key = DynamoType(attributes[table.hash_key_attr])
    return hash_key, (DynamoType(attributes[table.range_key_attr]) if table.has_range_key else None)


def install() -> None:
    """Replaces the table methods; repeating it changes nothing."""
    Table.query = _indexed_query
    Table.put_item = _indexed_put
    Table.delete_item = _indexed_delete
