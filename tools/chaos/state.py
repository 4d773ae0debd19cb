"""Everything a world remembers, as plain data: saved and restored as a whole between two runs."""

import random
from dataclasses import dataclass, field
from typing import Any

from tools.chaos.engine import Execution

# 2026-11-24 10:00 in Shanghai: a business day of every market.
BEGINS_MS = 1_795_485_600_000


@dataclass(slots=True)
class Message:
    """One message of the notification queue."""

    message_id: str
    body: str
    sent_ms: int
    visible_ms: int
    received: int = 0
    first_received_ms: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """One entry that the bus accepted."""

    kind: str
    detail: dict[str, Any]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answered POST of a client, for invariant I10."""

    who: str
    route: str
    key: str
    status: int
    body: str


@dataclass(slots=True)
class Outbox:
    """How far the stream's records were delivered to `publish`."""

    position: int = 0
    not_before_ms: int = 0
    busy: bool = False
    attempts: int = 0


@dataclass(slots=True)
class State:
    """A world between two of its steps."""

    draw: random.Random
    now_ms: int = BEGINS_MS
    serial: int = 0
    careless: set[str] = field(default_factory=set)  # partners that do not notice repeats
    agenda: list[tuple[int, int, Any]] = field(default_factory=list)
    executions: dict[str, Execution] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)
    queue: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    is_redriven: bool = False
    objects: dict[str, bytes] = field(default_factory=dict)  # of S3, by bucket/key
    published: list[Published] = field(default_factory=list)
    storms: dict[str, int] = field(default_factory=dict)
    paid: list[dict[str, Any]] = field(default_factory=list)
    rang: list[dict[str, Any]] = field(default_factory=list)
    actors: list[Any] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)  # errors of handlers that are no faults
    log: list[str] = field(default_factory=list)
    sweeps: int = 0
    quiet_sweeps: int = 0
    slept: bool = False
    sweep_at_ms: int = 0
