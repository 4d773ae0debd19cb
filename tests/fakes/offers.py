"""Offers at a given risk, under the policy that is shipped."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lending.adapters.policies import shipped
from lending.domain.profile import MarketProfile
from lending.domain.records import Findings, Offer, Request, Scored
from lending.domain.underwriting.assessment import Case, assess
from lending.domain.underwriting.decided import NOTHING_OPEN
from lending.domain.underwriting.offering import offers_of

RICH = Findings("match", 36, "rep_1", None, 10**9, 0, {})


def make_offers(
    request: Request,
    application_id: str,
    pd_ppm: int,
    profile: MarketProfile,
    at: datetime,
    offer_ids: Sequence[str],
) -> tuple[Offer, ...]:
    """The offers to somebody of this risk whose income allows everything."""
    product = profile.products.get(request.product_id)
    if product is None:
        return ()
    price_minor = None if request.vehicle is None else request.vehicle.price_minor
    findings = replace(RICH, valuation_minor=price_minor)
    scored = Scored("test-1", pd_ppm, 640, ())
    policy = shipped(profile.market).on(profile.local_date(at))
    case = Case(request, findings, scored, NOTHING_OPEN, profile, product, policy, at)
    return offers_of(case, assess(case, request), application_id, offer_ids, "decline")[0]
