"""The evaluator against the libraries that fit the models: within 1e-12 on 10,000 rows and more.

The rows hold missing values, levels that training never saw, infinities, and values on, just below
and just above every split.
"""

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from lending_scorecard import Scorecard
from lightgbm import Booster, Dataset
from lightgbm import train as lightgbm_train
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from ml import export
from ml.export import Column
from ml.export.columns import Node
from ml.population import Bools, Floats

LEVELS = ("car", "house", "other", "rare", "travel")
COLOURS = ("blue", "green", "red")
COLUMNS = (Column("a"), Column("kind", LEVELS), Column("b"), Column("c"), Column("colour", COLOURS))
INPUTS: list[Node] = [
    {"name": "a", "kind": "number"},
    {"name": "kind", "kind": "category"},
    {"name": "b", "kind": "number"},
    {"name": "c", "kind": "number"},
    {"name": "colour", "kind": "category"},
]
FEATURES: list[Node] = [
    {"name": "a", "op": "copy", "of": ["a"], "sign": 1},
    {"name": "kind", "op": "copy", "of": ["kind"], "levels": list(LEVELS)},
    {"name": "b", "op": "copy", "of": ["b"]},
    {"name": "c", "op": "copy", "of": ["c"]},
    {"name": "colour", "op": "copy", "of": ["colour"], "levels": list(COLOURS)},
]
ROWS = 10_500


def _population(count: int, seed: int) -> tuple[Floats, Bools]:
    """Columns a, kind, b, c, colour; categories as positions; some of each missing."""
    rng = np.random.default_rng(seed)
    a = rng.normal(0, 1, count).round(2)
    kind = rng.integers(0, 5, count).astype(float)
    b = rng.integers(0, 12, count).astype(float)
    c = rng.exponential(1000, count)
    colour = rng.integers(0, 3, count).astype(float)
    risk = (
        0.9 * a + np.array([0.5, -0.5, 0, 1, -0.2])[kind.astype(int)] - 0.1 * b + 0.3 * a * (b > 5)
    )
    values = np.column_stack([a, kind, b, c, colour])
    values[rng.random(values.shape) < 0.06] = np.nan
    return values, rng.random(count) < 1 / (1 + np.exp(1 - risk))


TRAINING, BAD = _population(3_000, 1)


def _edges(node: Node) -> dict[str, set[float]]:
    """Every number that a node compares a feature with."""
    found: dict[str, set[float]] = {}

    def walk(tree: Any, names: list[str]) -> None:
        if isinstance(tree, list):
            if isinstance(tree[1], float):
                found.setdefault(names[tree[0]], set()).add(tree[1])
            walk(tree[3], names)
            walk(tree[4], names)

    for tree in node.get("trees", ()):
        walk(tree, node["features"])
    for term in node.get("terms", ()):
        for axis in term.get("axes", ()):
            found.setdefault(axis["feature"], set()).update(axis.get("edges", ()))
    for member in node.get("members", ()):
        for name, edges in _edges(member).items():
            found.setdefault(name, set()).update(edges)
    return found


def _probing(node: Node, seed: int = 2) -> Floats:
    """Usual rows, and rows on and beside splits, with ends, missing and unseen (position 9)."""
    usual, _ = _population(4_000, seed)
    rng = np.random.default_rng(seed)
    edges = _edges(node)
    pools = []
    for column in COLUMNS:
        if column.levels is not None:
            pools.append(np.array([*range(len(column.levels)), 9, np.nan]))
            continue
        ends = [math.inf, -math.inf, 0.0, -0.0, 1e300, -1e300, np.nan]
        beside = [
            near
            for edge in edges.get(column.feature, ())
            for near in (edge, math.nextafter(edge, math.inf), math.nextafter(edge, -math.inf))
        ]
        pools.append(np.array(ends + beside))
    mixed = np.column_stack([rng.choice(pool, ROWS - 4_000) for pool in pools])
    return np.vstack([usual, mixed])


def _rows(values: Floats) -> Iterable[dict[str, object]]:
    """As a caller hands them over: texts for categories, None for what is missing."""
    for row in values.tolist():
        told: dict[str, object] = {}
        for column, value in zip(COLUMNS, row, strict=True):
            if value != value:
                told[column.feature] = None
            elif column.levels is None:
                told[column.feature] = value
            else:
                position = int(value)
                is_known = position < len(column.levels)
                told[column.feature] = column.levels[position] if is_known else "never seen"
        yield told


def _card(node: Node, **parts: Any) -> Scorecard:
    return Scorecard(
        export.body(
            name="parity",
            version="1",
            target="bad",
            trained_at="2026-01-01T00:00:00Z",
            inputs=INPUTS,
            features=FEATURES,
            model=node,
            reasons={},
            training={"rows": len(TRAINING)},
            **parts,
        )
    )


def _worst(card: Scorecard, values: Floats, expected: Floats) -> float:
    assert len(values) >= 10_000
    got = np.array([card.probability(row) for row in _rows(values)])
    return float(np.abs(got - expected).max())


def _hgb(**parts: Any) -> HistGradientBoostingClassifier:
    fitted = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=12, early_stopping=False, random_state=3, **parts
    )
    return fitted.fit(TRAINING, BAD)


@pytest.mark.parametrize("monotone", [None, [1, 0, 0, 0, 0]])
def test_histogram_boosting_with_categories(monotone: list[int] | None) -> None:
    fitted = _hgb(categorical_features=[1, 4], monotonic_cst=monotone)
    node = export.hgb(fitted, COLUMNS)
    values = _probing(node)
    expected = fitted.predict_proba(values)[:, 1]
    assert _worst(_card(node), values, expected) <= 1e-12


def test_histogram_boosting_on_numbers_with_a_split_between_known_and_missing() -> None:
    rng = np.random.default_rng(8)
    values = TRAINING.copy()
    bad = np.isnan(values[:, 3]) ^ (rng.random(len(values)) < 0.05)
    fitted = HistGradientBoostingClassifier(max_iter=5, early_stopping=False).fit(values, bad)
    columns = [Column(name) for name in ("a", "kind", "b", "c", "colour")]
    node = export.hgb(fitted, columns)
    assert any(tree[1] is None for tree in node["trees"])
    probing = _probing(node)
    card = Scorecard(
        export.body(
            name="numbers",
            version="1",
            target="bad",
            trained_at="2026-01-01T00:00:00Z",
            inputs=[{"name": column.feature, "kind": "number"} for column in columns],
            features=[{"name": c.feature, "op": "copy", "of": [c.feature]} for c in columns],
            model=node,
            reasons={},
            training={},
        )
    )
    got = [card.probability(dict(zip(card.features, row, strict=True))) for row in probing.tolist()]
    assert np.abs(np.array(got) - fitted.predict_proba(probing)[:, 1]).max() <= 1e-12


def test_additive_boosting_becomes_tables() -> None:
    fitted = _hgb(
        categorical_features=[1, 4], interaction_cst=[{0, 2}, {1}, {3}, {4}], monotonic_cst=None
    )
    trees = export.hgb(fitted, COLUMNS)
    tables = export.additive_from_trees(trees, COLUMNS)
    values = _probing(trees)
    expected = fitted.predict_proba(values)[:, 1]
    assert any(len(term["axes"]) == 2 for term in tables["terms"])
    assert _worst(_card(tables), values, expected) <= 1e-12
    centred = export.centred(tables, INPUTS, FEATURES, list(_rows(TRAINING[:500])))
    card = _card(centred)
    assert _worst(card, values, expected) <= 1e-12
    assert card.base != _card(tables).base


def test_explainable_boosting_with_pairs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, about numbers of levels
        from interpret.glassbox import ExplainableBoostingClassifier

        texts = TRAINING.astype(object)
        texts[:, 1] = [None if x != x else LEVELS[int(x)] for x in TRAINING[:, 1]]
        texts[:, 4] = [None if x != x else COLOURS[int(x)] for x in TRAINING[:, 4]]
        fitted = ExplainableBoostingClassifier(
            interactions=3,
            outer_bags=2,
            max_rounds=40,
            n_jobs=1,
            random_state=3,
            feature_types=["continuous", "nominal", "continuous", "continuous", "nominal"],
        ).fit(texts, BAD)
        node = export.ebm(fitted, COLUMNS)
        values = _probing(node)
        probing = values.astype(object)
        probing[:, 1] = [row["kind"] for row in _rows(values)]
        probing[:, 4] = [row["colour"] for row in _rows(values)]
        expected = fitted.predict_proba(probing)[:, 1]
    assert sum(len(term["axes"]) == 2 for term in node["terms"]) == 3
    assert _worst(_card(node), values, expected) <= 1e-12


def _one_hot(values: Floats) -> Floats:
    parts = [values[:, [0, 2, 3]]]
    parts += [(values[:, [1]] == code).astype(float) for code in range(len(LEVELS))]
    return np.hstack(parts)


ONE_HOT = (
    Column("a"),
    Column("b"),
    Column("c"),
    *(Column("kind", LEVELS, level) for level in LEVELS),
)


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(30, min_samples_leaf=5, random_state=4),
        ExtraTreesClassifier(30, min_samples_leaf=5, random_state=4),
        DecisionTreeClassifier(max_depth=6, random_state=4),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_forests_read_inputs_as_32_bit_floats(estimator: Any) -> None:
    fitted = estimator.fit(_one_hot(TRAINING), BAD)
    node = export.forest(fitted, ONE_HOT)
    values = _probing(node)
    values[np.isinf(values)] = 1e30  # scikit-learn's forests take no infinities
    values[np.abs(values) > 1e30] = -1e30
    expected = fitted.predict_proba(_one_hot(values))[:, 1].clip(1e-15, 1 - 1e-15)
    assert _worst(_card(node), values, expected) <= 1e-12


def test_lightgbm() -> None:
    booster: Booster = lightgbm_train(
        {
            "objective": "binary",
            "num_leaves": 12,
            "verbose": -1,
            "num_threads": 1,
            "seed": 1,
            "min_data_per_group": 20,
            "cat_smooth": 1.0,
        },
        Dataset(TRAINING, BAD.astype(float), categorical_feature=[1, 4]),
        num_boost_round=40,
    )
    node = export.lightgbm(booster, COLUMNS)
    assert any(isinstance(tree[1], list) for tree in node["trees"])
    values = _probing(node)
    expected = np.asarray(booster.predict(values, num_threads=1))
    assert _worst(_card(node), values, expected) <= 1e-12


def test_blends_calibrated_members_and_knots() -> None:
    boosted = _hgb(categorical_features=[1, 4])
    wood = RandomForestClassifier(10, min_samples_leaf=20, random_state=4)
    wood.fit(_one_hot(TRAINING), BAD)
    first, second = export.hgb(boosted, COLUMNS), export.forest(wood, ONE_HOT)
    first["calibration"] = export.platt(0.8, -0.1)
    node = export.combine([first, second], [0.7, 0.3], "probability")
    values = _probing(node)
    values[np.isinf(values)] = 1e30
    values[np.abs(values) > 1e30] = -1e30
    raw = boosted.decision_function(values)
    mixed = 0.7 / (1 + np.exp(0.1 - 0.8 * raw)) + 0.3 * wood.predict_proba(_one_hot(values))[:, 1]
    fitted = IsotonicRegression(out_of_bounds="clip").fit(mixed[:4_000], _population(4_000, 2)[1])
    card = _card(node, calibration=export.isotonic(fitted, "probability"))
    expected = fitted.predict(mixed).clip(1e-15, 1 - 1e-15)
    assert _worst(card, values, expected) <= 1e-12


def test_stacks_in_log_odds_of_lines_and_a_network() -> None:
    filled = np.nan_to_num(TRAINING[:, [0, 2]])
    logistic = LogisticRegression().fit(filled, BAD)
    network = MLPClassifier((6, 3), "tanh", max_iter=30, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        network.fit(filled, BAD)
    columns = [Column("a"), Column("b")]
    lines = export.logistic(logistic.coef_, float(logistic.intercept_[0]), columns)
    node = export.combine(
        [lines, export.dense(network, columns)], [0.4, 0.9], "log_odds", intercept=-0.2
    )
    values = _probing(node)
    values[~np.isfinite(values[:, 0]), 0] = 7.0
    values[~np.isfinite(values[:, 2]), 2] = 1.0
    values[np.abs(values) > 1e6] = 3.0
    plain = np.nan_to_num(values[:, [0, 2]])
    chance = network.predict_proba(plain)[:, 1].clip(1e-15, 1 - 1e-15)
    combined = -0.2 + 0.4 * logistic.decision_function(plain) + 0.9 * np.log(chance / (1 - chance))
    expected = 1 / (1 + np.exp(-combined))
    assert _worst(_card(node), values, expected) <= 1e-9
