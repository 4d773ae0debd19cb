"""`autolend train`: everything from a specification and a file to a directory that can be judged.

model.json, prepare.json, spec.yaml   what `autolend evaluate` reads
champion/                              the additive model, when another was chosen
compact/                               a smaller recipe that fits the model layer, where declared
blind/                                 the same without protected attributes, where declared
parity.json                            rows and answers that a release compares
report.json, card.html                 what was found, for programs and for people
"""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from ml import card, comparison, dataset, fairness, frame, quality, training
from ml.population import Floats, Integers
from ml.training import Outcome, Problem, Rejects

type Recipe = tuple[Mapping[str, Any], ...]

PARITY_ROWS = 500
REFERENCE_ROWS = 4_000
SHARE = 0.7  # Approved, where no fairness rule says another share.


def train(
    spec_name: str,
    data: Path,
    out: Path,
    *,
    is_fast: bool = False,
    rejects: Path | None = None,
    reject_factor: float = 1.3,
    trained_at: str | None = None,
) -> dict[str, Any]:
    """Train and write; answers the report. Raises SpecRefused or DataRefused with names."""
    started, cpu = time.monotonic(), time.process_time()
    spec = dataset.find(spec_name)
    rows = frame.read(data)
    out.mkdir(parents=True, exist_ok=True)  # Better now than after minutes of fitting.
    declined = None if rejects is None else Rejects(frame.read(rejects), reject_factor)
    setting = training.problem(spec, rows, declined)
    table, judged = comparison.compare(setting, is_fast=is_fast)
    events = int(setting.bad[judged["champion"][0]].sum())
    chosen = comparison.choose(spec, table, events)
    recipes = training.contenders(spec)
    points = [] if is_fast else training.frontier(setting)
    instant = trained_at or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    outcome = training.serve(setting, recipes[chosen], judged[chosen], has_offset=True)
    report: dict[str, Any] = {
        "dataset": spec.name,
        "title": spec.title,
        "licence": spec.licence,
        "trained_at": instant,
        "chosen": chosen,
        "metric": spec.metric,
        "slices": {
            "time": spec.slices.time,
            "development": int(setting.cut.development.size),
            "folds": [[int(a.size), int(b.size)] for a, b in setting.cut.folds],
            "holdout": int(setting.cut.holdout.size),
        },
        "holdout": estimate(setting, outcome),
        "groups": groups(setting, outcome),
        "comparison": table,
        "frontier": points,
        "offsets": _offsets(outcome),
        "price": [] if is_fast else training.price(setting, judged[chosen]),
        "quality": frame.quality(spec, rows),
    }
    report["bytes"] = _write(out, setting, outcome, chosen, report, recipes[chosen])
    champion = outcome
    if chosen != "champion":
        champion = training.serve(setting, recipes["champion"], judged["champion"], has_offset=True)
        report["champion"] = estimate(setting, champion)
        report["champion_bytes"] = _write(
            out / "champion", setting, champion, "champion", report, recipes["champion"]
        )
    if spec.compact:
        report["compact"] = _compact(out, setting, report)
    if spec.fairness is not None and spec.fairness.blind is not None and not is_fast:
        report["blind"] = _blind(out, setting, spec.fairness.blind, report)
    report["seconds"] = round(time.monotonic() - started, 1)
    report["cpu_seconds"] = round(time.process_time() - cpu, 1)
    (out / "report.json").write_text(json.dumps(report, indent=1), "utf-8")
    page = card.html(setting, outcome, champion, report)
    for folder in (out, *(out / name for name in ("champion", "compact", "blind"))):
        if folder.is_dir():
            (folder / "card.html").write_text(page, "utf-8")
    return report


def estimate(setting: Problem, outcome: Outcome) -> dict[str, Any]:
    """Figures on the hold-out, by the model that has not seen it."""
    late = setting.cut.holdout
    told = quality.figures(setting.bad[late], outcome.pd)
    by_chance = round(quality.error_by_chance(outcome.pd), 6)
    return {"rows": int(late.size), **told, "ece_by_chance": by_chance}


def groups(setting: Problem, outcome: Outcome) -> dict[str, Any]:
    """Approval and calibration by protected group on the hold-out."""
    rules = setting.spec.fairness
    if rules is None:
        return {}
    late = setting.cut.holdout
    return fairness.by_group(
        rules, training.groups_of(setting, late), outcome.pd, setting.bad[late]
    )


def _offsets(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"group": str(one.bound), "log_odds_less": one.less} for one in outcome.final.offsets.each
    ]


def _reference(setting: Problem, outcome: Outcome) -> dict[str, float | None]:
    """The median of each input over the approved: what contributions are measured against. Of
    some rows, all over the file: more would change nothing and take minutes."""
    rules = setting.spec.fairness
    share = SHARE if rules is None else rules.approved_share
    rows = outcome.values[_spaced(len(outcome.values), REFERENCE_ROWS)]
    pd = outcome.final.pd(rows)
    best = rows[pd <= np.quantile(pd, share)]
    return {feature.name: _median(best[:, at]) for at, feature in enumerate(setting.spec.used)}


def _spaced(rows: int, most: int) -> Integers:
    """At most `most` positions, evenly over all rows."""
    return np.linspace(0, rows - 1, min(most, rows)).astype(np.int64)


def _median(column: Floats) -> float | None:
    known = column[np.isfinite(column)]
    return float(np.sort(known)[known.size // 2]) if known.size else None


def _about(
    setting: Problem, outcome: Outcome, name: str, report: Mapping[str, Any], recipe: Recipe
) -> dict[str, Any]:
    return {
        "name": f"{setting.spec.name}/{name}",
        # Several may stand on one shelf: of the same day, and of one training.
        "version": f"{setting.spec.name}-{name.partition(' ')[0]}-{str(report['trained_at'])[:10]}",
        "trained_at": report["trained_at"],
        "reference": _reference(setting, outcome),
        "holdout": estimate(setting, outcome),
        "groups": groups(setting, outcome),
        "monotone": training.monotone(setting.spec, recipe),
    }


def _write(
    out: Path,
    setting: Problem,
    outcome: Outcome,
    name: str,
    report: Mapping[str, Any],
    recipe: Recipe,
    variant: str | None = None,
) -> int:
    about = _about(setting, outcome, name, report, recipe)
    written = training.write(out, setting, outcome.final, about, variant)
    _parity(out, setting, outcome)
    return written


def _parity(out: Path, setting: Problem, outcome: Outcome) -> None:
    """Rows as the artefact reads them and what the fitted libraries answer: a release asks both."""
    values = outcome.values[_spaced(len(outcome.values), PARITY_ROWS)]
    names = [feature.name for feature in setting.spec.used]
    rows = [
        {name: None if value != value else value for name, value in zip(names, row, strict=True)}
        for row in values.tolist()
    ]
    told = {"rows": rows, "pd": outcome.final.pd(values).tolist()}
    (out / "parity.json").write_text(json.dumps(told), "utf-8")


def _blind(out: Path, setting: Problem, name: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """The variant that reads no protected attribute, as a directory of its own."""
    without = setting.over(fairness.variant(setting.spec, name))
    recipe = training.contenders(without.spec)[str(report["chosen"])]
    outcome = training.serve(without, recipe, training.out_of_fold(without, recipe))
    _write(out / "blind", without, outcome, f"blind ({name})", report, recipe, name)
    return {"variant": name, **estimate(without, outcome), "groups": groups(without, outcome)}


def _compact(out: Path, setting: Problem, report: Mapping[str, Any]) -> dict[str, Any]:
    """The smaller recipe, judged in the same folds and by the same rows put away."""
    recipe = setting.spec.compact
    rows, log_odds = training.out_of_fold(setting, recipe)
    outcome = training.serve(setting, recipe, (rows, log_odds), has_offset=True)
    written = _write(out / "compact", setting, outcome, "compact", report, recipe)
    folds = quality.figures(setting.bad[rows], expit(log_odds))
    return {
        **estimate(setting, outcome),
        "groups": groups(setting, outcome),
        "folds": folds,
        "bytes": written,
    }
