"""What the columns of a training matrix are, and the matrix, made by the evaluator's code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lending_scorecard.columns import Columns

from ml.population import Floats

type Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the feature it is of; `levels` as the feature declares them, for a category;
    `level` when the column is 1 for that level and 0 otherwise."""

    feature: str
    levels: tuple[str, ...] | None = None
    level: str | None = None

    def position(self, raw: object) -> int:
        """Position of a category's raw value: a text of `levels`, or already a position.

        Raises ValueError when it is neither."""
        if self.levels is None:
            raise ValueError(f"{self.feature}: a category without levels")
        if isinstance(raw, str) and raw in self.levels:
            return self.levels.index(raw)
        position = int(float(raw))  # type: ignore[arg-type]
        if not 0 <= position < len(self.levels):
            raise ValueError(f"{self.feature}: {raw!r} is not a level")
        return position


def matrix(
    inputs: Sequence[Node], features: Sequence[Node], rows: Iterable[Mapping[str, object]]
) -> Floats:
    """Raw rows as (rows, features): numbers, and categories as positions; missing and unseen = NaN.

    The evaluator's own code computes it, so that training and serving cannot differ in a bit.
    """
    columns = Columns(
        {"inputs": inputs, "features": features, "other_columns": "ignore", "prohibited": ()}
    )
    known = list(columns.features.values())
    found = []
    for row in rows:
        slots = columns.slots(row)
        found.append([slots[feature.slot] for feature in known])
    values = np.array(found, dtype=np.float64).reshape(len(found), len(known))
    for position, feature in enumerate(known):
        if feature.levels is not None:
            absent = values[:, position] >= len(feature.levels)
            values[absent, position] = np.nan
    return values
