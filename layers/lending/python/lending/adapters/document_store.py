"""Documents in S3: rendered ones in their own bucket, signed ones in the locked archive."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping

from lending.adapters import aws
from lending.domain.documents.record import DocumentRecord

PDF = "application/pdf"


class S3DocumentStore:
    """See `lending.ports.documents.DocumentStore`. `buckets` are by a record's `store`."""

    def __init__(self, buckets: Mapping[str, str]) -> None:
        self._buckets = buckets

    def put(self, name: str, pdf: bytes) -> None:
        """Keep a rendered document; S3 checks its hash. Raises Retryable, Permanent."""
        with aws.faults("s3.PutObject"):
            aws.s3().put_object(
                Bucket=self._buckets["issued"],
                Key=name,
                Body=pdf,
                ContentType=PDF,
                ChecksumSHA256=b64encode(hashlib.sha256(pdf).digest()).decode(),
            )

    def link(self, record: DocumentRecord, seconds: int) -> str:
        """A presigned GET of exactly this version, shown under the document's own name."""
        wanted = {
            "Bucket": self._buckets[record.store],
            "Key": record.name,
            "ResponseContentType": PDF,
            "ResponseContentDisposition": f'inline; filename="{record.document_id}.pdf"',
        }
        if record.object_version:
            wanted["VersionId"] = record.object_version
        with aws.faults("s3.GetObject"):
            url: str = aws.s3().generate_presigned_url(
                "get_object", Params=wanted, ExpiresIn=seconds
            )
        return url
