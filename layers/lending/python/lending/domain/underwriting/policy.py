"""One version of a market's credit policy: tables and figures, read from JSON that was checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from lending.domain.agreed import PlanName
from lending.domain.underwriting.catalogue import SHAPES
from lending.domain.underwriting.tables import Condition, Hit, OneOf, Range, Row, Table


@dataclass(frozen=True, slots=True)
class OfferRules:
    """Which alternatives are worth an offer: other terms, a larger own share, another plan."""

    most: int
    term_steps_months: tuple[int, ...]
    own_share_steps_bps: tuple[int, ...]
    plans: tuple[PlanName, ...]
    min_difference_bps: int


@dataclass(frozen=True, slots=True)
class CounterRules:
    """How far a counter-offer may go: down to a share of the amount asked, in whole steps."""

    amount_step_minor: int
    amount_floor_bps: int
    terms_months: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """What a role may decide alone, and whether it may confirm somebody else's override.

    `approve_max_minor` and `approve_max_pd_ppm` bound an approval without a second person.
    """

    role: str
    approve_max_minor: int
    approve_max_pd_ppm: int
    may_override: bool
    may_confirm: bool


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """A customer's right to a person: how soon one must have looked, and for how long it lasts."""

    answer_within_hours: int
    ask_within_days: int


@dataclass(frozen=True, slots=True)
class CreditPolicy:
    """Everything a decision is made by, besides the market's own profile."""

    market: str
    version: str
    sha256: str
    tables: Mapping[str, Table]
    risk_bands_ppm: tuple[int, ...]
    pd_horizon_months: int
    operating_bps: int
    rate_step_bps: int
    unscored_pd_ppm: int
    offers: OfferRules
    counter: CounterRules
    review: ReviewRules
    authority: tuple[Authority, ...]

    def on(self, day: date) -> "CreditPolicy":
        """The policy with the rows in force on a day."""
        return replace(self, tables={name: table.on(day) for name, table in self.tables.items()})


AUTHORITY_FIELDS: Final = (
    "role", "approve_max_minor", "approve_max_pd_ppm", "may_override", "may_confirm",
)  # fmt: skip


def canonical(document: Mapping[str, Any]) -> str:
    """The text that a version's hash is taken of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a version's document."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def policy_of(document: Mapping[str, Any]) -> CreditPolicy:
    """The policy of a document that has no problems.

    Raises:
        KeyError, TypeError, ValueError: it was not checked.
    """
    offers, counter, review = document["offers"], document["counter_offer"], document["review"]
    return CreditPolicy(
        market=document["market"],
        version=document["version"],
        sha256=sha256_of(document),
        tables={name: _table(name, document["tables"][name]) for name in SHAPES},
        risk_bands_ppm=tuple(document["risk_bands_ppm"]),
        pd_horizon_months=document["pd_horizon_months"],
        operating_bps=document["operating_bps"],
        rate_step_bps=document["rate_step_bps"],
        unscored_pd_ppm=document["unscored_pd_ppm"],
        offers=OfferRules(
            most=offers["most"],
            term_steps_months=tuple(offers["term_steps_months"]),
            own_share_steps_bps=tuple(offers["own_share_steps_bps"]),
            plans=tuple(offers["plans"]),
            min_difference_bps=offers["min_difference_bps"],
        ),
        counter=CounterRules(
            amount_step_minor=counter["amount_step_minor"],
            amount_floor_bps=counter["amount_floor_bps"],
            terms_months=tuple(counter["terms_months"]),
        ),
        review=ReviewRules(**review),
        authority=tuple(Authority(**entry) for entry in document["authority"]),
    )


def _table(name: str, value: Mapping[str, Any]) -> Table:
    return Table(name, Hit(value["hit"]), tuple(row_of(row) for row in value["rows"]))


def row_of(value: Mapping[str, Any]) -> Row:
    """One row from its JSON."""
    starts, ends = value.get("effective_from"), value.get("effective_to")
    return Row(
        row_id=value["id"],
        when={name: _condition(entry) for name, entry in value["when"].items()},
        then=dict(value["then"]),
        reason=value.get("reason", ""),
        source=value["source"],
        effective_from=date.fromisoformat(starts) if starts else None,
        effective_to=date.fromisoformat(ends) if ends else None,
    )


def _condition(value: Mapping[str, Any]) -> Condition:
    if "one_of" in value:
        return OneOf(frozenset(value["one_of"]))
    return Range(value.get("at_least"), value.get("at_most"))
