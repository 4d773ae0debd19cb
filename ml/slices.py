"""Which rows a model learns from and which judge it: later ones, wherever there is a time."""

from dataclasses import dataclass

import numpy as np

from ml.population import Bools, Floats, Integers

SHUFFLE = 20_260_101


@dataclass(frozen=True, slots=True)
class Cut:
    """`development` rows in order, the untouched `holdout`, and the folds of (learn, judge)."""

    development: Integers
    holdout: Integers
    folds: tuple[tuple[Integers, Integers], ...]


def cut(rows: int, moments: Floats | None, bad: Bools, holdout: float, folds: int) -> Cut:
    """With a time: the latest share is the hold-out, and each fold judges a later window by what
    came before it. Without: the hold-out is a fixed random part and folds are parts of the rest,
    the same share of events in each. Rows of one moment are never on both sides."""
    if moments is None:
        order = _balanced(bad)
        border = rows - round(holdout * rows)
        return Cut(order[:border], order[border:], _parts(order[:border], folds))
    order = np.argsort(moments, kind="stable")
    border = _border(moments[order], rows - round(holdout * rows))
    inner = order[:border]
    width = 0.5 / folds if folds > 1 else 0.25
    starts = [1 - width * (folds - at) for at in range(folds)]
    ends = [*starts[1:], 1.0]
    windows = []
    for start, end in zip(starts, ends, strict=True):
        first, last = (_border(moments[inner], round(share * inner.size)) for share in (start, end))
        windows.append((inner[:first], inner[first:last]))
    return Cut(inner, order[border:], tuple(window for window in windows if window[1].size))


def _border(moments: Floats, position: int) -> int:
    """The nearest earlier position at which the moment changes (0 and the end always do)."""
    if position >= moments.size:
        return int(moments.size)
    return int(np.searchsorted(moments, moments[position], side="left"))


def _balanced(bad: Bools) -> Integers:
    """A fixed shuffle in which events are spread evenly."""
    rng = np.random.default_rng(SHUFFLE)
    place = np.empty(bad.size)
    for outcome in (False, True):
        members = np.flatnonzero(bad == outcome)
        spread = (np.arange(members.size) + rng.random()) / max(members.size, 1)
        place[rng.permutation(members)] = spread
    return np.argsort(place, kind="stable")


def _parts(order: Integers, folds: int) -> tuple[tuple[Integers, Integers], ...]:
    if folds == 1:
        border = order.size * 3 // 4
        return ((order[:border], order[border:]),)
    part = np.arange(order.size) * folds // order.size
    return tuple((order[part != one], order[part == one]) for one in range(folds))
