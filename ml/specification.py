"""The reviewed specification of the scorecard (`scorecard_spec.yaml`), parsed and checked."""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast

import yaml

SPEC_PATH = Path(__file__).with_name("scorecard_spec.yaml")


@dataclass(frozen=True, slots=True)
class Feature:
    """One input: `sign` is the direction of PD as the value grows, `edges` the half-open splits."""

    name: str
    is_integer: bool
    sign: Literal[-1, 1]
    edges: tuple[float, ...]
    reason: str
    missing: Literal["fitted", "neutral"]
    missing_reason: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """Score = base_score + points_to_double_odds / ln 2 * ln(odds of repaying / base_odds)."""

    base_score: int
    base_odds: int
    points_to_double_odds: int


@dataclass(frozen=True, slots=True)
class Specification:
    """Everything that training needs and nothing that it finds out; `sha256` is of the text."""

    name: str
    version: str
    trained_at: str
    seed: int
    applicants: int
    train_before_month: int
    calibrate_before_month: int
    regularisation_c: float
    approved_share: float
    scaling: Scaling
    features: tuple[Feature, ...]
    prohibited: frozenset[str]
    sha256: str


def read(path: Path = SPEC_PATH) -> Specification:
    """Parse the specification. Raises ValueError when it names a prohibited input, a wrong sign
    or edges out of order, KeyError when a part is absent."""
    text = path.read_bytes()
    tree = cast("dict[str, Any]", yaml.safe_load(text))
    features = tuple(_feature(name, entry) for name, entry in tree["features"].items())
    prohibited = frozenset(tree["prohibited"])
    if forbidden := prohibited & {feature.name for feature in features}:
        raise ValueError(f"prohibited as an input of the PD: {sorted(forbidden)}")
    return Specification(
        name=tree["name"],
        version=tree["version"],
        trained_at=tree["trained_at"],
        seed=tree["population"]["seed"],
        applicants=tree["population"]["applicants"],
        train_before_month=tree["slices"]["train_before_month"],
        calibrate_before_month=tree["slices"]["calibrate_before_month"],
        regularisation_c=tree["regularisation_c"],
        approved_share=tree["approved_share"],
        scaling=Scaling(**tree["scaling"]),
        features=features,
        prohibited=prohibited,
        sha256=hashlib.sha256(text).hexdigest(),
    )


def _feature(name: str, entry: dict[str, Any]) -> Feature:
    edges = tuple(float(edge) for edge in entry["edges"])
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f"{name}: edges must rise")
    if entry["sign"] not in (-1, 1):
        raise ValueError(f"{name}: sign must be -1 or 1")
    if entry["missing"] not in ("fitted", "neutral"):
        raise ValueError(f"{name}: missing must be fitted or neutral")
    return Feature(
        name=name,
        is_integer=entry["integer"],
        sign=entry["sign"],
        edges=edges,
        reason=entry["reason"],
        missing=entry["missing"],
        missing_reason=entry.get("missing_reason", entry["reason"]),
    )
