"""What a run left behind, read without the product's own code: rows, streams, money, messages."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lending.adapters.dynamodb import keys

from tools.chaos.scenario import Scenario
from tools.chaos.store import CUSTOMERS, ENGAGEMENT, LENDING

if TYPE_CHECKING:
    from tools.chaos.world import World

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """One change of one item: INSERT, MODIFY or REMOVE."""

    table: str
    how: str
    pk: str
    sk: str
    old: Row | None
    new: Row | None


@dataclass(frozen=True)
class Evidence:
    """The end of one run. Rows have plain values; JSON texts are left as texts."""

    world: "World"
    scenario: Scenario
    stuck: str = ""
    lending: list[Row] = field(default_factory=list)
    customers: list[Row] = field(default_factory=list)
    engagement: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, world: "World", scenario: Scenario, stuck: str = "") -> "Evidence":
        """Read the world as it is now."""
        return cls(
            world,
            scenario,
            stuck,
            *(
                [plain(item) for item in world.store.items(name)]
                for name in (LENDING, CUSTOMERS, ENGAGEMENT)
            ),
        )

    def rows(self, pk_prefix: str, sk_prefix: str) -> list[Row]:
        """Lending rows by key, in key order."""
        found = (
            row
            for row in self.lending
            if row["pk"].startswith(pk_prefix) and row["sk"].startswith(sk_prefix)
        )
        return sorted(found, key=lambda row: (row["pk"], row["sk"]))

    def row(self, key: keys.Key) -> Row | None:
        """One lending row."""
        return self._by_key.get((key.pk, key.sk))

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], Row]:
        return {(row["pk"], row["sk"]): row for row in self.lending}

    @cached_property
    def applications(self) -> list[Row]:
        """Every application."""
        return self.rows("APP#", keys.application("").sk)

    @cached_property
    def loans(self) -> list[Row]:
        """Every loan."""
        return self.rows("LOAN#", keys.loan("").sk)

    @cached_property
    def written(self) -> list[Written]:
        """Everything that was ever written, in order, table by table."""
        return [
            written(table, record)
            for table in (LENDING, CUSTOMERS, ENGAGEMENT)
            for record in self.world.store.stream(table)
        ]

    @cached_property
    def events(self) -> list[Row]:
        """Every event that was ever put in the outbox, in order."""
        return [
            one.new
            for one in self.written
            if one.how == "INSERT" and one.sk.startswith(keys.OUTBOX_PREFIX) and one.new is not None
        ]

    @cached_property
    def texts(self) -> dict[str, str]:
        """Everything that is kept or told outside the vault, as text by place."""
        state = self.world.state
        return {
            "lending table": json.dumps(self.lending, default=repr, ensure_ascii=False),
            "engagement table": json.dumps(self.engagement, default=repr, ensure_ascii=False),
            "stream": json.dumps(
                [[one.old, one.new] for one in self.written if one.table == LENDING],
                default=repr,
                ensure_ascii=False,
            ),
            "bus": json.dumps([one.detail for one in state.published], ensure_ascii=False),
            "queue": json.dumps([one.body for one in state.queue], ensure_ascii=False),
            "executions": json.dumps(
                [
                    [one.input, one.state_input, one.variables, one.output, one.error, one.cause]
                    for one in state.executions.values()
                ],
                default=repr,
                ensure_ascii=False,
            ),
            "log": "".join(state.log),
        }


def plain(item: Mapping[str, Mapping[str, Any]]) -> Row:
    """An item with Python values."""
    return {name: _value(typed) for name, typed in item.items()}


def _value(typed: Mapping[str, Any]) -> Any:
    ((kind, held),) = typed.items()
    match kind:
        case "N":
            return int(held)
        case "M":
            return plain(held)
        case "L":
            return [_value(one) for one in held]
        case "NULL":
            return None
        case _:
            return held


def written(table: str, record: Mapping[str, Any]) -> Written:
    """A stream record."""
    data = record["dynamodb"]
    keys = plain(data["Keys"])
    images = (data.get(name) for name in ("OldImage", "NewImage"))
    old, new = (None if image is None else plain(image) for image in images)
    return Written(table, record["eventName"], keys["pk"], keys["sk"], old, new)


def total(amounts: Iterable[int]) -> int:
    """Their sum."""
    return sum(amounts)
