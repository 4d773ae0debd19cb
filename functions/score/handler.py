"""Underwriting task Score: {features, application_id, market, product_id, at} -> the score.

Answers {model, role, pd_ppm, score, reasons, contributions, beside}: which model decides is data of
the model layer (`assignment.json`); those that stand beside it are scored on the same inputs.
Imports the model layer and the standard library only, so that a cold start costs nothing.
"""

import json
from collections.abc import Mapping
from typing import Any

from lending_scorecard.serving import Serving

SERVING = Serving()
if SERVING.refused:
    # A line that CloudWatch counts: the model that stood before serves meanwhile.
    print(json.dumps({"level": "ERROR", "message": "model refused", "refused": SERVING.refused}))  # noqa: T201
_LATEST = "9999-12-31T23:59:59Z"


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
    # A run that began before models were assigned says no more than its features.
    names = ("application_id", "market", "product_id", "at")
    told = {name: event.get(name) or "" for name in names}
    if not all(isinstance(text, str) for text in told.values()):
        raise Permanent(f"{', '.join(names)}: texts are wanted")
    at = f"{told['at'][:19]}Z" if told["at"] else _LATEST
    try:
        result, role, beside = SERVING.score(
            features, told["application_id"], told["market"], told["product_id"], at
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Permanent(f"features: {error}") from None
    return {
        "model": result.model,
        "role": role,
        "pd_ppm": result.pd_ppm,
        "score": result.score,
        "reasons": list(result.reasons),
        "contributions": result.contributions,
        "beside": beside,
    }
