"""Observations from a csv file by its description, and from the training population."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lending_scorecard
import numpy as np
import yaml
from lending_scorecard import Scorecard

from ml import specification
from ml.frame import DataRefused, Frame, read, require
from ml.monitoring.observations import Observations, Texts
from ml.population import Bools, Floats, simulate
from ml.train_scorecard import matrix

FILES = Path(__file__).with_name("files")
TRAINING = "training"
_REFERENCE_ROWS = 20_000


def description(name: str) -> dict[str, Any]:
    """A description by the path of its file, or a shipped one by its name.

    Raises DataRefused when there is none or a part of it is absent."""
    path = Path(name) if name.endswith(".yaml") else FILES / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in FILES.glob("*.yaml")))
        raise DataRefused(f"there is no description {name!r}; shipped: {known}")
    tree = yaml.safe_load(path.read_text("utf-8"))
    absent = [part for part in ("time", "score", "reference") if part not in (tree or {})]
    if absent:
        raise DataRefused(f"{path.name} says nothing of {', '.join(absent)}")
    if tree["score"].get("means") not in ("good", "bad"):
        raise DataRefused(f"{path.name}: score.means must be good or bad")
    found: dict[str, Any] = tree
    return found


def from_file(path: Path, described: dict[str, Any]) -> Observations:
    """Read a csv file. Raises DataRefused naming the file, a column or a value it cannot use."""
    frame = read(path)
    numbers, texts = described.get("numbers", []), described.get("texts", [])
    groups: dict[str, str] = described.get("groups", {})
    outcome, decision = described.get("outcome"), described.get("decision")
    time, reference = described["time"], described["reference"]
    wanted = [time, described["score"]["column"], reference["column"], *numbers, *texts]
    wanted += [*groups.values(), *(part["column"] for part in (outcome, decision) if part)]
    require(frame, sorted(set(wanted)))
    score = _numbers(frame, described["score"]["column"])
    if np.isnan(score).any() or score.min() < 0 or score.max() > 1:
        raise DataRefused(f"{described['score']['column']} must be a probability in every row")
    pd = 1 - score if described["score"]["means"] == "good" else score
    return Observations(
        month=np.array([text[:7] for text in frame.text(time)]),
        pd=pd,
        model=np.full(frame.rows, described.get("model", path.name)),
        is_reference=np.array(
            [text == reference["is"] for text in frame.text(reference["column"])]
        ),
        approved=_flags(frame, decision, "approved"),
        bad=_flags(frame, outcome, "bad"),
        numbers={name: _numbers(frame, name) for name in numbers},
        texts={name: np.array(frame.text(name)) for name in texts},
        groups={name: np.array(frame.text(column)) for name, column in groups.items()},
    )


def _numbers(frame: Frame, name: str) -> Floats:
    try:
        return np.array([float(text) if text else np.nan for text in frame.text(name)])
    except ValueError as fault:
        raise DataRefused(f"{name}: {fault}") from fault


def _flags(frame: Frame, part: dict[str, Any] | None, key: str) -> Floats:
    if part is None:
        return np.full(frame.rows, np.nan)
    chosen = str(part[key])
    return np.array(
        [np.nan if text == "" else float(text == chosen) for text in frame.text(part["column"])]
    )


def training_population(card: Scorecard | None = None) -> Observations:
    """The simulated applicants that the shipped scorecard was fitted on, scored by it: what a
    platform without a history of its own is compared with."""
    model = lending_scorecard.load() if card is None else card
    spec = specification.read()
    people = simulate(np.random.default_rng(spec.seed), _REFERENCE_ROWS)
    values = matrix(spec, people)
    names = [feature.name for feature in spec.features]
    pd = np.array(
        [model.probability(dict(zip(names, row, strict=True))) for row in values.tolist()]
    )
    age = people.age_years
    bands = np.select([age < 25, age < 62], ["under 25", "25 to 61"], "62 and over")
    return Observations(
        month=np.full(len(pd), TRAINING),
        pd=pd,
        model=np.full(len(pd), model.version),
        is_reference=np.ones(len(pd), dtype=np.bool_),
        approved=np.full(len(pd), np.nan),
        bad=people.defaulted.astype(np.float64),
        numbers={name: values[:, at] for at, name in enumerate(names)},
        groups={"age": bands},
    )


def together(parts: Sequence[Observations]) -> Observations:
    """One after the other; what a part does not have is missing in its rows."""

    def numbers(of: str, name: str) -> Floats:
        return np.concatenate(
            [getattr(one, of).get(name, np.full(len(one), np.nan)) for one in parts]
        )

    def texts(of: str, name: str) -> Texts:
        return np.concatenate([getattr(one, of).get(name, np.full(len(one), "")) for one in parts])

    def names(of: str) -> list[str]:
        return list(dict.fromkeys(name for one in parts for name in getattr(one, of)))

    def column(of: str) -> Any:
        return np.concatenate([getattr(one, of) for one in parts])

    reference: Bools = column("is_reference")
    return Observations(
        month=column("month"),
        pd=column("pd"),
        model=column("model"),
        is_reference=reference,
        approved=column("approved"),
        bad=column("bad"),
        numbers={name: numbers("numbers", name) for name in names("numbers")},
        texts={name: texts("texts", name) for name in names("texts")},
        groups={name: texts("groups", name) for name in names("groups")},
        beside={name: numbers("beside", name) for name in names("beside")},
    )
