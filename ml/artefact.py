"""The artefact of the scorecard: one JSON text, readable, checksummed, the same bytes each time."""

import hashlib
import inspect
from typing import TYPE_CHECKING, Any

import sklearn
from lending.domain.reasons import TEXTS

from ml import export, population
from ml.specification import Feature, Specification

if TYPE_CHECKING:
    from ml.train_scorecard import Trained

POINTS_SCALE = 1_000_000


def render(trained: "Trained", trained_at: str) -> str:
    """The whole artefact: `body`, and the sha256 of the body in canonical JSON."""
    return export.seal(body(trained, trained_at), indent=1)


def body(trained: "Trained", trained_at: str) -> dict[str, Any]:
    """What the evaluator and a reviewer read (docs/model-artefact.md). Points are millionths of
    log-odds of default against the reference applicant."""
    spec = trained.spec
    offset, slope = trained.calibration
    return export.body(
        name=spec.name,
        version=spec.version,
        target="90 days past due within 24 months",
        trained_at=trained_at,
        inputs=[
            {"name": feature.name, "kind": "integer" if feature.is_integer else "decimal"}
            for feature in spec.features
        ],
        features=[_feature(feature) for feature in spec.features],
        model={
            "kind": "additive",
            "intercept": trained.intercept_micro,
            "scale": POINTS_SCALE,
            "terms": [
                {
                    "axes": [{"feature": feature.name, "closed": "left", "edges": list(edges)}],
                    "values": list(points),
                }
                for feature, edges, points in zip(
                    spec.features, trained.edges, trained.points_micro, strict=True
                )
            ],
        },
        reasons=_reasons(spec),
        prohibited=sorted(spec.prohibited),
        scaling={
            "base_score": spec.scaling.base_score,
            "base_odds": spec.scaling.base_odds,
            "points_to_double_odds": spec.scaling.points_to_double_odds,
        },
        training={
            "population_seed": spec.seed,
            "applicants": spec.applicants,
            "default_rate": trained.default_rate,
            "specification_sha256": spec.sha256,
            "population_sha256": hashlib.sha256(inspect.getsource(population).encode()).hexdigest(),
            "scikit_learn": sklearn.__version__,
            "calibration": {
                "method": "platt in log-odds, contained in the points",
                "offset": round(offset, 6),
                "slope": round(slope, 6),
            },
        },
        metrics={"holdout": trained.metrics, "groups": _by_attribute(trained.groups)},
    )


def _by_attribute(groups: dict[str, dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Groups under the attribute that makes them, as a release judges them."""
    found: dict[str, dict[str, Any]] = {"age": {}, "sex": {}}
    for name, figures in groups.items():
        found["age" if name.startswith("age_") else "sex"][name] = figures
    return found


def _feature(feature: Feature) -> dict[str, Any]:
    return {
        "name": feature.name,
        "op": "copy",
        "of": [feature.name],
        "sign": feature.sign,
        "reason": feature.reason,
        "missing_reason": feature.missing_reason,
    }


def _reasons(spec: Specification) -> dict[str, dict[str, str]]:
    """The customers' texts of the reasons that this model may name."""
    codes = [code for each in spec.features for code in (each.reason, each.missing_reason)]
    return {code: TEXTS[code] for code in dict.fromkeys(codes)}
