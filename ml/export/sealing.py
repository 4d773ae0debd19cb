"""The body of an artefact, its checksum, and writing it so that what is written can be read."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from lending_scorecard.artefact import canonical, read

from ml.export.calibrations import Space
from ml.export.columns import Node

SCALING = {"base_score": 600, "base_odds": 20, "points_to_double_odds": 20}


def body(
    *,
    name: str,
    version: str,
    target: str,
    trained_at: str,
    inputs: Sequence[Node],
    features: Sequence[Node],
    model: Node,
    reasons: Mapping[str, Mapping[str, str]],
    training: Mapping[str, Any],
    calibration: Node | None = None,
    reference: Mapping[str, float | str | None] | None = None,
    prohibited: Sequence[str] = (),
    other_columns: Literal["refuse", "ignore"] = "refuse",
    scaling: Mapping[str, float] = SCALING,
    metrics: Mapping[str, Any] | None = None,
    card: str | None = None,
) -> dict[str, Any]:
    """All parts that docs/model-artefact.md names, in its order."""
    return {
        "format": 2,
        "name": name,
        "version": version,
        "target": target,
        "trained_at": trained_at,
        "other_columns": other_columns,
        "inputs": list(inputs),
        "features": list(features),
        "model": model,
        "calibration": calibration,
        "reference": dict(reference or {}),
        "reasons": {code: dict(texts) for code, texts in reasons.items()},
        "prohibited": sorted(prohibited),
        "scaling": dict(scaling),
        "training": dict(training),
        "metrics": dict(metrics or {}),
        "card": card,
    }


def combine(
    members: Sequence[Node],
    weights: Sequence[float],
    space: Space,
    intercept: float = 0.0,
    clip: float = 1e-6,
) -> Node:
    """A weighted average or a stack of members in one space."""
    return {
        "kind": "combine",
        "space": space,
        "intercept": float(intercept),
        "weights": [float(weight) for weight in weights],
        "members": list(members),
        "clip": clip,
    }


def digest(content: dict[str, Any]) -> str:
    """Sha256 in hexadecimal over the canonical form of a body."""
    return hashlib.sha256(canonical(content)).hexdigest()


def seal(content: dict[str, Any], *, indent: int | None = None) -> str:
    """The whole artefact as text. Raises ValueError for NaN and infinities."""
    sealed = {"body": content, "sha256": digest(content)}
    separators = None if indent else (",", ":")
    return json.dumps(sealed, indent=indent, separators=separators, allow_nan=False) + "\n"


def write(path: Path, content: dict[str, Any], *, indent: int | None = None) -> None:
    """Seal, read as the evaluator will, and put in place at once.

    Raises ArtefactCorrupt when the evaluator refuses it; what stood there before then stays."""
    text = seal(content, indent=indent).encode("ascii")
    read(text)
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_bytes(text)
    os.replace(beside, path)  # noqa: PTH105 - atomic on every platform
