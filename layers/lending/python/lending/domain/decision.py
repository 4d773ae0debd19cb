"""Approve, decline or refer. An outage never declines: what is missing is referred."""

from collections.abc import Sequence
from datetime import datetime

from lending.domain.offer import make_offers, priced
from lending.domain.pricing import highest_instalment_minor
from lending.domain.products import Product
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

MAX_REASONS = 4
BPS = 10_000


def decide(
    application_id: str,
    request: Request,
    findings: Findings | None,
    scored: Scored | None,
    failed: tuple[str, ...],
    profile: MarketProfile,
    at: datetime,
    offer_ids: Sequence[str],
) -> Decision:
    """Decide one application from facts; the same facts always give the same decision.

    Order: missing data refers; an unconfirmed identity refers; hard policy declines with its
    true reasons; then the probability of default declines, refers or is priced.
    """
    missing = (*failed, *(findings.missing if findings else ()))
    if findings is None or scored is None or missing:
        return Referred(ReferralQueue.DATA_MISSING, missing or ("no_data",))
    product = profile.products.get(request.product_id)
    if product is None:
        return Referred(ReferralQueue.UNDERWRITING, ("product_withdrawn",))
    if findings.identity != "match":
        return Referred(ReferralQueue.IDENTITY, (Refusal.IDENTITY_NOT_CONFIRMED.value,))
    if refusals := _policy_refusals(request, findings, scored, profile, product, at):
        return Declined(refusals[:MAX_REASONS])
    if scored.pd_ppm > profile.pd_decline_ppm:
        reasons = tuple(Refusal(code) for code in scored.reasons[:MAX_REASONS])
        return Declined(reasons or (Refusal.PD_TOO_HIGH,))
    if scored.pd_ppm > profile.pd_refer_ppm:
        return Referred(ReferralQueue.UNDERWRITING, (Refusal.PD_TOO_HIGH.value,))
    offers = make_offers(request, application_id, scored.pd_ppm, profile, at, offer_ids)
    if not offers:
        return Referred(ReferralQueue.UNDERWRITING, ("no_offer_within_caps",))
    return Approved(offers)


def _policy_refusals(
    request: Request,
    findings: Findings,
    scored: Scored,
    profile: MarketProfile,
    product: Product,
    at: datetime,
) -> tuple[Refusal, ...]:
    broken = (
        (Refusal.AGE_NOT_ELIGIBLE, _age_breaks(request, findings, profile)),
        (Refusal.LOAN_TO_VALUE_TOO_HIGH, _ltv_breaks(request, findings, product)),
        (
            Refusal.DEBT_TO_INCOME_TOO_HIGH,
            _dti_breaks(request, findings, scored, profile, at),
        ),
    )
    return tuple(refusal for refusal, is_broken in broken if is_broken)


def _age_breaks(request: Request, findings: Findings, profile: MarketProfile) -> bool:
    age = findings.age_years
    if age is None:
        return False
    if age < profile.min_age_years:
        return True
    oldest = profile.max_age_at_maturity_years
    return oldest is not None and age * 12 + request.term_months > oldest * 12 + 11


def _ltv_breaks(request: Request, findings: Findings, product: Product) -> bool:
    """Loan against the lower of price and valuation (new: the price where none is given)."""
    if product.ltv_cap_bps is None or request.vehicle is None:
        return False
    base = min(request.vehicle.price_minor, findings.valuation_minor or 10**18)
    return request.amount_minor * BPS > product.ltv_cap_bps * base


def _dti_breaks(
    request: Request,
    findings: Findings,
    scored: Scored,
    profile: MarketProfile,
    at: datetime,
) -> bool:
    """All debt service with the highest new instalment, at its own price, against income.

    What cannot be priced breaks nothing here: there will be no offer of it.
    """
    income = findings.income_monthly_minor
    if profile.dti_cap_bps is None or income is None:
        return False
    rate = next(
        (band.annual_rate_bps for band in profile.price_grid if scored.pd_ppm <= band.max_pd_ppm),
        profile.price_grid[-1].annual_rate_bps,
    )
    found = priced(request, request.term_months, rate, at, profile)
    if found is None:
        return False
    instalment = highest_instalment_minor(found.schedule, found.terms)
    service = instalment + (findings.other_debt_monthly_minor or 0)
    return service * BPS > profile.dti_cap_bps * income
