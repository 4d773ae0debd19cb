"""S3 in memory, as far as the product uses it: conditional writes, reads, copies, listings."""

import hashlib
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.chaos.world import World

type Answer = dict[str, Any]
DONE: Answer = {"ResponseMetadata": {"HTTPStatusCode": 200}}


def refused(code: str, status: int = 400) -> Answer:
    """An AWS error."""
    return {
        "Error": {"Code": code, "Message": "injected"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }


class Objects:
    """Every object is in the world's state, by bucket/key."""

    def __init__(self, world: "World") -> None:
        self._world = world

    @property
    def _kept(self) -> dict[str, bytes]:
        return self._world.state.objects

    def put(self, params: Answer) -> Answer:
        """Write one; with IfNoneMatch only a new one."""
        name = _name(params)
        if params.get("IfNoneMatch") == "*" and name in self._kept:
            return refused("PreconditionFailed", 412)
        self._kept[name] = bytes(params["Body"])
        return dict(DONE)

    def get(self, params: Answer) -> Answer:
        """Read one; with IfMatch only this content."""
        body = self._kept.get(_name(params))
        if body is None:
            return refused("NoSuchKey", 404)
        if params.get("IfMatch", _etag(body)) != _etag(body):
            return refused("PreconditionFailed", 412)
        return {**DONE, "Body": io.BytesIO(body), "ETag": _etag(body)}

    def head(self, params: Answer) -> Answer:
        """Whether it is there."""
        body = self._kept.get(_name(params))
        if body is None:
            return refused("404", 404)
        return {**DONE, "Metadata": {}, "ETag": _etag(body)}

    def listed(self, params: Answer) -> Answer:
        """Keys below a prefix, by name."""
        bucket = f"{params['Bucket']}/"
        keys = (name.removeprefix(bucket) for name in self._kept if name.startswith(bucket))
        after, prefix = params.get("StartAfter", ""), params.get("Prefix", "")
        found = sorted(key for key in keys if key.startswith(prefix) and key > after)
        return {**DONE, "Contents": [{"Key": key} for key in found[: params["MaxKeys"]]]}

    def copy(self, params: Answer) -> Answer:
        """Copy one as long as it is this content."""
        source = params["CopySource"]
        body = self._kept.get(f"{source['Bucket']}/{source['Key']}")
        if body is None:
            return refused("NoSuchKey", 404)
        if params["CopySourceIfMatch"] != _etag(body):
            return refused("PreconditionFailed", 412)
        self._kept[_name(params)] = body
        return dict(DONE)

    def delete(self, params: Answer) -> Answer:
        """Remove one as long as it is this content."""
        body = self._kept.get(_name(params))
        if body is not None and params.get("IfMatch", _etag(body)) != _etag(body):
            return refused("PreconditionFailed", 412)
        self._kept.pop(_name(params), None)
        return dict(DONE)


def _name(params: Answer) -> str:
    return f"{params['Bucket']}/{params['Key']}"


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
