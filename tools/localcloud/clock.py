"""The virtual clock: real time plus an offset that tests and demos move forward."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A sleeper looks at its stop event at least this often; advancing the clock wakes it at once.
_POLL_S = 0.25


class VirtualClock:
    """Time of the local cloud in seconds since the Unix epoch.

    The clock runs at real speed and never goes backwards through `advance`.
    All members may be used from any thread.
    """

    def __init__(self, real_now: Callable[[], float] = time.time) -> None:
        self._real_now = real_now
        self._offset_s = 0.0
        self._moved = threading.Condition()
        # Conditions of waiting virtual events; a sleeping thread holds its own reference.
        self._sleepers: dict[int, threading.Condition] = {}
        self._ends: dict[int, float] = {}  # of every timed sleep, by thread
        self._listeners: list[Callable[[float], None]] = []

    @property
    def offset_s(self) -> float:
        """Seconds this clock is ahead of the real one."""
        return self._offset_s

    def now(self) -> float:
        """Virtual time in seconds since the Unix epoch."""
        return self._real_now() + self._offset_s

    def now_ms(self) -> int:
        """Virtual time in whole milliseconds since the Unix epoch."""
        return int(self.now() * 1000)

    def datetime(self) -> dt.datetime:
        """Virtual time as an aware UTC datetime."""
        return dt.datetime.fromtimestamp(self.now(), tz=dt.UTC)

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> float:
        """Moves the clock forward; returns the new time in seconds.

        Raises ValueError for a negative step.
        """
        step_s = dt.timedelta(
            days=days, hours=hours, minutes=minutes, seconds=seconds
        ).total_seconds()
        if step_s < 0:
            raise ValueError("the virtual clock does not go backwards")
        return self.set_offset(self._offset_s + step_s)

    def set_offset(self, offset_s: float) -> float:
        """Sets the distance to the real clock (restoring a snapshot); returns the new time."""
        with self._moved:
            self._offset_s = offset_s
            self._moved.notify_all()
        for woken in list(self._sleepers.values()):
            with woken:
                woken.notify_all()
        now_s = self.now()
        for listener in list(self._listeners):
            listener(now_s)
        return now_s

    def add_listener(self, listener: Callable[[float], None]) -> None:
        """Calls `listener(now_s)` after each move of the clock."""
        self._listeners.append(listener)

    def wait(self, seconds: float, stop: threading.Event | None = None) -> bool:
        """Sleeps for `seconds` of virtual time. Returns True when `stop` ended the sleep early."""
        deadline_s = self.now() + seconds
        with self._until(deadline_s):
            while not (stop is not None and stop.is_set()):
                with self._moved:
                    left_s = deadline_s - self.now()
                    if left_s <= 0:
                        return False
                    self._moved.wait(min(left_s, _POLL_S) if stop is not None else left_s)
        return True

    def stirring(self) -> bool:
        """Whether a sleep is over whose thread has not yet run on."""
        now_s = self.now()
        return any(end_s <= now_s for end_s in list(self._ends.values()))

    @contextmanager
    def _until(self, end_s: float) -> Iterator[None]:
        key = threading.get_ident()
        self._ends[key] = end_s
        try:
            yield
        finally:
            del self._ends[key]

    def event(self) -> "VirtualEvent":
        """An event whose wait times are virtual."""
        return VirtualEvent(self)

    def wait_on(self, woken: threading.Condition, left_s: float) -> None:
        """Waits on the held condition `woken` for at most `left_s`, or until the clock moves."""
        key = id(woken)
        self._sleepers[key] = woken
        try:
            with self._until(self.now() + left_s):
                woken.wait(min(left_s, threading.TIMEOUT_MAX))
        finally:
            self._sleepers.pop(key, None)


class VirtualEvent:
    """A `threading.Event` whose timeout passes in virtual time.

    A `set()` directly followed by `clear()` still wakes every waiter.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._woken = threading.Condition()
        self._flag = False
        self._times_set = 0

    def is_set(self) -> bool:
        """Whether the event is set."""
        return self._flag

    def set(self) -> None:
        """Sets the event and wakes every waiter."""
        with self._woken:
            self._flag = True
            self._times_set += 1
            self._woken.notify_all()

    def clear(self) -> None:
        """Resets the event."""
        with self._woken:
            self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the event is set or `timeout` virtual seconds passed; True when set."""
        with self._woken:
            seen = self._times_set
            deadline_s = None if timeout is None else self._clock.now() + timeout
            while not (self._flag or self._times_set != seen):
                if deadline_s is None:
                    self._woken.wait()
                    continue
                left_s = deadline_s - self._clock.now()
                if left_s <= 0:
                    return False
                self._clock.wait_on(self._woken, left_s)
            return True
