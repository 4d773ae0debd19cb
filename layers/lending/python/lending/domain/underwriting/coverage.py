"""Gaps, overlaps and idle rows of a decision table, found exactly by cutting boxes from boxes.

A row is a box: an interval of numbers or a set of names in each column. What no row covers is a
gap; a row inside another one with the same outcome is idle.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from lending.domain.underwriting.catalogue import COLUMNS, Names, Numbers
from lending.domain.underwriting.tables import Condition, OneOf, Range, Row

type Side = tuple[int, int] | frozenset[str]
type Box = dict[str, Side]
BOXES_MAX: Final = 20_000


class TooManyPieces(ValueError):
    """The table is too intricate to be proved."""


def gap(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, int | str] | None:
    """Inputs for which no row matches; None when every input has one."""
    left = [_whole(columns)]
    for row in rows:
        left = _cut_all(left, _box(row.when, columns))
    if not left:
        return None
    return {name: _example(side) for name, side in left[0].items()}


def overlaps(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    """Pairs of rows of which one input matches both."""
    boxes = [_box(row.when, columns) for row in rows]
    for later, row in enumerate(rows):
        for earlier in range(later):
            if _meet(boxes[earlier], boxes[later]) is not None:
                yield rows[earlier], row


def idle(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    """Pairs of a row and one inside it that says nothing else."""
    boxes = [_box(row.when, columns) for row in rows]
    for inner, row in enumerate(rows):
        for outer, wider in enumerate(rows):
            same = dict(wider.then) == dict(row.then) and wider.reason == row.reason
            if inner != outer and same and _meet(boxes[outer], boxes[inner]) == boxes[inner]:
                if boxes[outer] == boxes[inner] and outer > inner:
                    continue
                yield wider, row
                break


def days_of_change(rows: Sequence[Row]) -> list[date]:
    """Days from which on the rows in force may be others; the first day of all is among them."""
    days = {date.min}
    for row in rows:
        if row.effective_from is not None:
            days.add(row.effective_from)
        if row.effective_to is not None and row.effective_to < date.max:
            days.add(row.effective_to + timedelta(days=1))
    return sorted(days)


def columns_of(rows: Sequence[Row]) -> list[str]:
    """The inputs that a table reads, in the catalogue's order."""
    used = {name for row in rows for name in row.when}
    return [name for name in COLUMNS if name in used]


def _whole(columns: Sequence[str]) -> Box:
    return {name: _domain(name) for name in columns}


def _domain(name: str) -> Side:
    column = COLUMNS[name]
    match column.kind:
        case Numbers(least, most):
            return (least, most)
        case Names(names):
            return frozenset(names)


def _box(when: Mapping[str, Condition], columns: Sequence[str]) -> Box:
    return {name: _side(name, when.get(name)) for name in columns}


def _side(name: str, condition: Condition | None) -> Side:
    domain = _domain(name)
    match condition:
        case Range(at_least, at_most) if isinstance(domain, tuple):
            least, most = domain
            low = least if at_least is None else max(least, at_least)
            return (low, most if at_most is None else min(most, at_most))
        case OneOf(names) if isinstance(domain, frozenset):
            return domain & names
        case _:
            return domain


def _meet(one: Box, other: Box) -> Box | None:
    shared: Box = {}
    for name, side in one.items():
        common = _common(side, other[name])
        if common is None:
            return None
        shared[name] = common
    return shared


def _common(one: Side, other: Side) -> Side | None:
    if isinstance(one, tuple) and isinstance(other, tuple):
        low, high = max(one[0], other[0]), min(one[1], other[1])
        return (low, high) if low <= high else None
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return (one & other) or None
    return None


def _cut_all(left: list[Box], box: Box) -> list[Box]:
    pieces = [piece for whole in left for piece in _cut(whole, box)]
    if len(pieces) > BOXES_MAX:
        raise TooManyPieces
    return pieces


def _cut(whole: Box, box: Box) -> Iterator[Box]:
    """What is left of a box without another one, in boxes that do not overlap."""
    shared = _meet(whole, box)
    if shared is None:
        yield whole
        return
    rest = dict(whole)
    for name, side in whole.items():
        for piece in _without(side, shared[name]):
            yield {**rest, name: piece}
        rest[name] = shared[name]


def _without(side: Side, part: Side) -> Iterator[Side]:
    if isinstance(side, tuple) and isinstance(part, tuple):
        if side[0] < part[0]:
            yield (side[0], part[0] - 1)
        if part[1] < side[1]:
            yield (part[1] + 1, side[1])
    elif isinstance(side, frozenset) and isinstance(part, frozenset) and (rest := side - part):
        yield rest


def _example(side: Side) -> int | str:
    return side[0] if isinstance(side, tuple) else min(side)
