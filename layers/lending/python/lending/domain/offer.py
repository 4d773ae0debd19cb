"""Priced offers and the hash that binds contract and payout to one of them."""

import hashlib
import json
from dataclasses import asdict, fields, replace
from datetime import datetime

from lending.domain.computable import NotComputable
from lending.domain.pricing import Asked, Priced, figures, price, problems
from lending.domain.pricing.agreement import agreed
from lending.domain.products import Product
from lending.domain.profile import MarketProfile
from lending.domain.records import Offer, Request, State


def priced(
    request: Request, term_months: int, annual_rate_bps: int, at: datetime, profile: MarketProfile
) -> Priced | None:
    """A request over a term, priced as if it were paid out today, in the market's own day.

    None when the product does not have it (any more), or its numbers have no solution.
    """
    product = profile.products.get(request.product_id)
    asked = Asked.of(request).over(term_months)
    if product is None or any(problems(asked, product, profile.currency, profile.add_on_finance)):
        return None
    try:
        on = profile.local_date(at)
        return price(asked, product, annual_rate_bps, on, profile.apr_cap_bps)
    except NotComputable:
        return None


def terms_sha256(offer: Offer) -> str:
    """SHA-256 over the canonical JSON of every term but the hash itself.

    What an offer does not have (`agreed` None) is not in it, so that the hash of an offer made
    before there was such a field stays what it was.
    """
    terms = {
        field.name: getattr(offer, field.name)
        for field in fields(offer)
        if field.name not in {"terms_sha256", "agreed"}
    }
    terms["expires_at"] = offer.expires_at.isoformat()
    if offer.agreed is not None:
        terms["agreed"] = asdict(offer.agreed)
    body = json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def make_offer(
    application_id: str,
    product: Product,
    one: Priced,
    profile: MarketProfile,
    at: datetime,
    offer_id: str,
) -> Offer:
    """The offer of a price, with the hash of its terms; it holds as long as an approval does."""
    offer = Offer(
        offer_id=offer_id,
        application_id=application_id,
        currency=profile.currency,
        principal_minor=one.principal_minor,
        term_months=one.asked.term_months,
        annual_rate_bps=one.annual_rate_bps,
        instalment_minor=regular_instalment_minor(one),
        total_interest_minor=one.schedule.totals.interest_minor,
        total_fees_minor=one.total_fees_minor,
        apr_bps=one.all_in.nominal_bps,
        plan=one.terms.plan.value,
        expires_at=at + profile.state_timeouts[State.APPROVED],
        terms_sha256="",
        agreed=agreed(one, product, profile.rate_basis),
    )
    return replace(offer, terms_sha256=terms_sha256(offer))


def regular_instalment_minor(one: Priced) -> int:
    """The instalment that is the same each month; the first one where none is."""
    regular = one.schedule.instalment_minor
    return figures(one).first_instalment_minor if regular is None else regular
