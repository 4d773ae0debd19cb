"""The short way through the commonest model: one table over each input, as it was read.

For such a scorecard a function is written and compiled once, when the artefact is loaded and found
whole: no loop, no slots, one lookup an input. Its text is made of positions alone (`_text`): names,
edges, cells and reasons of the artefact are bound to it as data, so nothing of an artefact can
become code. Its answers are those of the long way, bit for bit; where it has none it says None.
"""

from __future__ import annotations

from bisect import bisect_right
from math import ceil, floor
from operator import itemgetter

from lending_scorecard.inputs import bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from lending_scorecard.columns import Columns
    from lending_scorecard.inputs import Reader
    from lending_scorecard.tables import Part

    # log-odds, contributions, reasons; None = the long way is needed
    Answer = tuple[float, dict[str, float], tuple[str, ...]]
    Short = Callable[[Mapping[str, object]], Answer | None]
    Cell = tuple[float, int, Any]  # log-odds, the cell itself, rank of its reason (or its reason)

_SPAN = 1_024  # Integers between the ends of a table, up to which each has an entry of its own.
_SHARED = -1  # A rank before all others: the reason may be another table's too.


def compiled(columns: Columns, model: Any, most: int) -> Short | None:
    """A function from a raw row to its answer with at most `most` reasons, for an additive model
    of one table over each input in their order; else None."""
    tables = getattr(model, "tables", None)
    in_order = list(range(len(columns.names)))
    if tables is None or len(in_order) < 2 or not columns.is_plain:
        return None
    if [slot for slot, _, _ in tables] != in_order:
        return None
    bound: dict[str, Any] = {
        "bisect_right": bisect_right,
        "check": columns.check,
        "intercept": model.intercept,
        "most": most,
        "names": columns.names,
        "pick": itemgetter(*columns.names),
        "scale": model.scale,
    }
    parts_of = [parts for _, _, parts in tables]
    ranks, bound["by_rank"] = _ranked(parts_of)
    # Where ordinary values have reasons in common, these are added up at every row.
    is_ranked = all(
        part[2] is None or (at, part) in ranks
        for at, parts in enumerate(parts_of)
        for part in parts[:-1]
    )
    for at, (_, edges, parts) in enumerate(tables):
        cells: list[Cell] = [_cell(at, part, ranks if is_ranked else None) for part in parts]
        _, read, _ = columns.readers[at]
        bound |= {f"n{at}": parts[0][0], f"e{at}": edges, f"c{at}": cells}
        bound |= {f"f{at}": _finder(read, edges, cells), f"i{at}": _Integers(edges, cells)}
    exec(_text([kind for _, _, kind in columns.readers], is_ranked), bound)  # noqa: S102
    short: Short = bound["short"]
    return short


def _cell(at: int, part: Part, ranks: Mapping[tuple[int, Part], int] | None) -> Cell:
    _, log_odds, reason, cell = part
    if reason is None or ranks is None:
        return log_odds, cell, reason
    return log_odds, cell, ranks.get((at, part), _SHARED)


def _text(kinds: Sequence[str], is_ranked: bool) -> str:
    """The function `short`, of positions and kinds of inputs only."""
    lines = [
        "def short(row):",
        "    try:",
        "        values = pick(row)",
        f"        if len(row) != {len(kinds)}: check(row)",
        "    except KeyError:",
        "        check(row)",
        "        values = map(row.get, names)",
        f"    {', '.join(f'x{at}' for at in range(len(kinds)))} = values",
        "    found = []" if is_ranked else "    weights = {}",
    ]
    for at, kind in enumerate(kinds):
        lines.append(f"    p{at}, t{at}, r = {_LOOKUPS[kind].replace('#', str(at))}")
        lines.append(f"    if r is not None: {_COUNTED[is_ranked].replace('#', str(at))}")
    log_odds = f"({' + '.join(['intercept', *(f't{at}' for at in range(len(kinds)))])}) / scale"
    parts = f"{{{', '.join(f'n{at}: p{at}' for at in range(len(kinds)))}}}"
    lines += _ENDS[is_ranked]
    return "\n".join([*lines, f"    return {log_odds}, {parts}, reasons"])


_BY_FINDER = "f#(x#)"
_BY_INTEGER = f"i#[x#] if x#.__class__ is int else {_BY_FINDER}"
_LOOKUPS = {
    "": _BY_FINDER,
    "integer": _BY_INTEGER,
    "decimal": (
        "c#[bisect_right(e#, float(x#))] if x#.__class__ is str and "
        f"(d := x#.replace('.', '', 1)).isdigit() and d.isascii() else {_BY_INTEGER}"
    ),
    "number": (
        f"c#[bisect_right(e#, x#)] if x#.__class__ is float and x# == x# else {_BY_INTEGER}"
    ),
}
_COUNTED = {True: "found.append(r)", False: "weights[r] = weights[r] + p# if r in weights else p#"}
_ENDS = {
    True: (
        "    found.sort()",
        "    if found and found[0] < 0: return None",
        "    reasons = tuple([by_rank[r] for r in found[:most]])",
    ),
    False: (
        "    found = [r for r, weight in weights.items() if weight > 0]",
        "    found.sort(key=weights.__getitem__, reverse=True)",
        "    reasons = tuple(found[:most])",
    ),
}


def _ranked(tables: Sequence[Sequence[Part]]) -> tuple[dict[tuple[int, Part], int], list[str]]:
    """Where each cell's reason stands among all, heaviest first and in the order of the tables
    among equals; only of reasons that one table alone has: others must be added up first."""
    owners: dict[str, set[int]] = {}
    for at, parts in enumerate(tables):
        for _, _, reason, _ in parts:
            if reason is not None:
                owners.setdefault(reason, set()).add(at)
    order = sorted(
        {
            (-part[1], at, part)
            for at, parts in enumerate(tables)
            for part in parts
            if part[2] is not None and len(owners[part[2]]) == 1
        },
        key=lambda one: one[:2],
    )
    ranks = {(at, part): rank for rank, (_, at, part) in enumerate(order)}
    return ranks, [str(part[2]) for _, _, part in order]


class _Integers(dict[int, "Cell"]):
    """The cell of every integer between the ends of a table; others are looked for."""

    __slots__ = ("_cells", "_edges")

    def __init__(self, edges: list[float], cells: list[Cell]) -> None:
        self._edges, self._cells = edges, cells
        if edges and edges[-1] - edges[0] <= _SPAN:
            whole = range(floor(edges[0]) - 1, ceil(edges[-1]) + 2)
            super().__init__({number: cells[bisect_right(edges, number)] for number in whole})

    def __missing__(self, number: int) -> Cell:
        return self._cells[bisect_right(self._edges, bounded(number))]


def _finder(read: Reader, edges: list[float], cells: list[Cell]) -> Callable[[object], Cell]:
    """The cell of any raw value; raises as its reader does."""

    def find(value: object) -> Cell:
        number = read(value)
        return cells[bisect_right(edges, number) if number == number else -1]

    return find
