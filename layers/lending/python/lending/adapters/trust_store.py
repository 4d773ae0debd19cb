"""The trust document in the archive bucket: written by operations, read at most every minute."""

import time
from collections.abc import Callable
from typing import Final

from lending.adapters import aws
from lending.domain.faults import Permanent

NAME: Final = "trust/seal.json"
FRESH_S: Final = 60


class S3TrustStore:
    """The newest version of the document; a rotation is seen within a minute."""

    def __init__(self, bucket: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self._monotonic = monotonic
        self._held: tuple[float, bytes] | None = None

    def document(self) -> bytes:
        """Its bytes. Raises Retryable, Permanent (nobody has written it yet)."""
        if self._held is not None and self._monotonic() < self._held[0]:
            return self._held[1]
        with aws.faults("s3.GetObject"):
            raw = bytes(aws.s3().get_object(Bucket=self._bucket, Key=NAME)["Body"].read())
        if not raw:
            raise Permanent(f"{NAME} is empty")
        self._held = (self._monotonic() + FRESH_S, raw)
        return raw
