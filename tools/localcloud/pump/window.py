"""The batching window of an event source: waits for more events, unless somebody waits for rest."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any


class Haste:
    """Whether windows are cut short, because a test or a step of the clock waits for rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = 0

    def __enter__(self) -> None:
        with self._lock:
            self._waiting += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._waiting -= 1

    def __bool__(self) -> bool:
        return self._waiting > 0


class Window:
    """`MaximumBatchingWindowInSeconds` of one mapping, in real seconds."""

    def __init__(
        self,
        mapping: Mapping[str, Any],
        haste: Haste,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._span_s = float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        self._haste = haste
        self._monotonic = monotonic
        self._opened_at: float | None = None

    def closed(self, waiting: int, batch: int) -> bool:
        """Whether `waiting` events are to be delivered now; the next ask opens a new window."""
        if not self._span_s:
            return True
        now = self._monotonic()
        if self._opened_at is None:
            self._opened_at = now
        if waiting < batch and now < self._opened_at + self._span_s and not self._haste:
            return False
        self._opened_at = None
        return True
