"""A circuit breaker: a partner that keeps failing is left alone for a moment, then tried once.

Its state is shared by all calls of one process (a Lambda container, a worker here): no store has
to be asked before a partner is, and a partner that is down for one container only is asked on by
the others.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal

from lending.domain.faults import CircuitOpen, PartnerUnavailable

OPEN_AFTER: Final = 8  # failed calls in a row
COOL_DOWN_S: Final = 10.0


class Circuit:
    """Closed: every call goes through. Open: none does. Half-open: one, which decides.

    `counts` holds how often it was asked, failed, refused, opened and probed.
    """

    def __init__(
        self, name: str, *, open_after: int = OPEN_AFTER, cool_down_s: float = COOL_DOWN_S
    ) -> None:
        self._name = name
        self._open_after = open_after
        self._cool_down_s = cool_down_s
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until_s: float | None = None
        self._probing = False
        self.counts: Counter[str] = Counter()

    @property
    def state(self) -> Literal["closed", "open", "half_open"]:
        """What the next call meets."""
        with self._lock:
            if self._open_until_s is None:
                return "closed"
            return "open" if time.monotonic() < self._open_until_s else "half_open"

    def run[T](self, ask: Callable[[], T]) -> T:
        """`ask`, unless the circuit is open.

        Raises:
            CircuitOpen: it is not asked now.  PartnerUnavailable: as `ask` raised it.
        """
        self._enter()
        try:
            answer = ask()
        except PartnerUnavailable:
            self._failed()
            raise
        except BaseException:
            with self._lock:  # says nothing about the partner
                self._probing = False
            raise
        self._succeeded()
        return answer

    def _enter(self) -> None:
        with self._lock:
            if self._open_until_s is not None:
                if self._probing or time.monotonic() < self._open_until_s:
                    self.counts["refused"] += 1
                    raise CircuitOpen(f"{self._name}: circuit open")
                self._probing = True
                self.counts["probed"] += 1
            self.counts["asked"] += 1

    def _failed(self) -> None:
        with self._lock:
            self.counts["failed"] += 1
            self._failures += 1
            if self._probing or self._failures >= self._open_after:
                self.counts["opened"] += 1
                self._open_until_s = time.monotonic() + self._cool_down_s
            self._probing = False

    def _succeeded(self) -> None:
        with self._lock:
            self._failures, self._open_until_s, self._probing = 0, None, False
