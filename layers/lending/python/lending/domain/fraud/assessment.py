"""The fraud score of one application: which rules were hit, and what they come to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lending.domain.fraud.links import Around, Edge, LinkKind, Ring, recent
from lending.domain.fraud.rules import FraudRules

SCORE_MAX = 1000
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Facts:
    """What is checked against each other; None = not known, which speaks neither way.

    Amounts in minor units; `founded_year` is the employer's.
    """

    identity: Literal["match", "mismatch", "not_found"] | None = None
    declared_income_minor: int | None = None
    verified_income_minor: int | None = None
    employer_confirmed: bool | None = None
    months_employed: int | None = None
    founded_year: int | None = None
    device_risk: int | None = None
    is_emulator: bool = False
    price_minor: int | None = None
    valuation_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """`hits` are the points of each rule by its code, the heaviest first."""

    score: int
    hits: Mapping[str, int]
    is_alert: bool


def assess(
    own: Edge, around: Around, ring: Ring, facts: Facts, rules: FraudRules, at: datetime
) -> Assessment:
    """Score one application. The same facts always give the same score."""
    hits: dict[str, int] = {}
    found = (
        *_watched(around, rules),
        *_velocity(own, around, rules, at),
        *_ring(ring, rules),
        *_mismatches(facts, rules, at),
        *_dealer(around, rules, at),
    )
    for code, points in found:
        hits[code] = max(points, hits.get(code, 0))
    ordered = dict(sorted(hits.items(), key=lambda hit: (-hit[1], hit[0])))
    score = min(SCORE_MAX, sum(ordered.values()))
    return Assessment(score, ordered, score >= rules.alert_score)


def is_price_inflated(facts: Facts, rules: FraudRules) -> bool:
    """Whether the price is far above the valuation."""
    return _is_above(facts.price_minor, facts.valuation_minor, rules.price_ratio_pct)


def _watched(around: Around, rules: FraudRules) -> Iterator[tuple[str, int]]:
    for kind in around.watched:
        yield f"watch_list_{kind.value}", rules.points["watch_list"]


def _velocity(
    own: Edge, around: Around, rules: FraudRules, at: datetime
) -> Iterator[tuple[str, int]]:
    for shared in rules.shared:
        edges = recent(around.edges.get(shared.kind, ()), at, shared.days)
        if len({own.customer_id, *(edge.customer_id for edge in edges)}) >= shared.people:
            yield f"{shared.kind.value}_shared", shared.points
    for repeated in rules.repeated:
        edges = recent((own, *around.edges.get(repeated.kind, ())), at, repeated.days)
        if len(edges) >= repeated.applications:
            yield f"{repeated.kind.value}_repeated", repeated.points


def _ring(ring: Ring, rules: FraudRules) -> Iterator[tuple[str, int]]:
    if len(ring.people) >= rules.ring_people and len(ring.kinds) >= rules.ring_kinds:
        yield "ring", rules.points["ring"]


def _mismatches(facts: Facts, rules: FraudRules, at: datetime) -> Iterator[tuple[str, int]]:
    points = rules.points
    if facts.identity == "mismatch":
        yield "identity_mismatch", points["identity_mismatch"]
    if _is_above(facts.declared_income_minor, facts.verified_income_minor, rules.income_ratio_pct):
        yield "income_overstated", points["income_overstated"]
    if facts.employer_confirmed is False:
        yield "employer_unconfirmed", points["employer_unconfirmed"]
    lifetime = None if facts.founded_year is None else (at.year - facts.founded_year + 1) * 12
    if _is_above(facts.months_employed, lifetime, PERCENT):
        yield "employment_impossible", points["employment_impossible"]
    if facts.is_emulator or (facts.device_risk or 0) >= rules.device_risk:
        yield "device_risky", points["device_risky"]
    if is_price_inflated(facts, rules):
        yield "price_inflated", points["price_inflated"]


def _dealer(around: Around, rules: FraudRules, at: datetime) -> Iterator[tuple[str, int]]:
    marks = recent(around.edges.get(LinkKind.DEALER_PRICE, ()), at, rules.dealer_price_days)
    if len(marks) >= rules.dealer_price_applications:
        every = recent(around.edges.get(LinkKind.DEALER, ()), at, rules.dealer_price_days)
        if len(marks) * PERCENT >= rules.dealer_price_share_pct * max(len(every), len(marks)):
            yield "dealer_prices_inflated", rules.points["dealer_prices_inflated"]
    cases = recent(around.edges.get(LinkKind.DEALER_FRAUD, ()), at, rules.dealer_fraud_days)
    if len(cases) >= rules.dealer_fraud_cases:
        yield "dealer_confirmed_fraud", rules.points["dealer_confirmed_fraud"]


def _is_above(part: int | None, whole: int | None, ratio_pct: int) -> bool:
    if part is None or whole is None:
        return False
    return part * PERCENT > whole * ratio_pct
