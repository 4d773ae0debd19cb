"""The link index and the fraud desk in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lending.domain.faults import Retryable
from lending.domain.fraud import Around, Edge, FraudCase, LinkKind, WatchEntry
from lending.domain.fraud.links import MARKS, PERSONAL
from lending.ports.fraud import Links

from tests.fakes.book import FakeBook


@dataclass
class FakeLinks:
    """Reads the cases and the watch-list that a book committed."""

    book: FakeBook
    down: bool = False
    edges: dict[tuple[LinkKind, str], dict[str, Edge]] = field(default_factory=dict)
    joined: dict[str, dict[LinkKind, str]] = field(default_factory=dict)

    def join(self, own: Edge, links: Links) -> None:
        if self.down:
            raise Retryable("fake: links")
        for kind, token in links.items():
            self.edges.setdefault((kind, token), {})[own.application_id] = own
        tokens = {kind: token for kind, token in links.items() if kind not in MARKS}
        if tokens:
            self.joined[own.application_id] = tokens

    def around(self, links: Links, at: datetime) -> Around:
        since = at - timedelta(days=180)
        edges = {
            kind: tuple(edge for edge in self.edges[kind, token].values() if edge.at >= since)
            for kind, token in links.items()
            if (kind, token) in self.edges
        }
        watched = {}
        for kind, token in links.items():
            entry = self.watch_entry(kind, token)
            if kind in PERSONAL and entry is not None and entry.is_active(at):
                watched[kind] = entry.reason
        return Around(edges, watched)

    def links_of(self, application_ids: Iterable[str]) -> dict[str, dict[LinkKind, str]]:
        wanted = list(application_ids)[:20]
        return {one: self.joined[one] for one in wanted if one in self.joined}

    def case(self, application_id: str) -> FraudCase | None:
        return self.book.fraud_cases.get(application_id)

    def closed_cases(self, month: str, limit: int) -> tuple[FraudCase, ...]:
        closed = [
            one
            for one in self.book.fraud_cases.values()
            if one.closed_at is not None and one.closed_at.isoformat()[:7] == month
        ]
        return tuple(closed[:limit])

    def watch_entry(self, kind: LinkKind, token: str) -> WatchEntry | None:
        return self.book.watch_list.get((kind, token))

    def watch_list(self, kind: LinkKind, limit: int) -> tuple[WatchEntry, ...]:
        every = self.book.watch_list.values()
        return tuple(one for one in every if one.kind == kind and not one.removed_at)[:limit]
