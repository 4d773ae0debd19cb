"""scikit-learn's trees and forests: mean of leaf probabilities, inputs as 32-bit floats."""

from collections.abc import Sequence
from typing import Any

from ml.export.boosters import split
from ml.export.columns import Column, Node


def forest(fitted: Any, columns: Sequence[Column]) -> Node:
    """A fitted binary RandomForest-, ExtraTrees- or DecisionTreeClassifier.

    Raises ValueError when the classes are not two or a column count differs.
    """
    if len(fitted.classes_) != 2 or fitted.n_features_in_ != len(columns):
        raise ValueError("a binary classifier over exactly these columns is wanted")
    members = getattr(fitted, "estimators_", [fitted])
    return {
        "kind": "trees",
        "space": "probability",
        "baseline": 0.0,
        "scale": 1.0 / len(members),
        "precision": "single",
        "features": [column.feature for column in columns],
        "trees": [_tree(member.tree_, 0, columns) for member in members],
    }


def _tree(tree: Any, at: int, columns: Sequence[Column]) -> Any:
    if tree.children_left[at] == -1:
        good, bad = tree.value[at][0]
        return float(bad / (good + bad))
    position = int(tree.feature[at])
    left, right = (
        _tree(tree, int(side[at]), columns) for side in (tree.children_left, tree.children_right)
    )
    return split(
        position,
        columns[position],
        float(tree.threshold[at]),
        bool(tree.missing_go_to_left[at]),
        left,
        right,
    )
