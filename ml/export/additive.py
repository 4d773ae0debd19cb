"""Additive nodes: of boosters whose trees use one or two features each, and of logistic models."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from lending_scorecard.columns import Columns
from lending_scorecard.tables import Additive

from ml.export.columns import Column, Node
from ml.population import Floats

EXACT = 10**15


def whole(value: float, scale: int = EXACT) -> int:
    """A float in integer units of 1 / scale, to the nearest."""
    return round(Fraction(value) * scale)


def logistic(
    coefficients: Sequence[float] | Floats, intercept: float, columns: Sequence[Column]
) -> Node:
    """Lines of numeric columns; missing values count as zero (`fill` them before, to be clear)."""
    terms = []
    for column, slope in zip(columns, np.asarray(coefficients).ravel().tolist(), strict=True):
        if column.levels is not None:
            raise ValueError(f"{column.feature}: a line needs a number; use `map` or `is_any_of`")
        terms.append({"feature": column.feature, "slope": slope, "centre": 0.0, "missing": 0.0})
    return {"kind": "additive", "intercept": whole(intercept), "scale": EXACT, "terms": terms}


def additive_from_trees(node: Node, columns: Sequence[Column], scale: int = EXACT) -> Node:
    """Tables of a node of trees of which none uses more than two features, cell by cell.

    A booster with `interaction_cst` is of this kind: the same model, a hundredth of the work.
    Raises ValueError for a tree over three features, or a node that is not in log-odds.
    """
    if node["space"] != "log_odds" or node["precision"] != "double":
        raise ValueError("boosted trees in log-odds are wanted")
    groups: dict[tuple[int, ...], list[Any]] = {}
    for tree in node["trees"]:
        groups.setdefault(tuple(sorted(_used(tree))), []).append(tree)
    constant = Fraction(node["baseline"])
    terms: list[Node] = []
    for used, trees in sorted(groups.items(), key=lambda entry: (len(entry[0]), entry[0])):
        if not used:
            constant += sum(Fraction(node["scale"]) * Fraction(tree) for tree in trees)
            continue
        if len(used) > 2:
            raise ValueError(f"a tree uses {[columns[at].feature for at in used]}")
        axes = [_axis(at, columns[at], trees) for at in used]
        cells = [
            round(
                scale
                * Fraction(node["scale"])
                * sum(Fraction(_leaf(tree, dict(zip(used, point, strict=True)))) for tree in trees)
            )
            for point in product(*(points for _, points in axes))
        ]
        terms.append(_term([axis for axis, _ in axes], cells))
    return {
        "kind": "additive",
        "intercept": round(scale * constant),
        "scale": scale,
        "terms": terms,
    }


def _term(axes: list[Node], cells: list[int]) -> Node:
    if len(axes) == 1:
        return {"axes": axes, "values": cells}
    width = len(axes[1]["edges"]) + 2 if "edges" in axes[1] else axes[1]["levels"] + 2
    name = " × ".join(axis["feature"] for axis in axes)
    for axis in axes:
        if "levels" in axis:
            axis["levels"] = True
    rows = [cells[at : at + width] for at in range(0, len(cells), width)]
    return {"name": name, "axes": axes, "values": rows, "reason": None}


def _used(tree: Any) -> set[int]:
    if not isinstance(tree, list):
        return set()
    return {tree[0]} | _used(tree[3]) | _used(tree[4])


def _axis(at: int, column: Column, trees: list[Any]) -> tuple[Node, list[float | None]]:
    """The axis of one feature, and one point in each of its cells (None = missing)."""
    if column.levels is not None:
        # An unseen level goes where missing goes.
        points: list[float | None] = [*range(len(column.levels)), None, None]
        return {"feature": column.feature, "levels": len(column.levels)}, points
    edges = sorted({split for tree in trees for split in _thresholds(tree, at)})
    return (
        {"feature": column.feature, "closed": "right", "edges": edges},
        [*edges, float("inf"), None],
    )


def _thresholds(tree: Any, feature: int) -> set[float]:
    if not isinstance(tree, list):
        return set()
    own = {tree[1]} if tree[0] == feature and tree[1] is not None else set()
    return own | _thresholds(tree[3], feature) | _thresholds(tree[4], feature)


def _leaf(tree: Any, point: Mapping[int, float | None]) -> float:
    while isinstance(tree, list):
        feature, threshold, missing_left, left, right = tree
        value = point[feature]
        if value is None:
            goes_left = bool(missing_left)
        elif threshold is None:
            goes_left = True
        elif isinstance(threshold, list):
            goes_left = value in threshold
        else:
            goes_left = value <= threshold
        tree = left if goes_left else right
    return float(tree)


def centred(
    node: Node,
    inputs: Sequence[Node],
    features: Sequence[Node],
    approved: Iterable[Mapping[str, object]],
) -> Node:
    """The same model with each term relative to its mean over the approved applicants' known
    values; the means go into the intercept. Raises ValueError when there is nobody."""
    columns = Columns(
        {"inputs": inputs, "features": features, "other_columns": "ignore", "prohibited": ()}
    )
    rows = [columns.slots(row) for row in approved]
    if not rows:
        raise ValueError("nobody was approved: there is no reference")
    intercept, terms = node["intercept"], []
    for term in node["terms"]:
        if "slope" in term:
            slot = columns.features[term["feature"]].slot
            known = [row[slot] for row in rows if row[slot] == row[slot]]
            centre = float(np.mean(known)) if known else 0.0
            moved = term["slope"] * (centre - term["centre"])
            intercept += whole(moved, node["scale"])
            terms.append({**term, "centre": centre, "missing": term["missing"] - moved})
            continue
        mean = _mean(term, node["scale"], columns, rows)
        intercept += mean
        terms.append({**term, "values": _less(term["values"], mean)})
    return {**node, "intercept": intercept, "terms": terms}


def _mean(term: Node, scale: int, columns: Columns, rows: list[list[Any]]) -> int:
    """Mean of a table over the rows in which its features are known, in its own units."""
    alone = Additive(
        {"intercept": 0, "scale": scale, "terms": [{"name": "term", **term}]}, columns.features
    )
    known = [columns.features[axis["feature"]] for axis in term["axes"]]
    values = [
        alone.value(row)
        for row in rows
        if not any(feature.is_missing(row[feature.slot]) for feature in known)
    ]
    return whole(float(np.mean(values)), scale) if values else 0


def _less(values: list[Any], mean: int) -> list[Any]:
    return [_less(cell, mean) if isinstance(cell, list) else cell - mean for cell in values]
