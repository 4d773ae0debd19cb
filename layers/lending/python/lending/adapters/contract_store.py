"""Drafts and the archive of contracts in S3."""

import hashlib
from base64 import b64encode
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from lending.adapters import aws

PDF: Final = "application/pdf"
_EXISTS: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_ABSENT: Final = frozenset({"NoSuchKey", "404"})


class S3Drafts:
    """See `lending.ports.contracts.Drafts`."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put(self, name: str, pdf: bytes) -> str:
        """Keep a document; S3 checks its hash. Raises Retryable, Permanent."""
        with aws.faults("s3.PutObject"):
            answer = aws.s3().put_object(
                Bucket=self._bucket,
                Key=name,
                Body=pdf,
                ContentType=PDF,
                ChecksumSHA256=_checksum(pdf),
            )
        return str(answer.get("VersionId", ""))

    def get(self, name: str, version: str) -> bytes:
        """Exactly these bytes. Raises Retryable, Permanent."""
        wanted = {"Bucket": self._bucket, "Key": name} | _version(version)
        with aws.faults("s3.GetObject"):
            return bytes(aws.s3().get_object(**wanted)["Body"].read())

    def link(self, name: str, version: str, seconds: int) -> str:
        """A presigned GET of exactly this version."""
        wanted = {
            "Bucket": self._bucket,
            "Key": name,
            "ResponseContentType": PDF,
        } | _version(version)
        with aws.faults("s3.GetObject"):
            url: str = aws.s3().generate_presigned_url(
                "get_object", Params=wanted, ExpiresIn=seconds
            )
        return url


class S3ContractArchive:
    """See `lending.ports.contracts.ContractArchive`; the bucket's retention locks each object."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put(self, name: str, data: bytes, content_type: str) -> str | None:
        """Keep it; None when there is one of this name. Raises Retryable, Permanent."""
        try:
            answer = aws.s3().put_object(
                Bucket=self._bucket,
                Key=name,
                Body=data,
                ContentType=content_type,
                ChecksumAlgorithm="SHA256",  # a bucket with Object Lock wants one
                IfNoneMatch="*",
            )
        except ClientError as error:
            if aws.error_code(error) in _EXISTS:
                return None
            raise aws.fault_of(error, "s3.PutObject") from error
        except BotoCoreError as error:
            raise aws.fault_of(error, "s3.PutObject") from error
        return str(answer.get("VersionId", ""))

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and version, or None. Raises Retryable, Permanent."""
        with aws.faults("s3.GetObject"):
            try:
                answer = aws.s3().get_object(Bucket=self._bucket, Key=name)
                return bytes(answer["Body"].read()), str(answer.get("VersionId", ""))
            except ClientError as error:
                if aws.error_code(error) in _ABSENT:
                    return None
                raise


def _version(version: str) -> dict[str, str]:
    return {"VersionId": version} if version else {}


def _checksum(data: bytes) -> str:
    return b64encode(hashlib.sha256(data).digest()).decode()
