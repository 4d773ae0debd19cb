"""The first answer to a request that may come again, under its idempotency key."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReplyKey:
    """Scope of an idempotency key: one principal, one route, one key."""

    principal: str
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredReply:
    """The first answer to an idempotent request; replayed for the same body hash."""

    key: ReplyKey
    body_sha256: str
    status: int
    body: str
    stored_at: datetime
