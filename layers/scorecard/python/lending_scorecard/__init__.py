"""The application scorecard: probability of default, score and reasons from one additive table.

Standard library only, because it is loaded in the cold start of a function: no numpy, no pickle.
The artefact is data that `ml.train_scorecard` writes; scikit-learn agrees with this evaluator
within 1e-12 (tests/unit/scorecard). Points are integers, millionths of log-odds of default
against the reference applicant (the mean approved one), so contributions add up exactly.

    card = load()
    card.evaluate({"bureau_score": 712, "ltv_pct": "92.50", "pti_pct": "11.20"}).pd_ppm
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing and collections.abc cost more to import than a score costs.
    from collections.abc import Mapping
    from typing import Any

__all__ = ["ArtefactCorrupt", "Score", "Scorecard", "UnknownFeature", "load"]

MAX_REASONS = 4
_MICRO = 1_000_000


class ArtefactCorrupt(Exception):
    """The artefact is unreadable, incomplete or not the one its checksum was made for."""


class UnknownFeature(ValueError):
    """A name that is not an input of this scorecard, e.g. a prohibited one; names are in args."""


class Score:
    """The answer for one applicant; a value, compared by content.

    `pd` is the probability of default in (0, 1), `pd_ppm` the same in parts per million, half
    up, for decisions without floats; `score` rises as risk falls; `reasons` are up to four
    adverse reason codes, heaviest first; `contributions` is log-odds against the reference by
    feature, positive = riskier; `model` is the version of the artefact.
    """

    __slots__ = ("contributions", "model", "pd", "pd_ppm", "reasons", "score")

    def __init__(
        self,
        pd: float,
        score: int,
        reasons: tuple[str, ...],
        contributions: dict[str, float],
        model: str,
    ) -> None:
        self.pd = pd
        self.pd_ppm = _parts_per_million(pd)
        self.score = score
        self.reasons = reasons
        self.contributions = contributions
        self.model = model

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Score):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # contributions is a dict

    def __repr__(self) -> str:
        return f"Score(pd_ppm={self.pd_ppm}, score={self.score}, reasons={self.reasons})"


class Scorecard:
    """A loaded artefact. `features` are the input names in order, `version` goes into records."""

    __slots__ = ("_intercept_micro", "_scaling", "_terms", "features", "name", "version")

    def __init__(self, body: dict[str, Any]) -> None:
        """Raises ArtefactCorrupt when a part is absent or out of order."""
        try:
            if body["format"] != 1:
                raise ArtefactCorrupt(f"unknown format {body['format']!r}")
            self.name: str = body["name"]
            self.version: str = body["version"]
            self._intercept_micro: int = body["intercept_micro"]
            scaling = body["scaling"]
            # score = base + pdo / ln 2 * ln(odds / base_odds), odds = exp(-log_odds of default)
            per_log_odds = scaling["points_to_double_odds"] / math.log(2)
            self._scaling: tuple[float, float] = (
                scaling["base_score"] - per_log_odds * math.log(scaling["base_odds"]),
                per_log_odds,
            )
            self._terms: dict[str, _Term] = {
                entry["name"]: _Term(entry) for entry in body["features"]
            }
            self.features: tuple[str, ...] = tuple(self._terms)
        except (KeyError, TypeError, ValueError, IndexError) as cause:
            raise ArtefactCorrupt(f"the artefact is incomplete: {cause!r}") from cause

    def evaluate(self, features: Mapping[str, object]) -> Score:
        """Score one applicant. A feature that is absent, None or NaN counts as missing.

        Integer features take int or a whole float, percentages also Decimal and plain decimal
        strings ("92.50"); infinities fall in the end bins. Raises UnknownFeature for a name that
        is not an input, TypeError for another type, ValueError for a number it cannot read.
        """
        if unknown := features.keys() - self._terms.keys():
            raise UnknownFeature(*sorted(unknown))
        total = self._intercept_micro
        contributions: dict[str, float] = {}
        adverse: dict[str, int] = {}
        for name, term in self._terms.items():
            points, reason = term.points(features.get(name))
            total += points
            contributions[name] = points / _MICRO
            if points > 0:
                adverse[reason] = adverse.get(reason, 0) + points
        log_odds = total / _MICRO
        constant, per_log_odds = self._scaling
        # sorted is stable: equal weights stay in the order of the artefact.
        ordered = sorted(adverse, key=adverse.__getitem__, reverse=True)
        return Score(
            pd=1 / (1 + math.exp(-log_odds)),
            score=math.floor(constant - per_log_odds * log_odds + 0.5),
            reasons=tuple(ordered[:MAX_REASONS]),
            contributions=contributions,
            model=self.version,
        )


class _Term:
    """The bins of one feature: value -> points and the reason they would be adverse for."""

    __slots__ = ("_edges", "_is_integer", "_missing", "_name", "_points", "_reason")

    def __init__(self, entry: dict[str, Any]) -> None:
        bins = entry["bins"]
        highs = [interval["to"] for interval in bins]
        lows = [interval["from"] for interval in bins]
        self._edges: list[float] = lows[1:]
        if lows[0] is not None or highs[-1] is not None or highs[:-1] != self._edges:
            raise ValueError(f"{entry['name']}: bins do not cover the line once")
        if any(low >= high for low, high in zip(self._edges, self._edges[1:], strict=False)):
            raise ValueError(f"{entry['name']}: bins are out of order")
        self._name: str = entry["name"]
        self._is_integer: bool = entry["integer"]
        self._points: list[int] = [interval["points_micro"] for interval in bins]
        self._reason: str = entry["reason"]
        self._missing: tuple[int, str] = (entry["missing_points_micro"], entry["missing_reason"])

    def points(self, value: object) -> tuple[int, str]:
        """(points, reason code) of a raw value; half-open bins, so an edge belongs above."""
        number = self._number(value)
        if number is None or number != number:  # NaN alone differs from itself.
            return self._missing
        return self._points[bisect_right(self._edges, number)], self._reason

    def _number(self, value: object) -> float | None:
        if value is None or type(value) is int:
            return value
        if type(value) is float:
            if self._is_integer and math.isfinite(value) and not value.is_integer():
                raise ValueError(f"{self._name} must be whole, not {value!r}")
            return value
        if not self._is_integer:
            if type(value) is str:
                return _plain_decimal(self._name, value)
            decimal = sys.modules.get("decimal")  # Not loaded, then nobody holds a Decimal.
            if decimal is not None and isinstance(value, decimal.Decimal):
                return float(value)
        raise TypeError(f"{self._name} cannot be a {type(value).__name__}")


def load(path: str | None = None) -> Scorecard:
    """Read and verify an artefact, by default the one beside this file.

    Raises ArtefactCorrupt when it is not the artefact that its sha256 was taken of; OSError
    when it cannot be read.
    """
    if path is None:
        path = __file__.removesuffix("__init__.py") + "artefact.json"
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib alone would double the cold start.
        text = file.read()
    try:
        artefact = json.loads(text)
        body, expected = artefact["body"], artefact["sha256"]
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, KeyError, TypeError) as cause:
        raise ArtefactCorrupt("the artefact is not readable JSON") from cause
    if hashlib.sha256(canonical.encode("ascii")).hexdigest() != expected:
        raise ArtefactCorrupt("the artefact does not match its sha256")
    return Scorecard(body)


def _plain_decimal(name: str, text: str) -> float:
    digits = text.removeprefix("-").replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{name} must be a plain decimal")
    return float(text)


def _parts_per_million(pd: float) -> int:
    """Half up and exact: computed on the integers that the float stands for."""
    numerator, denominator = pd.as_integer_ratio()
    return (2 * numerator * _MICRO + denominator) // (2 * denominator)
