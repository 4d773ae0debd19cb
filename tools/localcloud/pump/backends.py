"""Cheap looks into moto, in process: is there anything to do?

The pump looks here many times a second and makes an API call only when there is work. Nothing in
this module changes state.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from moto.dynamodb.models import dynamodb_backends
from moto.scheduler.models import scheduler_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from tools.localcloud.backoff import Backoffs
from tools.localcloud.ddbfix import LOCK

_PARKED = frozenset({"WaitStateEntered", "TaskSubmitted", "ActivityScheduled"})
_FAILED = ("Failed", "TimedOut")


class Activity(NamedTuple):
    """What the running executions do.

    `events`: number of their history events; `busy`: ARNs of those at work; `pauses`: when the
    next attempts of those come that only wait for one (virtual seconds).
    """

    events: int
    busy: list[str]
    pauses: list[float]


class Backends:
    """The moto backends of one account and region."""

    def __init__(self, account_id: str, region: str, backoffs: Backoffs) -> None:
        self._account_id = account_id
        self._region = region
        self._backoffs = backoffs
        self._known: dict[str, Any] = {}

    def _of(self, backends: Any) -> Any:
        # moto looks regions up at some cost, and there is one backend a service and process.
        known = self._known.get(backends.service_name)
        if known is None:
            known = backends[self._account_id][self._region]
            self._known[backends.service_name] = known
        return known

    def visible_messages(self, queue_name: str) -> int:
        """Messages a `ReceiveMessage` would find now."""
        return len(self._of(sqs_backends).get_queue(queue_name).messages)

    def all_messages(self, queue_name: str) -> int:
        """Messages in the queue, invisible and delayed ones included."""
        return len(self._of(sqs_backends).get_queue(queue_name)._messages)

    def table(self, table_name: str) -> Any:
        """moto's table; hold `LOCK` while reading its items."""
        return self._of(dynamodb_backends).get_table(table_name)

    def stream_bounds(self, table_name: str) -> tuple[int, int]:
        """(oldest kept, next) sequence number of the stream of a table."""
        with LOCK:
            shard = self.table(table_name).stream_shard
            first = int(shard.starting_sequence_number)
            return first, first + len(shard.items)

    def stream_records(self, table_name: str, start: int, limit: int) -> list[dict[str, Any]]:
        """At most `limit` stream records from sequence number `start` on; they never change."""
        with LOCK:
            return list(self.table(table_name).stream_shard.get(start, limit))

    def schedules(self) -> list[Any]:
        """moto's schedules of every group."""
        groups = self._of(scheduler_backends).schedule_groups
        return [
            schedule
            for group in list(groups.values())
            for schedule in list(group.schedules.values())
        ]

    def running_executions(self) -> Iterator[Any]:
        """moto's executions that have not ended."""
        for machine in list(self._of(stepfunctions_parser_backends).state_machines):
            for execution in list(machine.executions):
                if execution.stop_date is None:
                    yield execution

    def execution_activity(self) -> Activity:
        """What goes on; an execution in a Wait state, or waiting for a token or another
        execution, is parked and counts as nothing."""
        events, busy, pauses = 0, list[str](), list[float]()
        for execution in self.running_executions():
            worker = execution.exec_worker
            env = None if worker is None else worker.env
            if env is None:
                busy.append(execution.exec_arn)
                continue
            history = env.event_manager._history_event_list
            events += len(history)
            last = history[-1]["type"] if history else ""
            if last in _PARKED and not _answered(env, history):
                continue
            ends = self._backoffs.ends_of(history) if last.endswith(_FAILED) else []
            pauses += ends
            if not ends:
                busy.append(execution.exec_arn)
        return Activity(events, busy, pauses)


def _answered(env: Any, history: list[Any]) -> bool:
    """Whether a task token was answered that the interpreter has not yet acted on."""
    if history[-1]["type"] != "TaskSubmitted":
        return False
    endpoints = list(env.callback_pool_manager._pool.values())
    return bool(endpoints) and endpoints[-1].get_outcome() is not None
