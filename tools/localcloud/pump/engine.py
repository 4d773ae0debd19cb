"""The pump: one thread per event source, one for schedules, woken by the edge.

moto stores events; the pump delivers them. It is woken after each API call that changes anything
and otherwise looks every 250 ms. Looking happens in process and costs microseconds; API calls are
made only when there is something to deliver.
"""

import threading
import time
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tools.localcloud.pump import ttl
from tools.localcloud.pump.backends import Backends
from tools.localcloud.pump.delivery import Delivery, DeliveryFailed
from tools.localcloud.pump.queues import QueueSource, TargetQueue, rule_body, topic_body
from tools.localcloud.pump.rest import NotIdle, Rest
from tools.localcloud.pump.schedules import Book, Occurrence, body_of, next_stop, plan
from tools.localcloud.pump.streams import StreamSource
from tools.localcloud.pump.window import Haste, Window

if TYPE_CHECKING:
    from tools.localcloud.core import Core

POLL_S = 0.25
FOLLOWED_S = 60.0
"""How far the clock follows executions that retry, before it goes on without them."""

TICKS_EVERY_S = 43_200.0
"""How often sub-hourly schedules fire while `advance` goes over many days."""

STEP_S = 86_400.0
"""Longest step of `advance`: what depends on time passing is looked at at least daily."""

SCHEDULE_ATTEMPTS = 3
_RETRY_S = (0.1, 0.3)
_TTL_EVERY_S = 30.0
_AFTER_FAILURE_S = 1.0
_BREATH_S = 0.005  # what comes in a burst is looked at once
_ACCESS_KEY = "LCPUMP"


class Source(Protocol):
    """Something that has events to deliver."""

    name: str

    def pending(self) -> bool:
        """Whether there is anything to deliver, now or at a retry."""
        ...

    def step(self) -> bool:
        """Delivers what it can; True when it should be asked again at once."""
        ...


class _Runner:
    """Runs one source in its own thread, so that a slow function delays only its own events."""

    def __init__(self, source: Source, stop: threading.Event) -> None:
        self.source = source
        self.wake = threading.Event()
        self.running = False
        self._stop = stop
        self.thread = threading.Thread(target=self._run, daemon=True, name=f"pump {source.name}")

    def _run(self) -> None:
        while True:
            self.wake.wait()
            self.running = True
            self.wake.clear()
            if self._stop.is_set():
                return
            try:
                while self.source.step() and not self._stop.is_set():
                    pass
            except Exception:  # noqa: BLE001 - a source must survive whatever one event does to it
                if not self._stop.is_set():
                    traceback.print_exc()
                    self._stop.wait(POLL_S)
            finally:
                self.running = False


class Pump:
    """Delivers the events of one started core.

    `since_s` is the virtual time from which schedules count: the time of a restored snapshot, so
    that what was missed while the machine was off is caught up. Default: now.
    """

    def __init__(self, core: "Core", since_s: float | None = None) -> None:
        self._core = core
        deployer = core.deployer
        self._backends = Backends(deployer.account_id, deployer.region, core.backoffs)
        self._delivery = Delivery(core.edge, self._boto)
        self._book = Book(core.clock.now() if since_s is None else since_s)
        self._haste = Haste()
        self._stop = threading.Event()
        self._firing = threading.RLock()
        self._next_ttl = 0.0
        self._runners = [_Runner(source, self._stop) for source in self._sources()]
        self._threads: list[threading.Thread] = []
        self._rest = Rest(core, self._backends, self._runners, self._stop)
        core.edge.admin_routes["clock"] = self._admin_clock
        core.edge.admin_routes["idle"] = self._admin_idle

    def _boto(self, service: str) -> Any:
        return self._core.deployer.boto(service, _ACCESS_KEY)

    def _sources(self) -> Sequence[Source]:
        deployer, found = self._core.deployer, list[Source]()
        for mapping in deployer.esms:
            if mapping.get("Enabled") in (False, "false"):
                continue
            if mapping["EventSourceArn"].split(":")[2] == "sqs":
                window = Window(mapping, self._haste)
                found.append(
                    QueueSource(mapping, self._backends, self._delivery, self._boto, window)
                )
            elif mapping["EventSourceArn"].split(":")[2] == "dynamodb":
                window = Window(mapping, self._haste)
                found.append(
                    StreamSource(mapping, self._backends, self._delivery, self._now_iso, window)
                )
            else:
                raise NotImplementedError(f"event source {mapping['EventSourceArn']}")
        backends, delivery, boto = self._backends, self._delivery, self._boto
        for url, target in deployer.rule_targets:
            source_arn = str(target.get("RuleArn", ""))
            found.append(TargetQueue(url, target, source_arn, rule_body, backends, delivery, boto))
        for url, subscription in deployer.sns_targets:
            target = {
                "Arn": subscription["Endpoint"],
                "DeadLetterConfig": {"Arn": _redrive(subscription)},
            }
            topic_arn = subscription["TopicArn"]
            body = topic_body(topic_arn, f"{topic_arn}:{url.rsplit('/', 1)[-1]}")
            found.append(TargetQueue(url, target, topic_arn, body, backends, delivery, boto))
        return found

    def _now_iso(self) -> str:
        return self._core.clock.datetime().isoformat(timespec="milliseconds")

    # Life

    def start(self) -> "Pump":
        """Starts all threads; returns itself."""
        for runner in self._runners:
            runner.thread.start()
        self._threads = [
            threading.Thread(target=self._dispatch, daemon=True, name="pump"),
            threading.Thread(target=self._watch_clock, daemon=True, name="pump schedules"),
        ]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stops delivering and waits for the threads; what is not delivered stays where it is."""
        self._stop.set()
        self._core.edge.wake.set()
        for runner in self._runners:
            runner.wake.set()
        deadline_s = time.monotonic() + timeout_s
        for thread in [*self._threads, *(runner.thread for runner in self._runners)]:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(max(0.0, deadline_s - time.monotonic()))

    def _dispatch(self) -> None:
        wake = self._core.edge.wake
        while not self._stop.is_set():
            wake.wait(POLL_S)
            wake.clear()
            for runner in self._runners:
                if runner.source.pending():
                    runner.wake.set()
            self._stop.wait(_BREATH_S)

    def _wake_all(self) -> None:
        for runner in self._runners:
            runner.wake.set()

    def _watch_clock(self) -> None:
        while not self._stop.wait(POLL_S):
            # While `advance` moves the clock it fires the schedules itself.
            if not self._firing.acquire(blocking=False):
                continue
            try:
                self._fire_due()
                if self._core.clock.now() >= self._next_ttl:
                    self._sweep_ttl()
            except Exception:  # noqa: BLE001 - a broken schedule must not end all of them
                if not self._stop.is_set():
                    traceback.print_exc()
                    self._stop.wait(_AFTER_FAILURE_S)
            finally:
                self._firing.release()

    def _sweep_ttl(self) -> None:
        core = self._core
        now_s = core.clock.now()
        self._next_ttl = now_s + _TTL_EVERY_S
        if ttl.sweep(core.deployer.tables, self._backends, core.edge.calls, now_s):
            self._wake_all()

    # Schedules

    def _refresh(self) -> None:
        self._book.refresh(
            self._backends.schedules(),
            self._core.deployer.scheduled_rules,
            self._core.clock.now(),
        )

    def _fire_due(
        self, settle_s: float = 60.0, *, follow: bool = False, ticks: bool = True
    ) -> bool:
        """Fires everything due now, `ticks`: sub-hourly schedules too; `_firing` is held.

        Returns whether there was anything.
        """
        self._refresh()
        known = self._book.entries.values()
        entries = [entry for entry in known if ticks or not entry.recurrence.sub_hourly]
        due = plan(entries, self._core.clock.now())
        for position, occurrence in enumerate(due):
            if self._stop.is_set():
                return False
            if position and not occurrence.entry.recurrence.sub_hourly:
                self._settle(settle_s, follow=follow)
            self._book.settle(occurrence)
            for target in occurrence.entry.targets:
                self._fire(occurrence, target)
            self._after(occurrence)
        return bool(due)

    def _fire(self, occurrence: Occurrence, target: Any) -> None:
        policy = target.get("RetryPolicy") or {}
        allowed = min(SCHEDULE_ATTEMPTS, int(policy.get("MaximumRetryAttempts", 185)) + 1)
        deployer = self._core.deployer
        body = ""
        for attempt in range(1, allowed + 1):
            body = body_of(occurrence, target, attempt, deployer.account_id, deployer.region)
            try:
                self._delivery.send(target, body, occurrence.entry.arn, occurrence.execution_id)
                return
            except DeliveryFailed:
                if attempt < allowed:
                    time.sleep(_RETRY_S[min(attempt, len(_RETRY_S)) - 1])
        dead_letter = (target.get("DeadLetterConfig") or {}).get("Arn")
        if dead_letter:
            self._delivery.to_queue(dead_letter, body)

    def _after(self, occurrence: Occurrence) -> None:
        if occurrence.entry.delete_after:
            group, name = occurrence.entry.arn.split("/")[-2:]
            self._boto("scheduler").delete_schedule(GroupName=group, Name=name)
            self._book.entries.pop(occurrence.entry.arn, None)

    # Rest and time

    def idle(self, timeout_s: float = 10.0) -> bool:
        """Waits until nothing is going on; False when that took longer than `timeout_s`.

        Idle means: nothing to deliver or to retry, no schedule due, no invocation running or
        waiting for a retry, and every running execution parked (in a Wait state, or waiting for a
        task token). SQS messages that wait for their visibility timeout do not count.
        """
        with self._haste:
            self._wake_all()
            return self._rest.reached(timeout_s, self._schedules_due) is None

    def _settle(self, timeout_s: float, *, follow: bool = False) -> None:
        """Waits for idleness, schedules aside; raises NotIdle.

        `follow`: the clock goes straight to the next attempts of executions, at most a minute on.
        """
        with self._haste:
            self._wake_all()
            follow_s = self._core.clock.now() + FOLLOWED_S if follow else None
            reason = self._rest.reached(timeout_s, follow_until_s=follow_s)
        if reason is not None:
            raise NotIdle(f"still going on after {timeout_s:.0f} s: {reason}")

    def _schedules_due(self) -> bool:
        if not self._firing.acquire(blocking=False):
            return True
        try:
            self._refresh()
            return bool(plan(self._book.entries.values(), self._core.clock.now()))
        finally:
            self._firing.release()

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        step_timeout_s: float = 60.0,
    ) -> float:
        """Moves the virtual clock step by step; returns the new time in seconds.

        It stops at each occurrence of a schedule with a period of an hour or more, at each next
        attempt of an execution that pauses before a retry, and at least once a day; it fires what
        is due and waits until its work is idle before it goes on. Sub-hourly schedules fire twice
        a day and at the end: missed ticks collapse into one.

        Raises ValueError for a negative step and NotIdle when a step's work takes longer than
        `step_timeout_s` real seconds; the clock then stays where it stopped.
        """
        clock = self._core.clock
        span_s = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if span_s < 0:
            raise ValueError("the virtual clock does not go backwards")
        target_s = clock.now() + span_s
        with self._firing:
            self._settle(step_timeout_s, follow=True)
            ticked_s = clock.now()
            while True:
                self._refresh()
                now_s = clock.now()
                stop_s = self._next_stop_s(now_s, max(now_s, min(target_s, now_s + STEP_S)))
                clock.advance(seconds=max(0.0, stop_s - clock.now()))
                self._sweep_ttl()
                self._settle(step_timeout_s, follow=True)
                is_last = stop_s >= target_s or clock.now() >= target_s
                ticks = is_last or stop_s >= ticked_s + TICKS_EVERY_S
                ticked_s = stop_s if ticks else ticked_s
                if self._fire_due(step_timeout_s, follow=True, ticks=ticks):
                    self._settle(step_timeout_s, follow=True)
                if is_last:
                    return clock.now()

    def _next_stop_s(self, now_s: float, limit_s: float) -> float:
        """The next schedule of an hour or more, or next attempt of an execution, by the limit."""
        stop_s = next_stop(self._book.entries.values(), limit_s)
        pauses = self._backends.execution_activity().pauses
        return max(now_s, min([limit_s, *pauses, *([] if stop_s is None else [stop_s])]))

    # Administration

    def _admin_clock(self, body: Any) -> Any:
        """`{advance: {days, hours, minutes, seconds}}` moves the clock, `{}` only reports."""
        if "advance" in body:
            self.advance(**body["advance"])
        clock = self._core.clock
        return {
            "now": clock.now(),
            "iso": clock.datetime().isoformat(),
            "offset_s": clock.offset_s,
        }

    def _admin_idle(self, body: Any) -> Any:
        """`{timeout_s}` waits; the answer says whether all is idle."""
        return {"idle": self.idle(float(body.get("timeout_s", 10.0)))}


def _redrive(subscription: Any) -> str | None:
    policy = subscription.get("RedrivePolicy")
    return policy.get("deadLetterTargetArn") if isinstance(policy, dict) else None
