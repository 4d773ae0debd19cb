"""Where contracts lie: rendered ones while they are read, signed ones locked for good."""

from typing import Protocol


class Drafts(Protocol):
    """Rendered documents, versioned; removed once nobody signs them any more."""

    def put(self, name: str, pdf: bytes) -> str:
        """Keep a document; its version. Raises Retryable, Permanent."""
        ...

    def get(self, name: str, version: str) -> bytes:
        """Exactly these bytes. Raises Retryable, Permanent."""
        ...

    def link(self, name: str, version: str, seconds: int) -> str:
        """A URL that reads exactly this version, without credentials, for so many seconds."""
        ...


class ContractArchive(Protocol):
    """Objects that are written once, locked, and never changed."""

    def put(self, name: str, data: bytes, content_type: str) -> str | None:
        """The version kept; None when there is one of this name. Raises Retryable, Permanent."""
        ...

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Bytes and version of the one object of a name. Raises Retryable, Permanent."""
        ...
