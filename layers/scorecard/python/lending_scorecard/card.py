"""A loaded artefact: one applicant in, probability of default, score and reasons out."""

from __future__ import annotations

import math

from lending_scorecard.calibration import calibration, log_odds, probability
from lending_scorecard.columns import Columns
from lending_scorecard.errors import ArtefactCorrupt
from lending_scorecard.straight import compiled
from lending_scorecard.tables import Additive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lending_scorecard.columns import Feature

MAX_REASONS = 4
FORMAT = 2
_MICRO = 1_000_000


class Score:
    """The answer for one applicant; a value, compared by content.

    `pd` is the probability of default in (0, 1), `pd_ppm` the same in parts per million, half
    up, for decisions without floats; `score` rises as risk falls; `reasons` are up to four
    adverse reason codes, heaviest first; `contributions` is by term or feature, relative to the
    reference, before calibration, positive = riskier; `model` is the version of the artefact.
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
        self.pd_ppm = parts_per_million(pd)
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
    """A loaded artefact. `inputs` are the names it reads, `version` goes into records.

    `sha256` is the artefact's; `reason_texts` is code -> locale -> text; `base` the model's value
    at the reference, before calibration, in `space`.
    """

    __slots__ = (
        "_after",
        "_columns",
        "_constant",
        "_model",
        "_per_log_odds",
        "_short",
        "base",
        "features",
        "name",
        "reason_texts",
        "sha256",
        "space",
        "version",
    )

    def __init__(self, body: dict[str, Any], sha256: str = "") -> None:
        """Raises ArtefactCorrupt when a part is absent, unknown or does not fit."""
        self.sha256 = sha256
        try:
            if body["format"] != FORMAT:
                raise ArtefactCorrupt(f"unknown format {body['format']!r}")
            self.name: str = _text(body["name"])
            self.version: str = _text(body["version"])
            self.reason_texts: dict[str, dict[str, str]] = body["reasons"]
            # score = base + pdo / ln 2 * ln(odds / base_odds), odds = exp(-log_odds of default)
            scaling = body["scaling"]
            self._per_log_odds: float = scaling["points_to_double_odds"] / math.log(2)
            self._constant: float = scaling["base_score"] - self._per_log_odds * math.log(
                scaling["base_odds"]
            )
            self._columns = Columns(body)
            self.features: tuple[str, ...] = self._columns.names
            _check_reasons(body, self.reason_texts)
            reference = self._columns.model_slots(body.get("reference") or {})
            self._model = node(body["model"], self._columns, reference)
            self._short = compiled(self._columns, self._model, MAX_REASONS)
            self._after = calibration(body["calibration"])
            self.base: float = self._model.base
            self.space: str = self._model.space
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as cause:
            raise ArtefactCorrupt(f"the artefact is incomplete: {cause!r}") from cause
        except (RecursionError, OverflowError) as cause:
            raise ArtefactCorrupt("the artefact is out of bounds") from cause

    def evaluate(self, row: Mapping[str, object]) -> Score:
        """Score one applicant with contributions and reasons.

        What is absent, None or NaN counts as missing; infinities fall in the end bins. Raises
        UnknownFeature for a name that is not an input of a strict artefact, MissingColumn,
        TypeError for another type, ValueError for text it cannot read, with the column's name.
        """
        if (short := self._short) is None or (told := short(row)) is None:
            value, contributions, weights = self._model.explain(self._columns.slots(row))
            adverse = [reason for reason, weight in weights.items() if weight > 0]
            # A stable sort: equal weights stay in the order of the artefact.
            adverse.sort(key=weights.__getitem__, reverse=True)
            reasons = tuple(adverse[:MAX_REASONS])
        else:
            value, contributions, reasons = told
        pd, risk = self._calibrated(value)
        return Score(pd, self._points(risk), reasons, contributions, self.version)

    def probability(self, row: Mapping[str, object]) -> float:
        """The probability of default alone, without contributions; raises as `evaluate` does."""
        return self._calibrated(self.value(row))[0]

    def brief(self, row: Mapping[str, object]) -> tuple[int, int]:
        """(pd_ppm, score) without contributions; raises as `evaluate` does."""
        pd, risk = self._calibrated(self.value(row))
        return parts_per_million(pd), self._points(risk)

    def value(self, row: Mapping[str, object]) -> float:
        """The model's value before calibration, in `space`; raises as `evaluate` does."""
        if (short := self._short) is None or (told := short(row)) is None:
            return self.value_of(self._columns.slots(row))
        return told[0]

    def value_of(self, slots: Sequence[Any]) -> float:
        """The same for slots that `slots` made, perhaps with one changed since."""
        return self._model.value(slots)  # type: ignore[no-any-return]

    def slots(self, row: Mapping[str, object]) -> list[Any]:
        """All values of a row as the model reads them; `model_features` says which is where."""
        return self._columns.slots(row)

    @property
    def model_features(self) -> Mapping[str, Feature]:
        """Features by name, with slot, sign, levels and reasons."""
        return self._columns.features

    def columns(self, row: Mapping[str, object]) -> dict[str, float]:
        """The features of a row as the model reads them: numbers (NaN = missing) and positions
        of levels (their number = unseen, one more = missing)."""
        slots = self._columns.slots(row)
        return {name: slots[feature.slot] for name, feature in self._columns.features.items()}

    def _points(self, risk: float) -> int:
        return math.floor(self._constant - self._per_log_odds * risk + 0.5)

    def _calibrated(self, value: float) -> tuple[float, float]:
        """(probability, log-odds) after calibration."""
        space = self.space
        if self._after is not None:
            value, space = self._after.value(value, space), self._after.space
        if space == "log_odds":
            return probability(value), value
        risk = log_odds(value)
        return min(max(value, 1e-15), 1 - 1e-15), risk


def node(entry: dict[str, Any], columns: Columns, reference: Sequence[Any]) -> Any:
    """A declared node, compiled. Raises KeyError, TypeError or ValueError when it is malformed."""
    kind = entry["kind"]
    if kind == "additive":
        return Additive(entry, columns.features)
    if kind == "trees":
        from lending_scorecard.trees import Trees

        return Trees(entry, columns.features, reference)
    from lending_scorecard.blends import Combine, Dense

    if kind == "dense":
        return Dense(entry, columns.features, reference)
    if kind != "combine":
        raise ValueError(f"unknown kind of model {kind!r}")
    members = [
        (node(member, columns, reference), calibration(member.get("calibration")))
        for member in entry["members"]
    ]
    return Combine(entry, members)


def parts_per_million(pd: float) -> int:
    """Half up and exact: computed on the integers that the float stands for, where it is close."""
    near = pd * _MICRO
    whole = int(near)
    if not 0.499999 < near - whole < 0.500001:
        return whole + (near - whole > 0.5)
    numerator, denominator = pd.as_integer_ratio()
    return (2 * numerator * _MICRO + denominator) // (2 * denominator)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} must be text")
    return value


def _check_reasons(body: dict[str, Any], texts: dict[str, dict[str, str]]) -> None:
    """Every code that may be named has a text in every language."""
    entries = [*body["features"], *_terms(body["model"])]
    named = {entry.get(key) for entry in entries for key in ("reason", "missing_reason")} - {None}
    if unknown := named - texts.keys():
        raise ValueError(f"reasons without texts: {sorted(unknown)}")
    for code, by_locale in texts.items():
        if not {"zh-CN", "zh-TW", "en"} <= by_locale.keys() or not all(by_locale.values()):
            raise ValueError(f"{code}: a text in zh-CN, zh-TW and en is wanted")


def _terms(entry: dict[str, Any]) -> list[dict[str, Any]]:
    members = [term for member in entry.get("members", ()) for term in _terms(member)]
    return [*entry.get("terms", ()), *members]
