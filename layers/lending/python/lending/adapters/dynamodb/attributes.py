"""Attribute types that keep what they are given: integers stay integers, times keep their zone.

pynamodb's own NumberAttribute goes through float, so it is never used here.
"""

import json
from datetime import date, datetime
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER, STRING

from lending.domain.records import State


def _no_float(text: str) -> object:
    raise ValueError(f"a stored document contains the float {text}")


class IntegerAttribute(Attribute[int]):
    """An exact integer as a DynamoDB number."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{self.attr_name} is not an integer")
        return str(value)

    def deserialize(self, value: str) -> int:
        return int(value)  # ValueError for "1.5": money is never rounded silently


class InstantAttribute(Attribute[datetime]):
    """An aware time as ISO 8601, with its own offset (hashes are made over that text)."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        if value.tzinfo is None:
            raise TypeError(f"{self.attr_name} has no time zone")
        return value.isoformat()

    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


class DayAttribute(Attribute[date]):
    """A calendar day as ISO 8601."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        if isinstance(value, datetime):
            raise TypeError(f"{self.attr_name} is a day, not a time")
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class StateAttribute(Attribute[State]):
    """A lifecycle state by name; an unknown name is a corrupt row."""

    attr_type = STRING

    def serialize(self, value: State) -> str:
        return value.value

    def deserialize(self, value: str) -> State:
        return State(value)


class JsonAttribute(Attribute[Any]):
    """A small nested document as compact JSON text; floats are refused both ways."""

    attr_type = STRING

    def serialize(self, value: Any) -> str:
        text = json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
        )
        json.loads(text, parse_float=_no_float)
        return text

    def deserialize(self, value: str) -> Any:
        return json.loads(value, parse_float=_no_float)


class TextsAttribute(Attribute[tuple[str, ...]]):
    """Several short texts in order."""

    attr_type = STRING

    def serialize(self, value: tuple[str, ...]) -> str:
        return json.dumps(list(value), ensure_ascii=False, separators=(",", ":"))

    def deserialize(self, value: str) -> tuple[str, ...]:
        return tuple(str(text) for text in json.loads(value))
