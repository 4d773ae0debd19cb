"""The scorecard, asked again for terms that were not applied for."""

from collections.abc import Mapping
from typing import Protocol


class Scoring(Protocol):
    """The model layer at hand, whatever version it is."""

    def pd_ppm(self, model: str, features: Mapping[str, int | str | None]) -> int | None:
        """The probability of default (ppm); None: `model` is not at hand, or cannot read them."""
        ...
