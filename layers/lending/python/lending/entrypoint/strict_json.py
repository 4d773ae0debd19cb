"""JSON as money needs it: no duplicate keys, no floats, no NaN, UTF-8 only, bounded depth.

The standard parser keeps the last of two equal keys and makes binary floats; both let two
readers of one body see different amounts. Each finding carries a JSON pointer or a line.
"""

import json
from dataclasses import dataclass
from typing import Final

from lending.entrypoint.problems import FieldError, Refused

DEPTH_MAX: Final = 16
INTEGER_MAX: Final = 2**53 - 1  # beyond it JavaScript clients would silently round


@dataclass(frozen=True, slots=True)
class _Float:
    text: str


@dataclass(frozen=True, slots=True)
class _Constant:
    text: str


class _Object(dict[str, object]):
    """A parsed object that remembers which keys came twice."""

    duplicates: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, object]]) -> _Object:
    parsed = _Object(pairs)
    if len(parsed) != len(pairs):
        keys = [key for key, _ in pairs]
        parsed.duplicates = tuple(sorted({key for key in keys if keys.count(key) > 1}))
    return parsed


def _pointer(parent: str, key: str | int) -> str:
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _is_text(value: str) -> bool:
    """False for lone surrogates, which no UTF-8 store can keep."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


class _Findings:
    """Walks a parsed document; `malformed` are 400s, `fields` are 422s."""

    def __init__(self) -> None:
        self.malformed: list[FieldError] = []
        self.fields: list[FieldError] = []

    def walk(self, value: object, at: str = "", depth: int = 1) -> None:
        if depth > DEPTH_MAX:
            self.malformed.append(FieldError(at, f"nested deeper than {DEPTH_MAX}"))
            return
        match value:
            case _Float(text):
                self.fields.append(FieldError(at, f"{text[:32]} is not an integer"))
            case _Constant(text):
                self.malformed.append(FieldError(at, f"{text} is not JSON"))
            case bool() | None:
                pass
            case int():
                if abs(value) > INTEGER_MAX:
                    self.fields.append(FieldError(at, "integer is too large"))
            case str():
                if not _is_text(value):
                    self.malformed.append(FieldError(at, "text is not valid Unicode"))
            case _Object():
                for key in value.duplicates:
                    self.malformed.append(FieldError(_pointer(at, key), "key appears twice"))
                for key, item in value.items():
                    if not _is_text(key):
                        self.malformed.append(FieldError(at, "a key is not valid Unicode"))
                        continue
                    self.walk(item, _pointer(at, key), depth + 1)
            case list():
                for index, item in enumerate(value):
                    self.walk(item, _pointer(at, index), depth + 1)


def parse_object(raw: bytes) -> dict[str, object]:
    """The JSON object in `raw`.

    Raises:
        Refused: 400 invalid_json (not UTF-8, syntax, twice-used key, NaN, too deep, not an
            object) or 422 invalid_field (a float or an integer beyond 2^53 - 1).
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _malformed(FieldError("", f"line {line}: not UTF-8")) from None
    try:
        document = json.loads(
            text, object_pairs_hook=_object, parse_float=_Float, parse_constant=_Constant
        )
    except json.JSONDecodeError as error:
        raise _malformed(FieldError("", f"line {error.lineno}: {error.msg}")) from None
    except RecursionError:
        raise _malformed(FieldError("", f"nested deeper than {DEPTH_MAX}")) from None
    except ValueError:  # an integer with more digits than Python converts
        raise _malformed(FieldError("", "a number is too long")) from None
    findings = _Findings()
    findings.walk(document)
    if findings.malformed:
        raise _malformed(*findings.malformed)
    if not isinstance(document, dict):
        raise _malformed(FieldError("", "the body must be an object"))
    if findings.fields:
        raise Refused(422, "invalid_field", "Some fields are wrong.", findings.fields)
    return document


def _malformed(*errors: FieldError) -> Refused:
    return Refused(400, "invalid_json", "The body is not acceptable JSON.", errors[:20])
