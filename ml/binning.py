"""Bins to one-hot to logistic regression, with bins merged until every monotone sign holds."""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from ml.population import Bools, Floats, Integers
from ml.specification import Feature, Specification

type Edges = tuple[tuple[float, ...], ...]


def bin_codes(values: Floats, edges: Edges) -> Integers:
    """Bin number of each value. `values` is (rows, features) with NaN = missing; a value equal
    to an edge falls in the bin above it; the missing bin is the last, number len(edges) + 1."""
    columns = [
        np.where(
            np.isnan(values[:, column]),
            len(splits) + 1,
            np.searchsorted(np.asarray(splits), values[:, column], side="right"),
        )
        for column, splits in enumerate(edges)
    ]
    return np.stack(columns, axis=1).astype(np.int64)


def pipeline(edges: Edges, regularisation_c: float) -> Any:
    """An unfitted scikit-learn pipeline on a raw (rows, features) float matrix."""
    return Pipeline(
        [
            ("bin", FunctionTransformer(bin_codes, kw_args={"edges": edges})),
            (
                "one_hot",
                OneHotEncoder(
                    categories=[list(range(len(splits) + 2)) for splits in edges],
                    sparse_output=False,
                ),
            ),
            (
                "logistic",
                LogisticRegression(
                    C=regularisation_c, solver="newton-cholesky", tol=1e-10, max_iter=200
                ),
            ),
        ]
    )


def coefficients(fitted: Any, edges: Edges) -> list[Floats]:
    """Log-odds of each feature's bins, the missing bin last."""
    flat = np.asarray(fitted.named_steps["logistic"].coef_[0], dtype=np.float64)
    return np.split(flat, np.cumsum([len(splits) + 2 for splits in edges])[:-1])


def fit_monotone(spec: Specification, values: Floats, defaulted: Bools) -> tuple[Any, Edges]:
    """Fit, drop the edge with the worst break of order, refit, until no sign is broken.

    Deterministic: the largest violation goes first, ties in the order of the specification.
    An end: each turn drops one edge, and a feature without edges breaks nothing.
    """
    edges: Edges = tuple(feature.edges for feature in spec.features)
    while True:
        fitted = pipeline(edges, spec.regularisation_c)
        fitted.fit(values, defaulted)
        worst = _worst_break(spec.features, edges, coefficients(fitted, edges))
        if worst is None:
            return fitted, edges
        broken, position = worst
        edges = tuple(
            splits[:position] + splits[position + 1 :] if column == broken else splits
            for column, splits in enumerate(edges)
        )


def _worst_break(
    features: tuple[Feature, ...], edges: Edges, terms: list[Floats]
) -> tuple[int, int] | None:
    """(feature, edge) of the largest step against the sign; None when all steps agree."""
    worst: tuple[int, int] | None = None
    size = 0.0
    for column, (feature, splits) in enumerate(zip(features, edges, strict=True)):
        known = terms[column][: len(splits) + 1]
        for position, (low, high) in enumerate(pairwise(known)):
            against = -feature.sign * float(high - low)
            if against > size:
                worst, size = (column, position), against
    return worst
