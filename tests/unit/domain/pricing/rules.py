"""Rules of a market, and a way to change one value of them."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import lending.profiles
from lending.domain.pricing import Asked
from lending.domain.profile import MarketProfile, load_profile

FILES = Path(lending.profiles.__file__).parent
RAW: dict[str, Any] = {
    market: json.loads((FILES / f"{market}.json").read_text("utf-8")) for market in ("cn", "us")
}
ON = date(2026, 11, 24)
ASKED = Asked("cn-auto-new", 12_000_000, 36, "equal_instalment", "CNY")


def rules(market: str = "cn", on: date = ON, **values: Any) -> MarketProfile:
    """The market's rules with some values replaced; `__` in a name is a dot."""
    raw = deepcopy(RAW[market])
    for name, value in values.items():
        raw["values"][name.replace("__", ".")][-1]["value"] = value
    return load_profile(raw, on)


def raw_with(name: str, change: dict[str, Any], market: str = "cn") -> dict[str, Any]:
    """A profile's file whose newest value of this name has other fields."""
    raw = deepcopy(RAW[market])
    raw["values"][name][-1]["value"] |= change
    return raw


def asked(**changes: Any) -> Asked:
    """A good request with changes."""
    return replace(ASKED, **changes)
