"""EventBridge Scheduler schedules and scheduled rules: what is due, and in which order.

When the clock jumps over many occurrences, missed ticks of sub-hourly schedules collapse into one
(the last), while every other schedule fires once for each missed occurrence, in order.
"""

import datetime as dt
import json
import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tools.localcloud.pump.delivery import UnsupportedTarget
from tools.localcloud.pump.expressions import Recurrence, parse_expression

type Kind = Literal["schedule", "rule"]

_NAMESPACE = uuid.UUID("6f0d5f0e-6c1b-5f0e-9d3c-1f4a5d0a7b11")
_FLEXIBLE_OFF = "OFF"


@dataclass
class Entry:
    """One schedule. `cursor_s` is the virtual time up to which its occurrences are settled."""

    arn: str
    kind: Kind
    expression: str
    recurrence: Recurrence
    targets: tuple[Mapping[str, Any], ...]
    cursor_s: float
    start_s: float = -math.inf
    end_s: float = math.inf
    delete_after: bool = False

    def due(self, until_s: float) -> list[float]:
        """Occurrences to fire by `until_s`: the last one when sub-hourly, else all."""
        after_s, until_s = self._bounds(until_s)
        if self.recurrence.sub_hourly:
            latest_s = self.recurrence.latest(after_s, until_s) if until_s > after_s else None
            return [] if latest_s is None else [latest_s]
        return list(self.recurrence.between(after_s, until_s)) if until_s > after_s else []

    def next_stop(self, until_s: float) -> float | None:
        """First occurrence by `until_s` that must be fired at its own time."""
        after_s, until_s = self._bounds(until_s)
        if self.recurrence.sub_hourly or until_s <= after_s:
            return None
        return next(self.recurrence.between(after_s, until_s), None)

    def _bounds(self, until_s: float) -> tuple[float, float]:
        return max(self.cursor_s, self.start_s), min(until_s, self.end_s)


@dataclass(frozen=True)
class Occurrence:
    """One firing of one schedule at virtual time `at_s`."""

    at_s: float
    entry: Entry

    @property
    def execution_id(self) -> str:
        """The same for each attempt of one firing."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.entry.arn}@{self.at_s:.0f}"))


def plan(entries: Iterable[Entry], until_s: float) -> list[Occurrence]:
    """Everything due by `until_s`, in order of time, then of ARN."""
    found = [Occurrence(at_s=at_s, entry=entry) for entry in entries for at_s in entry.due(until_s)]
    return sorted(found, key=lambda occurrence: (occurrence.at_s, occurrence.entry.arn))


def next_stop(entries: Iterable[Entry], until_s: float) -> float | None:
    """First time by `until_s` at which a clock that moves in steps has to stop."""
    stops = (entry.next_stop(until_s) for entry in entries)
    return min((stop for stop in stops if stop is not None), default=None)


@dataclass
class Book:
    """The known schedules. New ones count from `start_s`, later ones from when they are seen."""

    start_s: float
    entries: dict[str, Entry] = field(default_factory=dict)
    _first: bool = True

    def refresh(
        self, schedules: Iterable[Any], rules: Iterable[Mapping[str, Any]], now_s: float
    ) -> None:
        """Takes over moto's schedules and the deployed scheduled rules.

        Raises InvalidExpression and UnsupportedTarget.
        """
        cursor_s = self.start_s if self._first else now_s
        wanted = {str(one.arn): one for one in schedules if one.state == "ENABLED"}
        enabled = {rule["Arn"]: rule for rule in rules if rule.get("State") != "DISABLED"}
        for arn in self.entries.keys() - wanted.keys() - enabled.keys():
            del self.entries[arn]
        for arn, one in wanted.items():
            known = self.entries.get(arn)
            timed = f"{one.schedule_expression} {one.schedule_expression_timezone}"
            if known is None or known.expression != timed:
                self.entries[arn] = _from_schedule(one, timed, cursor_s)
            else:
                known.targets = (one.target,)
        for arn, rule in enabled.items():
            if arn not in self.entries:
                self.entries[arn] = _from_rule(rule, cursor_s)
        self._first = False

    def settle(self, occurrence: Occurrence) -> None:
        """Records a firing; missed earlier ticks of the same schedule are settled with it."""
        occurrence.entry.cursor_s = max(occurrence.entry.cursor_s, occurrence.at_s)


def _from_schedule(one: Any, expression: str, cursor_s: float) -> Entry:
    mode = (one.flexible_time_window or {}).get("Mode", _FLEXIBLE_OFF)
    if mode != _FLEXIBLE_OFF:
        raise UnsupportedTarget(f"{one.arn}: flexible time window {mode}")
    start_s = _moment(one.start_date)
    recurrence = parse_expression(
        one.schedule_expression,
        one.schedule_expression_timezone or "UTC",
        cursor_s if start_s is None else start_s,
    )
    once = one.schedule_expression.lstrip().startswith("at(")
    end_s = _moment(one.end_date)
    return Entry(
        arn=one.arn,
        kind="schedule",
        expression=expression,
        recurrence=recurrence,
        targets=(one.target,),
        # A one-time schedule whose time has passed runs at once instead of never.
        cursor_s=-math.inf if once else cursor_s,
        start_s=-math.inf if start_s is None else start_s,
        end_s=math.inf if end_s is None else end_s,
        delete_after=once and one.action_after_completion == "DELETE",
    )


def _from_rule(rule: Mapping[str, Any], cursor_s: float) -> Entry:
    text = rule["ScheduleExpression"]
    return Entry(
        arn=rule["Arn"],
        kind="rule",
        expression=text,
        recurrence=parse_expression(text, "UTC", cursor_s),
        targets=tuple(rule.get("Targets") or ()),
        cursor_s=cursor_s,
    )


def _moment(value: Any) -> float | None:
    """Start and end dates: seconds since the epoch or ISO text."""
    if value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    moment = dt.datetime.fromisoformat(str(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def iso(at_s: float) -> str:
    """Whole seconds in UTC, as in `<aws.scheduler.scheduled-time>`."""
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def body_of(
    occurrence: Occurrence, target: Mapping[str, Any], attempt: int, account_id: str, region: str
) -> str:
    """What the target of a firing gets; `attempt` counts from 1.

    Raises UnsupportedTarget for an input transformer.
    """
    entry = occurrence.entry
    if "InputTransformer" in target or "InputPath" in target:
        raise UnsupportedTarget(f"{entry.arn}: InputTransformer of a scheduled rule")
    given = target.get("Input")
    if given is None:
        return json.dumps(_default_event(occurrence, account_id, region))
    text = given if isinstance(given, str) else json.dumps(given)
    if entry.kind == "rule":
        return text
    for name, value in (
        ("schedule-arn", entry.arn),
        ("scheduled-time", iso(occurrence.at_s)),
        ("execution-id", occurrence.execution_id),
        ("attempt-number", str(attempt)),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _default_event(occurrence: Occurrence, account_id: str, region: str) -> dict[str, Any]:
    from_rule = occurrence.entry.kind == "rule"
    return {
        "version": "0",
        "id": occurrence.execution_id,
        "detail-type": "Scheduled Event",
        "source": "aws.events" if from_rule else "aws.scheduler",
        "account": account_id,
        "time": iso(occurrence.at_s),
        "region": region,
        "resources": [occurrence.entry.arn],
        "detail": {} if from_rule else "{}",
    }
