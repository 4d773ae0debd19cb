"""The policies that are shipped with the product: the first version of each market."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from lending.domain.faults import Permanent
from lending.domain.underwriting.policy import CreditPolicy, policy_of


@cache
def shipped_document(market: str) -> Mapping[str, Any]:
    """The first version's JSON. Raises Permanent: no market of ours."""
    place = files("lending.profiles").joinpath("policies", f"{market}.json")
    if not place.is_file():
        raise Permanent(f"no policy is shipped for {market}")
    document: Mapping[str, Any] = json.loads(place.read_text("utf-8"))
    return document


@cache
def shipped(market: str) -> CreditPolicy:
    """The first version of a market's policy. Raises Permanent: no market of ours."""
    return policy_of(shipped_document(market))


class ShippedPolicies:
    """The first versions alone, for who keeps no others."""

    def active(self, market: str, at: datetime) -> CreditPolicy:
        """The first version, on any day. Raises Permanent: not a market here."""
        del at
        return shipped(market)

    def version(self, market: str, version: str) -> CreditPolicy | None:
        """The first version by its name."""
        first = shipped(market)
        return first if first.version == version else None
