"""Filter criteria of Lambda event source mappings.

The syntax is that of EventBridge event patterns: a record passes when one of the filters does, a
filter when every key it names matches, a list when one of its rules does.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_ABSENT: Any = object()
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class InvalidPattern(ValueError):
    """A filter uses an operator that does not exist or has the wrong shape."""


def compile_filters(criteria: Mapping[str, Any] | None) -> Callable[[Any], bool]:
    """A predicate for the resolved `FilterCriteria` property; None passes everything.

    Raises InvalidPattern for a pattern that is not a JSON object.
    """
    patterns: list[Mapping[str, Any]] = []
    for entry in (criteria or {}).get("Filters") or ():
        pattern = entry["Pattern"]
        parsed = json.loads(pattern) if isinstance(pattern, str) else pattern
        if not isinstance(parsed, Mapping):
            raise InvalidPattern(str(pattern))
        patterns.append(parsed)
    if not patterns:
        return lambda _record: True
    return lambda record: any(matches(pattern, record) for pattern in patterns)


def matches(pattern: Mapping[str, Any], record: Any) -> bool:
    """Whether `record` (JSON) matches one pattern; raises InvalidPattern."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(option, record) for option in wanted):
                return False
            continue
        value = record.get(key, _ABSENT) if isinstance(record, Mapping) else _ABSENT
        if isinstance(wanted, Mapping):
            inner = {} if value is _ABSENT else value
            values = inner if isinstance(inner, list) else [inner]
            if not any(matches(wanted, one) for one in values):
                return False
        elif isinstance(wanted, list):
            if not any(_passes(rule, value) for rule in wanted):
                return False
        else:
            raise InvalidPattern(f"{key}: {wanted!r} must be a list or an object")
    return True


def _passes(rule: Any, value: Any) -> bool:
    if isinstance(rule, Mapping):
        if len(rule) != 1:
            raise InvalidPattern(f"{rule!r} must have one operator")
        ((operator, argument),) = rule.items()
        if operator == "exists":
            return (value is not _ABSENT) is bool(argument)
        if operator == "anything-but":
            return value is not _ABSENT and not _any_of(argument, value)
        test = _operator(operator)
        return value is not _ABSENT and any(test(argument, one) for one in _each(value))
    return value is not _ABSENT and any(_equal(rule, one) for one in _each(value))


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _equal(wanted: Any, value: Any) -> bool:
    # JSON true is not the number 1.
    return bool(wanted == value) and isinstance(wanted, bool) == isinstance(value, bool)


def _any_of(argument: Any, value: Any) -> bool:
    """Whether the argument of `anything-but` (value, list or operator) matches."""
    return any(_passes(rule, value) for rule in _each(argument))


def _text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def checked(argument: Any, value: Any) -> bool:
        if isinstance(argument, Mapping):
            wanted = argument["equals-ignore-case"].casefold()
            return isinstance(value, str) and test(wanted, value.casefold())
        options = argument if isinstance(argument, list) else [argument]
        return isinstance(value, str) and any(test(option, value) for option in options)

    return checked


def _numeric(argument: Any, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(
        _COMPARE[sign](value, bound)
        for sign, bound in zip(argument[::2], argument[1::2], strict=True)
    )


def _wildcard(wanted: str, value: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in wanted.split("*")), value) is not None


def _in_network(network: Any, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _text(lambda wanted, value: value.startswith(wanted)),
    "suffix": _text(lambda wanted, value: value.endswith(wanted)),
    "equals-ignore-case": _text(lambda wanted, value: value.casefold() == wanted.casefold()),
    "wildcard": _text(_wildcard),
    "numeric": _numeric,
    "cidr": _in_network,
}


def _operator(name: str) -> Callable[[Any, Any], bool]:
    try:
        return _OPERATORS[name]
    except KeyError:
        raise InvalidPattern(f"operator {name!r}") from None
