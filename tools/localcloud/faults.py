"""Fault rules: data that makes calls, invocations or deliveries fail in a chosen way."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_WHEN = frozenset({"before", "after"})
_DO = frozenset({"error", "kill", "dup", "delay"})
_KEYS = frozenset({"match", "when", "do", "times", "code", "status", "delay_s"})
_MATCH_KEYS = frozenset({"function", "call", "service", "resource", "delivery"})


class InvalidFault(ValueError):
    """A rule has an unknown key, value or regular expression."""


@dataclass
class Fault:
    """One rule: `do` it `when` (before or after) for the next `times` matches.

    With `call`, `service` or `resource` in `match` it hits API calls (then `function` is the
    caller); with `delivery` it hits pump deliveries; with `function` alone, invocations.
    """

    match: Mapping[str, str]
    when: str = "before"
    do: str = "error"
    times: int = 1
    code: str = "InternalServerError"
    status: int = 500
    delay_s: float = 0.1
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        unknown = self.match.keys() - _MATCH_KEYS
        if unknown or self.when not in _WHEN or self.do not in _DO:
            raise InvalidFault(f"fault {dict(self.match)} {self.when} {self.do}")
        try:
            self._patterns = {key: re.compile(text) for key, text in self.match.items()}
        except re.error as broken:
            raise InvalidFault(str(broken)) from broken

    @property
    def kind(self) -> str:
        """What the rule hits: call, delivery or invoke."""
        if "delivery" in self.match:
            return "delivery"
        return "call" if self.match.keys() & {"call", "service", "resource"} else "invoke"

    def hits(self, wanted: Mapping[str, Iterable[str]]) -> bool:
        """Whether each pattern matches one of the wanted names completely."""
        return all(
            any(pattern.fullmatch(name) for name in wanted.get(key, ()))
            for key, pattern in self._patterns.items()
        )


def parse_fault(rule: Mapping[str, Any]) -> Fault:
    """Makes a rule of its JSON form; raises InvalidFault."""
    if rule.keys() - _KEYS or not isinstance(rule.get("match"), Mapping):
        raise InvalidFault(f"fault rule {dict(rule)}")
    return Fault(**rule)


class FaultBook:
    """The active rules; all members may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    def add(self, rule: Mapping[str, Any]) -> Fault:
        """Appends one rule given as JSON; its `times` counts down as it fires."""
        fault = parse_fault(rule)
        with self._lock:
            self._rules.append(fault)
        return fault

    def replace(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Replaces all rules."""
        parsed = [parse_fault(rule) for rule in rules]
        with self._lock:
            self._rules = parsed

    def clear(self) -> None:
        """Removes all rules."""
        self.replace(())

    def remaining(self) -> int:
        """How many times rules can still fire."""
        with self._lock:
            return sum(rule.times for rule in self._rules)

    def take(self, kind: str, wanted: Mapping[str, Iterable[str]]) -> Fault | None:
        """Uses up one firing of the first rule that hits, or None."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.times > 0 and rule.kind == kind and rule.hits(wanted):
                    rule.times -= 1
                    return rule
        return None
