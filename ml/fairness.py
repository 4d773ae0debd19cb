"""Approval and calibration by protected group, and the variants on the frontier of fairness."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ml import four_fifths
from ml.dataset import DatasetSpec, Fairness, Group, SpecRefused
from ml.four_fifths import Comparison
from ml.frame import Frame, numbers
from ml.population import Bools, Floats

CHANCE = 1.65  # Standard errors that one estimate in twenty falls below.
FILE_ROWS = 5_000  # Applicants of a file by which a model may be judged.
SPARE = 0.03  # Of an approval ratio, above the rule.
STEP = 0.02  # Log-odds.
REACH = 3  # Steps that one offset may give up for another.


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
    approved (the likeliest, where those are taken), its ratio to the rest of the attribute (`air`)
    and to the best-off group (`air_best`), mean PD and, where known, the rate of bad outcomes."""
    order = np.argsort(-pd if fairness.takes_high else pd, kind="stable")
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
    """The smallest approval ratio in a report, by the rule that a release is held to."""
    ratios = [
        four_fifths.worst(attribute, found).ratio for attribute, found in report.items() if found
    ]
    return min(ratios, default=1.0)


def smallest_offsets(
    fairness: Fairness,
    log_odds: Floats,
    members: Mapping[str, Mapping[str, Bools]],
    who: Sequence[Bools],
    spare: float = SPARE,
) -> list[float]:
    """The least that must come off the log-odds of those in `who`, in steps of `STEP`, so that
    each group reaches the rule of a release, and more: by `spare` or, for small groups, by what
    chance in these rows and in a file of `FILE_ROWS` applicants takes in one of twenty. Where they
    cannot help, the nearest there is."""

    def lacking(less: Sequence[float]) -> float:
        report = by_group(fairness, members, moved(log_odds, less, who), None)
        return _lacking(fairness, report, spare, log_odds.size)

    less, left = [0.0] * len(who), lacking([0.0] * len(who))
    while left > 0 and who:
        # A small group has nobody within one step of the cut, at times.
        for steps in (1, 4, 16):
            risen = [_changed(less, {at: steps}) for at in range(len(who))]
            nearest, tried = min((lacking(one), one) for one in risen)
            if nearest < left:
                break
        else:
            break
        less, left = tried, nearest
    return _smallest(less, lambda one: lacking(one) <= left)


def moved(log_odds: Floats, less: Sequence[float], who: Sequence[Bools]) -> Floats:
    """Log-odds with what comes off of those in `who`."""
    return log_odds - sum(
        (one * part for one, part in zip(less, who, strict=True)), np.zeros(log_odds.size)
    )


def _smallest(less: list[float], holds: Callable[[Sequence[float]], bool]) -> list[float]:
    """Offsets that hold, changed one or two at a time for as long as less comes off altogether.

    Each counts once, however many are beyond it: what everybody is given changes nobody's place."""
    while True:
        fewer = sorted((one for one in _neighbours(less) if sum(one) < sum(less) - 1e-9), key=sum)
        found = next((one for one in fewer if holds(one)), None)
        if found is None:
            return less
        less = found


def _neighbours(less: Sequence[float]) -> Iterator[list[float]]:
    """One offset lower, and another higher or none."""
    for at, off in enumerate(less):
        for down in range(1, min(REACH, round(off / STEP)) + 1):
            yield _changed(less, {at: -down})
            for other in set(range(len(less))) - {at}:
                for up in range(1, REACH + 1):
                    yield _changed(less, {at: -down, other: up})


def _changed(less: Sequence[float], steps: Mapping[int, int]) -> list[float]:
    return [round(one + STEP * steps.get(at, 0), 2) for at, one in enumerate(less)]


def _lacking(
    fairness: Fairness,
    report: Mapping[str, Mapping[str, Mapping[str, float]]],
    spare: float,
    rows: int,
) -> float:
    """How far the groups are below what is wanted of them, altogether."""
    return sum(
        max(0.0, fairness.least_ratio + max(spare, _chance(one, rows)) - one.ratio)
        for attribute, found in report.items()
        for one in (four_fifths.comparisons(attribute, found) if found else ())
        if one.own is not one.other
    )


def _chance(one: Comparison, rows: int) -> float:
    """What chance takes off a ratio that was found on some rows, in one file of twenty."""
    spread = sum(
        (1 - side.rate) / max(side.rate * side.share, 1e-9) for side in (one.own, one.other)
    )
    return float(CHANCE * one.ratio * (spread * (1 / FILE_ROWS + 1 / rows)) ** 0.5)


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
        spec,
        features=features,
        members=members,
        champion=_without(spec.champion, dropped),
        compact=tuple(_without(member, dropped) for member in spec.compact),
    )


def _without(member: Mapping[str, Any], dropped: set[str]) -> Mapping[str, Any]:
    if "features" not in member:
        return member
    return {**member, "features": [name for name in member["features"] if name not in dropped]}
