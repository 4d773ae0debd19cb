"""The LinkIndex and FraudDesk ports: adjacency rows in the lending table.

A token has one row (some: shards) for each 90 days, holding a set of the applications that showed
it: adding one is idempotent and never waits for another, and what is read is bounded. A row that
is full takes no more: two hundred applications with one phone in a quarter say enough.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from pynamodb.expressions.condition import size
from pynamodb.expressions.operand import Path

from lending.adapters.dynamodb import fraud_keys, fraud_mappers, keys
from lending.adapters.dynamodb.rows import EdgesRow, FraudCaseRow, LinksRow, WatchedRow
from lending.adapters.dynamodb.table import Item, RowCorrupt, Table, Work, read
from lending.domain.faults import Retryable, StaleVersion
from lending.domain.fraud import Around, Edge, FraudCase, LinkKind, WatchEntry
from lending.domain.fraud.links import MARKS, PERSONAL

BUCKET_DAYS: Final = 90
KEPT_BUCKETS: Final = 3
EDGES_MAX: Final = 200
NEIGHBOURS_MAX: Final = 20
_ATTEMPTS: Final = 3
# A dealer's applications come all day: eight rows share them. Others have one row.
SHARDS: Final[Mapping[LinkKind, int]] = {LinkKind.DEALER: 8}
type Links = Mapping[LinkKind, str]


class DynamoLinks:
    """See `lending.ports.fraud`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def join(self, own: Edge, links: Links) -> None:
        """Add an application to its tokens, in one transaction; full rows are left out."""
        open_links = links
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._table.commit(self._work(own, links, open_links))
            except StaleVersion:
                open_links = self._with_room(own, links)
            except Retryable:
                continue  # two applications met at one row
        return self._table.commit(self._work(own, links, open_links))

    def around(self, links: Links, at: datetime) -> Around:
        """Applications with these tokens in this period and the one before; watched tokens."""
        places = {key: kind for kind, token in links.items() for key in _edge_keys(kind, token, at)}
        watches = {
            fraud_keys.watched(kind, token): kind
            for kind, token in links.items()
            if kind in PERSONAL
        }
        items = self._table.get_many((*places, *watches))
        edges: dict[LinkKind, tuple[Edge, ...]] = {}
        for key, kind in places.items():
            if key in items:
                edges[kind] = (*edges.get(kind, ()), *_edges(items[key]))
        watched: dict[LinkKind, str] = {}
        for key, kind in watches.items():
            if key in items:
                entry = fraud_mappers.watch_entry(read(WatchedRow, items[key]))
                if entry.is_active(at):
                    watched[kind] = entry.reason
        return Around(edges, watched)

    def links_of(self, application_ids: Iterable[str]) -> dict[str, dict[LinkKind, str]]:
        """The tokens that the first twenty of these applications joined with."""
        wanted = dict.fromkeys(application_ids)
        places = {fraud_keys.links(one): one for one in list(wanted)[:NEIGHBOURS_MAX]}
        items = self._table.get_many(tuple(places))
        return {places[key]: _tokens(read(LinksRow, item)) for key, item in items.items()}

    def case(self, application_id: str) -> FraudCase | None:
        """The fraud case of an application."""
        row = self._table.get(FraudCaseRow, fraud_keys.fraud_case(application_id))
        return None if row is None else fraud_mappers.case(row)

    def closed_cases(self, month: str, limit: int) -> tuple[FraudCase, ...]:
        """Cases closed in a month, oldest first."""
        items = self._table.timers(fraud_keys.closed_cases_shard(month), None, limit)
        return tuple(fraud_mappers.case(read(FraudCaseRow, item)) for item in items)

    def watch_entry(self, kind: LinkKind, token: str) -> WatchEntry | None:
        """One entry, removed ones too."""
        row = self._table.get(WatchedRow, fraud_keys.watched(kind, token))
        return None if row is None else fraud_mappers.watch_entry(row)

    def watch_list(self, kind: LinkKind, limit: int) -> tuple[WatchEntry, ...]:
        """Entries that were not removed, oldest first."""
        items = self._table.timers(fraud_keys.watched_timer_shard(kind), None, limit)
        return tuple(fraud_mappers.watch_entry(read(WatchedRow, item)) for item in items)

    def _work(self, own: Edge, links: Links, open_links: Links) -> Work:
        work = Work()
        entry = f"{int(own.at.timestamp())}|{own.application_id}|{own.customer_id}"
        seen = Path("seen")
        count = size(seen)  # type: ignore[no-untyped-call]
        has_room = seen.does_not_exist() | (count < {"N": str(EDGES_MAX)})
        stale_epoch = (_bucket(own.at) + KEPT_BUCKETS) * BUCKET_DAYS * 86_400
        for kind, token in open_links.items():
            actions = [
                Path("seen").add({"SS": [entry]}),
                Path("expires_epoch").set({"N": str(stale_epoch)}),
            ]
            key = _own_key(own, kind, token)
            work.updates.append(self._table.touch(key, actions=actions, condition=has_room))
        tokens = {kind.value: token for kind, token in links.items() if kind not in MARKS}
        if tokens:
            place = fraud_keys.links(own.application_id)
            work.puts.append(self._table.put(LinksRow(pk=place.pk, sk=place.sk, tokens=tokens)))
        return work

    def _with_room(self, own: Edge, links: Links) -> dict[LinkKind, str]:
        """Without the tokens whose row is full."""
        places = {_own_key(own, kind, token): kind for kind, token in links.items()}
        items = self._table.get_many(tuple(places))
        full = {places[key] for key, item in items.items() if len(_edges(item)) >= EDGES_MAX}
        return {kind: token for kind, token in links.items() if kind not in full}


def _bucket(at: datetime) -> int:
    return int(at.timestamp()) // (BUCKET_DAYS * 86_400)


def _own_key(own: Edge, kind: LinkKind, token: str) -> keys.Key:
    shard = keys.link_shard(own.application_id, SHARDS.get(kind, 1))
    return fraud_keys.edges(kind, token, _bucket(own.at), shard)


def _edge_keys(kind: LinkKind, token: str, at: datetime) -> Iterator[keys.Key]:
    for bucket in (_bucket(at), _bucket(at - timedelta(days=BUCKET_DAYS))):
        for shard in range(SHARDS.get(kind, 1)):
            yield fraud_keys.edges(kind, token, bucket, shard)


def _edges(item: Item) -> tuple[Edge, ...]:
    row = read(EdgesRow, item)
    try:
        return tuple(_edge(text) for text in sorted(row.seen or ()))
    except (TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: an edge") from error


def _edge(text: str) -> Edge:
    second, application_id, customer_id = text.split("|")
    return Edge(application_id, customer_id, datetime.fromtimestamp(int(second), UTC))


def _tokens(row: LinksRow) -> dict[LinkKind, str]:
    try:
        return {LinkKind(kind): str(token) for kind, token in row.tokens.items()}
    except (AttributeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: tokens") from error
