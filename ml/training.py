"""From a specification and a file to a directory with models, figures and a card.

The latest rows are put away first. On the others every candidate is fitted and judged, in folds of
later time; the best that can be served is chosen; its calibration is learned from rows it was not
fitted on. The rows put away give the estimate. Then the same recipe learns from all rows.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from scipy.special import expit

from ml import export, fairness, members, quality, slices, transforms, workers
from ml.calibration import calibrate, calibrated
from ml.dataset import DatasetSpec, SpecRefused
from ml.export.columns import Node
from ml.frame import DataRefused, Frame, moments, outcomes, require, with_withheld
from ml.members import Blend, Matrix
from ml.offsets import NARROWEST, NOTHING, Offset, Offsets, beyond
from ml.population import Bools, Floats, Integers
from ml.transforms import State
from ml.wordings import wording

TELLS_ALL = 0.98  # AUC of one input alone above which it must be the outcome in disguise.
PRICED = (0.7, 0.75, 0.85)  # Least approval ratios beside the declared one, told with their cost.
LEAST = 5  # Good and bad rows in each part, below which no figure says anything.


@dataclass(frozen=True, slots=True)
class Rejects:
    """Applicants who were declined, without outcome: read as `factor` times as risky as the model
    says of them, each counted as bad with that weight and as good with the rest."""

    frame: Frame
    factor: float

    def __post_init__(self) -> None:
        if not 1 <= self.factor <= 20:
            raise DataRefused(f"a reject factor is between 1 and 20, not {self.factor:g}")


@dataclass(frozen=True, slots=True)
class Problem:
    """The data of one training, and where they are cut."""

    spec: DatasetSpec
    frame: Frame
    bad: Bools
    cut: slices.Cut
    rejects: Rejects | None = None
    made: dict[bytes, tuple[Floats, dict[str, State]]] = field(default_factory=dict, repr=False)
    kept: transforms.Kept = field(default_factory=transforms.Kept, repr=False)

    def over(self, spec: DatasetSpec) -> "Problem":
        """The same rows under a variant of the specification."""
        return replace(self, spec=spec, made={})

    def matrix(self, rows: Integers) -> tuple[Floats, dict[str, State]]:
        """(matrix of all rows, what was learned from `rows`); texts take long, so made once."""
        key = rows.tobytes()
        if key not in self.made:
            self.made[key] = transforms.fit(self.spec, self.frame, self.bad, rows, self.kept)
        return self.made[key]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recipe carried through: the model of the development rows, its PD on the hold-out, the
    model of all rows, and the matrix that it was fitted on."""

    early: "Servable"
    pd: Floats
    final: "Servable"
    values: Floats


@dataclass(frozen=True, slots=True)
class Servable:
    """A fitted blend with what its columns need, calibrated."""

    blend: Blend
    states: Mapping[str, State]
    calibration: Node
    offsets: Offsets = NOTHING

    def pd(self, values: Floats) -> Floats:
        log_odds = self.offsets.applied(self.blend.log_odds(values), values)
        return calibrated(self.calibration, log_odds)


def problem(spec: DatasetSpec, frame: Frame, rejects: Rejects | None = None) -> Problem:
    """Check the file against the specification. Raises DataRefused or SpecRefused, with names."""
    if spec.task != "binary" or spec.target is None:
        raise SpecRefused(f"{spec.name} has no target to train for ({spec.task})")
    frame, _ = with_withheld(spec, frame)
    wanted = {name for feature in spec.features for name in feature.of if name in spec.columns}
    if spec.slices.time is not None:
        wanted.add(spec.slices.time)
    require(frame, sorted(wanted | {spec.target.column}))
    if rejects is not None:
        rejects = replace(rejects, frame=with_withheld(spec, rejects.frame)[0])
        require(rejects.frame, sorted(wanted - {spec.slices.time or ""}))
    bad = outcomes(spec, frame)
    if bad.all() or not bad.any():
        raise SpecRefused(f"{spec.name}: all outcomes in {spec.target.column!r} are the same")
    parts = slices.cut(
        frame.rows, moments(spec, frame), bad, spec.slices.holdout, spec.slices.folds
    )
    _refuse_few(parts, bad)
    _refuse_disguised(spec, frame, bad)
    return Problem(spec, frame, bad, parts, rejects)


def _refuse_few(cut: slices.Cut, bad: Bools) -> None:
    """Raises DataRefused when a part is too small to learn from or to judge by."""
    if not cut.folds:
        raise DataRefused(f"too few rows: {bad.size}, or all of one moment")
    for part in (cut.holdout, *(rows for fold in cut.folds for rows in fold)):
        events = int(bad[part].sum())
        if min(events, part.size - events) < LEAST:
            raise DataRefused(
                f"too few rows: {part.size} in a part, {events} of them with the event; at least "
                f"{LEAST} with and {LEAST} without are needed"
            )


def _refuse_disguised(spec: DatasetSpec, frame: Frame, bad: Bools) -> None:
    """Raises SpecRefused naming inputs that alone tell nearly every outcome."""
    simple = replace(
        spec,
        features=tuple(
            feature
            for feature in spec.features
            if feature.op in ("number", "ordinal", "any_of")
            and all(name in spec.columns for name in feature.of)
        ),
    )
    if not simple.used:
        return
    values = transforms.apply(simple, frame, {})
    found = []
    for at, feature in enumerate(simple.used):
        known = ~np.isnan(values[:, at])
        if 0 < bad[known].sum() < known.sum():
            auc = quality.measure(bad[known], _ranked(values[known, at]))["auc"]
            if max(auc, 1 - auc) > TELLS_ALL:
                found.append(feature.name)
    if found:
        raise SpecRefused(
            f"tells nearly every outcome by itself, so it is leakage: {', '.join(found)}"
        )


def _ranked(values: Floats) -> Floats:
    known, rank = np.unique(values, return_inverse=True)
    return np.asarray(rank / max(known.size - 1, 1), dtype=np.float64)


def learn(
    setting: Problem,
    recipe: tuple[Mapping[str, Any], ...],
    rows: Integers,
    seeds: int | None = None,
) -> tuple[Blend, Floats, dict[str, State]]:
    """(blend fitted on `rows`, the matrix of all rows, what the transforms learned)."""
    values, states = setting.matrix(rows)
    matrix = Matrix.of(setting.spec)
    chosen, bad = values[rows], setting.bad[rows]
    weight = np.ones(rows.size)
    if setting.rejects is not None:
        first = members.blend(recipe, matrix, chosen, bad, weight, seeds=1)
        declined = transforms.apply(setting.spec, setting.rejects.frame, states)
        risk = np.clip(expit(first.log_odds(declined)) * setting.rejects.factor, 0, 1)
        chosen = np.vstack([chosen, declined, declined])
        bad = np.concatenate([bad, np.ones(len(risk), bool), np.zeros(len(risk), bool)])
        weight = np.concatenate([weight, risk, 1 - risk])
    return members.blend(recipe, matrix, chosen, bad, weight, seeds), values, states


def out_of_fold(
    setting: Problem, recipe: tuple[Mapping[str, Any], ...], seeds: int | None = 1
) -> tuple[Integers, Floats]:
    """(rows, log-odds) of every judged row, by a model that was fitted on others."""
    parts = [learned for learned, _ in setting.cut.folds]
    answers = [
        blend.log_odds(values[judged])
        for (blend, values, _), (_, judged) in zip(
            _learned(setting, recipe, parts, seeds), setting.cut.folds, strict=True
        )
    ]
    return np.concatenate([judged for _, judged in setting.cut.folds]), np.concatenate(answers)


def _learned(
    setting: Problem,
    recipe: tuple[Mapping[str, Any], ...],
    parts: Sequence[Integers],
    seeds: int | None = None,
) -> list[tuple[Blend, Floats, dict[str, State]]]:
    """`learn` of each part: matrices are made one after the other, the fits then at once."""
    for rows in parts:
        setting.matrix(rows)
    # Declined applicants are transformed within a fit, which only one may do at a time.
    each = workers.each if setting.rejects is None else workers.in_turn
    return each(lambda rows: learn(setting, recipe, rows, seeds), parts)


def contenders(spec: DatasetSpec) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Servable recipes by name: the champion family, each member, and the blend of all members."""
    found: dict[str, tuple[Mapping[str, Any], ...]] = {"champion": (spec.champion,)}
    for member in spec.members:
        found[str(member.get("name", member["kind"]))] = (member,)
    if len(spec.members) > 1:
        found["blend"] = spec.members
    return found


def serve(
    setting: Problem,
    recipe: tuple[Mapping[str, Any], ...],
    judged: tuple[Integers, Floats],
    has_offset: bool = False,
) -> Outcome:
    """Fit on the development rows, estimate on the hold-out, fit again on all rows.

    The final calibration and offset also use the hold-out: by then its estimate is made."""
    rows, log_odds = judged
    late = setting.cut.holdout
    everything = np.concatenate([setting.cut.development, late])
    (blend, values, states), (final, all_values, final_states) = _learned(
        setting, recipe, (setting.cut.development, everything)
    )
    offsets = _offsets(setting, rows, log_odds) if has_offset else NOTHING
    log_odds = offsets.applied(log_odds, values[rows])
    late_odds = offsets.applied(blend.log_odds(values[late]), values[late])
    calibration = calibrate(log_odds, setting.bad[rows], offsets.bends)
    early = Servable(blend, states, calibration, offsets)
    pd = calibrated(calibration, late_odds)
    joined = calibrate(
        np.concatenate([log_odds, late_odds]),
        setting.bad[np.concatenate([rows, late])],
        offsets.bends,
    )
    return Outcome(early, pd, Servable(final, final_states, joined, offsets), all_values)


def _offsets(
    setting: Problem, rows: Integers, log_odds: Floats, least: float | None = None
) -> Offsets:
    """What must come off beyond the declared bounds for the least ratio (`least`, else the one that
    is declared), by rows the model was not fitted on."""
    rules = setting.spec.fairness
    names = Matrix.of(setting.spec).names
    declared = () if rules is None else rules.offsets
    known = [bound for bound in declared if bound.feature in names]
    if rules is None or not known:
        return NOTHING
    who = [
        beyond(bound, transforms.apply_one(setting.spec, setting.frame, bound.feature)[rows])
        for bound in known
    ]
    asked = rules if least is None else replace(rules, least_ratio=least)
    less = fairness.smallest_offsets(asked, log_odds, groups_of(setting, rows), who)
    each = tuple(
        Offset(names.index(bound.feature), bound, one)
        for bound, one in zip(known, less, strict=True)
        if one > 0
    )
    if rules.offsets_between is None or not each:
        return Offsets(each)
    moved = np.sort(fairness.moved(log_odds, less, who))
    low, high = (float(moved[round(share * rows.size) - 1]) for share in rules.offsets_between)
    return Offsets(each, (low, max(high, low + NARROWEST)))


def price(setting: Problem, judged: tuple[Integers, Floats]) -> list[dict[str, Any]]:
    """What offsets cost: accuracy out of fold without any, and with those of several ratios."""
    rules, (rows, log_odds) = setting.spec.fairness, judged
    if rules is None or not rules.offsets:
        return []
    names = {bound.feature for bound in rules.offsets}
    values = np.full((rows.size, len(setting.spec.used)), np.nan)
    for at, feature in enumerate(setting.spec.used):
        if feature.name in names:
            column = transforms.apply_one(setting.spec, setting.frame, feature.name)
            values[:, at] = column[rows]
    groups = groups_of(setting, rows)
    found = []
    for least in (None, *sorted({*PRICED, rules.least_ratio})):
        offsets = NOTHING if least is None else _offsets(setting, rows, log_odds, least)
        answers = offsets.applied(log_odds, values)
        everywhere = Offsets(offsets.each).applied(log_odds, values)
        report = fairness.by_group(rules, groups, answers, None)
        found.append(
            {
                "asked": least,
                "auc": quality.measure(setting.bad[rows], expit(answers))["auc"],
                "auc_everywhere": quality.measure(setting.bad[rows], expit(everywhere))["auc"],
                "least_air": round(fairness.least_ratio(report), 4),
                "offsets": {str(one.bound): one.less for one in offsets.each},
            }
        )
    return found


def groups_of(setting: Problem, rows: Integers) -> dict[str, dict[str, Bools]]:
    """Protected groups among some rows, by attribute; none where no rule declares any."""
    rules = setting.spec.fairness
    found = {} if rules is None else fairness.memberships(rules, setting.frame)
    return {
        attribute: {label: member[rows] for label, member in parts.items()}
        for attribute, parts in found.items()
    }


def frontier(setting: Problem) -> list[dict[str, Any]]:
    """What fairness costs: each declared variant, judged out of fold with one cheap member."""
    rules = setting.spec.fairness
    if rules is None or not rules.variants:
        return []
    varied = {name: setting.over(fairness.variant(setting.spec, name)) for name in rules.variants}
    for one in varied.values():
        for learned, _ in one.cut.folds:
            one.matrix(learned)
    each = workers.each if setting.rejects is None else workers.in_turn
    found = each(lambda name: _variant(varied[name], name), varied)
    for one in varied.values():
        one.made.clear()
    return found


def _variant(varied: Problem, name: str) -> dict[str, Any]:
    recipe = (varied.spec.members or (varied.spec.champion,))[:1]
    rows, log_odds = out_of_fold(varied, tuple({**member, "seeds": 1} for member in recipe))
    pd, rules = np.asarray(expit(log_odds)), varied.spec.fairness
    if rules is None:
        raise SpecRefused(f"{varied.spec.name} says nothing about fairness")
    report = fairness.by_group(rules, groups_of(varied, rows), pd, varied.bad[rows])
    return {
        "variant": name,
        "auc": quality.measure(varied.bad[rows], pd)["auc"],
        "least_air": round(fairness.least_ratio(report), 4),
        "groups": report,
    }


def fingerprint(setting: Problem) -> dict[str, Any]:
    """What the model was made of."""
    data = hashlib.sha256()
    for name in sorted(setting.frame.columns):
        data.update(f"{name}\n".encode())
        data.update("\x1f".join(setting.frame.columns[name]).encode())
    return {
        "dataset": setting.spec.name,
        "specification_sha256": setting.spec.sha256,
        "data_sha256": data.hexdigest(),
        "rows": setting.frame.rows,
        "rate": round(float(setting.bad.mean()), 6),
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
    }


def write(
    directory: Path,
    setting: Problem,
    made: Servable,
    about: Mapping[str, Any],
    variant: str | None,
) -> int:
    """model.json, prepare.json and spec.yaml in `directory`; answers the bytes of the model."""
    spec = setting.spec
    directory.mkdir(parents=True, exist_ok=True)
    target = spec.target
    if target is None:
        raise SpecRefused(f"{spec.name} has no target")
    names = [feature.name for feature in spec.used]
    content = export.body(
        name=str(about["name"]),
        version=str(about["version"]),
        target=target.meaning or target.column,
        trained_at=str(about["trained_at"]),
        inputs=[{"name": name, "kind": "number"} for name in names],
        features=_described(spec, frozenset(about["monotone"])),
        model=made.offsets.node(made.blend.node()),
        calibration=made.calibration,
        reasons={
            feature.reason or feature.name: wording(feature.reason or feature.name, spec.wordings)
            for feature in spec.used
            if feature.name not in protected(spec)
        },
        reference=dict(about["reference"]),
        training=fingerprint(setting),
        metrics={"holdout": dict(about["holdout"]), "groups": dict(about["groups"])},
        other_columns="ignore",
    )
    export.write(directory / "model.json", content)
    (directory / "spec.yaml").write_text(spec.text, "utf-8")
    prepared = {"variant": variant, "features": names, "states": dict(made.states)}
    (directory / "prepare.json").write_text(json.dumps(prepared, allow_nan=False), "utf-8")
    return (directory / "model.json").stat().st_size


def _described(spec: DatasetSpec, monotone: frozenset[str]) -> list[Node]:
    """Features as the artefact knows them: a sign only where the model keeps it, a reason only
    where no protected attribute is read."""
    hidden = protected(spec)
    described: list[Node] = []
    for feature in spec.used:
        sign = feature.sign if feature.name in monotone else 0
        entry: Node = {"name": feature.name, "op": "copy", "of": [feature.name], "sign": sign}
        if feature.name not in hidden:
            entry["reason"] = feature.reason or feature.name
        described.append(entry)
    return described


def monotone(spec: DatasetSpec, recipe: tuple[Mapping[str, Any], ...]) -> frozenset[str]:
    """Signed features that every member of a recipe keeps to: no forest, no pair, not set free."""
    kept = {feature.name for feature in spec.used if feature.sign}
    for member in recipe:
        if member["kind"] not in ("additive", "ebm", "hgb", "lightgbm") or not member.get(
            "monotone", True
        ):
            read = member.get("features")
            kept -= kept if read is None else set(read)
        kept -= {name for pair in member.get("pairs", ()) for name in pair}
    return frozenset(kept)


def protected(spec: DatasetSpec) -> frozenset[str]:
    """Features that read a protected column: never named as a reason."""
    from ml.dataset import sources

    return frozenset(
        feature.name
        for feature in spec.features
        if any(spec.columns[name].protected for name in sources(spec, feature))
    )
