"""The BankFiles port on one S3 bucket, as banks' host-to-host channels use one.

    outbox/<message id>.xml    ours; the bank reads it and may not delete it, so that a file's
                               being there is the one and lasting answer to "was it sent?"
    inbox/<any name>           the bank's; what lies here was not dealt with
    archive/<sha256>/<name>    dealt with
    parked/<sha256>/<name>     cannot be used; an operator looks at it
    seen/<hash of kind and message id>.json and .done     which messages were here before

Conditional writes make each of these facts once, whoever else is at work. The role needs
ListBucket: without it S3 answers 403, not 404, for a key that does not exist.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final, Literal
from urllib.parse import quote

from botocore.exceptions import ClientError

from lending.adapters import aws
from lending.adapters.iso20022.reports import read_report
from lending.domain.bank_facts import FileHead, Flaw, Problem, Statement
from lending.domain.faults import NotFound, Permanent, Retryable
from lending.ports.bank import BankFile, FileItem

OUTBOX: Final = "outbox/"
INBOX: Final = "inbox/"
ARCHIVE: Final = "archive/"
PARKED: Final = "parked/"
SEEN: Final = "seen/"
CHUNK_BYTES: Final = 64 * 1024
STATEMENTS_MAX: Final = 1_000
_FINGERPRINT: Final = "orders-sha256"
_EXISTS: Final = frozenset({"PreconditionFailed", "412"})
_ABSENT: Final = frozenset({"NoSuchKey", "NotFound", "404"})
_BUSY: Final = frozenset({"ConditionalRequestConflict", "409"})


class S3BankFiles:
    """One bank's channel; `prefix` is "" or ends with a slash."""

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = prefix

    def send(
        self, message_id: str, body: bytes, orders_sha256: str
    ) -> Literal["sent", "sent_before", "other_orders"]:
        """See the port."""
        key = self._outbox_key(message_id)
        if self._put_new(key, body, "application/xml", {_FINGERPRINT: orders_sha256}):
            return "sent"
        head = self._head(key)
        is_same = head is not None and head["Metadata"].get(_FINGERPRINT) == orders_sha256
        return "sent_before" if is_same else "other_orders"

    def was_sent(self, message_id: str) -> bool:
        """See the port."""
        return self._head(self._outbox_key(message_id)) is not None

    def delivered(self, after: str = "", limit: int = 100) -> tuple[str, ...]:
        """See the port."""
        with aws.faults("s3.ListObjectsV2"):
            page = aws.s3().list_objects_v2(
                Bucket=self._bucket,
                Prefix=self._prefix + INBOX,
                StartAfter=after or self._prefix + INBOX,
                MaxKeys=limit,
            )
        return tuple(found["Key"] for found in page.get("Contents", []))

    def inspect(self, key: str) -> BankFile:
        """See the port."""
        answer = self._get(key)
        head, problem, items = FileHead("", ""), None, 0
        statements: list[Statement] = []
        with closing(answer["Body"]) as body:
            source = _Hashed(body)
            for item in read_report(source):
                match item:
                    case FileHead():
                        head = item
                    case Problem(is_whole=True):
                        problem = item
                    case Statement() if len(statements) == STATEMENTS_MAX:
                        detail = f"more than {STATEMENTS_MAX} statements"
                        problem = Problem(Flaw.TOO_LARGE, f"item {items}", detail, is_whole=True)
                        break
                    case Statement():
                        statements.append(item)
                        items += 1
                    case _:
                        items += 1
            source.drain()
        return BankFile(
            key=key,
            etag=answer["ETag"],
            kind=head.kind,
            message_id=head.message_id,
            sha256=source.sha256.hexdigest(),
            size_bytes=source.size,
            items=items,
            problem=problem,
            statements=tuple(statements),
        )

    def items(self, file: BankFile) -> Iterator[FileItem]:
        """See the port."""
        if file.problem is not None:
            raise Permanent(f"{file.key}: {file.problem.flaw.value}")
        with closing(self._get(file.key, etag=file.etag)["Body"]) as body:
            for item in read_report(_Hashed(body)):
                if not isinstance(item, FileHead):
                    yield item

    def claim(self, file: BankFile) -> Literal["new", "unfinished", "done", "other_body"]:
        """See the port."""
        if file.problem is not None:
            raise Permanent(f"{file.key}: {file.problem.flaw.value}")
        mark = self._mark(file)
        told = {
            "kind": file.kind,
            "message_id": file.message_id,
            "sha256": file.sha256,
            "key": file.key,
        }
        body = json.dumps(told, sort_keys=True).encode()
        if self._put_new(f"{mark}.json", body, "application/json", {}):
            return "new"
        with closing(self._get(f"{mark}.json")["Body"]) as stored:
            known = json.loads(_Hashed(stored).read())
        if known["sha256"] != file.sha256:
            return "other_body"
        return "unfinished" if self._head(f"{mark}.done") is None else "done"

    def finish(self, file: BankFile) -> None:
        """See the port."""
        self._put_new(f"{self._mark(file)}.done", b"", "text/plain", {})
        self._move(file, ARCHIVE)

    def set_aside(self, file: BankFile) -> None:
        """See the port."""
        self._move(file, PARKED)

    def _outbox_key(self, message_id: str) -> str:
        return f"{self._prefix}{OUTBOX}{quote(message_id, safe='')}.xml"

    def _mark(self, file: BankFile) -> str:
        """Message ids may hold any character; their hash may be a key."""
        name = hashlib.sha256(f"{file.kind}\0{file.message_id}".encode()).hexdigest()
        return f"{self._prefix}{SEEN}{name}"

    def _put_new(self, key: str, body: bytes, kind: str, metadata: dict[str, str]) -> bool:
        """Write an object that must not be there yet; False when it is."""
        with aws.faults("s3.PutObject"):
            try:
                aws.s3().put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=body,
                    ContentType=kind,
                    Metadata=metadata,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                code = aws.error_code(error)
                if code in _EXISTS:
                    return False
                if code in _BUSY:
                    raise Retryable("s3.PutObject: written at the same time") from error
                raise
        return True

    def _head(self, key: str) -> Any | None:
        with aws.faults("s3.HeadObject"):
            try:
                return aws.s3().head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if aws.error_code(error) in _ABSENT:
                    return None
                raise

    def _get(self, key: str, *, etag: str = "") -> Any:
        condition = {"IfMatch": etag} if etag else {}
        with aws.faults("s3.GetObject"):
            try:
                return aws.s3().get_object(Bucket=self._bucket, Key=key, **condition)
            except ClientError as error:
                code = aws.error_code(error)
                if code in _ABSENT:
                    raise NotFound(f"{key}: no such file") from error
                if code in _EXISTS:
                    raise Retryable(f"{key}: changed meanwhile") from error
                raise

    def _move(self, file: BankFile, folder: str) -> None:
        """Copy, then delete: repeating it after a crash ends in the same place.

        Both only as long as the key still holds this content: another delivery may have taken
        the name, and that one stays.
        """
        name = file.key.removeprefix(self._prefix + INBOX)
        with aws.faults("s3.MoveObject"):
            try:
                aws.s3().copy_object(
                    Bucket=self._bucket,
                    Key=f"{self._prefix}{folder}{file.sha256}/{name}",
                    CopySource={"Bucket": self._bucket, "Key": file.key},
                    CopySourceIfMatch=file.etag,
                )
                aws.s3().delete_object(Bucket=self._bucket, Key=file.key, IfMatch=file.etag)
            except ClientError as error:
                if aws.error_code(error) not in _ABSENT | _EXISTS:
                    raise


class _Hashed:
    """A body read in chunks whose trouble is a fault and whose hash is known at the end."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, amount: int = CHUNK_BYTES, /) -> bytes:
        """The next bytes. Raises Retryable: the connection broke off."""
        with aws.faults("s3.GetObject"):
            chunk: bytes = self._body.read(amount)
        self.sha256.update(chunk)
        self.size += len(chunk)
        return chunk

    def drain(self) -> None:
        """Read what a reader left, for the hash of the whole."""
        while self.read():
            continue
