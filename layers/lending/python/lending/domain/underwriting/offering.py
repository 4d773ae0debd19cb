"""Up to four offers that differ usefully: term, own share of the price, kind of plan."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lending.domain.agreed import NO_PARAMETERS
from lending.domain.offer import make_offer, priced
from lending.domain.pricing import Figures, Priced, figures
from lending.domain.records import Offer, Request
from lending.domain.underwriting.assessment import BPS, Assessed, Case, assess, with_amount
from lending.domain.underwriting.decided import Alternative


def offers_of(
    case: Case, asked: Assessed, application_id: str, offer_ids: Sequence[str], allow: str
) -> tuple[tuple[Offer, ...], tuple[Alternative, ...]]:
    """The offers, that of the terms asked for first, and how each differs from the first.

    Every one keeps to all rules by itself (`allow`: the worst action that a person accepts) and
    to the market's rate cap, and is unlike every one before it in instalment or cost.
    """
    most = min(case.policy.offers.most, len(offer_ids))
    offers: list[Offer] = []
    notes: list[Alternative] = []
    chosen: list[Figures] = []
    for differs, request in _candidates(case):
        if len(offers) == most:
            break
        assessed = asked if request is case.request else assess(case, request)
        one = within_cap(case, assessed) if assessed.fits(allow) else None
        if one is None:
            continue
        its = figures(one)
        if not all(_differ(its, other, case.policy.offers.min_difference_bps) for other in chosen):
            continue
        offer_id = offer_ids[len(offers)]
        offers.append(
            make_offer(application_id, case.product, one, case.profile, case.at, offer_id)
        )
        first = chosen[0] if chosen else its
        chosen.append(its)
        less = its.less(first)
        notes.append(
            Alternative(offer_id, differs, less.highest_instalment_minor, less.total_cost_minor)
        )
    return tuple(offers), tuple(notes)


def within_cap(case: Case, assessed: Assessed) -> Priced | None:
    """The full price of what was assessed; None when there is none or it breaks the cap."""
    if assessed.price is None:
        return None
    request, rate = assessed.request, assessed.price.annual_rate_bps
    one = priced(request, request.term_months, rate, case.at, case.profile)
    return one if one is not None and one.all_in.is_within_cap else None


def _candidates(case: Case) -> Iterator[tuple[str, Request]]:
    request, rules = case.request, case.policy.offers
    yield "asked", request
    for step in rules.term_steps_months:
        term = request.term_months + step
        if term > 0:
            yield ("longer" if step > 0 else "shorter"), replace(request, term_months=term)
    if request.vehicle is not None:
        for step in rules.own_share_steps_bps:
            less = request.vehicle.price_minor * step // BPS
            unit = case.policy.counter.amount_step_minor
            amount = (request.amount_minor - less) // unit * unit
            if amount > 0:
                yield "own_share", with_amount(request, amount)
    for plan in rules.plans:
        if plan != request.plan and plan in case.product.plans:
            yield "plan", replace(request, plan=plan, parameters=NO_PARAMETERS)


def _differ(one: Figures, other: Figures, bps: int) -> bool:
    pairs = (
        (one.highest_instalment_minor, other.highest_instalment_minor),
        (one.total_cost_minor, other.total_cost_minor),
    )
    return any(abs(new - known) * BPS >= bps * known for new, known in pairs)
