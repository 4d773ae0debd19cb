"""The model layer inside this process; without the layer there is no model at hand."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any


@cache
def _card(version: str) -> Any:
    """A released model by its version; None: it is not in this layer, or there is no layer."""
    try:
        layer = import_module("lending_scorecard")
    except ModuleNotFoundError:
        return None
    try:
        return layer.load(version=version)
    except layer.ArtefactCorrupt:
        return None


class LocalScoring:
    """See `lending.ports.scoring.Scoring`."""

    def pd_ppm(self, model: str, features: Mapping[str, int | str | None]) -> int | None:
        """The probability of default by exactly this model; None otherwise."""
        card = _card(model)
        if card is None:
            return None
        try:
            return int(card.evaluate(features).pd_ppm)
        except (TypeError, ValueError):
            return None
