"""Underwriting task Score: {features} -> {model, pd_ppm, score, reasons, contributions}.

Imports the model layer and the standard library only, so that a cold start costs nothing.
"""

from collections.abc import Mapping
from typing import Any

import lending_scorecard

MODEL = lending_scorecard.load()


class Permanent(Exception):
    """The payload is malformed: repeating it cannot help. The state machine matches the name."""


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Score one application's features (see the model card; None = missing).

    Raises:
        Permanent: no features, or one of the wrong type; the text names the place.
    """
    del context
    features = event.get("features") if isinstance(event, Mapping) else None
    if not isinstance(features, Mapping):
        raise Permanent("features: an object is wanted")
    try:
        result = MODEL.evaluate(features)
    except (KeyError, TypeError, ValueError) as error:
        raise Permanent(f"features: {error}") from None
    return {
        "model": result.model,
        "pd_ppm": result.pd_ppm,
        "score": result.score,
        "reasons": list(result.reasons),
        "contributions": dict(result.contributions),
    }
