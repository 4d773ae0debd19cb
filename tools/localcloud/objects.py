"""What buckets hold, for the snapshot: every version of every object, and delete markers.

Bodies are files named by their hash, written once; the list of versions is part of the manifest.
Version ids, locks and times come back as they were: evidence of a contract names them.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends

FOLDER = "objects"
_KEPT = ("lock_mode", "lock_legal_status", "lock_until", "checksum_value", "checksum_type",
         "checksum_algorithm", "encryption", "kms_key_id")  # fmt: skip

type Version = dict[str, Any]
type Write = Callable[[Path, bytes], None]


class ObjectDamaged(Exception):
    """A body is missing or is not what its name says; the message is its path."""


def dump(account_id: str, directory: Path, write: Write) -> dict[str, list[Version]]:
    """All versions by bucket, oldest first; bodies that are not there yet are written."""
    buckets = s3_backends[account_id]["aws"].buckets
    return {
        name: [
            _dumped(version, directory, write)
            for key in list(bucket.keys)
            for version in list(bucket.keys.getlist(key))
        ]
        for name, bucket in list(buckets.items())
    }


def _dumped(version: Any, directory: Path, write: Write) -> Version:
    said: Version = {
        "key": version.name,
        "version_id": version.version_id,
        "last_modified": version.last_modified.isoformat(),
    }
    if isinstance(version, FakeDeleteMarker):
        return {**said, "deleted": True}
    body = version.value
    sha256 = hashlib.sha256(body).hexdigest()
    path = directory / FOLDER / sha256
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, body)
    kept = {name: getattr(version, name) for name in _KEPT if getattr(version, name) is not None}
    return {
        **said,
        "sha256": sha256,
        "is_versioned": version._is_versioned,
        "metadata": dict(version.metadata),
        **kept,
    }


def restore(
    account_id: str, region: str, directory: Path, saved: Mapping[str, Iterable[Version]]
) -> int:
    """Fill the freshly made buckets; the number of versions.

    A bucket that is not deployed any more is left out. Raises ObjectDamaged before any change.
    """
    bodies = {
        one["sha256"]: _body(directory / FOLDER / one["sha256"])
        for versions in saved.values()
        for one in versions
        if "sha256" in one
    }
    buckets = s3_backends[account_id]["aws"].buckets
    count = 0
    for name, versions in saved.items():
        if name not in buckets:
            continue
        for one in versions:
            made = _made(one, name, account_id, region, bodies)
            buckets[name].keys[one["key"]] = made
            count += 1
    return count


def _made(
    one: Version, bucket: str, account_id: str, region: str, bodies: Mapping[str, bytes]
) -> Any:
    is_deleted = one.get("deleted", False)
    key = FakeKey(
        name=one["key"],
        value=b"" if is_deleted else bodies[one["sha256"]],
        account_id=account_id,
        region_name=region,
        is_versioned=one.get("is_versioned", True),
        version_id=None if one["version_id"] == "null" else one["version_id"],
        bucket_name=bucket,
    )
    made: Any = FakeDeleteMarker(key) if is_deleted else key
    made.last_modified = dt.datetime.fromisoformat(one["last_modified"])
    made._version_id = key._version_id
    if not is_deleted:
        key._metadata.update(one["metadata"])
        for name in _KEPT:
            setattr(key, name, one.get(name))
    return made


def unused(directory: Path, saved: Mapping[str, Iterable[Version]]) -> list[Path]:
    """Bodies that no version names any more."""
    used = {one.get("sha256") for versions in saved.values() for one in versions}
    folder = directory / FOLDER
    return [path for path in folder.iterdir() if path.name not in used] if folder.exists() else []


def _body(path: Path) -> bytes:
    try:
        body = path.read_bytes()
    except OSError:
        raise ObjectDamaged(str(path)) from None
    if hashlib.sha256(body).hexdigest() != path.name:
        raise ObjectDamaged(str(path))
    return body
