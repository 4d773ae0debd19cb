"""Market profiles from the package's own JSON files."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from lending.domain.business_days import BusinessCalendar, load_calendar
from lending.domain.faults import Permanent
from lending.domain.profile import MarketProfile, load_profile, newest_profile


@cache
def _raw(market: str) -> Mapping[str, Any]:
    return _json(f"{market}.json")


def _json(*path: str) -> Mapping[str, Any]:
    text = files("lending.profiles").joinpath(*path).read_text("utf-8")
    raw: Mapping[str, Any] = json.loads(text)
    return raw


@cache
def _in_force(market: str, on: date) -> MarketProfile:
    return load_profile(_raw(market), on)


@cache
def newest(market: str) -> MarketProfile:
    """The newest rules of a shipped market (cn, us), for who asks without a day."""
    return newest_profile(_raw(market))


@cache
def built_in_calendar(market: str) -> BusinessCalendar:
    """The business days of a shipped market (cn), of the years that its file covers."""
    return load_calendar(_json("calendars", f"{market}.json"))


WEEKENDS_ONLY: Final = BusinessCalendar()


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

    def calendar(self, market: str) -> BusinessCalendar:
        """The market's business days; weekends only where no holidays are shipped."""
        shipped = files("lending.profiles").joinpath("calendars", f"{market}.json").is_file()
        return built_in_calendar(market) if shipped else WEEKENDS_ONLY
