"""Objects come back as they were: versions, locks, times, delete markers, and only whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.s3.models import s3_backends

from tests.localcloud.test_snapshot import ACCOUNT, REGION, Core
from tools.localcloud.snapshot import Snapshot, SnapshotRefused

BUCKET = "autolend-test-contracts"
UNTIL = "2036-11-25T00:00:00Z"


def deployed() -> tuple[Core, Any]:
    """A freshly deployed core with one empty, versioned bucket."""
    core, backend = Core(), s3_backends[ACCOUNT]["aws"]
    backend.reset()
    backend.create_bucket(BUCKET, REGION)
    backend.put_bucket_versioning(BUCKET, "Enabled")
    return core, backend


@pytest.fixture
def cloud() -> Iterator[tuple[Core, Any]]:
    yield deployed()
    s3_backends[ACCOUNT]["aws"].reset()


def put(core: Core, backend: Any, body: bytes, **lock: str) -> str:
    made = backend.put_object(BUCKET, "ctr_1.pdf", body, **lock)
    made.set_metadata({"contract": "ctr_1", "Content-Type": "application/pdf"})
    core.log("s3", "PutObject", BUCKET)
    return str(made.version_id)


def test_versions_locks_and_markers_come_back(cloud: tuple[Core, Any], tmp_path: Path) -> None:
    core, backend = cloud
    first = put(core, backend, b"%PDF first", lock_mode="COMPLIANCE", lock_until=UNTIL)
    second = put(core, backend, b"%PDF second")
    backend.put_object(BUCKET, "gone", b"x")
    backend.delete_object(BUCKET, "gone")
    kept = backend.get_object(BUCKET, "ctr_1.pdf", version_id=first)
    etag, modified = kept.etag, kept.last_modified
    snapshot = Snapshot(core, tmp_path)  # type: ignore[arg-type]
    assert snapshot.save()
    assert not snapshot.save()
    core.log("s3", "GetObject", BUCKET)
    assert not snapshot.save()

    again, restored = deployed()
    Snapshot(again, tmp_path).restore()  # type: ignore[arg-type]
    one = restored.get_object(BUCKET, "ctr_1.pdf", version_id=first)
    assert (one.value, one.etag, one.last_modified) == (b"%PDF first", etag, modified)
    assert (one.lock_mode, one.lock_until) == ("COMPLIANCE", UNTIL)
    assert one.metadata["contract"] == "ctr_1"
    assert one.metadata["content-type"] == "application/pdf"
    newest = restored.get_object(BUCKET, "ctr_1.pdf")
    assert (newest.version_id, newest.value) == (second, b"%PDF second")
    assert restored.get_object(BUCKET, "gone") is None


def test_bodies_are_written_once_and_dropped_when_unused(
    cloud: tuple[Core, Any], tmp_path: Path
) -> None:
    core, backend = cloud
    put(core, backend, b"same")
    put(core, backend, b"same")
    snapshot = Snapshot(core, tmp_path)  # type: ignore[arg-type]
    snapshot.save()
    (body,) = (tmp_path / "objects").iterdir()
    written = body.stat().st_mtime_ns
    other = put(core, backend, b"other")
    snapshot.save()
    assert body.stat().st_mtime_ns == written
    assert len(list((tmp_path / "objects").iterdir())) == 2
    backend.delete_object(BUCKET, "ctr_1.pdf", version_id=other)
    core.log("s3", "DeleteObject", BUCKET)
    snapshot.save()
    assert list((tmp_path / "objects").iterdir()) == [body]


def test_a_damaged_body_is_refused_before_anything_changes(
    cloud: tuple[Core, Any], tmp_path: Path
) -> None:
    core, backend = cloud
    put(core, backend, b"first")
    core.put("STATE")
    Snapshot(core, tmp_path).save()  # type: ignore[arg-type]
    (body,) = (tmp_path / "objects").iterdir()
    body.write_bytes(b"forged")
    again, restored = deployed()
    with pytest.raises(SnapshotRefused, match="damaged"):
        Snapshot(again, tmp_path).restore()  # type: ignore[arg-type]
    assert again.rows() == []
    assert not restored.buckets[BUCKET].keys
