"""Nested documents of rows, back to records. What an older release wrote has fewer fields."""

from collections.abc import Callable, Mapping
from typing import Any

from lending.domain.agreed import (
    AddOnChoice,
    Agreed,
    AgreedAddOn,
    AgreedContingentFee,
    AgreedEarlySettlement,
    AgreedFee,
    PlanParameters,
    PlanStep,
)
from lending.domain.records import Request, Vehicle


def request_of(document: Mapping[str, Any]) -> Request:
    """What the customer asked for. Raises KeyError, TypeError: it is malformed."""
    vehicle = document.get("vehicle")
    return Request(
        **{
            **document,
            "vehicle": None if vehicle is None else Vehicle(**vehicle),
            "consent_ids": tuple(document["consent_ids"]),
            "parameters": _parameters(document.get("parameters", {})),
            "add_ons": _each(AddOnChoice, document.get("add_ons", [])),
        }
    )


def agreed_of(document: Mapping[str, Any]) -> Agreed:
    """The rest of an offer's terms. Raises KeyError, TypeError: it is malformed."""
    early = document["early_settlement"]
    return Agreed(
        **{
            **document,
            "parameters": _parameters(document["parameters"]),
            "fees": _each(AgreedFee, document["fees"]),
            "contingent_fees": _each(AgreedContingentFee, document["contingent_fees"]),
            "add_ons": _each(AgreedAddOn, document["add_ons"]),
            "early_settlement": AgreedEarlySettlement(
                **{**early, "waivers": tuple(early["waivers"])}
            ),
        }
    )


def _parameters(document: Mapping[str, Any]) -> PlanParameters:
    steps = _each(PlanStep, document.get("steps", []))
    return PlanParameters(**{**document, "steps": steps})


def _each[Record](cls: Callable[..., Record], entries: Any) -> tuple[Record, ...]:
    return tuple(cls(**entry) for entry in entries)
