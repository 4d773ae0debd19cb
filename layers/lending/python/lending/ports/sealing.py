"""Sealing a document under the lender's key, and judging a sealed one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lending.domain.verification import Finding


@dataclass(frozen=True, slots=True)
class Seal:
    """What is bound to the document by the seal: ids and hashes only, no personal data."""

    contract_id: str
    terms_sha256: str
    evidence_sha256: str
    otp_ids: tuple[str, ...]
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed document; `key_id` names the key and certificate that made the signature."""

    pdf: bytes
    key_id: str


class Sealer(Protocol):
    def seal(self, pdf: bytes, seal: Seal) -> Sealed:
        """Sign, timestamp and archive-timestamp; the given bytes are a prefix of the result.

        Raises:
            Retryable: the key's keeper, the authority or the timestamp service did not answer.
            Permanent: the document is no PDF, or key and certificate do not belong together.
        """
        ...


@dataclass(frozen=True, slots=True)
class Examined:
    """What a sealed document says of itself; times are those of its timestamps."""

    findings: tuple[Finding, ...]
    seal: Seal | None = None
    level: str = "none"
    signed_at: datetime | None = None
    archived_at: datetime | None = None


class Examiner(Protocol):
    def examine(self, pdf: bytes, at: datetime) -> Examined:
        """Judge the document by itself; never raises for what is wrong with it.

        Raises:
            Retryable: an authority that had to be asked did not answer.
        """
        ...
