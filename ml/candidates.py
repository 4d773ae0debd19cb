"""Models that are compared and not served: the classical ones, and the stack proposed for fraud.

Each takes a matrix with NaN for missing and answers probabilities for other rows. Slow ones learn
from the latest rows only, up to a limit that the table shows.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import CategoricalNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from ml.members import Matrix
from ml.population import Bools, Floats, Integers
from ml.splines import codes, cuts

type Predict = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Candidate:
    """`fit(matrix, values, bad)` answers a function of rows; `limit` rows at most are learned."""

    title: str
    limit: int
    fit: Callable[[Matrix, Floats, Bools], Predict]


def _binned(matrix: Matrix, values: Floats, bins: int) -> list[Floats]:
    return [cuts(values[:, at], bins, flag) for at, flag in enumerate(matrix.categories)]


def _coded(values: Floats, edges: Sequence[Floats]) -> Integers:
    return np.column_stack([codes(values[:, at], splits) for at, splits in enumerate(edges)])


def weights_of_evidence(matrix: Matrix, values: Floats, bad: Bools) -> Predict:
    """Logistic regression on the weights of evidence of binned inputs."""
    edges = _binned(matrix, values, 10)
    coded = _coded(values, edges)
    goods, bads = float((~bad).sum()), float(bad.sum())
    tables = []
    for at, splits in enumerate(edges):
        size = splits.size + 2
        good = np.bincount(coded[~bad, at], minlength=size) + 0.5
        evil = np.bincount(coded[bad, at], minlength=size) + 0.5
        tables.append(np.log(evil / bads) - np.log(good / goods))

    def woe(rows: Integers) -> Floats:
        return np.column_stack([table[rows[:, at]] for at, table in enumerate(tables)])

    model = LogisticRegression(C=0.1, max_iter=500).fit(woe(coded), bad)
    return lambda rows: np.asarray(model.predict_proba(woe(_coded(rows, edges)))[:, 1])


def _pipeline(*steps: Any) -> Callable[[Matrix, Floats, Bools], Predict]:
    def fitted(matrix: Matrix, values: Floats, bad: Bools) -> Predict:
        del matrix
        from sklearn.base import clone

        # Training data without any known value in a column leave nothing to fill it with.
        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        model = make_pipeline(imputer, *(clone(step) for step in steps))
        with warnings.catch_warnings():
            # A network stopped early is a contender like any other; its figures tell.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(_finite(values), bad)
        return lambda rows: np.asarray(model.predict_proba(_finite(rows))[:, 1])

    return fitted


def _finite(values: Floats) -> Floats:
    return np.where(np.isinf(values), np.nan, values)


def _svm(matrix: Matrix, values: Floats, bad: Bools) -> Predict:
    del matrix
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    model = make_pipeline(
        imputer, QuantileTransformer(n_quantiles=100), StandardScaler(), SVC(C=0.5)
    ).fit(_finite(values), bad)
    return lambda rows: np.asarray(expit(2 * model.decision_function(_finite(rows))))


def explainable_boosting(matrix: Matrix, values: Floats, bad: Bools) -> Predict:
    """The explainable boosting machine, main terms with the signs of the specification."""
    from interpret.glassbox import ExplainableBoostingClassifier

    model = ExplainableBoostingClassifier(
        interactions=0,
        outer_bags=1,
        max_rounds=300,
        n_jobs=1,
        monotone_constraints=list(matrix.signs),
        feature_types=["continuous"] * values.shape[1],
        random_state=1,
    )
    with warnings.catch_warnings():
        # Its charts would not show the cell of what is missing; its answers have one.
        warnings.simplefilter("ignore", UserWarning)
        model.fit(_finite(values), bad.astype(np.int64))
    return lambda rows: np.asarray(model.predict_proba(_finite(rows))[:, 1])


def naive_bayes(matrix: Matrix, values: Floats, bad: Bools) -> Predict:
    """Naive Bayes over bins; missing is a level like any other."""
    edges = _binned(matrix, values, 10)
    sizes = [splits.size + 2 for splits in edges]
    model = CategoricalNB(alpha=1.0, min_categories=sizes).fit(_coded(values, edges), bad)
    return lambda rows: np.asarray(model.predict_proba(_coded(rows, edges))[:, 1])


def bayesian_network(matrix: Matrix, values: Floats, bad: Bools) -> Predict:
    """A tree-augmented naive Bayes network: beside the outcome, each input depends on at most one
    other, chosen as the spanning tree of the largest conditional mutual information (Chow, Liu)."""
    edges = _binned(matrix, values, 4)
    coded = _coded(values, edges)
    sizes = [splits.size + 2 for splits in edges]
    parents = _parents(coded, bad, sizes)
    prior = np.log([(~bad).mean(), bad.mean()])
    tables = []
    for at, parent in enumerate(parents):
        width = sizes[parent] if parent >= 0 else 1
        above = coded[:, parent] if parent >= 0 else np.zeros(len(coded), dtype=np.int64)
        pair = []
        for outcome in (False, True):
            cell = above[bad == outcome] * sizes[at] + coded[bad == outcome, at]
            counts = np.bincount(cell, minlength=width * sizes[at]).reshape(width, sizes[at]) + 0.5
            pair.append(np.log(counts / counts.sum(axis=1, keepdims=True)))
        tables.append(pair)

    def predict(rows: Floats) -> Floats:
        found = _coded(rows, edges)
        odds = np.full(len(rows), prior[1] - prior[0])
        for at, parent in enumerate(parents):
            above = found[:, parent] if parent >= 0 else np.zeros(len(rows), dtype=np.int64)
            odds += (tables[at][1] - tables[at][0])[above, found[:, at]]
        return np.asarray(expit(odds))

    return predict


def _parents(coded: Integers, bad: Bools, sizes: Sequence[int]) -> list[int]:
    """Prim's tree over the inputs, from the first; -1 for the root."""
    count = len(sizes)
    strength = np.zeros((count, count))
    for left in range(count):
        for right in range(left + 1, count):
            strength[left, right] = strength[right, left] = sum(
                (bad == outcome).mean() * _information(coded[bad == outcome], left, right, sizes)
                for outcome in (False, True)
            )
    parents, inside = [-1] * count, {0}
    while len(inside) < count:
        best = max(
            ((strength[a, b], a, b) for a in inside for b in range(count) if b not in inside),
            key=lambda edge: edge[0],
        )
        parents[best[2]] = best[1]
        inside.add(best[2])
    return parents


def _information(coded: Integers, left: int, right: int, sizes: Sequence[int]) -> float:
    cell = coded[:, left] * sizes[right] + coded[:, right]
    joint = np.bincount(cell, minlength=sizes[left] * sizes[right]).reshape(
        sizes[left], sizes[right]
    ) / max(len(coded), 1)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    held = joint > 0
    return float((joint[held] * np.log(joint[held] / product[held])).sum())


def stack(matrix: Matrix, values: Floats, bad: Bools) -> Predict:
    """Naive Bayes, a decision tree and a small network, joined by a logistic regression that was
    fitted on a third of the rows that the three had not seen."""
    later = np.arange(len(bad)) % 3 == 2
    parts = [
        CANDIDATES[name].fit(matrix, values[~later], bad[~later])
        for name in ("naive_bayes", "tree", "mlp")
    ]

    def joined(rows: Floats) -> Floats:
        answers = np.column_stack([part(rows) for part in parts])
        return np.asarray(np.log(np.clip(answers, 1e-6, 1) / np.clip(1 - answers, 1e-6, 1)))

    top = LogisticRegression(C=1.0).fit(joined(values[later]), bad[later])
    return lambda rows: np.asarray(top.predict_proba(joined(rows))[:, 1])


_LASSO = SelectFromModel(LogisticRegression(C=0.02, l1_ratio=1.0, solver="liblinear"))
_FOREST = RandomForestClassifier(150, min_samples_leaf=20, max_features=0.3, random_state=1)

CANDIDATES: Mapping[str, Candidate] = {
    "logistic_woe": Candidate("logistic on weights of evidence", 200_000, weights_of_evidence),
    "ebm": Candidate("explainable boosting machine (EBM)", 20_000, explainable_boosting),
    "forest_lasso": Candidate(
        "random forest, inputs chosen by Lasso",
        20_000,
        _pipeline(StandardScaler(), _LASSO, _FOREST),
    ),
    "tree": Candidate(
        "decision tree",
        200_000,
        _pipeline(DecisionTreeClassifier(max_leaf_nodes=32, min_samples_leaf=50, random_state=1)),
    ),
    "svm": Candidate("support vector machine (radial)", 4_000, _svm),
    "mlp": Candidate(
        "neural network (32, 16)",
        60_000,
        _pipeline(
            QuantileTransformer(n_quantiles=200, random_state=1),
            StandardScaler(),
            MLPClassifier(
                (32, 16),
                alpha=1e-3,
                batch_size="auto",
                early_stopping=True,
                max_iter=30,
                n_iter_no_change=4,
                random_state=1,
            ),
        ),
    ),
    "naive_bayes": Candidate("naive Bayes on bins", 200_000, naive_bayes),
    "bayesian_network": Candidate("Bayesian network (tree-augmented)", 50_000, bayesian_network),
    "stack": Candidate("stack: naive Bayes + tree + network", 60_000, stack),
}
