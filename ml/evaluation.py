"""Judging a trained directory on a file it has not seen: `autolend evaluate`."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lending_scorecard
import numpy as np
from lending_scorecard.artefact import read as read_card

from ml import fairness, quality, scoring, transforms
from ml.dataset import DatasetSpec, parse, sources
from ml.frame import DataRefused, Frame, outcomes, require, with_withheld
from ml.population import Bools, Floats

PARITY_ROWS = 200
PARITY = 1e-9


class ModelRefused(ValueError):
    """The directory holds no model that can be used, or its parts do not belong together."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A directory as `autolend train` wrote it."""

    spec: DatasetSpec
    body: dict[str, Any]
    states: dict[str, Any]
    card: Any


def load(directory: Path) -> Trained:
    """Read and check. Raises ModelRefused naming the file at fault."""
    for name in ("model.json", "spec.yaml", "prepare.json"):
        if not (directory / name).is_file():
            raise ModelRefused(f"{directory} has no {name}: was `autolend train` run for it?")
    text = (directory / "model.json").read_bytes()
    try:
        card = read_card(text)
    except lending_scorecard.ArtefactCorrupt as fault:
        raise ModelRefused(f"{directory / 'model.json'}: {fault}") from fault
    body = json.loads(text)["body"]
    spec = parse((directory / "spec.yaml").read_text("utf-8"))
    if spec.sha256 != body["training"]["specification_sha256"]:
        raise ModelRefused(f"{directory / 'spec.yaml'} is not the one the model was trained by")
    variant, states = _prepared(directory / "prepare.json")
    if variant is not None:
        spec = fairness.variant(spec, variant)
    if [feature.name for feature in spec.used] != [one["name"] for one in body["features"]]:
        raise ModelRefused(f"{directory}: the model reads other features than its specification")
    return Trained(spec, body, states, card)


def _prepared(path: Path) -> tuple[str | None, dict[str, Any]]:
    """(variant, states) of a prepare.json. Raises ModelRefused naming it."""
    try:
        told = json.loads(path.read_text("utf-8"))
        return told["variant"], dict(told["states"])
    except (ValueError, KeyError, TypeError) as fault:
        raise ModelRefused(f"{path} is not what training wrote: {fault}") from fault


def predict(trained: Trained, frame: Frame) -> Floats:
    """PD of every row, in order; a protected column that is withheld reads as missing. Raises
    DataRefused naming absent columns, ModelRefused when the evaluator of the model layer answers
    differently."""
    spec = trained.spec
    frame, _ = with_withheld(spec, frame)
    wanted = {name for feature in spec.used for name in sources(spec, feature)}
    fed = {name for feature in spec.features for name in feature.of if name in spec.columns}
    require(frame, sorted(wanted | fed))
    values = transforms.apply(spec, frame, trained.states)
    pd = scoring.probabilities(trained.body, values)
    some = np.linspace(0, frame.rows - 1, min(PARITY_ROWS, frame.rows)).astype(int)
    names = [feature.name for feature in spec.used]
    worst = scoring.worst_difference(trained.card, names, values[some], pd[some])
    if worst > PARITY:
        raise ModelRefused(f"the evaluator differs by {worst:g} from what was computed here")
    return pd


def judge(trained: Trained, frame: Frame, pd: Floats, target: str | None = None) -> dict[str, Any]:
    """All figures, and groups where the file has protected columns.

    `target` names the outcome column when the file calls it differently."""
    spec = trained.spec
    bad = _outcomes(spec, frame, target)
    told: dict[str, Any] = {"dataset": spec.name, "rows": frame.rows}
    if withheld := with_withheld(spec, frame)[1]:
        told["withheld"] = withheld
    told |= quality.figures(bad, pd)
    told["ece_by_chance"] = round(quality.error_by_chance(pd), 6)
    told["bad_rate"] = round(float(bad.mean()), 6)
    told["mean_pd"] = round(float(pd.mean()), 6)
    told["groups"] = {}
    if spec.fairness is not None:
        members = fairness.memberships(spec.fairness, frame)
        told["approved_share"] = spec.fairness.approved_share
        told["groups"] = fairness.by_group(spec.fairness, members, pd, bad)
        told["least_air"] = round(fairness.least_ratio(told["groups"]), 4)
    return told


def _outcomes(spec: DatasetSpec, frame: Frame, target: str | None) -> Bools:
    if spec.target is None:
        raise ModelRefused(f"{spec.name} has no target")
    name = spec.target.column if target is None else target
    if name not in frame.columns:
        raise DataRefused(
            f"the file has no target {name!r}: name another with --target, or only ask for "
            "--predictions"
        )
    renamed = Frame({**frame.columns, spec.target.column: frame.columns[name]}, frame.rows)
    return outcomes(spec, renamed)


def write_predictions(path: Path, spec: DatasetSpec, frame: Frame, pd: Floats) -> None:
    """One line per row of the file, in its order: row (from 1), the identifier where there is one,
    probability."""
    named = [
        name
        for name, column in spec.columns.items()
        if column.role == "id" and name in frame.columns
    ][:1]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", *named, "probability"])
        for at in range(frame.rows):
            writer.writerow(
                [at + 1, *(frame.columns[name][at] for name in named), repr(float(pd[at]))]
            )
