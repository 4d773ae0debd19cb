"""Terms that take log-odds off where a protected group would be approved too seldom.

They act everywhere, or only near where it is decided: between two cut-offs the offsets are whole,
beyond them they fade out, and a probability far from a decision is left as the model says. A score
rises to a score whatever the group, so the order within a group stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, product

import numpy as np

from ml import export
from ml.dataset import Bound
from ml.export.additive import EXACT, whole
from ml.export.columns import Node
from ml.fairness import moved
from ml.members import CLIP
from ml.population import Bools, Floats

FADE = 0.05  # Log-odds beyond a cut-off within which offsets end.
APART = 32  # Log-odds from one combination of groups to the next; a power of two, so exact.
NARROWEST = 1e-3  # Log-odds between two cut-offs.
WITHIN = 15  # What a model answers lies between minus and plus this.


@dataclass(frozen=True, slots=True)
class Offset:
    """`less` log-odds off for values of one column beyond a bound: what fairness asks for."""

    column: int
    bound: Bound
    less: float

    def is_for(self, values: Floats) -> Bools:
        """Whose it is, of rows of the matrix."""
        return beyond(self.bound, values[:, self.column])

    def node(self, cell: int, scale: int = 1) -> Node:
        """A table that answers `cell` / `scale` for whom it is, and nothing for others."""
        axis = {"feature": self.bound.feature, "edges": [self.bound.at], "closed": "left"}
        cells = [cell, 0, 0] if self.bound.is_below else [0, cell, 0]
        term = {"axes": [axis], "values": cells, "reason": None}
        return {"kind": "additive", "intercept": 0, "scale": scale, "terms": [term]}


def beyond(bound: Bound, values: Floats) -> Bools:
    """Who is on the side of a bound that is meant; never who is missing."""
    return np.asarray(values < bound.at if bound.is_below else values >= bound.at)


@dataclass(frozen=True, slots=True)
class Offsets:
    """All offsets of a model; `between` two cut-offs in log-odds, after offsets, or everywhere."""

    each: tuple[Offset, ...] = ()
    between: tuple[float, float] | None = None

    def applied(self, log_odds: Floats, values: Floats) -> Floats:
        """A model's answers to rows of the matrix, with what comes off."""
        if self.between is None:
            less, who = [one.less for one in self.each], [one.is_for(values) for one in self.each]
            return moved(log_odds, less, who)
        place = sum(
            (cell * one.is_for(values) for cell, one in zip(self._places, self.each, strict=True)),
            np.zeros(log_odds.size),
        )
        x, y = self._knots()
        return np.asarray(np.interp(log_odds + place, x, y) - place)

    def node(self, model: Node) -> Node:
        """A model's node, with what comes off.

        Near the cut-offs: combinations of groups are put `APART`, where each has its own bend of
        one rising line, and then put back."""
        if not self.each:
            return model
        if self.between is None:
            return _sum([model, *(one.node(-whole(one.less), EXACT) for one in self.each)])
        placed = list(zip(self._places, self.each, strict=True))
        x, y = self._knots()
        bent = _sum([model, *(one.node(cell) for cell, one in placed)])
        bent["calibration"] = {
            "method": "knots",
            "from": "log_odds",
            "to": "log_odds",
            "x": x,
            "y": y,
        }
        return _sum([bent, *(one.node(-cell) for cell, one in placed)])

    @property
    def bends(self) -> tuple[float, ...]:
        """Where the risk behind a score changes its slope, for a calibration to follow."""
        if self.between is None or not self.each:
            return ()
        low, high = self.between
        return low - FADE, low, high, high + FADE + max(one.less for one in self.each)

    @property
    def _places(self) -> list[int]:
        return [APART << at for at in range(len(self.each))]

    def _knots(self) -> tuple[list[float], list[float]]:
        x: list[float] = []
        y: list[float] = []
        # The last offset changes slowest, so places rise.
        for turned in product((False, True), repeat=len(self.each)):
            chosen = turned[::-1]
            place = sum(compress(self._places, chosen))
            less = sum(compress((one.less for one in self.each), chosen))
            for before, after in self._bends(less):
                x.append(place + before)
                y.append(place + after)
        return x, y

    def _bends(self, less: float) -> Sequence[tuple[float, float]]:
        """Where a score turns, and what it is there."""
        ends = [(-WITHIN, -WITHIN), (WITHIN, WITHIN)]
        if self.between is None or not less:
            return ends
        low, high = self.between
        off = high + less + FADE
        inner = [(low - FADE, low - FADE), (low + less, low), (high + less, high), (off, off)]
        return [ends[0], *inner, ends[1]]


NOTHING = Offsets()


def _sum(nodes: Sequence[Node]) -> Node:
    return export.combine(nodes, [1.0] * len(nodes), "log_odds", clip=CLIP)
