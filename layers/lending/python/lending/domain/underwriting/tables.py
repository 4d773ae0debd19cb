"""Decision tables as data: rows of closed ranges and sets of names, no expressions.

A row matches when each of its conditions holds. A condition on an input that is not known makes
the row undecided, and an undecided row is told by the names it lacks: what is missing can then be
referred to a person, and never counts as a yes or a no.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

type Value = int | str | None
type Inputs = Mapping[str, Value]
MATCHES: Final = "yes"
FAILS: Final = "no"


class Hit(StrEnum):
    """How rows are read: at most one can match (it was proved), or all that match count."""

    UNIQUE = "unique"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range of whole numbers; None = no end on that side."""

    at_least: int | None = None
    at_most: int | None = None

    def holds(self, value: int | str) -> bool:
        """Whether a number lies in it; a name never does."""
        if isinstance(value, str):
            return False
        if self.at_least is not None and value < self.at_least:
            return False
        return self.at_most is None or value <= self.at_most


@dataclass(frozen=True, slots=True)
class OneOf:
    """A set of names."""

    names: frozenset[str]

    def holds(self, value: int | str) -> bool:
        """Whether it is one of the names."""
        return value in self.names


Condition = Range | OneOf


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: when all conditions hold, then these outcomes. Days are closed, None = open."""

    row_id: str
    when: Mapping[str, Condition]
    then: Mapping[str, int | str]
    reason: str
    source: str
    effective_from: date | None = None
    effective_to: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether it counts on a day."""
        if self.effective_from is not None and on < self.effective_from:
            return False
        return self.effective_to is None or on <= self.effective_to


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and how they are read."""

    name: str
    hit: Hit
    rows: tuple[Row, ...]

    def on(self, day: date) -> "Table":
        """The table of one day."""
        return Table(self.name, self.hit, tuple(row for row in self.rows if row.in_force(day)))


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that count, and the inputs without which this cannot be said for others."""

    rows: tuple[Row, ...]
    missing: tuple[str, ...] = ()

    @property
    def row(self) -> Row | None:
        """The one row of a table in which only one can match."""
        return self.rows[0] if self.rows else None


def evaluate(table: Table, inputs: Inputs) -> Found:
    """Read a table of one day. Where one row matches and only one can, nothing is missing."""
    rows: list[Row] = []
    missing: dict[str, None] = {}
    for row in table.rows:
        answer, lacking = _answer(row, inputs)
        if answer == "unknown":
            missing |= dict.fromkeys(lacking)
        elif answer == MATCHES:
            if table.hit is Hit.UNIQUE:
                return Found((row,))
            rows.append(row)
    return Found(tuple(rows), tuple(missing))


def _answer(row: Row, inputs: Inputs) -> tuple[Literal["yes", "no", "unknown"], list[str]]:
    lacking = []
    for name, condition in row.when.items():
        value = inputs.get(name)
        if value is None:
            lacking.append(name)
        elif not condition.holds(value):
            return FAILS, []
    return ("unknown", lacking) if lacking else (MATCHES, [])


def tightest(rows: Iterable[Row], output: str, *, lowest: bool) -> tuple[Row, int] | None:
    """The row that holds an output strictest: the lowest number (or the highest), first wins."""
    found: tuple[Row, int] | None = None
    for row in rows:
        value = row.then.get(output)
        if not isinstance(value, int):
            continue
        if found is None or (value < found[1] if lowest else value > found[1]):
            found = (row, value)
    return found
