"""Failure modes of a sandbox: what a partner does wrong, for how many calls, on which paths."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from tools.partners.journal import JsonObject


class Mode(StrEnum):
    """What happens to a matching request; all but SLOW and DROP leave it unprocessed."""

    OK = "ok"
    DOWN = "down"  # 503
    SLOW = "slow"  # sleeps, then answers normally
    DROP = "drop"  # processed, then the connection closes without an answer
    DROP_BEFORE = "drop_before"  # closes without processing
    NONSENSE = "nonsense"  # 200 with JSON of the wrong shape
    GARBAGE = "garbage"  # 200 with a body that is not JSON


@dataclass(slots=True)
class _Rule:
    mode: Mode
    match: str
    remaining: int | None  # None = until cleared
    seconds: float


class FailureBook:
    """The rules in force; the first match with calls remaining wins. Thread safe."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def set(self, order: JsonObject) -> None:
        """Apply a `_control/mode` body; `ok` removes the rule of that path prefix (all without).

        Raises ValueError or KeyError for a malformed order.
        """
        mode = Mode(order["mode"])
        match = str(order.get("match", ""))
        times = order.get("times")
        rule = _Rule(
            mode=mode,
            match=match,
            remaining=None if times is None else int(times),
            seconds=float(order.get("seconds", 5.0)),
        )
        with self._lock:
            if mode is Mode.OK and not match:
                self._rules.clear()
                return
            self._rules = [known for known in self._rules if known.match != match]
            if mode is not Mode.OK:
                self._rules.append(rule)

    def clear(self) -> None:
        """Back to a healthy partner."""
        with self._lock:
            self._rules.clear()

    def take(self, path: str) -> tuple[Mode, float]:
        """Consume and return (mode, seconds) for one request on `path`."""
        with self._lock:
            for rule in self._rules:
                if path.startswith(rule.match) and rule.remaining != 0:
                    if rule.remaining is not None:
                        rule.remaining -= 1
                    return rule.mode, rule.seconds
        return Mode.OK, 0.0
