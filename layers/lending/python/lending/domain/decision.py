"""Approve, decline or refer. An outage never declines: what is missing is referred."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from lending.domain.profile import MarketProfile
from lending.domain.records import (
    Approved,
    Decision,
    Declined,
    Findings,
    ReferralQueue,
    Referred,
    Refusal,
    Request,
    Scored,
)
from lending.domain.underwriting.assessment import (
    Assessed,
    Case,
    Rescore,
    assess,
    is_pd_decisive,
)
from lending.domain.underwriting.counter import counter_offers
from lending.domain.underwriting.decided import (
    NOTHING_OPEN,
    Alternative,
    CounterOffer,
    Exposure,
    PriceBuild,
    RuleHit,
)
from lending.domain.underwriting.offering import offers_of
from lending.domain.underwriting.policy import CreditPolicy

MAX_REASONS = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision with how it came about: rules hit, price of the terms asked, alternatives."""

    decision: Decision
    hits: tuple[RuleHit, ...] = ()
    price: PriceBuild | None = None
    alternatives: tuple[Alternative, ...] = ()
    counter_offers: tuple[CounterOffer, ...] = ()

    @property
    def sha256(self) -> str:
        """Over everything decided: an offer by the hash of its terms."""
        document = {
            "kind": type(self.decision).__name__,
            "decision": _told(self.decision),
            "hits": [asdict(hit) for hit in self.hits],
            "price": None if self.price is None else asdict(self.price),
            "alternatives": [asdict(one) for one in self.alternatives],
            "counter_offers": [asdict(one) for one in self.counter_offers],
        }
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def decide(
    application_id: str,
    request: Request,
    findings: Findings | None,
    scored: Scored | None,
    failed: tuple[str, ...],
    profile: MarketProfile,
    policy: CreditPolicy,
    at: datetime,
    offer_ids: Sequence[str],
    *,
    exposure: Exposure = NOTHING_OPEN,
    rescore: Rescore | None = None,
) -> Judged:
    """Decide one application from facts; the same facts always give the same decision.

    Order: missing data refers; an unconfirmed identity refers; then the rules of the market and
    of the policy decline with their true reasons, refer, or let the risk be priced.
    """
    missing = (*failed, *(findings.missing if findings else ()))
    if findings is None or scored is None or missing:
        return _referred(ReferralQueue.DATA_MISSING, missing or ("no_data",))
    product = profile.products.get(request.product_id)
    if product is None:
        return _referred(ReferralQueue.UNDERWRITING, ("product_withdrawn",))
    if findings.identity != "match":
        return _referred(ReferralQueue.IDENTITY, (Refusal.IDENTITY_NOT_CONFIRMED.value,))
    today = policy.on(profile.local_date(at))
    case = Case(request, findings, scored, exposure, profile, product, today, at, rescore)
    asked = assess(case, request)
    return replace(
        _judged(case, asked, application_id, offer_ids), hits=asked.hits, price=asked.price
    )


def _judged(case: Case, asked: Assessed, application_id: str, offer_ids: Sequence[str]) -> Judged:
    if asked.missing:
        return _referred(ReferralQueue.DATA_MISSING, asked.missing)
    if asked.action == "decline":
        reasons = true_reasons(case, asked)
        return Judged(Declined(reasons), counter_offers=counter_offers(case))
    if asked.action == "refer":
        causes = tuple(dict.fromkeys(hit.reason for hit in asked.hits if hit.effect == "refer"))
        return _referred(ReferralQueue.UNDERWRITING, causes)
    offers, alternatives = offers_of(case, asked, application_id, offer_ids, "approve")
    if not offers:
        return _referred(ReferralQueue.UNDERWRITING, ("no_offer_within_caps",))
    return Judged(Approved(offers), alternatives=alternatives)


def true_reasons(case: Case, asked: Assessed) -> tuple[Refusal, ...]:
    """One to four reasons, each of which a better value of would help.

    A rule that is broken is a reason by itself. The overall risk is told as what the model found
    to raise it, and only where a lower risk would decide otherwise.
    """
    rules: list[Refusal] = [one for one in asked.reasons if one is not Refusal.PD_TOO_HIGH]
    if Refusal.PD_TOO_HIGH not in asked.reasons:
        return tuple(rules[:MAX_REASONS])
    known = {one.value for one in Refusal}
    if is_pd_decisive(case, asked):
        adverse = [Refusal(code) for code in case.scored.reasons if code in known]
        rules += [one for one in adverse if one not in rules]
    return tuple(rules[:MAX_REASONS]) or (Refusal.PD_TOO_HIGH,)


def _referred(queue: ReferralQueue, causes: tuple[str, ...]) -> Judged:
    return Judged(Referred(queue, causes))


def _told(decision: Decision) -> list[str]:
    match decision:
        case Approved(offers):
            return [offer.terms_sha256 for offer in offers]
        case Declined(reasons):
            return [reason.value for reason in reasons]
        case Referred(queue, causes):
            return [queue.value, *causes]
