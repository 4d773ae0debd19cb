"""Models that can be served: each fits on a matrix and writes itself as a node of the artefact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.special import logit
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)

from ml import export, splines, workers
from ml.dataset import DatasetSpec, SpecRefused
from ml.export.columns import Column, Node
from ml.population import Bools, Floats
from ml.transforms import is_category

CLIP = 1e-6  # The artefact's own, when a probability becomes log-odds.


class Fitted(Protocol):
    """Log-odds of an event, and the node that answers the same."""

    def log_odds(self, values: Floats) -> Floats: ...

    def node(self) -> Node: ...


@dataclass(frozen=True, slots=True)
class Matrix:
    """What the columns of a matrix are: names, signs and which are categories."""

    names: tuple[str, ...]
    signs: tuple[int, ...]
    categories: tuple[bool, ...]

    @staticmethod
    def of(spec: DatasetSpec) -> "Matrix":
        """Of the features that models read."""
        used = spec.used
        return Matrix(
            tuple(feature.name for feature in used),
            tuple(feature.sign for feature in used),
            tuple(is_category(feature) for feature in used),
        )

    def positions(self, names: Sequence[str] | None) -> list[int]:
        """Columns by name, all of them by default; raises SpecRefused for names not there."""
        if names is None:
            return list(range(len(self.names)))
        if absent := [name for name in names if name not in self.names]:
            raise SpecRefused(f"a member reads {absent}, which are no features")
        return [self.names.index(name) for name in names]


@dataclass(frozen=True, slots=True)
class Boosted:
    """Trees of LightGBM or scikit-learn over the chosen columns."""

    model: Any
    columns: list[int]
    names: tuple[str, ...]

    def log_odds(self, values: Floats) -> Floats:
        chosen = values[:, self.columns]
        if hasattr(self.model, "decision_function"):
            return np.asarray(self.model.decision_function(chosen), dtype=np.float64)
        return np.asarray(self.model.predict(chosen, raw_score=True), dtype=np.float64)

    def node(self) -> Node:
        described = [Column(name) for name in self.names]
        write = export.hgb if hasattr(self.model, "decision_function") else export.lightgbm
        return write(self.model, described)


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest of scikit-learn: mean probabilities of leaves."""

    model: Any
    columns: list[int]
    names: tuple[str, ...]

    def log_odds(self, values: Floats) -> Floats:
        pd = self.model.predict_proba(values[:, self.columns])[:, 1]
        return np.asarray(logit(np.clip(pd, CLIP, 1 - CLIP)))

    def node(self) -> Node:
        return export.forest(self.model, [Column(name) for name in self.names])


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of `ml.splines` over the chosen columns."""

    model: splines.AdditiveModel
    columns: list[int]
    names: tuple[str, ...]

    def log_odds(self, values: Floats) -> Floats:
        return self.model.log_odds(values[:, self.columns])

    def node(self) -> Node:
        return self.model.node(self.names)


@dataclass(frozen=True, slots=True)
class Explainable:
    """The explainable boosting machine of `interpret`, main terms only."""

    model: Any
    columns: list[int]
    names: tuple[str, ...]

    def log_odds(self, values: Floats) -> Floats:
        pd = self.model.predict_proba(values[:, self.columns])[:, 1]
        return np.asarray(logit(pd))

    def node(self) -> Node:
        return export.ebm(self.model, [Column(name) for name in self.names])


@dataclass(frozen=True, slots=True)
class Blend:
    """A weighted sum of members in log-odds; the weights of models add up to one."""

    members: tuple[Fitted, ...]
    weights: tuple[float, ...]

    def log_odds(self, values: Floats) -> Floats:
        return np.asarray(
            sum(
                weight * member.log_odds(values)
                for weight, member in zip(self.weights, self.members, strict=True)
            ),
            dtype=np.float64,
        )

    def node(self) -> Node:
        if len(self.members) == 1 and self.weights == (1.0,):
            return self.members[0].node()
        return export.combine(
            [member.node() for member in self.members], self.weights, "log_odds", clip=CLIP
        )


def fit(
    member: Mapping[str, Any], matrix: Matrix, values: Floats, bad: Bools, weight: Floats, seed: int
) -> Fitted:
    """Fit one member as the specification declares it. Raises SpecRefused for an unknown kind."""
    columns = matrix.positions(member.get("features"))
    if member["kind"] == "hgb":  # Cannot bin a column of which nothing is known.
        columns = [one for one in columns if not np.isnan(values[:, one]).all()]
    names = tuple(matrix.names[column] for column in columns)
    signs = [matrix.signs[column] if member.get("monotone", True) else 0 for column in columns]
    chosen = values[:, columns]
    options = dict(member.get("options", {}))
    match member["kind"]:
        case "lightgbm":
            return Boosted(_lightgbm(options, chosen, bad, weight, signs, seed), columns, names)
        case "hgb":
            model: Any = HistGradientBoostingClassifier(
                monotonic_cst=signs, random_state=seed, early_stopping=False, **options
            )
            return Boosted(model.fit(chosen, bad, sample_weight=weight), columns, names)
        case "forest" | "extra_trees" as kind:
            make = RandomForestClassifier if kind == "forest" else ExtraTreesClassifier
            model = make(random_state=seed, n_jobs=1, **options)
            return Forest(model.fit(chosen, bad, sample_weight=weight), columns, names)
        case "ebm":
            return Explainable(_ebm(options, chosen, bad, weight, signs, seed), columns, names)
        case "additive":
            pairs = [
                (names.index(left), names.index(right)) for left, right in member.get("pairs", ())
            ]
            flags = [matrix.categories[column] for column in columns]
            shape = splines.Shape(**options)
            return Tables(
                splines.fit(chosen, bad, weight, signs, flags, shape, pairs), columns, names
            )
        case other:
            raise SpecRefused(f"a member of kind {other!r} cannot be served")


def _lightgbm(
    options: dict[str, Any], values: Floats, bad: Bools, weight: Floats, signs: list[int], seed: int
) -> Any:
    # Imported here: LightGBM takes a second to load, and evaluating does not need it.
    from lightgbm import Dataset, train

    rounds = int(options.pop("rounds", 400))
    settings = {
        "objective": "binary",
        "learning_rate": 0.03,
        "num_leaves": 15,
        "min_child_samples": 100,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "verbose": -1,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "monotone_constraints": signs if any(signs) else None,
        "seed": seed,
    } | options
    data = Dataset(values, bad.astype(np.float64), weight=weight)
    return train({key: one for key, one in settings.items() if one is not None}, data, rounds)


def _ebm(
    options: dict[str, Any], values: Floats, bad: Bools, weight: Floats, signs: list[int], seed: int
) -> Any:
    from interpret.glassbox import ExplainableBoostingClassifier

    settings = {"interactions": 0, "outer_bags": 4, "max_rounds": 1000, "n_jobs": 1} | options
    model = ExplainableBoostingClassifier(
        monotone_constraints=signs,
        feature_types=["continuous"] * values.shape[1],
        random_state=seed,
        **settings,
    )
    return model.fit(values, bad.astype(np.int64), sample_weight=weight)


def blend(
    spec_members: Sequence[Mapping[str, Any]],
    matrix: Matrix,
    values: Floats,
    bad: Bools,
    weight: Floats,
    seeds: int | None = None,
) -> Blend:
    """All members, each with its seeds (or `seeds`) averaged and weighted as declared."""
    asked: list[tuple[Mapping[str, Any], int]] = []
    weights: list[float] = []
    total = sum(float(member.get("weight", 1)) for member in spec_members)
    for member in spec_members:
        declared = int(member.get("seeds", 1))
        count = declared if seeds is None else min(seeds, declared)
        asked += [(member, seed) for seed in range(1, count + 1)]
        weights += [float(member.get("weight", 1)) / total / count] * count
    fitted = workers.each(lambda one: fit(one[0], matrix, values, bad, weight, one[1]), asked)
    return Blend(tuple(fitted), tuple(weights))
