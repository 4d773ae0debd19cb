"""A small vocabulary for the shape of product data: every wrong place is told, none raises.

A check takes a value and the place it stands at, and yields one line for each thing wrong.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

type Check = Callable[[Any, str], Iterator[str]]

CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
PERCENT: Final = re.compile(r"\d{1,4}(\.\d{1,6})?", re.ASCII)


def whole(least: int = 0, most: int = 10**13) -> Check:
    """An integer within limits."""

    def check(value: Any, at: str) -> Iterator[str]:
        if type(value) is not int or not least <= value <= most:
            yield f"{at}: a whole number from {least} to {most}"

    return check


def flag(value: Any, at: str) -> Iterator[str]:
    """true or false."""
    if not isinstance(value, bool):
        yield f"{at}: true or false"


def text(pattern: re.Pattern[str], wanted: str) -> Check:
    """A string of this form."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            yield f"{at}: {wanted}"

    return check


code = text(CODE, "a code of small letters, digits and _")
percent = text(PERCENT, 'a percentage as a decimal string such as "2.5"')


def one_of(*names: str) -> Check:
    """One of the names."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or value not in names:
            yield f"{at}: one of {', '.join(names)}"

    return check


def maybe(inner: Check) -> Check:
    """null, or what `inner` wants."""

    def check(value: Any, at: str) -> Iterator[str]:
        if value is not None:
            yield from inner(value, at)

    return check


def each(inner: Check) -> Check:
    """A list; `inner` checks each entry."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{at}: a list"
            return
        for index, one in enumerate(value):
            yield from inner(one, f"{at}[{index}]")

    return check


def shape(fields: Mapping[str, Check], optional: frozenset[str] = frozenset()) -> Check:
    """An object with exactly these fields; the optional ones may be left out."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at}: an object"
            return
        for name in sorted(set(value) - set(fields)):
            yield f"{at}.{name}: unknown field"
        for name, inner in fields.items():
            if name in value:
                yield from inner(value[name], f"{at}.{name}")
            elif name not in optional:
                yield f"{at}.{name}: missing"

    return check
