"""The fraud rules of a market, read from its profile: thresholds and points, no code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lending.domain.fraud.links import LinkKind


@dataclass(frozen=True, slots=True)
class Shared:
    """So many people (the applicant included) with one token within so many days."""

    kind: LinkKind
    people: int
    days: int
    points: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """So many applications with one token within so many days, whoever made them."""

    kind: LinkKind
    applications: int
    days: int
    points: int


@dataclass(frozen=True, slots=True)
class FraudRules:
    """Points add up to a score of at most 1000; from `alert_score` a person looks at it.

    `points` are those of the other rules by code; ratios are percentages, 100 = equal.
    """

    version: str
    alert_score: int
    shared: tuple[Shared, ...]
    repeated: tuple[Repeated, ...]
    points: Mapping[str, int]
    ring_people: int
    ring_kinds: int
    income_ratio_pct: int
    price_ratio_pct: int
    device_risk: int
    dealer_price_applications: int
    dealer_price_share_pct: int
    dealer_price_days: int
    dealer_fraud_cases: int
    dealer_fraud_days: int
    watch_days: int


def fraud_rules(value: Mapping[str, Any]) -> FraudRules:
    """The rules of a profile's value. Raises KeyError, TypeError, ValueError: malformed."""
    shared = (Shared(**{**one, "kind": LinkKind(one["kind"])}) for one in value["shared"])
    repeated = (Repeated(**{**one, "kind": LinkKind(one["kind"])}) for one in value["repeated"])
    return FraudRules(**{**value, "shared": tuple(shared), "repeated": tuple(repeated)})
