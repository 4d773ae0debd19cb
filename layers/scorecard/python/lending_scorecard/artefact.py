"""Reading: bytes -> a verified Scorecard, or ArtefactCorrupt."""

from __future__ import annotations

import hashlib
import json

from lending_scorecard.card import Scorecard
from lending_scorecard.errors import ArtefactCorrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def canonical(body: dict[str, Any]) -> bytes:
    """What a checksum and a signature are over. Raises ValueError for NaN and infinities."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def read(text: bytes) -> Scorecard:
    """The scorecard of an artefact's bytes. Raises ArtefactCorrupt when it is not the artefact
    that its sha256 was taken of, or one that this evaluator does not know."""
    try:
        artefact = json.loads(text)
        body, expected = artefact["body"], artefact["sha256"]
        sealed = canonical(body)
    except (ValueError, KeyError, TypeError, RecursionError) as cause:
        raise ArtefactCorrupt("the artefact is not readable JSON") from cause
    if hashlib.sha256(sealed).hexdigest() != expected:
        raise ArtefactCorrupt("the artefact does not match its sha256")
    return Scorecard(body, expected)
