"""Market profiles from the package's own JSON files."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from lending.domain.faults import Permanent
from lending.domain.profile import MarketProfile, load_profile


@cache
def _raw(market: str) -> Mapping[str, Any]:
    text = files("lending.profiles").joinpath(f"{market}.json").read_text("utf-8")
    raw: Mapping[str, Any] = json.loads(text)
    return raw


@cache
def _in_force(market: str, on: date) -> MarketProfile:
    return load_profile(_raw(market), on)


class ProfileStore:
    """The profiles of the markets this deployment serves."""

    def __init__(self, markets: tuple[str, ...]) -> None:
        self._markets = markets

    @property
    def markets(self) -> tuple[str, ...]:
        """Codes of the markets served, in the deployment's order."""
        return self._markets

    def get(self, market: str, on: date) -> MarketProfile:
        """The rules of `market` in force on a day.

        Raises:
            Permanent: not a market of this deployment, or its file does not cover the day.
        """
        if market not in self._markets:
            raise Permanent("this deployment does not serve that market")
        return _in_force(market, on)
