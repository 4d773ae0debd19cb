"""Explainable boosting machines of `interpret`: their tables, term by term."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml.export.additive import EXACT, whole
from ml.export.columns import Column, Node


def ebm(fitted: Any, columns: Sequence[Column], scale: int = EXACT) -> Node:
    """A fitted binary ExplainableBoostingClassifier: main effects and pairwise terms.

    Its bins are [cut, next cut); scores hold missing first and unseen last. Raises ValueError for
    more than two classes or terms over three features.
    """
    if len(fitted.classes_) != 2:
        raise ValueError("a binary classifier is wanted")
    terms = []
    for used, scores in zip(fitted.term_features_, fitted.term_scores_, strict=True):
        if len(used) > 2:
            raise ValueError("terms of more than two features are not served")
        axes, picks = [], []
        for at in used:
            binnings = fitted.bins_[at]
            axis, pick = _axis(columns[at], binnings[min(len(binnings), len(used)) - 1])
            axes.append(axis)
            picks.append(pick)
        cells = np.asarray(scores, dtype=np.float64)[np.ix_(*picks)]
        term: Node = {"axes": axes, "values": _whole(cells.tolist(), scale)}
        if len(used) == 2:
            name = " × ".join(axis["feature"] for axis in axes)
            term = {"name": name, **term, "reason": None}
        terms.append(term)
    intercept = float(np.ravel(fitted.intercept_)[0])
    return {
        "kind": "additive",
        "intercept": whole(intercept, scale),
        "scale": scale,
        "terms": terms,
    }


def _axis(column: Column, binning: Any) -> tuple[Node, list[int]]:
    """The axis, and for each of its cells the position in the scores."""
    if isinstance(binning, dict):
        if column.levels is None:
            raise ValueError(f"{column.feature}: a category without levels")
        unseen = max(binning.values(), default=0) + 1
        picks = [unseen] * len(column.levels)
        for text, position in binning.items():
            picks[column.position(text)] = position
        return {"feature": column.feature, "levels": True}, [*picks, unseen, 0]
    edges = [float(cut) for cut in binning]
    axis = {"feature": column.feature, "closed": "left", "edges": edges}
    return axis, [*range(1, len(edges) + 2), 0]


def _whole(cells: Any, scale: int) -> Any:
    if isinstance(cells, list):
        return [_whole(cell, scale) for cell in cells]
    return whole(cells, scale)
