"""Thresholds as data, and what is beyond them."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

THRESHOLDS = Path(__file__).with_name("thresholds.yaml")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One figure beyond its threshold. `subject` is the score, a feature, a group or a model."""

    measure: str
    subject: str
    month: str
    value: float
    threshold: float
    level: Literal["warning", "alarm"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Beyond is above (`side` above) or below; warning comes before alarm."""

    side: Literal["above", "below"]
    warning: float
    alarm: float

    def told(self, measure: str, subject: str, month: str, value: float | None) -> list[Alarm]:
        """The alarm of one figure, if any; None is nothing to judge."""
        if value is None:
            return []
        sign = 1 if self.side == "above" else -1
        for level, threshold in (("alarm", self.alarm), ("warning", self.warning)):
            if sign * value > sign * threshold:
                return [Alarm(measure, subject, month, value, threshold, level)]  # type: ignore[arg-type]
        return []


def thresholds(path: Path = THRESHOLDS) -> dict[str, Threshold]:
    """By measure. Raises ValueError when a row is malformed or alarms before it warns."""
    tree = yaml.safe_load(path.read_text("utf-8"))
    found = {}
    for measure, row in tree.items():
        try:
            one = Threshold(row["side"], float(row["warning"]), float(row["alarm"]))
        except (KeyError, TypeError, ValueError) as cause:
            raise ValueError(f"{path.name}: {measure} is malformed") from cause
        if one.side not in ("above", "below") or (one.alarm < one.warning) == (one.side == "above"):
            raise ValueError(f"{path.name}: {measure} alarms before it warns")
        found[measure] = one
    return found


def judged(report: dict[str, Any], limits: dict[str, Threshold]) -> list[dict[str, Any]]:
    """All alarms of a report, worst first."""
    found: list[Alarm] = []

    def judge(measure: str, subject: str, month: str, value: float | None) -> None:
        if measure in limits:
            found.extend(limits[measure].told(measure, subject, month, value))

    for month in report["months"]:
        at = month["month"]
        if month["period"] == "reference":
            continue
        judge("score_psi", "score", at, month["score_psi"])
        for feature, value in month["feature_psi"].items():
            judge("feature_psi", feature, at, value)
        judge("ece", "score", at, month["performance"]["ece"])
        auc, was = month["performance"]["auc"], report["reference"]["performance"]["auc"]
        if auc is not None and was is not None:
            judge("auc_drop", "score", at, round(was - auc, 6))
        for attribute, one in month["groups"].items():
            judge("air", f"{attribute}={one['air_of']}", at, one["air"])
    for attribute, one in report["analysis"]["groups"].items():
        for name, group in one["groups"].items():
            value = group["bad_to_pd"]
            off = None if value is None else round(abs(value - 1), 6)
            judge("group_calibration", f"{attribute}={name}", "all", off)
    found.sort(key=lambda alarm: (alarm.level != "alarm", alarm.month, alarm.measure))
    return [asdict(alarm) for alarm in found]
