"""Train the application scorecard and write its artefact: `python -m ml.train_scorecard`.

Simulate, fit on the early months, calibrate on later ones, judge on the latest, export. The same
specification gives the same bytes: points are rounded to millionths of log-odds and written back
into the scikit-learn pipeline, so what is measured and tested is what is shipped.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ml import artefact, binning, quality, specification
from ml.binning import Edges
from ml.population import Bools, Floats, Integers, Population, simulate
from ml.release import shelf
from ml.release.signing import LocalSigner
from ml.specification import Specification

ARTEFACT_PATH = shelf.SHELF / "1.0.0.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """The shipped model: `pipeline` (scikit-learn, rounded points) and the same in integers.

    `points_micro[f][b]` is the millionths of log-odds of bin b of feature f against the
    reference applicant, the missing bin last; `calibration` is (offset, slope) in log-odds.
    """

    spec: Specification
    edges: Edges
    points_micro: tuple[tuple[int, ...], ...]
    intercept_micro: int
    calibration: tuple[float, float]
    pipeline: Any
    default_rate: float
    metrics: dict[str, float]
    groups: dict[str, dict[str, float]]


def matrix(spec: Specification, population: Population) -> Floats:
    """Features of the population as (rows, features) in the order of the specification."""
    return np.column_stack([population.features[feature.name] for feature in spec.features])


def train(spec: Specification) -> Trained:
    """Train from the specification alone; deterministic."""
    population = simulate(np.random.default_rng(spec.seed), spec.applicants)
    values = matrix(spec, population)
    month = population.applied_month
    early = month < spec.train_before_month
    later = ~early & (month < spec.calibrate_before_month)
    latest = month >= spec.calibrate_before_month

    fitted, edges = binning.fit_monotone(spec, values[early], population.defaulted[early])
    terms, intercept = _centre(spec, fitted, edges, values[early])
    _write_back(fitted, terms, intercept)
    offset, slope = _calibrate(fitted.decision_function(values[later]), population.defaulted[later])
    points = tuple(tuple(round(1e6 * slope * float(x)) for x in term) for term in terms)
    intercept_micro = round(1e6 * (offset + slope * intercept))
    _write_back(fitted, [np.array(term) / 1e6 for term in points], intercept_micro / 1e6)

    pd = fitted.predict_proba(values[latest])[:, 1]
    return Trained(
        spec=spec,
        edges=edges,
        points_micro=points,
        intercept_micro=intercept_micro,
        calibration=(offset, slope),
        pipeline=fitted,
        default_rate=round(float(population.defaulted.mean()), 6),
        metrics=quality.measure(population.defaulted[latest], pd),
        groups=_groups(population, latest, pd, spec.approved_share),
    )


def _centre(
    spec: Specification, fitted: Any, edges: Edges, values: Floats
) -> tuple[list[Floats], float]:
    """Terms relative to the reference applicant, and the intercept that belongs to them.

    The reference is the mean of each term over the approved applicants whose value is known.
    A missing value is held between the reference and the worst bin: leaving a field out must
    never help, and must not hurt more than the worst thing it could hide.
    """
    pd: Floats = fitted.predict_proba(values)[:, 1]
    codes: Integers = binning.bin_codes(values, edges)[pd <= np.quantile(pd, spec.approved_share)]
    intercept = float(fitted.named_steps["logistic"].intercept_[0])
    terms = []
    for column, term in enumerate(binning.coefficients(fitted, edges)):
        missing = term.size - 1
        counts = np.bincount(codes[:, column], minlength=term.size)[:missing]
        reference = float(counts @ term[:missing] / counts.sum())
        centred = term - reference
        if spec.features[column].missing == "neutral":
            centred[missing] = 0.0
        else:
            centred[missing] = np.clip(centred[missing], 0.0, centred[:missing].max())
        intercept += reference
        terms.append(centred)
    return terms, intercept


def _calibrate(log_odds: Floats, defaulted: Bools) -> tuple[float, float]:
    """Platt scaling in log-odds: one offset and one slope, so the model stays additive.

    Raises ValueError when the slope is not positive: the model would rank backwards.
    """
    platt = LogisticRegression(C=1e6, solver="newton-cholesky", tol=1e-10, max_iter=200)
    platt.fit(log_odds.reshape(-1, 1), defaulted)
    offset, slope = float(platt.intercept_[0]), float(platt.coef_[0, 0])
    if slope <= 0:
        raise ValueError("calibration reversed the ranking of the model")
    return offset, slope


def _write_back(fitted: Any, terms: list[Floats], intercept: float) -> None:
    logistic = fitted.named_steps["logistic"]
    logistic.coef_ = np.concatenate(terms).reshape(1, -1)
    logistic.intercept_ = np.array([intercept])


def _groups(
    population: Population, chosen: Bools, pd: Floats, approved_share: float
) -> dict[str, dict[str, float]]:
    age = population.age_years[chosen]
    is_female = population.is_female[chosen]
    groups: dict[str, Bools] = {
        "female": is_female,
        "male": ~is_female,
        "age_under_25": age < 25,
        "age_25_to_61": (age >= 25) & (age < 62),
        "age_62_and_over": age >= 62,
    }
    return quality.by_group(population.defaulted[chosen], pd, groups, approved_share)


def main(arguments: list[str] | None = None) -> None:
    """Command line; `--trained-at` is stamped as given, by default the specification's."""
    parser = argparse.ArgumentParser(description="train the scorecard and write its artefact")
    parser.add_argument("--trained-at", help="ISO 8601 instant to stamp on the artefact")
    parser.add_argument("--output", type=Path, default=ARTEFACT_PATH)
    options = parser.parse_args(arguments)
    spec = specification.read()
    trained = train(spec)
    text = artefact.render(trained, options.trained_at or spec.trained_at)
    options.output.write_text(text, "utf-8")
    if options.output == ARTEFACT_PATH:
        shelf.sign(spec.version, LocalSigner(LocalSigner.HERE))
    print(f"{options.output.name}: {len(text.encode())} bytes, holdout {trained.metrics}")


if __name__ == "__main__":
    main()
