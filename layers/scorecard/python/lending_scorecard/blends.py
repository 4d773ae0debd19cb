"""Members combined with weights, in log-odds or probability; and the small dense network."""

from __future__ import annotations

import math

from lending_scorecard.calibration import SPACES, moved, probability

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lending_scorecard.calibration import Knots, Platt
    from lending_scorecard.columns import Feature

    Told = tuple[float, dict[str, float], dict[str, float]]
    Entry = dict[str, Any]

_NEAR = 1e-12


class Combine:
    """intercept + sum of weight * member."""

    __slots__ = ("_clip", "_intercept", "_members", "base", "space")

    def __init__(
        self,
        entry: Entry,
        members: Sequence[tuple[Any, Platt | Knots | None]],
    ) -> None:
        self.space: str = entry["space"]
        self._intercept = float(entry["intercept"])
        self._clip = float(entry.get("clip", 1e-6))
        weights = [float(weight) for weight in entry["weights"]]
        if self.space not in SPACES or len(weights) != len(members) or not members:
            raise ValueError("a combination is malformed")
        if not all(map(math.isfinite, [*weights, self._intercept])):
            raise ValueError("weights must be finite")
        # (member, calibration, weight, value at the reference in this space)
        self._members: list[tuple[Any, Platt | Knots | None, float, float]] = []
        for (member, after), weight in zip(members, weights, strict=True):
            base = self._brought(member.base, member.space, after)
            self._members.append((member, after, weight, base))
        self.base = self._intercept + sum(w * base for _, _, w, base in self._members)

    def _brought(self, value: float, space: str, after: Platt | Knots | None) -> float:
        """A member's value, calibrated and in this space."""
        if after is not None:
            value, space = after.value(value, space), after.space
        return moved(value, space, self.space, self._clip)

    def value(self, slots: Sequence[Any]) -> float:
        """The combined value."""
        total = self._intercept
        for member, after, weight, _ in self._members:
            total += weight * self._brought(member.value(slots), member.space, after)
        return total

    def explain(self, slots: Sequence[Any]) -> Told:
        """The value, and the members' parts brought into this space by the secant."""
        total = self._intercept
        contributions: dict[str, float] = {}
        weights: dict[str, float] = {}
        for member, after, weight, base in self._members:
            value, parts, reasons = member.explain(slots)
            brought = self._brought(value, member.space, after)
            total += weight * brought
            factor = weight
            if after is not None or member.space != self.space:
                factor *= self._secant(member, after, value, brought, base)
            for name, part in parts.items():
                contributions[name] = contributions.get(name, 0.0) + factor * part
            for reason, part in reasons.items():
                weights[reason] = weights.get(reason, 0.0) + factor * part
        return total, contributions, weights

    def _secant(
        self, member: Any, after: Platt | Knots | None, value: float, brought: float, base: float
    ) -> float:
        """Rise of the brought value over the member's own, between reference and applicant."""
        run: float = value - member.base
        if abs(run) > _NEAR:
            return (brought - base) / run
        step = 1e-6  # The same place: the slope there.
        near = self._brought(value + step, member.space, after)
        return (near - self._brought(value - step, member.space, after)) / (2 * step)


class Dense:
    """A small network of numeric inputs; its whole part stands under its own name."""

    __slots__ = ("_layers", "_name", "_slots", "base", "space")

    def __init__(
        self, entry: Entry, features: Mapping[str, Feature], reference: Sequence[Any]
    ) -> None:
        self.space = "log_odds"
        self._name: str = entry["name"]
        chosen = [features[name] for name in entry["features"]]
        if any(feature.levels is not None for feature in chosen):
            raise ValueError("a network takes numbers only")
        self._slots = [feature.slot for feature in chosen]
        width = len(chosen)
        self._layers: list[tuple[list[tuple[list[float], float]], Any]] = []
        for layer in entry["layers"]:
            rows = [[float(weight) for weight in row] for row in layer["weights"]]
            bias = [float(number) for number in layer["bias"]]
            if len(rows) != len(bias) or any(len(row) != width for row in rows):
                raise ValueError("the layers of a network do not fit")
            self._layers.append(
                (list(zip(rows, bias, strict=True)), _ACTIVATIONS[layer["activation"]])
            )
            width = len(rows)
        if width != 1:
            raise ValueError("a network answers one value")
        self.base = self.value(reference)

    def value(self, slots: Sequence[Any]) -> float:
        """Log-odds; an input that is missing counts as 0, as after `fill`."""
        values = [slots[slot] if slots[slot] == slots[slot] else 0.0 for slot in self._slots]
        for rows, activation in self._layers:
            values = [
                activation(sum(map(float.__mul__, row, map(float, values)), bias))
                for row, bias in rows
            ]
        (answer,) = values
        return float(answer)

    def explain(self, slots: Sequence[Any]) -> Told:
        """The value, and what it is above the reference, in one part that is no reason."""
        value = self.value(slots)
        return value, {self._name: value - self.base}, {}


_ACTIVATIONS: dict[str, Any] = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, 0.0),
    "tanh": math.tanh,
    "logistic": probability,
}
