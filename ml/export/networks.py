"""Small dense networks of scikit-learn."""

from collections.abc import Sequence
from typing import Any

from ml.export.columns import Column, Node


def dense(fitted: Any, columns: Sequence[Column], name: str = "network") -> Node:
    """A fitted binary MLPClassifier over numeric columns (scaled and filled by features).

    Raises ValueError when the classes are not two or a column is a category.
    """
    if len(fitted.classes_) != 2 or any(column.levels is not None for column in columns):
        raise ValueError("a binary classifier over numbers is wanted")
    last = len(fitted.coefs_) - 1
    return {
        "kind": "dense",
        "name": name,
        "features": [column.feature for column in columns],
        "layers": [
            {
                "weights": weights.T.tolist(),
                "bias": bias.tolist(),
                "activation": "identity" if layer == last else fitted.activation,
            }
            for layer, (weights, bias) in enumerate(
                zip(fitted.coefs_, fitted.intercepts_, strict=True)
            )
        ],
    }
