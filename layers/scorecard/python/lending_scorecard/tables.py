"""Additive tables: integer cells in units of 1 / scale, so that contributions add up exactly."""

from __future__ import annotations

import math
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lending_scorecard.columns import Feature

    Part = tuple[str, float, str | None, int]  # name, log-odds, reason, the cell itself
    Told = tuple[float, dict[str, float], dict[str, float]]
    Entry = dict[str, Any]


class _Axis:
    """Where a value falls: bins, then missing; or levels, then unseen, then missing."""

    __slots__ = ("edges", "feature", "size", "slot")

    def __init__(self, entry: Entry, features: Mapping[str, Feature]) -> None:
        self.feature = features[entry["feature"]]
        self.slot = self.feature.slot
        self.edges: list[float] | None = None
        if "levels" in entry:
            if self.feature.levels is None:
                raise ValueError(f"{self.feature.name}: is not a category")
            self.size = len(self.feature.levels) + 2
            return
        if self.feature.levels is not None:
            raise ValueError(f"{self.feature.name}: is a category")
        edges = [float(edge) for edge in entry["edges"]]
        if edges != sorted(set(edges)) or not all(map(math.isfinite, edges)):
            raise ValueError(f"{self.feature.name}: edges must rise")
        if {"left": False, "right": True}[entry["closed"]]:
            # value <= edge is value < the next float; so one search serves both.
            edges = [math.nextafter(edge, math.inf) for edge in edges]
        self.edges = edges
        self.size = len(edges) + 2

    def cell(self, slots: Sequence[Any]) -> int:
        """Position of a value on this axis."""
        value = slots[self.slot]
        if self.edges is None:
            return value  # type: ignore[no-any-return]
        return bisect_right(self.edges, value) if value == value else self.size - 1

    def is_missing(self, cell: int) -> bool:
        """Missing is the last cell."""
        return cell == self.size - 1


class Additive:
    """intercept + one cell of each table + lines, in log-odds of default."""

    __slots__ = (
        "_levels",
        "_lines",
        "_numbers",
        "_pairs",
        "_told",
        "base",
        "intercept",
        "scale",
        "space",
    )

    def __init__(self, entry: Entry, features: Mapping[str, Feature]) -> None:
        self.space = "log_odds"
        self.intercept = _whole(entry["intercept"])
        self.scale: int = _whole(entry["scale"])
        if self.scale < 1:
            raise ValueError("scale must be positive")
        self.base = self.intercept / self.scale
        # (slot, edges, cells, parts): one table by number
        self._numbers: list[tuple[int, list[float], list[int], list[Part]]] = []
        self._told: list[tuple[int, list[float], list[Part]]] = []  # The same, to explain.
        self._levels: list[tuple[int, list[int], list[Part]]] = []
        self._pairs: list[tuple[_Axis, _Axis, list[list[int]], list[list[Part]]]] = []
        self._lines: list[tuple[Feature, float, float, float]] = []
        for term in entry["terms"]:
            self._declare(term, features)
        self._shorten()
        self._told = [(slot, edges, parts) for slot, edges, _, parts in self._numbers]
        names = [parts[0][0] for *_, parts in self._numbers]
        if len(set(names)) != len(names):
            raise ValueError("two tables of one number have one name")

    @property
    def tables(self) -> list[tuple[int, list[float], list[Part]]] | None:
        """(slot, edges, parts) of each term, when all are tables of one number."""
        return None if self._levels or self._pairs or self._lines else self._told

    def _declare(self, term: Entry, features: Mapping[str, Feature]) -> None:
        if "slope" in term:
            feature = features[term["feature"]]
            if feature.levels is not None:
                raise ValueError(f"{feature.name}: a line of a category")
            numbers = (float(term["slope"]), float(term["centre"]), float(term["missing"]))
            self._lines.append((feature, *numbers))
            return
        axes = [_Axis(axis, features) for axis in term["axes"]]
        if len(axes) == 2:
            first, second = axes
            rows = [[_whole(cell) for cell in row] for row in term["values"]]
            if len(rows) != first.size or any(len(row) != second.size for row in rows):
                raise ValueError(f"{term['name']}: values do not fit the axes")
            best = min(min(row[:-1]) for row in rows[:-1])
            parts = [
                [
                    self._part(term, None, value, best, first.is_missing(i) or second.is_missing(j))
                    for j, value in enumerate(row)
                ]
                for i, row in enumerate(rows)
            ]
            self._pairs.append((first, second, rows, parts))
            return
        (axis,) = axes
        cells = [_whole(cell) for cell in term["values"]]
        if len(cells) != axis.size:
            raise ValueError(f"{axis.feature.name}: values do not fit the axis")
        best = min(cells[:-1])
        named = [
            self._part(term, axis.feature, value, best, axis.is_missing(position))
            for position, value in enumerate(cells)
        ]
        if axis.edges is None:
            self._levels.append((axis.slot, cells, named))
        else:
            self._numbers.append((axis.slot, axis.edges, cells, named))

    def _shorten(self) -> None:
        """Leave out the reason of cells that cannot make it adverse: those at zero, and those below
        zero where no other table has the same reason to be set against."""
        tables: list[list[Part]] = [parts for _, _, _, parts in self._numbers]
        tables += [parts for _, _, parts in self._levels]
        tables += [row for _, _, _, matrix in self._pairs for row in matrix]
        lines = [code for line in self._lines for code in (line[0].reason, line[0].missing_reason)]
        used = lines + [code for parts in tables for code in {part[2] for part in parts}]
        for parts in tables:
            for at, (name, part, reason, cell) in enumerate(parts):
                if part == 0 or (part < 0 and used.count(reason) == 1):
                    parts[at] = (name, part, None, cell)

    def _part(
        self, term: Entry, feature: Feature | None, value: int, best: int, is_missing: bool
    ) -> Part:
        """What a cell tells: its name, its log-odds, and the reason it would be adverse for.

        A known value that is the best there is has no reason: nothing could improve it.
        """
        name = term.get("name") or (feature.name if feature else "")
        reason = term.get("reason", feature.reason if feature else None)
        if is_missing:
            fallback = feature.missing_reason if feature and "reason" not in term else reason
            reason = term.get("missing_reason", fallback)
        elif value <= best:
            reason = None
        if not name:
            raise ValueError("a pair needs a name")
        return name, value / self.scale, reason, value

    def value(self, slots: Sequence[Any]) -> float:
        """Log-odds of default."""
        total = self.intercept
        for slot, edges, cells, _ in self._numbers:
            number = slots[slot]
            total += cells[bisect_right(edges, number) if number == number else -1]
        for slot, cells, _ in self._levels:
            total += cells[slots[slot]]
        for first, second, rows, _ in self._pairs:
            total += rows[first.cell(slots)][second.cell(slots)]
        log_odds = total / self.scale
        for feature, slope, centre, missing in self._lines:
            number = slots[feature.slot]
            log_odds += slope * (number - centre) if number == number else missing
        return log_odds

    def explain(self, slots: Sequence[Any]) -> Told:
        """Log-odds, each term's part of what it is above the reference, and reasons' weights."""
        total = self.intercept
        contributions: dict[str, float] = {}
        weights: dict[str, float] = {}
        for slot, edges, parts in self._told:
            number = slots[slot]
            name, part, reason, cell = parts[
                bisect_right(edges, number) if number == number else -1
            ]
            total += cell
            contributions[name] = part
            if reason is not None:
                weights[reason] = weights[reason] + part if reason in weights else part
        others = [parts[slots[slot]] for slot, _, parts in self._levels]
        for first, second, _, matrix in self._pairs:
            others.append(matrix[first.cell(slots)][second.cell(slots)])
        for name, part, reason, cell in others:
            total += cell
            add(name, part, reason, contributions, weights)
        log_odds = total / self.scale
        for feature, slope, centre, missing in self._lines:
            number = slots[feature.slot]
            if number == number:
                part, reason = slope * (number - centre), feature.reason
            else:
                part, reason = missing, feature.missing_reason
            log_odds += part
            add(feature.name, part, reason, contributions, weights)
        return log_odds, contributions, weights


def add(
    name: str,
    part: float,
    reason: str | None,
    contributions: dict[str, float],
    weights: dict[str, float],
) -> None:
    """Count one part; a feature may be told by several terms or members."""
    contributions[name] = contributions.get(name, 0.0) + part
    if reason is not None:
        weights[reason] = weights.get(reason, 0.0) + part


def _whole(number: Any) -> int:
    if number.__class__ is not int:
        raise TypeError(f"{number!r} must be an integer")
    return number
