"""Approval and calibration by protected group, and the variants on the frontier of fairness."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ml.dataset import DatasetSpec, Fairness, Group, SpecRefused
from ml.frame import Frame, numbers
from ml.population import Bools, Floats

CHANCE = 1.65  # Standard errors that one estimate in twenty falls below.
FILE_ROWS = 5_000  # Applicants of a file by which a model may be judged.


def memberships(fairness: Fairness, frame: Frame) -> dict[str, dict[str, Bools]]:
    """Per attribute: its groups and who is in them. Groups smaller than the attribute's `smallest`
    share are left out: nothing can be said of them. A column that is not in the file: no entry."""
    found: dict[str, dict[str, Bools]] = {}
    for group in fairness.groups:
        if group.column not in frame.columns:
            continue
        parts = _bands(group, frame) if group.bands else _values(group, frame)
        found[group.column] = {
            name: member for name, member in parts.items() if member.mean() >= group.smallest
        }
    return found


def _bands(group: Group, frame: Frame) -> dict[str, Bools]:
    values = numbers(frame.text(group.column))
    ends = (-np.inf, *group.bands, np.inf)
    names = [
        f"under_{group.bands[0]:g}",
        *(f"{low:g}_to_{high:g}" for low, high in zip(group.bands, group.bands[1:], strict=False)),
        f"{group.bands[-1]:g}_and_over",
    ]
    return {
        name: np.asarray((values >= low) & (values < high))
        for name, low, high in zip(names, ends, ends[1:], strict=False)
    }


def _values(group: Group, frame: Frame) -> dict[str, Bools]:
    texts = np.array([text.strip() for text in frame.text(group.column)])
    return {str(value): texts == value for value in sorted(set(texts.tolist())) if value}


def by_group(
    fairness: Fairness, members: Mapping[str, Mapping[str, Bools]], pd: Floats, bad: Bools | None
) -> dict[str, dict[str, dict[str, float]]]:
    """Per attribute and group: share, approval rate when the best `approved_share` of everybody are
    approved, its ratio to the rest of the attribute (`air`) and to the best-off group (`air_best`),
    the mean PD and, where known, the rate of bad outcomes."""
    order = np.argsort(pd, kind="stable")
    approved = np.zeros(len(pd), dtype=np.bool_)
    approved[order[: round(fairness.approved_share * len(pd))]] = True
    report: dict[str, dict[str, dict[str, float]]] = {}
    for attribute, groups in members.items():
        anyone = np.logical_or.reduce(list(groups.values())) if groups else approved
        best = max((approved[one].mean() for one in groups.values() if one.any()), default=0.0)
        report[attribute] = {}
        for name, member in groups.items():
            if not member.any():
                continue
            rate, rest = float(approved[member].mean()), anyone & ~member
            told = {
                "share": float(member.mean()),
                "approved": rate,
                "air": rate / float(approved[rest].mean()) if approved[rest].any() else 1.0,
                "air_best": rate / float(best) if best else 1.0,
                "mean_pd": float(pd[member].mean()),
            }
            if bad is not None:
                told["bad_rate"] = float(bad[member].mean())
            report[attribute][name] = {key: round(value, 4) for key, value in told.items()}
    return report


def least_ratio(report: Mapping[str, Mapping[str, Mapping[str, float]]]) -> float:
    """The smallest approval ratio of a group to the rest of its attribute."""
    ratios = [told["air"] for groups in report.values() for told in groups.values()]
    return min(ratios, default=1.0)


def smallest_offsets(
    fairness: Fairness, log_odds: Floats, who: Sequence[Bools], spare: float = 0.03
) -> list[float]:
    """The least that must come off the log-odds of each group, in steps of 0.02, so that each is
    approved as often, relative to the rest, as the rule wants, and more: by `spare` or, for small
    groups, by what chance takes from one file of `FILE_ROWS` applicants in twenty."""
    less = [0.0] * len(who)
    for _ in range(500):
        adjusted = log_odds - sum(
            (one * group for one, group in zip(less, who, strict=True)), np.zeros(log_odds.size)
        )
        order = np.argsort(adjusted, kind="stable")
        approved = np.zeros(log_odds.size, dtype=np.bool_)
        approved[order[: round(fairness.approved_share * log_odds.size)]] = True
        lacking = [_lacking(fairness.least_ratio, spare, approved, group) for group in who]
        worst = int(np.argmax(lacking)) if lacking else 0
        if not lacking or lacking[worst] <= 0:
            break
        less[worst] = round(less[worst] + 0.02, 2)
    return less


def _lacking(least: float, spare: float, approved: Bools, group: Bools) -> float:
    """How far a group's ratio to the rest is below what is wanted of it."""
    if not group.any() or group.all():
        return 0.0
    rate, rest = float(approved[group].mean()), max(float(approved[~group].mean()), 1e-9)
    people = float(group.mean()) * FILE_ROWS
    chance = CHANCE * (rate * (1 - rate) / people) ** 0.5 / rest
    return float(least + max(spare, chance) - rate / rest)


def variant(spec: DatasetSpec, name: str) -> DatasetSpec:
    """The specification with a variant's changes: features dropped (also as sources), and values
    kept within bounds, so that a model cannot tell apart what lies outside.

    Raises SpecRefused for a variant that is not declared, or that drops what is not there."""
    if spec.fairness is None or name not in spec.fairness.variants:
        raise SpecRefused(f"{spec.name}: no variant {name!r} is declared")
    changes: Mapping[str, Any] = spec.fairness.variants[name]
    dropped, kept = set(changes.get("drop", ())), dict(changes.get("keep_within", {}))
    known = {feature.name for feature in spec.features}
    if wrong := (dropped | kept.keys()) - known:
        raise SpecRefused(f"{name}: {sorted(wrong)} are no features")
    features = tuple(
        replace(
            feature,
            is_used=feature.is_used and feature.name not in dropped,
            options={**feature.options, "keep_within": kept[feature.name]}
            if feature.name in kept
            else feature.options,
        )
        for feature in spec.features
    )
    members = tuple(_without(member, dropped) for member in spec.members)
    return replace(
        spec, features=features, members=members, champion=_without(spec.champion, dropped)
    )


def _without(member: Mapping[str, Any], dropped: set[str]) -> Mapping[str, Any]:
    if "features" not in member:
        return member
    return {**member, "features": [name for name in member["features"] if name not in dropped]}
