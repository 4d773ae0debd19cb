"""The pauses before retries of Step Functions tasks, in virtual time.

An execution that only waits for its next attempt is at rest until a known time. Whoever moves the
clock can go straight there instead of waiting for it at real speed.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.localcloud.clock import VirtualClock


class Backoffs:
    """Which histories wait for a next attempt, and until when (virtual seconds)."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pauses: dict[int, tuple[int, float]] = {}
        self._current = threading.local()

    @contextmanager
    def of(self, history: object) -> Iterator[None]:
        """Pauses of this thread inside the block belong to `history`."""
        self._current.history = id(history)
        try:
            yield
        finally:
            self._current.history = 0

    def sleep(self, seconds: float) -> None:
        """Pauses for virtual seconds."""
        key = threading.get_ident()
        history = getattr(self._current, "history", 0)
        with self._lock:
            self._pauses[key] = history, self._clock.now() + seconds
        try:
            self._clock.wait(seconds)
        finally:
            with self._lock:
                del self._pauses[key]

    def ends_of(self, history: object) -> list[float]:
        """When the pauses of a history end, earliest first; empty when it makes none."""
        wanted = id(history)
        with self._lock:
            return sorted(end for owner, end in self._pauses.values() if owner == wanted)


def install(backoffs: Backoffs, retrier_module: Any) -> None:
    """Patches moto's retrier; `retrier_module` is the module that sleeps. Repeating it rebinds."""
    retrier = retrier_module.RetrierDecl
    original = getattr(retrier, "_without_backoffs", None) or retrier._eval_body

    def eval_body(self: Any, env: Any) -> None:
        with backoffs.of(env.event_manager._history_event_list):
            original(self, env)

    retrier._without_backoffs = original
    retrier._eval_body = eval_body
    retrier_module.time = type("VirtualTime", (), {"sleep": staticmethod(backoffs.sleep)})
