"""`autolend monitor`: observations from a file or a lending table, figures, page, metrics."""

import argparse
import json
from pathlib import Path
from typing import Any

import boto3
import numpy as np
from lending.domain.records import DecisionRecord

from ml.frame import DataRefused
from ml.monitoring import alarms, page, sources
from ml.monitoring.observations import Observations
from ml.monitoring.report import NothingToMonitor, build
from tools.cli import history
from tools.cli.ledger import reach
from tools.cli.running import find

NAMESPACE = "Autolend/Models"
SOURCE = "autolend.monitoring"
_TOLD = 12


def monitor(root: Path, options: argparse.Namespace) -> int:
    """0 when measured (3 with --fail and an alarm), 1 when there is nothing to measure."""
    try:
        if options.data is not None:
            title = f"Monitoring of {options.data.name}"
            seen = sources.from_file(options.data, sources.description(options.spec))
        else:
            table = options.table or _running(root)
            title = "Monitoring of decisions"
            seen = from_table(table, options.bad_days, options.seasoned_days)
        limits = alarms.thresholds(options.thresholds or alarms.THRESHOLDS)
        report = build(seen, limits)
    except (DataRefused, NothingToMonitor, ValueError) as refused:
        print(f"not monitored: {refused}")
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (options.out / "report.html").write_text(page.html(report, title), "utf-8")
    _tell(report, options)
    if options.publish:
        publish(report)
    has_alarm = any(one["level"] == "alarm" for one in report["alarms"])
    return 3 if options.fail and has_alarm else 0


def _tell(report: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(report, indent=1))
        return
    found = report["alarms"]
    for one in found[:_TOLD]:
        print(
            f"{one['level']:8} {one['month']:8} {one['measure']:18} {one['subject']:28} "
            f"{one['value']:8.3f} beyond {one['threshold']:g}"
        )
    if len(found) > _TOLD:
        print(f"… and {len(found) - _TOLD} more")
    print(f"{report['rows']} applications, {len(found)} beyond: {options.out / 'report.html'}")


def _running(root: Path) -> str:
    running = find(root)
    if running is None:
        raise NothingToMonitor("nothing runs here: start it with `make run`, or name a table")
    return reach(running.url)


def from_table(table: str, bad_days: int, seasoned_days: int) -> Observations:
    """All scored decisions of a lending table, after the population the model was trained on.

    A loan is bad once it is `bad_days` past due or written off, good when it was paid back or is
    `seasoned_days` old without; until then nothing is known. Raises NothingToMonitor.
    """
    records, applications = history.decided(table)
    scored = [one for one in records if one.scored is not None]
    if not scored:
        raise NothingToMonitor(f"{table} holds no scored decision")
    outcomes = history.outcomes(table, bad_days, seasoned_days)
    reference = sources.training_population()
    loans = {one.application_id: one.loan_id for one in applications}
    names = list(reference.numbers)
    beside = sorted({b.model for one in scored if one.scored for b in one.scored.beside})
    return sources.together(
        [
            reference,
            Observations(
                month=np.array([one.decided_at.strftime("%Y-%m") for one in scored]),
                pd=np.array([one.scored.pd_ppm / 1e6 for one in scored if one.scored]),
                model=np.array([one.scored.model for one in scored if one.scored]),
                is_reference=np.zeros(len(scored), dtype=np.bool_),
                approved=np.array([_approved(one) for one in scored]),
                bad=np.array(
                    [outcomes.get(loans.get(one.application_id) or "", np.nan) for one in scored]
                ),
                numbers={
                    name: np.array([_number(one.findings.features.get(name)) for one in scored])
                    for name in names
                },
                groups={
                    "age": np.array([history.age_band(one.findings.age_years) for one in scored]),
                    "market": np.array([one.findings.market for one in scored]),
                    "product": np.array([one.findings.product_id for one in scored]),
                },
                beside={
                    version: np.array([_beside(one, version) for one in scored])
                    for version in beside
                },
            ),
        ]
    )


def _approved(record: DecisionRecord) -> float:
    return {"APPROVED": 1.0, "DECLINED": 0.0}.get(record.outcome, np.nan)


def _number(value: int | str | None) -> float:
    return np.nan if value is None else float(value)


def _beside(record: DecisionRecord, version: str) -> float:
    for one in record.scored.beside if record.scored else ():
        if one.model == version and one.pd_ppm is not None:
            return one.pd_ppm / 1e6
    return np.nan


def publish(report: dict[str, Any]) -> None:
    """Figures of the latest month as metrics; with alarms, one event on the bus.

    The alarm `model-drift` watches DriftAlarms; the event is for whoever subscribes.
    """
    latest = report["months"][-1]
    worst = max((value or 0.0 for value in latest["feature_psi"].values()), default=0.0)
    count = sum(one["level"] == "alarm" for one in report["alarms"])
    figures = {
        "DriftAlarms": float(count),
        "ScorePsi": latest["score_psi"],
        "LargestFeaturePsi": worst,
        "ExpectedCalibrationError": latest["performance"]["ece"],
    }
    boto3.client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {"MetricName": name, "Value": value, "Unit": "None"}
            for name, value in figures.items()
            if value is not None
        ],
    )
    if not count:
        return
    events = boto3.client("events")
    buses = [one["Name"] for one in events.list_event_buses()["EventBuses"]]
    bus = next((name for name in buses if name != "default"), "default")
    detail = {
        "models": report["models"],
        "alarms": [one for one in report["alarms"] if one["level"] == "alarm"][:50],
    }
    events.put_events(
        Entries=[
            {
                "EventBusName": bus,
                "Source": SOURCE,
                "DetailType": "ModelDrifted",
                "Detail": json.dumps(detail),
            }
        ]
    )
