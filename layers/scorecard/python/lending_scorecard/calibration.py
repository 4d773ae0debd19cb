"""Calibration after a model: Platt in log-odds, or knots with straight lines between them."""

from __future__ import annotations

import math
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Entry = dict[str, Any]

_LEAST = 1e-15
_MOST = 1 - _LEAST
SPACES = ("log_odds", "probability")


def probability(log_odds: float) -> float:
    """1 / (1 + e^-x), inside [1e-15, 1 - 1e-15]; no overflow for any x."""
    if log_odds >= 0:
        chance = 1 / (1 + math.exp(-log_odds))
        return _MOST if chance > _MOST else chance
    odds = math.exp(log_odds)
    chance = odds / (1 + odds)
    return _LEAST if chance < _LEAST else chance


def log_odds(chance: float, clip: float = _LEAST) -> float:
    """ln(p / (1 - p)) of a probability held inside [clip, 1 - clip]."""
    held = min(max(chance, clip), 1 - clip)
    return math.log(held / (1 - held))


def moved(value: float, source: str, target: str, clip: float = _LEAST) -> float:
    """A value of one space in another."""
    if source == target:
        return value
    return log_odds(value, clip) if target == "log_odds" else probability(value)


class Platt:
    """slope * log-odds + offset."""

    __slots__ = ("_offset", "_slope", "space")

    def __init__(self, entry: Entry) -> None:
        self.space = "log_odds"
        self._slope, self._offset = float(entry["slope"]), float(entry["offset"])
        if not (0 < self._slope < math.inf and math.isfinite(self._offset)):
            raise ValueError("calibration would reverse the ranking")

    def value(self, value: float, space: str) -> float:
        """Calibrated log-odds."""
        return self._slope * moved(value, space, "log_odds") + self._offset


class Knots:
    """Linear between knots, level beyond the ends; never falls."""

    __slots__ = ("_from", "_x", "_y", "space")

    def __init__(self, entry: Entry) -> None:
        self.space: str = entry["to"]
        self._from: str = entry["from"]
        self._x = [float(x) for x in entry["x"]]
        self._y = [float(y) for y in entry["y"]]
        if {self.space, self._from} - set(SPACES) or len(self._x) != len(self._y) or not self._x:
            raise ValueError("calibration knots are malformed")
        if not all(low < high for low, high in zip(self._x, self._x[1:], strict=False)):
            raise ValueError("calibration knots must rise")
        if not all(low <= high for low, high in zip(self._y, self._y[1:], strict=False)):
            raise ValueError("calibration would reverse the ranking")
        if not all(map(math.isfinite, self._x + self._y)):
            raise ValueError("calibration knots must be finite")
        if self.space == "probability" and not (self._y[0] >= 0 and self._y[-1] <= 1):
            raise ValueError("calibration knots leave [0, 1]")

    def value(self, value: float, space: str) -> float:
        """The calibrated value in `space`."""
        x, xs, ys = moved(value, space, self._from), self._x, self._y
        at = bisect_right(xs, x)
        if at == 0:
            return ys[0]
        if at == len(xs):
            return ys[-1]
        low, high = xs[at - 1], xs[at]
        return ys[at - 1] + (ys[at] - ys[at - 1]) / (high - low) * (x - low)


def calibration(entry: Entry | None) -> Platt | Knots | None:
    """The declared calibration. Raises KeyError for an unknown method."""
    if entry is None:
        return None
    methods: dict[str, type[Platt | Knots]] = {"platt": Platt, "knots": Knots}
    return methods[entry["method"]](entry)
