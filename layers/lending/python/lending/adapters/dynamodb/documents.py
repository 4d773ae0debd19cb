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
from lending.domain.records import (
    Basis,
    ConsentRef,
    Findings,
    FraudFinding,
    Request,
    Vehicle,
)
from lending.domain.underwriting.decided import (
    Alternative,
    CounterOffer,
    Exposure,
    Notice,
    Override,
    PriceBuild,
    RuleHit,
)


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
            "consents": _each(ConsentRef, document.get("consents", [])),
            "given": tuple(document.get("given", ())),
        }
    )


def findings_of(document: Mapping[str, Any]) -> Findings:
    """What was found out. Raises KeyError, TypeError: it is malformed."""
    fraud = document.get("fraud")
    return Findings(
        **{
            **document,
            "missing": tuple(document["missing"]),
            "fraud": fraud and FraudFinding(**{**fraud, "linked": tuple(fraud["linked"])}),
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


def basis_of(document: Mapping[str, Any]) -> Basis:
    """What a decision was made from and by. Raises KeyError, TypeError: it is malformed."""
    price, override = document.get("price"), document.get("override")
    notice = document.get("notice")
    return Basis(
        **{
            **document,
            "request": request_of(document["request"]),
            "failed": tuple(document["failed"]),
            "exposure": Exposure(**document["exposure"]),
            "hits": _each(RuleHit, document["hits"]),
            "price": None if price is None else PriceBuild(**price),
            "alternatives": _each(Alternative, document["alternatives"]),
            "counter_offers": tuple(
                CounterOffer(**{**one, "changes": tuple(one["changes"])})
                for one in document["counter_offers"]
            ),
            "notice": None
            if notice is None
            else Notice(**{**notice, "rights": tuple(notice["rights"])}),
            "override": None if override is None else Override(**override),
        }
    )


def _parameters(document: Mapping[str, Any]) -> PlanParameters:
    steps = _each(PlanStep, document.get("steps", []))
    return PlanParameters(**{**document, "steps": steps})


def _each[Record](cls: Callable[..., Record], entries: Any) -> tuple[Record, ...]:
    return tuple(cls(**entry) for entry in entries)
