"""The rule of fairness, stated once: training finds its offsets by it, a release is held to it.

Figures of a group: {"approved": share approved, "share" (or "share_of_applicants"): of everybody,
"air": ratio to the rest of its attribute, where that was measured}.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

import yaml

LEAST = 0.8  # Four fifths.
SHARE_MIN = 0.01  # groups smaller than this say nothing
_COMPARED = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class Side:
    """Whose approvals are compared: their rate and their share of all applicants."""

    rate: float
    share: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A group beside those it is held against; `ratio` is the approval ratio of the two."""

    group: str
    ratio: float
    own: Side
    other: Side


def comparisons(attribute: str, figures: Mapping[str, Mapping[str, Any]]) -> list[Comparison]:
    """Everything of one attribute that must reach `LEAST`: each group beside the one approved most
    often and beside the rest of the attribute, or the protected ones beside their reference where
    `four_fifths.yaml` names one. Raises KeyError, TypeError or ValueError for malformed figures."""
    sides = {name: side for name, side in _sides(figures) if side.share >= SHARE_MIN}
    rule = _named().get(attribute)
    if rule is not None and {rule["reference"], *rule["protected"]} <= sides.keys():
        reference = sides[rule["reference"]]
        return [_compared(name, sides[name], reference) for name in rule["protected"]]
    best = max(sides.values(), key=lambda side: side.rate)
    found = [_compared(name, side, best) for name, side in sides.items()]
    everybody = sum(side.share for side in sides.values())
    for name, side in sides.items():
        if "air" in figures[name]:
            ratio = float(figures[name]["air"])
            rest = Side(side.rate / ratio if ratio else 1.0, everybody - side.share)
            found.append(Comparison(name, ratio, side, rest))
    if any(isnan(one.ratio) for one in found):
        raise ValueError(f"{attribute}: an approval ratio is no number")
    return found


@cache
def _named() -> dict[str, Any]:
    named: dict[str, Any] = yaml.safe_load(_COMPARED.read_text("utf-8"))
    return named


def _sides(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Side]]:
    for name, told in figures.items():
        share = float(told.get("share_of_applicants", told.get("share", 1)))
        yield name, Side(float(told["approved"]), share)


def _compared(name: str, own: Side, other: Side) -> Comparison:
    return Comparison(name, own.rate / other.rate if other.rate else 0.0, own, other)


def worst(attribute: str, figures: Mapping[str, Mapping[str, Any]]) -> Comparison:
    """The comparison of the lowest ratio; raises as `comparisons` does, ValueError for no group."""
    return min(comparisons(attribute, figures), key=lambda one: one.ratio)
