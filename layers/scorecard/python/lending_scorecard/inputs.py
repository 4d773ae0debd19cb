"""Raw values -> slots: numbers (NaN = missing), category texts and dates (None = missing).

A reader takes one raw value and answers its slot, or raises TypeError (another type) or ValueError
(unreadable text) with the name of the column. Kinds are described in docs/model-artefact.md.
"""

from __future__ import annotations

import math
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing and collections.abc cost more to import than a score costs.
    from collections.abc import Callable
    from typing import Any

    Reader = Callable[[object], Any]

NAN = math.nan
EXACT = 2**53  # Integers up to here are floats without loss.
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# kind of an input -> kind of its slot
SLOTS = {
    "integer": "number",
    "decimal": "number",
    "number": "number",
    "category": "category",
    "date": "date",
}


def reader(entry: dict[str, Any]) -> Reader:
    """The reader of one declared input. Raises KeyError for an unknown kind."""
    read = _READERS[entry["kind"]](entry["name"])
    codes = entry.get("missing_codes")
    return _without_codes(read, codes, entry["kind"]) if codes else read


def number_text(name: str, text: str) -> float:
    """Text as Python's float reads it, without underscores; empty = NaN."""
    stripped = text.strip()
    if not stripped:
        return NAN
    if "_" in stripped or not stripped.isascii():
        raise ValueError(f"{name} must be a number, not {text!r}")
    try:
        return float(stripped)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {text!r}") from None


def category_text(value: float) -> str:
    """The text of a number: integer digits when it is whole, else its repr."""
    if value.__class__ is int:
        return str(value)
    return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)


def _without_codes(read: Reader, codes: list[object], kind: str) -> Reader:
    texts = frozenset(code for code in codes if isinstance(code, str))
    numbers = frozenset(code for code in codes if isinstance(code, int | float))
    missing = NAN if SLOTS[kind] == "number" else None
    if kind == "category":
        texts |= {category_text(code) for code in numbers}

    def read_known(value: object) -> Any:
        if value.__class__ is str and value.strip() in texts:
            return missing
        slot = read(value)
        return missing if slot in numbers or slot in texts else slot

    return read_known


def bounded(value: int) -> int | float:
    """An integer that may be compared and computed with as a float is."""
    if -EXACT <= value <= EXACT:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _integer(name: str) -> Reader:
    def read(value: object) -> int | float:
        if value.__class__ is int:
            return bounded(value)
        if value is None:
            return NAN
        if isinstance(value, float):
            if math.isfinite(value) and not value.is_integer():
                raise ValueError(f"{name} must be whole, not {value!r}")
            return value
        raise TypeError(f"{name} cannot be a {type(value).__name__}")

    return read


def _decimal(name: str) -> Reader:
    def read(value: object) -> int | float:
        if value.__class__ is str:
            digits = value.replace(".", "", 1)
            if not digits.isdigit():  # Anything but the usual form.
                digits = value.removeprefix("-").replace(".", "", 1)
            if not (digits.isdigit() and digits.isascii()):
                raise ValueError(f"{name} must be a plain decimal")
            return float(value)
        return _measure(name, value)

    return read


def _number(name: str) -> Reader:
    def read(value: object) -> int | float:
        if value.__class__ is str:
            return number_text(name, value)
        return _measure(name, value)

    return read


def _measure(name: str, value: object) -> int | float:
    if value.__class__ is float:
        return value
    if value.__class__ is int:
        return bounded(value)
    if value is None:
        return NAN
    if isinstance(value, float):  # e.g. numpy's
        return float(value)
    decimal = sys.modules.get("decimal")  # Not loaded, then nobody holds a Decimal.
    if decimal is not None and isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"{name} cannot be a {type(value).__name__}")


def _category(name: str) -> Reader:
    def read(value: object) -> str | None:
        if value.__class__ is str:
            return value or None
        if value is None or value != value:
            return None
        if value.__class__ is int or isinstance(value, float):
            return category_text(value)
        raise TypeError(f"{name} cannot be a {type(value).__name__}")

    return read


def _date(name: str) -> Reader:
    def read(value: object) -> tuple[int, int, int | None] | None:
        if value is None or value != value or value == "":
            return None
        if not isinstance(value, str):
            raise TypeError(f"{name} cannot be a {type(value).__name__}")
        found = _calendar(value)
        if found is None or not 1 <= found[1] <= 12 or not 1 <= (found[2] or 1) <= 31:
            raise ValueError(f"{name} must be a date or a month, not {value!r}")
        return found

    return read


def _calendar(text: str) -> tuple[int, int, int | None] | None:
    parts = text[:10].split("-")
    if not all(part.isascii() for part in parts):
        return None
    if len(parts) == 2 and parts[0].lower() in _MONTHS and len(parts[1]) == 4:
        return (
            (int(parts[1]), _MONTHS.index(parts[0].lower()) + 1, None) if _digits(parts) else None
        )
    if [len(part) for part in parts] not in ([4, 2], [4, 2, 2]) or not all(map(str.isdigit, parts)):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2]) if len(parts) == 3 else None


def _digits(parts: list[str]) -> bool:
    return parts[1].isdigit()


_READERS: dict[str, Callable[[str], Reader]] = {
    "integer": _integer,
    "decimal": _decimal,
    "number": _number,
    "category": _category,
    "date": _date,
}
