"""Where anchors of the ledger are signed and kept so that nobody can take them back."""

from typing import Protocol


class AnchorSigner(Protocol):
    """A key that signs and never leaves its keeper."""

    @property
    def key_id(self) -> str:
        """Which key signs."""
        ...

    def sign(self, message: bytes) -> bytes:
        """A signature over at most 4096 bytes. Raises Retryable, Permanent."""
        ...


class AnchorArchive(Protocol):
    """Documents that are written once."""

    def put(self, name: str, document: bytes) -> bool:
        """Keep a document; False when there is one of this name. Raises Retryable, Permanent."""
        ...
