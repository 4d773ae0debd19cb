"""Snapshots: what was saved comes back, silently, atomically, and only where it belongs.

The "core" is moto's backends of an account no other test uses, without any server.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.kms.models import kms_backends

from tools.localcloud.calllog import Call, CallLog
from tools.localcloud.clock import VirtualClock
from tools.localcloud.kmskeys import AmbiguousKey, restore_keys
from tools.localcloud.pump import ttl
from tools.localcloud.snapshot import MANIFEST, SEGMENTS_MAX, Snapshot, SnapshotRefused

ACCOUNT, REGION = "210987654321", "ap-southeast-1"
LENDING, ENGAGEMENT = "Autolend-dev-Data-Lending", "Autolend-dev-Data-Engagement"


class Core:
    """A freshly deployed core: two empty tables, a data key and an index key."""

    def __init__(self, account_id: str = ACCOUNT, sort_key: str = "sk") -> None:
        for backends in (dynamodb_backends, kms_backends):
            backends[account_id][REGION].reset()
        self.account_id = account_id
        self.clock = VirtualClock()
        self.edge = SimpleNamespace(calls=CallLog())
        self.dynamodb: Any = dynamodb_backends[account_id][REGION]
        self.kms: Any = kms_backends[account_id][REGION]
        self.deployer = SimpleNamespace(
            account_id=account_id,
            region=REGION,
            tables={
                LENDING: SimpleNamespace(ttl_attribute="expires_epoch"),
                ENGAGEMENT: SimpleNamespace(ttl_attribute=None),
            },
        )
        for name in self.deployer.tables:
            self._create_table(name, sort_key)
        self.vault = self._create_key("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "vault")
        self.index = self._create_key("GENERATE_VERIFY_MAC", "HMAC_256", "index")

    def _create_table(self, name: str, sort_key: str) -> None:
        self.dynamodb.create_table(
            name,
            schema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": sort_key, "KeyType": "RANGE"},
            ],
            throughput=None,
            attr=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": sort_key, "AttributeType": "S"},
            ],
            global_indexes=None,
            indexes=None,
            streams={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            billing_mode="PAY_PER_REQUEST",
            sse_specification=None,
            tags=[],
            deletion_protection_enabled=None,
            warm_throughput=None,
        )

    def _create_key(self, usage: str, spec: str, alias: str) -> Any:
        key = self.kms.create_key(None, usage, spec, alias, None)
        self.kms.create_alias(key.id, f"alias/{alias}")
        return key

    def table(self, name: str = LENDING) -> Any:
        return self.dynamodb.get_table(name)

    def put(self, sk: str, table: str = LENDING, **attributes: Any) -> None:
        self.table(table).put_item({"pk": {"S": "APP#1"}, "sk": {"S": sk}, **attributes})
        self.log("dynamodb", "PutItem", table)

    def log(self, service: str, action: str, resource: str = "") -> None:
        self.edge.calls.append(
            Call(self.clock.now(), "client", service, action, (resource,), 200, None)
        )

    def rows(self, name: str = LENDING) -> list[str]:
        return sorted(
            item.attrs["sk"].value for entry in self.table(name).items.values()
            for item in entry.values()
        )  # fmt: skip

    def stream_length(self) -> int:
        return len(self.table().stream_shard.items)


@pytest.fixture
def core() -> Iterator[Core]:
    yield Core()
    Core()


IMAGE = {
    "amount_minor": {"N": "12000000"},
    "flag": {"BOOL": True},
    "nothing": {"NULL": True},
    "names": {"SS": ["a", "b"]},
    "blob": {"B": "AAH/"},
    "nested": {"M": {"list": {"L": [{"S": "行\u2028x"}, {"N": "1.50"}]}}},
}


def test_items_come_back_without_stream_records(core: Core, tmp_path: Path) -> None:
    core.put("STATE", **IMAGE)
    core.put("MSG#1", table=ENGAGEMENT)
    assert Snapshot(core, tmp_path).save()  # type: ignore[arg-type]
    again = Core()
    restored = Snapshot(again, tmp_path).restore()  # type: ignore[arg-type]
    assert restored is not None
    assert restored.items == 2
    (item,) = again.table().items.values()
    (state,) = item.values()
    attributes = state.to_json()["Attributes"]
    assert {name: attributes[name] for name in IMAGE} == IMAGE
    assert again.rows(ENGAGEMENT) == ["MSG#1"]
    assert again.stream_length() == 0
    again.put("EVENT#000001")
    assert again.stream_length() == 1


def test_nothing_is_written_when_nothing_changed(core: Core, tmp_path: Path) -> None:
    snapshot = Snapshot(core, tmp_path)  # type: ignore[arg-type]
    assert snapshot.save()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    core.log("dynamodb", "Query", LENDING)
    assert not snapshot.save()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    core.put("STATE")
    assert snapshot.save()
    after = {path.name for path in tmp_path.iterdir()}
    assert f"{ENGAGEMENT}.1.jsonl" in after
    assert f"{LENDING}.2.jsonl" in after
    assert f"{ENGAGEMENT}.2.jsonl" not in after
    core.clock.advance(days=1)
    assert snapshot.save()
    core.edge.calls.clear()
    assert snapshot.save() is True
    assert not snapshot.save()


def test_a_save_costs_what_was_written_not_what_is_kept(core: Core, tmp_path: Path) -> None:
    snapshot = Snapshot(core, tmp_path)  # type: ignore[arg-type]
    for number in range(50):
        core.put(f"ROW#{number}")
    snapshot.save()
    core.put("ROW#7", amount_minor={"N": "1"})
    core.table().delete_item(DynamoType({"S": "APP#1"}), DynamoType({"S": "ROW#8"}))
    core.put("NEW")
    snapshot.save()
    assert len((tmp_path / f"{LENDING}.2.jsonl").read_text().splitlines()) == 3
    again = Core()
    restored = Snapshot(again, tmp_path).restore()  # type: ignore[arg-type]
    assert restored is not None
    assert restored.items == 50
    assert again.rows() == sorted({f"ROW#{number}" for number in range(50)} - {"ROW#8"} | {"NEW"})
    (rows,) = again.table().items.values()
    changed = next(row for row in rows.values() if row.attrs["sk"].value == "ROW#7")
    assert changed.attrs["amount_minor"].value == "1"


def test_many_segments_become_one_and_hold_the_same(core: Core, tmp_path: Path) -> None:
    snapshot = Snapshot(core, tmp_path)  # type: ignore[arg-type]
    for number in range(SEGMENTS_MAX + 3):
        core.put(f"ROW#{number}")
        snapshot.save()
    assert len(list(tmp_path.glob(f"{LENDING}.*.jsonl"))) < 5
    again = Core()
    Snapshot(again, tmp_path).restore()  # type: ignore[arg-type]
    assert again.rows() == core.rows()


def test_a_failed_save_is_made_up_for(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Snapshot(core, tmp_path)  # type: ignore[arg-type]
    snapshot.save()
    core.put("STATE")

    def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("tools.localcloud.snapshot._replace", full)
        with pytest.raises(OSError, match="disk full"):
            snapshot.save()
    assert snapshot.save()
    again = Core()
    Snapshot(again, tmp_path).restore()  # type: ignore[arg-type]
    assert again.rows() == ["STATE"]


def test_files_are_private(core: Core, tmp_path: Path) -> None:
    Snapshot(core, tmp_path).save()  # type: ignore[arg-type]
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_the_clock_comes_back(core: Core, tmp_path: Path) -> None:
    core.clock.advance(days=40)
    Snapshot(core, tmp_path).save()  # type: ignore[arg-type]
    again = Core()
    restored = Snapshot(again, tmp_path).restore()  # type: ignore[arg-type]
    assert restored is not None
    assert again.clock.offset_s == pytest.approx(40 * 86_400)
    assert restored.saved_at_s == pytest.approx(again.clock.now(), abs=60)


def test_wrapped_keys_and_blind_indexes_survive_two_restarts(core: Core, tmp_path: Path) -> None:
    context = {"customer": "cus_1"}
    wrapped, _ = core.kms.encrypt(core.vault.id, b"data key", context)
    mac = core.kms.generate_mac(b"id", core.index.id, "HMAC_SHA_256", [], False)[0]
    Snapshot(core, tmp_path).save()  # type: ignore[arg-type]
    old_id = core.vault.id
    for _ in range(2):
        again = Core()
        assert again.vault.id != old_id
        snapshot = Snapshot(again, tmp_path)  # type: ignore[arg-type]
        snapshot.restore()
        for key_id in (None, again.vault.id, again.vault.arn, "alias/vault", old_id):
            plain, arn = again.kms.decrypt(wrapped, context, key_id)
            assert plain == b"data key"
            assert arn == again.vault.arn
        fresh, _ = again.kms.encrypt(again.vault.id, b"new", context)
        assert again.kms.decrypt(fresh, context, "alias/vault")[0] == b"new"
        assert again.kms.generate_mac(b"id", again.index.id, "HMAC_SHA_256", [], False)[0] == mac
        with pytest.raises(Exception, match="AccessDeniedException"):
            again.kms.decrypt(wrapped, context, again.index.id)
        snapshot.save()


def test_a_key_that_fits_two_deployed_keys_is_refused(core: Core) -> None:
    core.kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "same", None)
    core.kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "same", None)
    saved = {
        "id": "gone",
        "former_ids": [],
        "usage": "ENCRYPT_DECRYPT",
        "spec": "SYMMETRIC_DEFAULT",
        "description": "same",
        "aliases": [],
        "material": "AA==",
    }
    with pytest.raises(AmbiguousKey):
        restore_keys(ACCOUNT, REGION, [saved])


def test_no_snapshot_restores_nothing(core: Core, tmp_path: Path) -> None:
    assert Snapshot(core, tmp_path / "none").restore() is None  # type: ignore[arg-type]


def refuse(core: Core, directory: Path, match: str) -> None:
    with pytest.raises(SnapshotRefused, match=match):
        Snapshot(core, directory).restore()  # type: ignore[arg-type]
    assert core.clock.offset_s == 0
    for name in core.deployer.tables:
        assert not core.table(name).items


def test_a_snapshot_of_something_else_is_refused(core: Core, tmp_path: Path) -> None:
    core.put("STATE")
    Snapshot(core, tmp_path).save()  # type: ignore[arg-type]
    refuse(Core(account_id="310987654321"), tmp_path, "saved from account 210987654321")
    refuse(Core(sort_key="sort"), tmp_path, "has other keys now")
    smaller = Core()
    del smaller.deployer.tables[LENDING]
    refuse(smaller, tmp_path, "is not deployed any more")
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest, "format": 99}))
    refuse(Core(), tmp_path, "format 99")


def test_a_damaged_file_is_refused(core: Core, tmp_path: Path) -> None:
    core.put("STATE")
    Snapshot(core, tmp_path).save()  # type: ignore[arg-type]
    (tmp_path / f"{LENDING}.1.jsonl").write_text("{}\n")
    refuse(Core(), tmp_path, "is damaged")
    (tmp_path / f"{LENDING}.1.jsonl").unlink()
    refuse(Core(), tmp_path, "is missing")


def test_expired_items_go_away_and_the_snapshot_notices(core: Core, tmp_path: Path) -> None:
    core.put("REPLY", expires_epoch={"N": "1000"})
    core.put("STAYS", expires_epoch={"N": "3000"})
    core.put("WORD", expires_epoch={"S": "1000"})
    core.put("ANCIENT", expires_epoch={"N": "-200000000"})
    snapshot = Snapshot(core, tmp_path)  # type: ignore[arg-type]
    snapshot.save()
    deleted = ttl.sweep(
        core.deployer.tables,
        SimpleNamespace(table=core.table),  # type: ignore[arg-type]
        core.edge.calls,
        2000.0,
    )
    assert deleted == 1
    assert core.rows() == ["ANCIENT", "STAYS", "WORD"]
    record = core.table().stream_shard.items[-1].to_json()
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"]["principalId"] == "dynamodb.amazonaws.com"
    assert snapshot.save()
