"""The additive model of the champion family: a logistic model of smooth terms, kept as tables.

Every feature is cut into bins; within a feature the bins' values follow a spline over the ranks of
the bins, so neighbours are alike; missing has a cell of its own. Signed terms are made monotone by
pooling neighbours that break the order. Reviewed pairs get a coarse table of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

from ml.export.additive import EXACT, whole
from ml.export.columns import Node
from ml.population import Bools, Floats, Integers

PAIR_BINS = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """What the terms may look like. `knots` and `degree` of the spline over ranks; `by_value`
    places bins by their mean value instead (degree 1 with two knots is then a straight line)."""

    bins: int = 48
    knots: int = 6
    degree: int = 2
    c: float = 0.3
    by_value: bool = False


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    """Tables in log-odds: `tables[f]` has one cell per bin of feature f, then one for missing;
    `pairs` holds (feature, feature, edges, edges, table)."""

    edges: tuple[Floats, ...]
    tables: tuple[Floats, ...]
    pairs: tuple[tuple[int, int, Floats, Floats, Floats], ...]
    intercept: float

    def log_odds(self, values: Floats) -> Floats:
        """Of rows (rows, features), NaN = missing."""
        total = np.full(len(values), self.intercept)
        for column, (edges, table) in enumerate(zip(self.edges, self.tables, strict=True)):
            total += table[codes(values[:, column], edges)]
        for left, right, left_edges, right_edges, table in self.pairs:
            total += table[codes(values[:, left], left_edges), codes(values[:, right], right_edges)]
        return total

    def node(self, names: Sequence[str]) -> Node:
        """The same as a node of the artefact, exact to the last bit that matters."""
        terms: list[Node] = [
            {"axes": [_axis(name, edges)], "values": [whole(cell) for cell in table.tolist()]}
            for name, edges, table in zip(names, self.edges, self.tables, strict=True)
        ]
        for left, right, left_edges, right_edges, table in self.pairs:
            terms.append(
                {
                    "name": f"{names[left]} × {names[right]}",
                    "axes": [_axis(names[left], left_edges), _axis(names[right], right_edges)],
                    "values": [[whole(cell) for cell in row] for row in table.tolist()],
                    "reason": None,
                }
            )
        return {
            "kind": "additive",
            "intercept": whole(self.intercept),
            "scale": EXACT,
            "terms": terms,
        }


def _axis(name: str, edges: Floats) -> Node:
    return {"feature": name, "edges": edges.tolist(), "closed": "left"}


def codes(values: Floats, edges: Floats) -> Integers:
    """Bin of each value, [low, high); the last code, len(edges) + 1, is missing."""
    found = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), edges.size + 1, found).astype(np.int64)


def cuts(values: Floats, bins: int, is_category: bool) -> Floats:
    """Edges between at most `bins` bins that hold about as many rows each."""
    known = np.unique(values[np.isfinite(values)])
    if known.size < 2:
        return np.empty(0)
    if is_category:
        return np.arange(known.max()) + 0.5
    if known.size <= bins:
        return np.asarray((known[1:] + known[:-1]) / 2)
    shares = np.arange(1, bins) / bins
    return np.unique(np.quantile(values[np.isfinite(values)], shares))


def fit(
    values: Floats,
    bad: Bools,
    weight: Floats,
    signs: Sequence[int],
    categories: Sequence[bool],
    shape: Shape,
    pairs: Sequence[tuple[int, int]] = (),
) -> AdditiveModel:
    """Fit, then pool what breaks a sign, weighted by the rows in each bin."""
    edges = tuple(
        cuts(values[:, column], shape.bins, flag) for column, flag in enumerate(categories)
    )
    coded = [codes(values[:, column], splits) for column, splits in enumerate(edges)]
    bases = [
        _basis(values[:, column], coded[column], splits, categories[column], shape)
        for column, splits in enumerate(edges)
    ]
    blocks = [basis[code] for basis, code in zip(bases, coded, strict=True)]
    grids = []
    for left, right in pairs:
        left_edges, right_edges = (
            cuts(values[:, one], PAIR_BINS, categories[one]) for one in (left, right)
        )
        width = right_edges.size + 2
        cell = codes(values[:, left], left_edges) * width + codes(values[:, right], right_edges)
        grids.append((left, right, left_edges, right_edges))
        blocks.append(np.eye((left_edges.size + 2) * width, dtype=np.float32)[cell])
    model = LogisticRegression(C=shape.c, max_iter=400, tol=1e-4)
    model.fit(np.hstack(blocks), bad, sample_weight=weight)
    parts = np.split(
        np.asarray(model.coef_[0], dtype=np.float64),
        np.cumsum([block.shape[1] for block in blocks])[:-1],
    )
    tables = tuple(
        _monotone(basis.astype(np.float64) @ part, code, sign)
        for basis, part, code, sign in zip(bases, parts, coded, signs, strict=False)
    )
    return AdditiveModel(
        edges,
        tables,
        tuple(
            (left, right, le, re, part.reshape(le.size + 2, re.size + 2))
            for (left, right, le, re), part in zip(grids, parts[len(bases) :], strict=True)
        ),
        float(model.intercept_[0]),
    )


def _basis(values: Floats, code: Integers, edges: Floats, is_category: bool, shape: Shape) -> Any:
    """(cells, columns): what a row in each cell adds to the design; missing has its own column."""
    bins = edges.size + 1
    if is_category or bins <= 3:
        return np.eye(bins + 1, dtype=np.float32)
    counts = np.bincount(code, minlength=bins + 1)[:bins]
    if shape.by_value:
        finite = np.where(np.isfinite(values), values, 0.0)
        sums = np.bincount(code, weights=finite, minlength=bins + 1)[:bins]
        means = np.where(counts > 0, sums / np.maximum(counts, 1), math_mid(edges))
        spread = float(means.max() - means.min())
        place = (means - means.min()) / (spread if spread > 0 else 1.0)
    else:
        place = (np.cumsum(counts) - counts / 2) / max(int(counts.sum()), 1)
    knots = np.linspace(0, 1, shape.knots).reshape(-1, 1)
    spline = SplineTransformer(knots=knots, degree=shape.degree).fit(np.array([[0.0], [1.0]]))
    inner = spline.transform(place.reshape(-1, 1))
    out = np.zeros((bins + 1, inner.shape[1] + 1), dtype=np.float32)
    out[:bins, :-1] = inner
    out[bins, -1] = 1.0
    return out


def math_mid(edges: Floats) -> Floats:
    """A value within each bin, for bins in which there was nobody."""
    return np.concatenate([edges[:1], (edges[1:] + edges[:-1]) / 2, edges[-1:]])


def _monotone(table: Floats, code: Integers, sign: int) -> Floats:
    if sign == 0 or table.size < 3:
        return table
    counts = np.bincount(code, minlength=table.size)[:-1]
    pooled = IsotonicRegression(increasing=sign > 0).fit_transform(
        np.arange(table.size - 1), table[:-1], sample_weight=np.maximum(counts, 1e-3)
    )
    return np.append(pooled, table[-1])
