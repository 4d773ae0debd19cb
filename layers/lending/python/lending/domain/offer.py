"""Risk-based price, priced offers and the hash that binds contract and payout to one of them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from lending.domain.disclosure import apr_bps
from lending.domain.profile import MarketProfile
from lending.domain.records import Instalment, Offer, Request, State
from lending.domain.schedule import equal_instalment

TERM_STEP_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Quote:
    """A price without a promise: plan rows, their sum of interest, and the annual rate."""

    annual_rate_bps: int
    apr_bps: int
    plan: tuple[Instalment, ...]

    @property
    def total_interest_minor(self) -> int:
        """Interest over the whole term."""
        return sum(row.interest_minor for row in self.plan)


def price_bps(pd_ppm: int, profile: MarketProfile) -> int | None:
    """Yearly rate of the first band that covers the probability of default; None = too risky."""
    for band in profile.price_grid:
        if pd_ppm <= band.max_pd_ppm:
            return band.annual_rate_bps
    return None


def quote(
    amount_minor: int, annual_rate_bps: int, term_months: int, at: datetime, profile: MarketProfile
) -> Quote | None:
    """Price a plan; None when its annual rate would pass the market's cap.

    The cap is held against the rate of the rounded flows, so rounding never breaks it.
    """
    opened_on = profile.local_date(at)
    plan = equal_instalment(amount_minor, annual_rate_bps, term_months, opened_on, profile.rounding)
    yearly = apr_bps(amount_minor, plan)
    if yearly > profile.apr_cap_bps:
        return None
    return Quote(annual_rate_bps, yearly, plan)


def terms_sha256(offer: Offer) -> str:
    """SHA-256 over the canonical JSON of every term but the hash itself."""
    terms = {
        field.name: getattr(offer, field.name)
        for field in fields(offer)
        if field.name != "terms_sha256"
    }
    terms["expires_at"] = offer.expires_at.isoformat()
    body = json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def make_offers(
    request: Request,
    application_id: str,
    pd_ppm: int,
    profile: MarketProfile,
    at: datetime,
    offer_ids: Sequence[str],
) -> tuple[Offer, ...]:
    """Up to three offers that differ in term: as asked, a year shorter, a year longer.

    Terms outside the product's range are left out; so are those beyond the rate cap.
    Empty when no price band covers the risk.

    Raises:
        KeyError: the product is not in the profile.
    """
    rate = price_bps(pd_ppm, profile)
    if rate is None:
        return ()
    product = profile.products[request.product_id]
    asked = request.term_months
    terms = [
        term
        for term in (asked, asked - TERM_STEP_MONTHS, asked + TERM_STEP_MONTHS)
        if product.min_term_months <= term <= product.max_term_months
    ]
    offers = []
    for offer_id, term in zip(offer_ids, terms, strict=False):
        priced = quote(request.amount_minor, rate, term, at, profile)
        if priced is not None:
            offers.append(_offer(request, application_id, profile, at, offer_id, priced))
    return tuple(offers)


def _offer(
    request: Request,
    application_id: str,
    profile: MarketProfile,
    at: datetime,
    offer_id: str,
    priced: Quote,
) -> Offer:
    offer = Offer(
        offer_id=offer_id,
        application_id=application_id,
        currency=profile.currency,
        principal_minor=request.amount_minor,
        term_months=len(priced.plan),
        annual_rate_bps=priced.annual_rate_bps,
        instalment_minor=priced.plan[0].total_minor,
        total_interest_minor=priced.total_interest_minor,
        total_fees_minor=0,
        apr_bps=priced.apr_bps,
        plan="equal_instalment",
        expires_at=at + profile.state_timeouts[State.APPROVED],
        terms_sha256="",
    )
    return replace(offer, terms_sha256=terms_sha256(offer))
