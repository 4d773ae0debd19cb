"""Whether anything is going on, and waiting until nothing is."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tools.localcloud.pump.backends import Backends

if TYPE_CHECKING:
    from tools.localcloud.core import Core

_QUIET_S = 0.015
_QUIET_LOOKS = 3


class NotIdle(Exception):
    """Work did not come to rest in time; the message says what is still going on."""


class _Pending(Protocol):
    @property
    def name(self) -> str: ...

    def pending(self) -> bool: ...


class Runner(Protocol):
    """What delivers the events of one source."""

    @property
    def source(self) -> _Pending: ...

    @property
    def running(self) -> bool: ...


class Look(NamedTuple):
    """One look around: what is going on (None: nothing), a pair of numbers that changes with any
    activity, and when executions that only pause before a retry go on (virtual seconds)."""

    reason: str | None
    state: tuple[int, int]
    pauses: list[float]


class Rest:
    """Looks at every part of one started core, in process."""

    def __init__(
        self, core: "Core", backends: Backends, runners: Sequence[Runner], stop: threading.Event
    ) -> None:
        self._core = core
        self._backends = backends
        self._runners = runners
        self._stop = stop

    def reached(
        self,
        timeout_s: float,
        schedules_due: Callable[[], bool] = lambda: False,
        follow_until_s: float | None = None,
    ) -> str | None:
        """None once the same quiet state was seen several times, else what is going on.

        Pauses before retries are waited for. With `follow_until_s` the clock goes straight to
        their ends instead, and those that end later than that do not count.
        """
        deadline_s = time.monotonic() + timeout_s
        seen, looks = (-1, -1), 0
        while True:
            look = self._look(schedules_due)
            reason = look.reason
            if reason is None and look.pauses and follow_until_s is None:
                reason = "executions pause before a retry"
            looks = looks + 1 if reason is None and look.state == seen else int(reason is None)
            seen = look.state
            if looks >= _QUIET_LOOKS:
                if follow_until_s is None or not self._followed(look.pauses, follow_until_s):
                    return None
                looks = 0
            if time.monotonic() > deadline_s or self._stop.is_set():
                return reason or "it does not come to rest"
            self._stop.wait(_QUIET_S)

    def _followed(self, pauses: list[float], until_s: float) -> bool:
        """Whether the clock was moved to the next end of a pause."""
        next_s = min(pauses, default=until_s + 1)
        if next_s > until_s:
            return False
        clock = self._core.clock
        clock.advance(seconds=max(0.0, next_s - clock.now()))
        return True

    def _look(self, schedules_due: Callable[[], bool]) -> Look:
        edge = self._core.edge
        activity = self._backends.execution_activity()
        state = (len(edge.calls), activity.events)
        return Look(self._reason(activity.busy, schedules_due), state, activity.pauses)

    def _reason(self, busy: list[str], schedules_due: Callable[[], bool]) -> str | None:
        for runner in self._runners:
            if runner.running or runner.source.pending():
                return runner.source.name
        if invocations := self._core.edge.busy():
            return f"{invocations} invocations"
        if busy:
            return f"executions {', '.join(busy[:3])}"
        if self._core.clock.stirring():
            return "sleepers wake up"
        return "schedules are due" if schedules_due() else None
