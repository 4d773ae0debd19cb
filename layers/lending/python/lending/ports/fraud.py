"""Links between applications, the watch-list and fraud cases."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from lending.domain.fraud import Around, Edge, FraudCase, LinkKind, WatchEntry

type Links = Mapping[LinkKind, str]


class LinkIndex(Protocol):
    """Applications by blind token. Every read is bounded; a full token takes no more."""

    def join(self, own: Edge, links: Links) -> None:
        """Add an application to its tokens; doing it again changes nothing. Raises Retryable."""
        ...

    def around(self, links: Links, at: datetime) -> Around:
        """Applications with these tokens of the last 90 to 180 days, and watched tokens.

        Sees every `join` that ended before it began. Raises Retryable.
        """
        ...

    def links_of(self, application_ids: Iterable[str]) -> dict[str, dict[LinkKind, str]]:
        """The tokens that applications joined with (at most 20 of them). Raises Retryable."""
        ...


class FraudDesk(Protocol):
    """Cases and the watch-list, as staff read them. Writing goes through `Book.commit`."""

    def case(self, application_id: str) -> FraudCase | None: ...
    def closed_cases(self, month: str, limit: int) -> tuple[FraudCase, ...]:
        """Cases closed in a month like 2026-11, oldest first (eventually consistent)."""
        ...

    def watch_entry(self, kind: LinkKind, token: str) -> WatchEntry | None: ...
    def watch_list(self, kind: LinkKind, limit: int) -> tuple[WatchEntry, ...]:
        """Entries that were not removed, oldest first (eventually consistent)."""
        ...
