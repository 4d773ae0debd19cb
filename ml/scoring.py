"""Scoring many rows by an artefact, with numpy: what the evaluator does one row at a time.

Only for models whose features are numbers copied from inputs, which is what `ml.training` writes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit, logit

from ml.population import Floats, Integers
from ml.splines import codes

type Node = Mapping[str, Any]


def probabilities(body: Node, values: Floats) -> Floats:
    """PD of rows (rows, features) in the order of the body's features."""
    names = {feature["name"]: at for at, feature in enumerate(body["features"])}
    answer, space = _evaluate(body["model"], names, values)
    answer, space = _calibrated(body["calibration"], answer, space)
    if space == "log_odds":
        return np.asarray(expit(answer))
    return np.asarray(np.clip(answer, 1e-15, 1 - 1e-15))


def _calibrated(node: Node | None, answer: Floats, space: str) -> tuple[Floats, str]:
    if node is None:
        return answer, space
    if node["method"] == "platt":
        return node["slope"] * _into("log_odds", answer, space) + node["offset"], "log_odds"
    return np.interp(_into(node["from"], answer, space), node["x"], node["y"]), node["to"]


def _into(wanted: str, answer: Floats, space: str, clip: float = 1e-6) -> Floats:
    if wanted == space:
        return answer
    if wanted == "log_odds":
        return np.asarray(logit(np.clip(answer, clip, 1 - clip)))
    return np.asarray(expit(answer))


def _evaluate(node: Node, names: Mapping[str, int], values: Floats) -> tuple[Floats, str]:
    match node["kind"]:
        case "additive":
            return _additive(node, names, values), "log_odds"
        case "trees":
            columns = [names[name] for name in node["features"]]
            chosen = values[:, columns]
            if node["precision"] == "single":
                with np.errstate(over="ignore"):
                    chosen = chosen.astype(np.float32).astype(np.float64)
            chosen = np.asfortranarray(chosen)
            total = np.zeros(len(values))
            rows = np.arange(len(values))
            for tree in node["trees"]:
                _descend(tree, chosen, rows, total)
            return node["baseline"] + node["scale"] * total, str(node["space"])
        case "combine":
            total = np.full(len(values), float(node["intercept"]))
            for weight, member in zip(node["weights"], node["members"], strict=True):
                answer, space = _evaluate(member, names, values)
                answer, space = _calibrated(member.get("calibration"), answer, space)
                total += weight * _into(node["space"], answer, space, node["clip"])
            return total, str(node["space"])
        case kind:
            raise ValueError(f"a node of kind {kind!r} is not scored here")


def _additive(node: Node, names: Mapping[str, int], values: Floats) -> Floats:
    total = np.full(len(values), node["intercept"] / node["scale"])
    for term in node["terms"]:
        table = np.array(term["values"], dtype=np.float64) / node["scale"]
        places = tuple(_cells(axis, values[:, names[axis["feature"]]]) for axis in term["axes"])
        total += table[places]
    return total


def _cells(axis: Node, values: Floats) -> Integers:
    edges = np.array(axis["edges"], dtype=np.float64)
    if axis["closed"] == "left":
        return codes(values, edges)
    found = np.searchsorted(edges, values, side="left")
    return np.where(np.isnan(values), edges.size + 1, found).astype(np.int64)


def _descend(tree: Any, values: Floats, rows: Integers, total: Floats) -> None:
    """Add each row's leaf to `total`, splitting the rows as the tree does."""
    if not isinstance(tree, list):
        total[rows] += tree
        return
    if not rows.size:
        return
    feature, threshold, missing_left, left, right = tree
    column = values[rows, feature]
    with np.errstate(invalid="ignore"):
        goes_left = column <= (np.inf if threshold is None else threshold)
    if missing_left:
        goes_left |= np.isnan(column)
    _descend(left, values, rows[goes_left], total)
    _descend(right, values, rows[~goes_left], total)


def worst_difference(card: Any, names: Sequence[str], values: Floats, expected: Floats) -> float:
    """The largest difference of `expected` to the evaluator's own answer, row by row."""
    worst = 0.0
    for row, pd in zip(values.tolist(), expected.tolist(), strict=True):
        told = {
            name: None if value != value else value for name, value in zip(names, row, strict=True)
        }
        worst = max(worst, abs(float(card.probability(told)) - pd))
    return worst
