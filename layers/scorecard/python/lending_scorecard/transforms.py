"""Declared transforms: slots of inputs and earlier features -> one more slot.

Numbers are missing as NaN, texts and dates as None. No operation evaluates text; each is one of the
names in docs/model-artefact.md.
"""

from __future__ import annotations

import math

from lending_scorecard.inputs import NAN, category_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Step = Callable[[Sequence[Any]], Any]
    Entry = dict[str, Any]

_DIGITS = frozenset("0123456789")


def step(entry: Entry, of: list[int], kinds: list[str]) -> tuple[Step, str]:
    """The function of a feature over all slots, and the kind of slot it makes.

    `of` are slot numbers, `kinds` their kinds. Raises KeyError for an unknown operation,
    ValueError when it cannot be of what it is declared of.
    """
    wanted, made, count, build = _OPERATIONS[entry["op"]]
    if (count and len(of) != count) or not of:
        raise ValueError(f"{entry['name']}: {entry['op']} takes {count or 'some'} values")
    if wanted is not None and any(kind != wanted for kind in kinds):
        raise ValueError(f"{entry['name']}: {entry['op']} takes {wanted} values, not {kinds}")
    return build(entry, of), made or kinds[0]


def _one(function: Callable[[Any], Any]) -> Callable[[Entry, list[int]], Step]:
    def build(_entry: Entry, of: list[int]) -> Step:
        (a,) = of
        return lambda slots: function(slots[a])

    return build


def _two(function: Callable[[Any, Any], Any]) -> Callable[[Entry, list[int]], Step]:
    def build(_entry: Entry, of: list[int]) -> Step:
        a, b = of
        return lambda slots: function(slots[a], slots[b])

    return build


def _all(function: Callable[[list[Any]], Any]) -> Callable[[Entry, list[int]], Step]:
    def build(_entry: Entry, of: list[int]) -> Step:
        return lambda slots: function([slots[position] for position in of])

    return build


def is_missing(value: Any) -> bool:
    """NaN and None."""
    return value is None or value != value


def _ratio(a: float, b: float) -> float:
    return NAN if b == 0 else a / b


def _product(a: float, b: float) -> float:
    return float(a) * float(b)  # Two integers would leave the range of exact floats.


def _sum(values: list[float]) -> float:
    return sum(map(float, values))


def _known(choose: Callable[..., float]) -> Callable[[list[float]], float]:
    return lambda values: choose((value for value in values if value == value), default=NAN)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else NAN


def _log1p(value: float) -> float:
    return math.log1p(value) if value > -1 else NAN


def _join(texts: list[str | None]) -> str | None:
    return None if None in texts else "|".join(texts)  # type: ignore[arg-type]


def _leading_number(text: str | None) -> float:
    """The first run of digits, with a point and a sign before it when they are there."""
    if text is None:
        return NAN
    began = next((at for at, sign in enumerate(text) if sign in _DIGITS), None)
    if began is None:
        return NAN
    ended = began
    while ended < len(text) and (text[ended] in _DIGITS or text[ended] == "."):
        ended += 1
    digits = text[began:ended]
    if digits.count(".") > 1:
        digits = digits[: digits.index(".", digits.index(".") + 1)]
    return -float(digits) if text[began - 1 : began] == "-" else float(digits)


def _text(value: float) -> str | None:
    return None if value != value else category_text(value)


def _scale(entry: Entry, of: list[int]) -> Step:
    (a,), factor, offset = of, float(entry["factor"]), float(entry["offset"])
    return lambda slots: slots[a] * factor + offset


def _clip(entry: Entry, of: list[int]) -> Step:
    (a,), low, high = of, _low(entry), _high(entry)

    def clip(slots: Sequence[Any]) -> float:
        value: float = slots[a]
        return low if value < low else high if value > high else value

    return clip


def _within(entry: Entry, of: list[int]) -> Step:
    (a,), low, high = of, _low(entry), _high(entry)
    return lambda slots: slots[a] if low <= slots[a] <= high else NAN


def _low(entry: Entry) -> float:
    return -math.inf if entry["low"] is None else float(entry["low"])


def _high(entry: Entry) -> float:
    return math.inf if entry["high"] is None else float(entry["high"])


def _codes_to_missing(entry: Entry, of: list[int]) -> Step:
    (a,), codes = of, frozenset(entry["codes"])
    numbers = any(isinstance(code, int | float) for code in codes)
    missing = NAN if numbers else None
    return lambda slots: missing if slots[a] in codes else slots[a]


def _fill(entry: Entry, of: list[int]) -> Step:
    (a,), value = of, entry["value"]
    return lambda slots: value if is_missing(slots[a]) else slots[a]


def _missing_count(entry: Entry, of: list[int]) -> Step:
    del entry
    return lambda slots: float(sum(is_missing(slots[position]) for position in of))


def _is_any_of(entry: Entry, of: list[int]) -> Step:
    (a,), values = of, frozenset(entry["values"])

    def is_any_of(slots: Sequence[Any]) -> float:
        value = slots[a]
        return NAN if is_missing(value) else 1.0 if value in values else 0.0

    return is_any_of


def _map(entry: Entry, of: list[int]) -> Step:
    (a,) = of
    to = {text: _number_or_nan(number) for text, number in entry["to"].items()}
    unseen, missing = _number_or_nan(entry["unseen"]), _number_or_nan(entry["missing"])
    return lambda slots: missing if slots[a] is None else to.get(slots[a], unseen)


def _number_or_nan(number: float | None) -> float:
    return NAN if number is None else float(number)


def _regroup(entry: Entry, of: list[int]) -> Step:
    (a,), to, unseen, missing = of, dict(entry["to"]), entry["unseen"], entry["missing"]

    def regroup(slots: Sequence[Any]) -> str | None:
        text: str | None = slots[a]
        if text is None:
            return missing  # type: ignore[no-any-return]
        return to.get(text, text if unseen == "keep" else unseen)

    return regroup


def _prefix(entry: Entry, of: list[int]) -> Step:
    (a,), length = of, int(entry["length"])
    return lambda slots: None if slots[a] is None else slots[a][:length]


def _date_part(entry: Entry, of: list[int]) -> Step:
    (a,), take = of, _PARTS[entry["part"]]
    return lambda slots: NAN if slots[a] is None else take(*slots[a])


_PARTS: dict[str, Callable[[int, int, int | None], float]] = {
    "year": lambda year, _month, _day: year,
    "month": lambda _year, month, _day: month,
    "day": lambda _year, _month, day: NAN if day is None else day,
    "months": lambda year, month, _day: 12 * year + month - 1,
}
# op -> (kind of what it is of, kind that it makes (None: the same), how many (0: any), builder)
_OPERATIONS: dict[str, tuple[str | None, str | None, int, Callable[[Entry, list[int]], Step]]] = {
    "copy": (None, None, 1, _one(lambda value: value)),
    "ratio": ("number", "number", 2, _two(_ratio)),
    "difference": ("number", "number", 2, _two(lambda a, b: a - b)),
    "product": ("number", "number", 2, _two(_product)),
    "sum": ("number", "number", 0, _all(_sum)),
    "minimum": ("number", "number", 0, _all(_known(min))),
    "maximum": ("number", "number", 0, _all(_known(max))),
    "log": ("number", "number", 1, _one(_log)),
    "log1p": ("number", "number", 1, _one(_log1p)),
    "scale": ("number", "number", 1, _scale),
    "clip": ("number", "number", 1, _clip),
    "within": ("number", "number", 1, _within),
    "codes_to_missing": (None, None, 1, _codes_to_missing),
    "fill": (None, None, 1, _fill),
    "is_missing": (None, "number", 1, _one(lambda value: 1.0 if is_missing(value) else 0.0)),
    "missing_count": (None, "number", 0, _missing_count),
    "is_any_of": (None, "number", 1, _is_any_of),
    "map": ("category", "number", 1, _map),
    "regroup": ("category", "category", 1, _regroup),
    "lower": (
        "category",
        "category",
        1,
        _one(lambda text: text and (text.strip().lower() or None)),
    ),
    "prefix": ("category", "category", 1, _prefix),
    "length": ("category", "number", 1, _one(lambda text: NAN if text is None else len(text))),
    "leading_number": ("category", "number", 1, _one(_leading_number)),
    "join": ("category", "category", 0, _all(_join)),
    "text": ("number", "category", 1, _one(_text)),
    "date_part": ("date", "number", 1, _date_part),
}
