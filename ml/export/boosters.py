"""Boosted trees: scikit-learn's histogram booster (by its private parts, pinned) and LightGBM."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml.export.columns import Column, Node

_EVERY = 1e300  # How LightGBM writes an infinite threshold; scikit-learn keeps it infinite.


def hgb(fitted: Any, columns: Sequence[Column]) -> Node:
    """A fitted binary HistGradientBoostingClassifier, exactly.

    With categorical features it moves those columns first and numbers their values anew; both are
    undone here. Raises ValueError for more than two classes or a column count that differs.
    """
    if fitted.n_trees_per_iteration_ != 1 or fitted.n_features_in_ != len(columns):
        raise ValueError("a binary classifier over exactly these columns is wanted")
    order, codes = _arranged(fitted, columns)
    trees = [
        _hgb_tree(predictors[0], 0, columns, order, codes) for predictors in fitted._predictors
    ]
    return {
        "kind": "trees",
        "space": "log_odds",
        "baseline": float(np.ravel(fitted._baseline_prediction)[0]),
        "scale": 1.0,
        "precision": "double",
        "features": [column.feature for column in columns],
        "trees": trees,
    }


def _arranged(fitted: Any, columns: Sequence[Column]) -> tuple[list[int], dict[int, list[int]]]:
    """(internal column -> ours, our category column -> position of each internal code)."""
    if fitted._preprocessor is None:
        return list(range(len(columns))), {}
    chosen = np.flatnonzero(fitted.is_categorical_).tolist()
    others = np.flatnonzero(~np.asarray(fitted.is_categorical_)).tolist()
    encoder = fitted._preprocessor.named_transformers_["encoder"]
    codes = {
        column: [columns[column].position(raw) for raw in found if raw is not None and raw == raw]
        for column, found in zip(chosen, encoder.categories_, strict=True)
    }
    return [*chosen, *others], codes


def _hgb_tree(
    predictor: Any,
    at: int,
    columns: Sequence[Column],
    order: list[int],
    codes: dict[int, list[int]],
) -> Any:
    node = predictor.nodes[at]
    if node["is_leaf"]:
        return float(node["value"])
    column = order[int(node["feature_idx"])]
    threshold: Any = float(node["num_threshold"])
    if node["is_categorical"]:
        bits = predictor.raw_left_cat_bitsets[int(node["bitset_idx"])]
        known = codes[column]
        threshold = sorted(
            known[code] for code in range(len(known)) if bits[code // 32] >> (code % 32) & 1
        )
    left, right = (
        _hgb_tree(predictor, int(node[side]), columns, order, codes) for side in ("left", "right")
    )
    return split(column, columns[column], threshold, bool(node["missing_go_to_left"]), left, right)


def split(
    position: int, column: Column, threshold: Any, missing_left: bool, left: Any, right: Any
) -> Any:
    """One split in the artefact's terms; a 1-or-0 column becomes a split by level."""
    if column.level is None:
        if not isinstance(threshold, list) and threshold >= _EVERY:
            threshold = None  # Every number goes left; only what is missing may go right.
        return [position, threshold, int(missing_left), left, right]
    if column.levels is None or not 0 <= threshold < 1:
        raise ValueError(f"{column.feature}: a 1-or-0 column is split between 0 and 1")
    others = [code for code, level in enumerate(column.levels) if level != column.level]
    return [position, others, 1, left, right]  # Missing and unseen are 0 in such a column.


def lightgbm(booster: Any, columns: Sequence[Column]) -> Node:
    """A fitted binary LightGBM booster (or its scikit-learn wrapper), exactly.

    Raises ValueError for what differs in meaning: zero as missing, averaging, linear leaves.
    """
    dumped = getattr(booster, "booster_", booster).dump_model()
    if dumped["num_class"] != 1 or dumped.get("average_output"):
        raise ValueError("one binary model that sums its trees is wanted")
    if not dumped["objective"].startswith("binary") or "sigmoid:1" not in dumped["objective"]:
        raise ValueError("a binary objective with sigmoid 1 is wanted")
    return {
        "kind": "trees",
        "space": "log_odds",
        "baseline": 0.0,
        "scale": 1.0,
        "precision": "double",
        "features": [column.feature for column in columns],
        "trees": [_lightgbm_tree(tree["tree_structure"], columns) for tree in dumped["tree_info"]],
    }


def _lightgbm_tree(node: Node, columns: Sequence[Column]) -> Any:
    if "leaf_value" in node and "split_feature" not in node:
        return float(node["leaf_value"])
    position = int(node["split_feature"])
    column = columns[position]
    left, right = (_lightgbm_tree(node[f"{side}_child"], columns) for side in ("left", "right"))
    if node["decision_type"] == "==":
        # A missing or unseen category is in no set, so it goes right.
        chosen = sorted(column.position(int(code)) for code in node["threshold"].split("||"))
        return [position, chosen, 0, left, right]
    threshold = float(node["threshold"])
    match node["missing_type"]:
        case "NaN":
            missing_left = bool(node["default_left"])
        case "None":  # NaN is read as zero.
            missing_left = threshold >= 0
        case other:
            raise ValueError(f"missing values as {other} are not served")
    return split(position, column, threshold, missing_left, left, right)
