"""Whether what is asked for can be had: every wrong field by its place, all at once."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from lending.domain.agreed import PlanParameters
from lending.domain.pricing.add_ons import add_on_problems
from lending.domain.pricing.asked import Asked
from lending.domain.problem import Problem
from lending.domain.products import BPS, AddOnFinance, PlanOption, Product

FIRST_DUE_WITHIN: Final = timedelta(days=62)
# Which plans a parameter belongs to; grace belongs to those whose product allows it.
ONLY_FOR: Final = {
    "balloon_minor": "balloon",
    "residual_minor": "lease",
    "advance_rents": "lease",
    "deposit_minor": "lease",
    "steps": "step",
}
REQUIRED: Final = {"balloon": "balloon_minor", "lease": "residual_minor", "step": "steps"}


def problems(
    asked: Asked,
    product: Product,
    currency: str,
    finance: AddOnFinance | None,
    price_pointer: str = "/vehicle_price_minor",
) -> Iterator[Problem]:
    """What is wrong with a request for a product. `price_pointer`: where the vehicle's price is.

    Without a finding the request can be priced, unless its numbers have no solution.
    """
    if asked.currency != currency:
        yield Problem("/currency", f"this market lends in {currency}")
    option = product.plans.get(asked.plan)
    if option is None:
        yield Problem("/plan", f"one of {', '.join(product.plans)}")
    yield from _amount_problems(asked, product)
    longest = product.max_months(asked.plan) if option else product.max_term_months
    if not product.min_term_months <= asked.term_months <= longest:
        yield Problem("/term_months", f"{product.min_term_months} to {longest} months")
    if option is not None:
        yield from _parameter_problems(asked, option)
    yield from add_on_problems(asked, product, finance, price_pointer)
    if asked.price_minor is None:
        for fee in product.fees:
            if fee.base == "vehicle_price":
                yield Problem(price_pointer, f"missing: {fee.code} depends on it")
    yield from _own_share_problems(asked, product)


def _amount_problems(asked: Asked, product: Product) -> Iterator[Problem]:
    least, most = product.min_amount_minor, product.max_amount_minor
    if not least <= asked.amount_minor <= most:
        yield Problem("/amount_minor", f"{least} to {most} minor units")
    elif asked.lent_minor > most:
        detail = f"with the amount at most {most} minor units are lent"
        yield Problem("/add_ons", detail)


def _own_share_problems(asked: Asked, product: Product) -> Iterator[Problem]:
    """What the customer pays of the vehicle: its price less the amount."""
    price, least_bps = asked.price_minor, product.min_down_payment_bps
    if price is None or not least_bps:
        return
    if (price - asked.amount_minor) * BPS < least_bps * price:
        least = -(-least_bps * price // BPS)
        detail = f"{least} of the price at least, so {price - least} may be lent"
        yield Problem("/down_payment_minor", detail)


def vehicle_price_problems(asked: Asked, product: Product) -> Iterator[Problem]:
    """What is wrong with price and down payment of a quote (an application has a valuation)."""
    price, down = asked.price_minor, asked.down_payment_minor
    if not product.has_vehicle:
        if price is not None:
            yield Problem("/vehicle_price_minor", "this product is not secured by a vehicle")
        if down:
            yield Problem("/down_payment_minor", "0 without a vehicle")
        return
    if price is None:
        if down:
            yield Problem("/vehicle_price_minor", "missing: the down payment is a part of it")
        return
    own = max(0, price - asked.amount_minor)
    if down not in {None, own}:
        yield Problem("/down_payment_minor", f"{own}: the price less the amount")
    cap = product.ltv_cap_bps
    if cap is not None and asked.amount_minor * BPS > cap * price:
        yield Problem("/amount_minor", f"at most {price * cap // BPS} of this price")


def first_due_problems(asked: Asked, on: date) -> Iterator[Problem]:
    """What is wrong with the first due date of a loan paid out `on` a day."""
    first = asked.first_due_on
    if first is not None and not on < first <= on + FIRST_DUE_WITHIN:
        yield Problem("/first_due_on", f"within {FIRST_DUE_WITHIN.days} days after {on}")


def _parameter_problems(asked: Asked, option: PlanOption) -> Iterator[Problem]:
    given = asked.parameters
    needed = REQUIRED.get(asked.plan)
    for name, plan in ONLY_FOR.items():
        is_given = getattr(given, name) not in {None, ()}
        if is_given and plan != asked.plan:
            yield Problem(f"/{name}", f"'{asked.plan}' has no {name}")
        elif not is_given and name == needed:
            yield Problem(f"/{name}", f"missing: '{asked.plan}' needs it")
    match asked.plan:
        case "balloon" if given.balloon_minor is not None:
            yield from _balloon_problems(asked.amount_minor, given.balloon_minor, option)
        case "lease":
            yield from _lease_problems(asked, option)
        case "step" if given.steps:
            yield from _step_problems(asked, option)
    yield from _grace_problems(asked.term_months, given, option)


def _share(amount_minor: int, bps: int) -> int:
    return amount_minor * bps // BPS


def _balloon_problems(
    amount_minor: int, balloon_minor: int, option: PlanOption
) -> Iterator[Problem]:
    most = _share(amount_minor, option.balloon_max_bps)
    if not 1 <= balloon_minor <= most:
        yield Problem("/balloon_minor", f"1 to {most} minor units")


def _lease_problems(asked: Asked, option: PlanOption) -> Iterator[Problem]:
    given, amount = asked.parameters, asked.amount_minor
    limits = (
        ("residual_minor", given.residual_minor, _share(amount, option.residual_max_bps)),
        ("deposit_minor", given.deposit_minor, _share(amount, option.deposit_max_bps)),
        ("advance_rents", given.advance_rents, option.advance_rents_max),
    )
    for name, value, most in limits:
        if value is not None and not 0 <= value <= most:
            yield Problem(f"/{name}", f"0 to {most}")


def _step_problems(asked: Asked, option: PlanOption) -> Iterator[Problem]:
    steps = asked.parameters.steps
    if len(steps) > option.steps_max:
        yield Problem("/steps", f"at most {option.steps_max}")
    covered = sum(step.periods for step in steps)
    if covered != asked.term_months:
        yield Problem("/steps", f"they cover {covered} of {asked.term_months} months")
    weights = [Fraction(step.weight) for step in steps]
    if min(weights) <= 0:
        index = weights.index(min(weights))
        yield Problem(f"/steps/{index}/weight", "above 0")
    elif max(weights) > option.step_ratio_max * min(weights):
        ratio = option.step_ratio_max
        yield Problem("/steps", f"the highest weight is at most {ratio} times the lowest")


def _grace_problems(
    term_months: int, given: PlanParameters, option: PlanOption
) -> Iterator[Problem]:
    most = min(option.grace_principal_max, term_months - 1)
    if not 0 <= given.grace_principal_periods <= most:
        yield Problem("/grace/principal_periods", f"0 to {most}")
    most = min(option.grace_interest_max, given.grace_principal_periods)
    if not 0 <= given.grace_interest_periods <= most:
        yield Problem("/grace/interest_periods", f"0 to {most}")
