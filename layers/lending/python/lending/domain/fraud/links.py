"""What applications have in common, by blind tokens: edges, recent neighbours, rings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class LinkKind(StrEnum):
    """What two applications can share. The last two mark a dealer's applications only."""

    ID_NO = "id_no"
    MOBILE = "mobile"
    DEVICE = "device"
    ADDRESS = "address"
    VIN = "vin"
    ACCOUNT = "account"
    DEALER = "dealer"
    DEALER_PRICE = "dealer_price"
    DEALER_FRAUD = "dealer_fraud"


PERSONAL = (
    LinkKind.ID_NO,
    LinkKind.MOBILE,
    LinkKind.DEVICE,
    LinkKind.ADDRESS,
    LinkKind.VIN,
    LinkKind.ACCOUNT,
)
# Added to a dealer later, for some of his applications.
MARKS = (LinkKind.DEALER_PRICE, LinkKind.DEALER_FRAUD)
# Neighbours share a house; who shares one of these acts together. Rings grow along them.
STRONG = (LinkKind.ID_NO, LinkKind.MOBILE, LinkKind.DEVICE, LinkKind.VIN, LinkKind.ACCOUNT)
# What a confirmed fraud leaves on the watch-list: an address has other people, too.
WATCHED = STRONG


@dataclass(frozen=True, slots=True)
class Edge:
    """One application that showed a token, and when it was submitted."""

    application_id: str
    customer_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of the tokens of one application: edges by kind, watched kinds and why."""

    edges: Mapping[LinkKind, tuple[Edge, ...]] = field(default_factory=dict)
    watched: Mapping[LinkKind, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ring:
    """Everybody reached over shared tokens within two steps, the applicant included."""

    people: frozenset[str]
    applications: tuple[str, ...]
    kinds: frozenset[LinkKind]


def recent(edges: Iterable[Edge], at: datetime, days: int) -> tuple[Edge, ...]:
    """Edges of the last `days`, newest first; an application is counted once."""
    since = at - timedelta(days=days)
    found = {edge.application_id: edge for edge in edges if edge.at >= since}
    return tuple(sorted(found.values(), key=lambda edge: edge.at, reverse=True))


def ring_of(own: Edge, near: Around, far: Iterable[Mapping[LinkKind, tuple[Edge, ...]]]) -> Ring:
    """The ring around `own`: `near` is one step, `far` what its neighbours share in turn."""
    people, applications, kinds = {own.customer_id}, dict[str, None](), set[LinkKind]()
    for edges in (near.edges, *far):
        for kind in STRONG:
            others = [edge for edge in edges.get(kind, ()) if edge.customer_id != own.customer_id]
            # A neighbour alone with his own phone shares it with nobody.
            sharers = {edge.customer_id for edge in others}
            if len(sharers) >= (1 if edges is near.edges else 2):
                kinds.add(kind)
            for edge in others:
                people.add(edge.customer_id)
                applications[edge.application_id] = None
    return Ring(frozenset(people), tuple(applications), frozenset(kinds))
