"""The smallest change of a declined request that the same rules approve.

First the amount alone, then the term alone, and both only when neither helps. A probability of
default that depends on the terms is computed for the terms proposed; where the model is not at
hand, only a lower amount is proposed, by which no risk rises.
"""

from collections.abc import Iterator
from dataclasses import replace

from lending.domain.records import Request
from lending.domain.underwriting.assessment import BPS, Assessed, Case, assess, with_amount
from lending.domain.underwriting.decided import CounterOffer
from lending.domain.underwriting.offering import within_cap


def counter_offers(case: Case) -> tuple[CounterOffer, ...]:
    """What would be approved instead, the smallest change first; empty when nothing near is."""
    found = [one for one in (_less(case, case.request), _other_term(case)) if one is not None]
    if not found:
        found = [one for one in (_less_over_other_term(case),) if one is not None]
    ranked = sorted(found, key=lambda one: _change_bps(case.request, one.request))
    return tuple(counter for one in ranked for counter in _counter(case, one))


def _less(case: Case, request: Request) -> Assessed | None:
    """The highest amount below that of the request which is approved, in the policy's steps.

    Every rule loosens as the amount falls, so halving finds it; what is found was assessed.
    """
    step = case.policy.counter.amount_step_minor
    floor = request.amount_minor * case.policy.counter.amount_floor_bps // BPS
    low = -(-max(floor, case.product.min_amount_minor) // step)
    high = (request.amount_minor - 1) // step
    if low > high:
        return None
    best = _approved(case, with_amount(request, low * step))
    if best is None:
        return None
    while low < high:
        middle = (low + high + 1) // 2
        tried = _approved(case, with_amount(request, middle * step))
        if tried is None:
            high = middle - 1
        else:
            low, best = middle, tried
    return best


def _other_term(case: Case) -> Assessed | None:
    """The approved term nearest to the one asked for, at the amount asked for."""
    for request in _other_terms(case):
        if (found := _approved(case, request)) is not None:
            return found
    return None


def _less_over_other_term(case: Case) -> Assessed | None:
    for request in _other_terms(case):
        if (found := _less(case, request)) is not None:
            return found
    return None


def _other_terms(case: Case) -> Iterator[Request]:
    request = case.request
    terms = set(case.policy.counter.terms_months) - {request.term_months}
    # At the same distance the shorter one: it costs less in all.
    for term in sorted(terms, key=lambda term: (abs(term - request.term_months), term)):
        yield replace(request, term_months=term)


def _approved(case: Case, request: Request) -> Assessed | None:
    assessed = assess(case, request)
    is_sure = assessed.is_rescored or request.term_months == case.request.term_months
    if not is_sure or not assessed.is_approved or within_cap(case, assessed) is None:
        return None
    return assessed


def _change_bps(asked: Request, changed: Request) -> int:
    amount = abs(asked.amount_minor - changed.amount_minor) * BPS // asked.amount_minor
    return amount + abs(asked.term_months - changed.term_months) * BPS // asked.term_months


def _counter(case: Case, assessed: Assessed) -> Iterator[CounterOffer]:
    asked, request = case.request, assessed.request
    if assessed.price is None or assessed.instalment_minor is None:
        return
    names = ("amount_minor", "term_months", "down_payment_minor")
    yield CounterOffer(
        amount_minor=request.amount_minor,
        term_months=request.term_months,
        down_payment_minor=request.down_payment_minor,
        pd_ppm=assessed.pd_ppm,
        annual_rate_bps=assessed.price.annual_rate_bps,
        instalment_minor=assessed.instalment_minor,
        changes=tuple(name for name in names if getattr(asked, name) != getattr(request, name)),
    )
