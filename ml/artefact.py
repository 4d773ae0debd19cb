"""The artefact of the scorecard: one JSON text, readable, checksummed, the same bytes each time."""

import hashlib
import inspect
import json
from typing import TYPE_CHECKING, Any

import sklearn

from ml import population
from ml.specification import Feature

if TYPE_CHECKING:
    from ml.train_scorecard import Trained


def render(trained: "Trained", trained_at: str) -> str:
    """The whole artefact: `body`, and the sha256 of the body in canonical JSON (sorted keys, no
    spaces, ASCII)."""
    content = body(trained, trained_at)
    return json.dumps({"body": content, "sha256": digest(content)}, indent=1) + "\n"


def digest(content: dict[str, Any]) -> str:
    """Sha256 in hexadecimal over the canonical form of a body."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def body(trained: "Trained", trained_at: str) -> dict[str, Any]:
    """What the evaluator and a reviewer read. Points are millionths of log-odds of default
    against the reference applicant; an interval is half-open, [from, to), null = unbounded."""
    spec = trained.spec
    offset, slope = trained.calibration
    return {
        "format": 1,
        "name": spec.name,
        "version": spec.version,
        "trained_at": trained_at,
        "target": "90 days past due within 24 months",
        "intercept_micro": trained.intercept_micro,
        "scaling": {
            "base_score": spec.scaling.base_score,
            "base_odds": spec.scaling.base_odds,
            "points_to_double_odds": spec.scaling.points_to_double_odds,
        },
        "features": [
            _term(feature, edges, points)
            for feature, edges, points in zip(
                spec.features, trained.edges, trained.points_micro, strict=True
            )
        ],
        "prohibited": sorted(spec.prohibited),
        "calibration": {
            "method": "platt in log-odds, contained in the points",
            "offset": round(offset, 6),
            "slope": round(slope, 6),
        },
        "training": {
            "population_seed": spec.seed,
            "applicants": spec.applicants,
            "default_rate": trained.default_rate,
            "specification_sha256": spec.sha256,
            "population_sha256": hashlib.sha256(inspect.getsource(population).encode()).hexdigest(),
            "scikit_learn": sklearn.__version__,
        },
        "metrics": {"holdout": trained.metrics, "groups": trained.groups},
    }


def _term(feature: Feature, edges: tuple[float, ...], points: tuple[int, ...]) -> dict[str, Any]:
    lows = (None, *edges)
    highs = (*edges, None)
    return {
        "name": feature.name,
        "integer": feature.is_integer,
        "sign": feature.sign,
        "reason": feature.reason,
        "missing_reason": feature.missing_reason,
        "missing_points_micro": points[-1],
        "bins": [
            {"from": low, "to": high, "points_micro": value}
            for low, high, value in zip(lows, highs, points[:-1], strict=True)
        ],
    }
