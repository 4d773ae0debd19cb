"""What a trained model must prove before it may stand beside others: each check by name.

A folder of a trained model holds `model.json`, `parity.json` ({"rows": [raw rows], "pd": [what the
library that fitted it answered]}), and `card.html`. Fairness is judged on `metrics.groups`:
attribute -> group -> {"approved": share approved, "share": of the applicants}, or on the same in
`groups` of `report.json`.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lending_scorecard import ArtefactCorrupt, Scorecard
from lending_scorecard.artefact import read

from ml import four_fifths
from ml.wordings import unworded

TOLERANCE = 1e-12
ROWS_MIN = 100
SIZE_MAX = 1_000_000  # bytes of the whole layer
_GRID = 24  # values tried of each feature, and its ends


class CheckFailed(Exception):
    """The model may not be released; the text says which check and why."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder of a trained model, read."""

    folder: Path
    text: bytes
    body: dict[str, Any]
    card: Scorecard


def candidate(folder: Path) -> Candidate:
    """Read a folder. Raises CheckFailed when the artefact is absent or refused."""
    path = folder / "model.json"
    try:
        text = path.read_bytes()
        card = read(text)
    except OSError as cause:
        raise CheckFailed(f"artefact: {path} cannot be read") from cause
    except ArtefactCorrupt as cause:
        raise CheckFailed(f"artefact: {cause}") from cause
    return Candidate(folder, text, json.loads(text)["body"], card)


def parity(one: Candidate) -> str:
    """The evaluator answers what the library answered, row by row."""
    rows, expected = _sample(one)
    worst = max(abs(one.card.probability(row) - pd) for row, pd in zip(rows, expected, strict=True))
    if not worst <= TOLERANCE:
        raise CheckFailed(f"parity: differs by {worst:.3g} on {len(rows)} rows")
    return f"{len(rows)} rows, largest difference {worst:.1g}"


def _sample(one: Candidate) -> tuple[list[dict[str, Any]], list[float]]:
    path = one.folder / "parity.json"
    try:
        document = json.loads(path.read_text("utf-8"))
        rows, expected = document["rows"], [float(pd) for pd in document["pd"]]
    except OSError as cause:
        raise CheckFailed(f"parity: {path} cannot be read") from cause
    except (ValueError, KeyError, TypeError) as cause:
        raise CheckFailed(f"parity: {path} is malformed") from cause
    if len(rows) != len(expected) or len(rows) < ROWS_MIN:
        raise CheckFailed(f"parity: {ROWS_MIN} rows with as many answers are wanted")
    return rows, expected


def monotonicity(one: Candidate) -> str:
    """For every feature with a sign: risk moves only that way, around the rows of the sample."""
    rows, _ = _sample(one)
    signed = [feature for feature in one.card.model_features.values() if feature.sign]
    for feature in signed:
        values = {slots[feature.slot] for slots in map(one.card.slots, rows)}
        known = sorted(value for value in values if math.isfinite(value))
        grid = [-math.inf, *known[:: max(1, len(known) // _GRID)], math.inf]
        for row in rows[:ROWS_MIN]:
            slots = one.card.slots(row)
            before = -math.inf
            for value in grid:
                slots[feature.slot] = value
                risk = feature.sign * one.card.value_of(slots)
                if risk < before - TOLERANCE:
                    raise CheckFailed(
                        f"monotonicity: {feature.name} moves risk against its sign at {value!r}"
                    )
                before = risk
    return f"{len(signed)} signed features of {len(one.card.model_features)}"


def card_present(one: Candidate) -> str:
    """A model card lies beside it, and is the one the artefact names, if it names one."""
    path = one.folder / "card.html"
    if not path.is_file() or not path.stat().st_size:
        raise CheckFailed(f"card: {path} is wanted")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if one.body.get("card") not in (None, digest):
        raise CheckFailed("card: it is not the one that the artefact names")
    return f"sha256 {digest[:12]}"


def worded(one: Candidate) -> str:
    """Each reason that a customer may be told has a text in every language of the platform."""
    reasons = one.body.get("reasons") or {}
    lacking = unworded(reasons)
    if lacking:
        named = ", ".join(lacking[:6]) + (" and more" if len(lacking) > 6 else "")
        raise CheckFailed(f"reasons: no text for {named}; add them under `reasons:` of the spec")
    return f"{len(reasons)} in every language"


def fairness(one: Candidate, because: str | None = None) -> str:
    """In each attribute every protected group is approved at least 4/5 as often as the rule of
    `ml.four_fifths` compares it with, which is also what training finds its offsets by.

    A model whose data hold no protected attribute has nothing to judge by: somebody must say
    `because` of what, and that is kept. Nobody may say so where there was something to measure."""
    groups = one.body["metrics"].get("groups") or _reported(one)
    if not isinstance(groups, dict) or not groups:
        return _unmeasured(one, because)
    if because is not None:
        raise CheckFailed("fairness: it was measured, and is judged by that")
    told = []
    for attribute, ratio, name in _ratios(groups):
        if not ratio >= four_fifths.LEAST:
            raise CheckFailed(f"fairness: {attribute}={name} is approved {ratio:.3f} as often")
        told.append(f"{attribute} {ratio:.3f}")
    return ", ".join(told)


def _unmeasured(one: Candidate, because: str | None) -> str:
    path = one.folder / "spec.yaml"
    try:
        spec = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {"columns": {}}
        columns = {name: column or {} for name, column in spec["columns"].items()}
        held = sorted(name for name, column in columns.items() if column.get("protected"))
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as cause:
        raise CheckFailed(f"fairness: {path} is malformed") from cause
    if held:
        raise CheckFailed(
            f"fairness: metrics.groups says nothing about {', '.join(held)}, which the data hold: "
            "declare their groups and train again"
        )
    if because is None:
        raise CheckFailed(
            "fairness: metrics.groups says nothing about protected groups; where the data hold no "
            "protected attribute, say why with --fairness-unmeasured"
        )
    if len(because.split()) < 3:
        raise CheckFailed("fairness: say in a sentence why it cannot be measured")
    return f"not measured: {because}"


def _reported(one: Candidate) -> Any:
    """What training found of groups on its hold-out, in `report.json`."""
    path = one.folder / "report.json"
    try:
        return json.loads(path.read_text("utf-8"))["groups"] if path.is_file() else None
    except (ValueError, KeyError, TypeError) as cause:
        raise CheckFailed(f"fairness: {path} is malformed") from cause


def _ratios(groups: dict[str, Any]) -> Iterator[tuple[str, float, str]]:
    """(attribute, lowest approval ratio, the group that has it), by the rule."""
    for attribute, by_name in groups.items():
        try:
            worst = four_fifths.worst(attribute, by_name)
        except (AttributeError, KeyError, TypeError, ValueError) as cause:
            raise CheckFailed(f"fairness: metrics.groups.{attribute} is malformed") from cause
        yield attribute, worst.ratio, worst.group


CHECKS: dict[str, Callable[[Candidate], str]] = {
    "parity": parity,
    "monotonicity": monotonicity,
    "card": card_present,
}
