"""Keeps the state of the local cloud over restarts: tables, objects, KMS keys, the virtual clock.

A snapshot is a directory: `manifest.json`, segments `<table>.<generation>.jsonl`,
`keys.<generation>.json`, and bodies of objects by hash under `objects/`. A segment holds what
changed since the one before, an item per line in DynamoDB JSON or `[type, key, ...]` of a deleted
one, so a save costs what was written, not what is kept; many segments are written anew as one. New
files are written beside the old ones and the manifest is replaced last, so a reader sees one
consistent generation or the one before.

Queues and executions are not saved: the product's sweep refills and restarts them from the tables.
"""

import base64
import hashlib
import json
import math
import os
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.utilities import dynamo_to_dict

from tools.localcloud import ddbindex
from tools.localcloud.ddbfix import LOCK
from tools.localcloud.kmskeys import dump_keys, restore_keys
from tools.localcloud.objects import ObjectDamaged, dump, restore, unused

if TYPE_CHECKING:
    from tools.localcloud.core import Core

FORMAT = 3
MANIFEST = "manifest.json"
INTERVAL_S = 3.0
SEGMENTS_MAX = 100
_KEY_WRITES = frozenset({"CreateKey", "CreateAlias", "UpdateAlias", "ScheduleKeyDeletion"})
_OBJECT_READS = ("Get", "Head", "List")


class SnapshotRefused(Exception):
    """The snapshot belongs to another account, format or schema, or a file of it is damaged."""


@dataclass(frozen=True)
class Restored:
    """What was restored. `saved_at_s` is the virtual time of the snapshot."""

    saved_at_s: float
    items: int


def schema_of(table: Any) -> dict[str, Any]:
    """What must stay the same for saved items to fit: key names and types, index keys."""
    return {
        "keys": sorted(
            (key["AttributeName"], key["KeyType"], _type_of(table, key["AttributeName"]))
            for key in table.schema
        ),
        "indexes": sorted(
            [index.name, sorted(key["AttributeName"] for key in index.schema)]
            for index in table.all_indexes()
        ),
    }


def _type_of(table: Any, attribute: str) -> str:
    return next(
        str(one["AttributeType"]) for one in table.attr if one["AttributeName"] == attribute
    )


class Snapshot:
    """Saves and restores one core in one directory."""

    def __init__(self, core: "Core", directory: Path) -> None:
        ddbindex.install()  # it knows what was written
        self._core = core
        self._directory = directory
        self._account_id: str = core.deployer.account_id
        self._region: str = core.deployer.region
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._position = 0
        self._generation = 0
        self._manifest: dict[str, Any] | None = None

    def _table(self, name: str) -> Any:
        return dynamodb_backends[self._account_id][self._region].get_table(name)

    # Saving

    def start(self, interval_s: float = INTERVAL_S) -> None:
        """Saves in the background every `interval_s` real seconds when something changed."""
        self._thread = threading.Thread(
            target=self._run, args=(interval_s,), daemon=True, name="snapshot"
        )
        self._thread.start()

    def close(self) -> None:
        """Stops the background thread and saves a last time."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30.0)
        self.save()

    def _run(self, interval_s: float) -> None:
        while not self._stop.wait(interval_s):
            try:
                self.save()
            except Exception:  # noqa: BLE001 - a full disk now must not prevent the next try
                traceback.print_exc()

    def save(self) -> bool:
        """Saves what changed since the last time; False when nothing did."""
        with self._lock:
            with LOCK:
                tables = {name for name in self._core.deployer.tables if self._touched(name)}
            keys, objects = self._logged()
            offset_s = self._core.clock.offset_s
            old = self._manifest
            if old is not None and not (tables or keys or objects):
                if math.isclose(old["clock_offset_s"], offset_s, abs_tol=1e-3):
                    return False
            # Until this write succeeds nothing counts as saved: after a failure all is written.
            self._manifest = None
            self._write(old, tables, keys=keys, objects=objects)
            return True

    def _touched(self, name: str) -> bool:
        return ddbindex.indexes_of(self._table(name)).is_touched()

    def _logged(self) -> tuple[bool, bool]:
        """Whether keys, and objects, changed since the last save, by the call log."""
        log = self._core.edge.calls
        end = len(log)
        if end < self._position:  # The log was cleared: what it held is unknown.
            self._position = end
            return True, True
        calls = log.since(self._position)
        self._position += len(calls)
        keys = any(call.service == "kms" and call.action in _KEY_WRITES for call in calls)
        objects = any(
            call.service == "s3" and not call.action.startswith(_OBJECT_READS) for call in calls
        )
        return keys, objects

    def _write(
        self, old: Mapping[str, Any] | None, tables: set[str], *, keys: bool, objects: bool
    ) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._generation += 1
        entries = {name: list(segments) for name, segments in old["tables"].items()} if old else {}
        with LOCK:
            lines = {
                name: self._lines(name, entries)
                for name in (tables if old else self._core.deployer.tables)
            }
            schemas = {name: schema_of(self._table(name)) for name in self._core.deployer.tables}
            saved_at_s = self._core.clock.now()
        for name, changed in lines.items():
            file = f"{_file_stem(name)}.{self._generation}.jsonl"
            entries.setdefault(name, []).append(self._write_file(file, changed))
        if keys or old is None:
            text = json.dumps(dump_keys(self._account_id, self._region))
            key_entry = self._write_file(f"keys.{self._generation}.json", [text])
        else:
            key_entry = old["keys"]
        if objects or old is None:
            kept = dump(self._account_id, self._directory, _replace_bytes)
        else:
            kept = old["objects"]
        manifest = {
            "format": FORMAT,
            "generation": self._generation,
            "account_id": self._account_id,
            "region": self._region,
            "saved_at_s": saved_at_s,
            "clock_offset_s": self._core.clock.offset_s,
            "schemas": schemas,
            "tables": entries,
            "keys": key_entry,
            "objects": kept,
        }
        _replace(self._directory / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))
        self._manifest = json.loads(json.dumps(manifest))
        self._remove_unused()

    def _lines(self, name: str, entries: dict[str, list[Any]]) -> list[str]:
        """What the next segment of a table holds; forgets its segments when that is everything."""
        table = self._table(name)
        indexes = ddbindex.indexes_of(table)
        # Indexes that were built anew do not know what was deleted before.
        everything = indexes.is_whole or len(entries.get(name, ())) in (0, SEGMENTS_MAX)
        touched = indexes.take_touched()
        if everything:
            entries.pop(name, None)
            return sorted(_line(item) for item in ddbindex.stored_items(table))
        return [_line(item) if item else _deleted(key) for key, item in touched.items()]

    def _write_file(self, name: str, lines: list[str]) -> dict[str, Any]:
        text = "".join(line + "\n" for line in lines)
        _replace(self._directory / name, text)
        return {"file": name, "sha256": hashlib.sha256(text.encode()).hexdigest()}

    def _remove_unused(self) -> None:
        manifest = self._manifest or {}
        segments = chain.from_iterable(manifest["tables"].values())
        used = {entry["file"] for entry in segments} | {manifest["keys"]["file"]}
        for path in self._directory.iterdir():
            if path.suffix in (".jsonl", ".json", ".tmp") and path.name not in {*used, MANIFEST}:
                path.unlink(missing_ok=True)
        for path in unused(self._directory, manifest["objects"]):
            path.unlink(missing_ok=True)

    # Restoring

    def restore(self) -> Restored | None:
        """Fills the freshly deployed, empty tables; None when there is no snapshot.

        Writes no stream records. Raises SnapshotRefused, having changed nothing.
        """
        path = self._directory / MANIFEST
        if not path.exists():
            return None
        manifest = json.loads(path.read_text("utf-8"))
        self._check(manifest)
        rows = {
            name: [json.loads(line) for entry in segments for line in self._read(entry)]
            for name, segments in manifest["tables"].items()
        }
        keys = json.loads(self._read(manifest["keys"])[0])
        try:
            restore(self._account_id, self._region, self._directory, manifest["objects"])
        except ObjectDamaged as damaged:
            raise SnapshotRefused(f"{damaged} is missing or damaged") from None
        with LOCK:
            items = sum(_fill(self._table(name), lines) for name, lines in rows.items())
        restore_keys(self._account_id, self._region, keys)
        self._core.clock.set_offset(float(manifest["clock_offset_s"]))
        self._generation = int(manifest["generation"])
        self._position = len(self._core.edge.calls)
        # The next save writes everything: the keys may have new ids.
        self._manifest = None
        return Restored(saved_at_s=float(manifest["saved_at_s"]), items=items)

    def _check(self, manifest: Mapping[str, Any]) -> None:
        if manifest.get("format") != FORMAT:
            raise SnapshotRefused(
                f"{self._directory}: format {manifest.get('format')}, this version reads {FORMAT}"
            )
        place = (manifest["account_id"], manifest["region"])
        if place != (self._account_id, self._region):
            raise SnapshotRefused(
                f"{self._directory}: saved from account {place[0]} in {place[1]}, "
                f"not {self._account_id} in {self._region}"
            )
        for name in manifest["tables"]:
            if name not in self._core.deployer.tables:
                raise SnapshotRefused(f"{self._directory}: table {name} is not deployed any more")
            deployed = json.loads(json.dumps(schema_of(self._table(name))))
            if manifest["schemas"][name]["keys"] != deployed["keys"]:
                raise SnapshotRefused(f"{self._directory}: table {name} has other keys now")

    def _read(self, entry: Mapping[str, Any]) -> list[str]:
        path = self._directory / entry["file"]
        if not path.exists():
            raise SnapshotRefused(f"{path} is missing")
        text = path.read_text("utf-8")
        if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
            raise SnapshotRefused(f"{path} is damaged")
        # Only "\n" ends a line: an item's text may hold other line separators.
        return [line for line in text.split("\n") if line]


def _line(item: Any) -> str:
    return json.dumps(
        {name: dynamo_to_dict(value) for name, value in item.attrs.items()},
        default=lambda binary: base64.b64encode(binary).decode(),
        ensure_ascii=False,
        sort_keys=True,
    )


def _deleted(key: ddbindex.ItemId) -> str:
    return json.dumps([[kind, str(value)] for kind, value in filter(None, key)])


def _fill(table: Any, lines: list[Any]) -> int:
    """Replays segments into a table behind the back of its stream; the number of items left."""
    shard, table.stream_shard = table.stream_shard, None
    try:
        for line in lines:
            if isinstance(line, dict):
                table.put_item(line, overwrite=True)
            else:
                keys = [DynamoType({kind: value}) for kind, value in line]
                table.delete_item(keys[0], keys[1] if len(keys) > 1 else None)
    finally:
        table.stream_shard = shard
    return sum(1 for _ in ddbindex.stored_items(table))


def _file_stem(table_name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in table_name)


def _replace(path: Path, text: str) -> None:
    _replace_bytes(path, text.encode())


def _replace_bytes(path: Path, data: bytes) -> None:
    """Writes a file only its owner can read (key material, personal data), atomically."""
    draft = path.with_name(path.name + ".tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
