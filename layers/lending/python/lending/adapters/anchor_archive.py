"""Anchors signed by an asymmetric KMS key and kept in a bucket with Object Lock."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from lending.adapters import aws

_EXISTS: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class KmsAnchorSigner:
    """See `lending.ports.anchors.AnchorSigner`: ECDSA over the message itself (RAW)."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    @property
    def key_id(self) -> str:
        """Which key signs."""
        return self._key_id

    def sign(self, message: bytes) -> bytes:
        """A DER signature over the message. Raises Retryable, Permanent."""
        with aws.faults("kms.Sign"):
            answer = aws.kms().sign(
                KeyId=self._key_id,
                Message=message,
                MessageType="RAW",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        return answer["Signature"]


class S3AnchorArchive:
    """See `lending.ports.anchors.AnchorArchive`; the bucket's own retention locks each object."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put(self, name: str, document: bytes) -> bool:
        """Keep a document; False when there is one of this name. Raises Retryable, Permanent."""
        try:
            aws.s3().put_object(
                Bucket=self._bucket,
                Key=name,
                Body=document,
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",  # a bucket with Object Lock wants one
                IfNoneMatch="*",
            )
        except ClientError as error:
            if aws.error_code(error) in _EXISTS:
                return False
            raise aws.fault_of(error, "s3.PutObject") from error
        except BotoCoreError as error:
            raise aws.fault_of(error, "s3.PutObject") from error
        return True
