"""From a raw row to the slots that a model reads: inputs, then features, then level positions."""

from __future__ import annotations

from lending_scorecard.errors import ArtefactCorrupt, MissingColumn, UnknownFeature
from lending_scorecard.inputs import EXACT, NAN, SLOTS, reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from lending_scorecard.inputs import Reader
    from lending_scorecard.transforms import Step

_LEAST = -EXACT
_NUMBERS = {kind: kind for kind, slot in SLOTS.items() if slot == "number"}


class Feature:
    """What a model knows about one feature: its slot, levels (None: a number) and reasons.

    A category's slot holds the position of its level; `unseen` and `missing` come after the last.
    """

    __slots__ = ("levels", "missing_reason", "name", "reason", "sign", "slot")

    def __init__(self, entry: dict[str, Any], slot: int) -> None:
        self.name: str = entry["name"]
        self.slot = slot
        self.levels: tuple[str, ...] | None = tuple(entry["levels"]) if "levels" in entry else None
        self.sign: int = entry.get("sign", 0)
        self.reason: str | None = entry.get("reason")
        self.missing_reason: str | None = entry.get("missing_reason", self.reason)
        if self.sign not in (-1, 0, 1):
            raise ValueError(f"{self.name}: sign must be -1, 0 or 1")
        if self.levels is not None and len(set(self.levels)) != len(self.levels):
            raise ValueError(f"{self.name}: a level twice")

    def slot_of(self, value: object) -> Any:
        """The slot of an already transformed value: a number or a level text; None = missing."""
        if self.levels is None:
            return NAN if value is None else value
        if value is None:
            return len(self.levels) + 1
        known = value in self.levels
        return self.levels.index(value) if known else len(self.levels)

    def is_missing(self, slot: Any) -> bool:
        """Whether a value in this feature's slot is missing (unseen is not)."""
        return bool(slot != slot if self.levels is None else slot == len(self.levels) + 1)


class Columns:
    """Declared inputs and features, compiled. `names` are the inputs, `features` by name."""

    __slots__ = ("_is_strict", "_known", "_required", "_steps", "features", "names", "readers")

    def __init__(self, body: dict[str, Any]) -> None:
        """Raises KeyError, TypeError or ValueError when a declaration is wrong."""
        inputs = body["inputs"]
        self.names: tuple[str, ...] = tuple(entry["name"] for entry in inputs)
        # (name, reader, kind of a number without codes, whose small integers are their own slots)
        self.readers: list[tuple[str, Reader, str]] = [
            (e["name"], reader(e), "" if e.get("missing_codes") else _NUMBERS.get(e["kind"], ""))
            for e in inputs
        ]
        self._required = [e["name"] for e in inputs if e.get("absent", "missing") == "refuse"]
        self._known = frozenset(self.names)
        self._is_strict: bool = {"refuse": True, "ignore": False}[body["other_columns"]]
        self.features: dict[str, Feature] = {}
        self._steps: list[Step] = []
        # name -> (slot of the value itself, its kind)
        made = {e["name"]: (slot, SLOTS[e["kind"]]) for slot, e in enumerate(inputs)}
        if len(made) != len(inputs):
            raise ValueError("an input twice")
        for entry in body["features"]:
            self._declare(entry, made)
        forbidden = (made.keys() | self.features.keys()) & set(body["prohibited"])
        if forbidden:
            raise ArtefactCorrupt(f"prohibited as inputs: {sorted(forbidden)}")

    def _declare(self, entry: dict[str, Any], made: dict[str, tuple[int, str]]) -> None:
        name = entry["name"]
        of = [made[source] for source in entry["of"]]
        if entry["op"] == "copy":
            ((slot, kind),) = of
        else:
            from lending_scorecard import transforms

            function, kind = transforms.step(entry, [s for s, _ in of], [k for _, k in of])
            slot = self._add(function)
        if name in self.features or (name in made and made[name] != (slot, kind)):
            raise ValueError(f"{name}: declared twice")
        made[name] = (slot, kind)
        if "levels" in entry:
            if kind != "category":
                raise ValueError(f"{name}: levels of a {kind}")
            slot = self._add(_position(slot, entry["levels"]))
        self.features[name] = Feature(entry, slot)

    def _add(self, function: Step) -> int:
        self._steps.append(function)
        return len(self.readers) + len(self._steps) - 1

    @property
    def is_plain(self) -> bool:
        """Whether the slots are the inputs as they are read, with nothing made of them."""
        return not self._steps

    def check(self, row: Mapping[str, object]) -> None:
        """Raises UnknownFeature for a name that is not an input (where the artefact is strict), or
        MissingColumn."""
        if self._is_strict and not self._known.issuperset(row):
            raise UnknownFeature(*sorted(row.keys() - self._known))
        for name in self._required:
            if name not in row:
                raise MissingColumn(name)

    def slots(self, row: Mapping[str, object]) -> list[Any]:
        """All slots of one raw row; raises as `check` does, TypeError or ValueError with the name
        of the column."""
        self.check(row)
        get = row.get
        slots = [
            value
            if (value := get(name)).__class__ is int and plain and _LEAST <= value <= EXACT
            else read(value)
            for name, read, plain in self.readers
        ]
        for function in self._steps:
            slots.append(function(slots))
        return slots

    def model_slots(self, values: Mapping[str, object]) -> list[Any]:
        """Slots of an applicant given by transformed values, e.g. the reference."""
        slots: list[Any] = [NAN] * (len(self.readers) + len(self._steps))
        for name, feature in self.features.items():
            slots[feature.slot] = feature.slot_of(values.get(name))
        return slots


def _position(slot: int, levels: list[str]) -> Step:
    positions = {text: position for position, text in enumerate(levels)}
    unseen = len(levels)
    positions_get = positions.get
    return lambda slots: unseen + 1 if slots[slot] is None else positions_get(slots[slot], unseen)
