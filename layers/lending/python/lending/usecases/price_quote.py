"""Show prices before anybody is known: no state, no promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lending.domain.pricing import (
    Asked,
    Priced,
    first_due_problems,
    price_or_problem,
    problems,
    vehicle_price_problems,
)
from lending.domain.problem import Problem
from lending.domain.products import Product
from lending.domain.profile import MarketProfile
from lending.ports.profiles import Profiles
from lending.usecases.loading import rules_at
from lending.usecases.refusal import NotAllowed, invalid


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """One plan to price, and where it stands in the body.

    The fields in `own` stand under `prefix`, the others are shared by all plans.
    """

    asked: Asked
    prefix: str = ""
    own: frozenset[str] = frozenset()

    def placed(self, problem: Problem) -> Problem:
        """A problem with this plan, with its pointer into the body."""
        field = problem.pointer.split("/")[1]
        if field not in self.own:
            return problem
        return Problem(self.prefix + problem.pointer, problem.detail)


@dataclass(frozen=True, slots=True)
class Quoted:
    """One plan of a product, priced under a market's rules."""

    profile: MarketProfile
    product: Product
    priced: Priced


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """Plans at the market's indicative rate; nothing above its cap is shown."""

    profiles: Profiles

    def __call__(
        self, market: str, plans: Sequence[PlanAsked], at: datetime
    ) -> tuple[Quoted, ...] | NotAllowed:
        """Price every plan, or name every field that is wrong. Raises Permanent."""
        if market not in self.profiles.markets:
            return invalid(Problem("/market", f"one of {', '.join(self.profiles.markets)}"))
        profile = rules_at(self.profiles, market, at)
        found: list[Problem] = []
        quoted: list[Quoted] = []
        above_cap: list[Problem] = []
        for plan in plans:
            result = _price(plan.asked, profile, at)
            if not isinstance(result, Quoted):
                found += [plan.placed(problem) for problem in result]
            elif result.priced.all_in.is_within_cap:
                quoted.append(result)
            else:
                detail = "its annual all-in rate is above the market's cap"
                above_cap.append(plan.placed(Problem("/plan", detail)))
        if found:
            return invalid(*dict.fromkeys(found))
        if above_cap:
            detail = "No plan within the market's rate cap."
            return NotAllowed("conflict", "above_rate_cap", detail, tuple(above_cap))
        return tuple(quoted)


def _price(asked: Asked, profile: MarketProfile, at: datetime) -> Quoted | list[Problem]:
    product = profile.products.get(asked.product_id)
    if product is None:
        return [Problem("/product_id", "no such product in this market")]
    on = profile.local_date(at)
    found = [
        *problems(asked, product, profile.currency, profile.add_on_finance),
        *vehicle_price_problems(asked, product),
        *first_due_problems(asked, on),
    ]
    if found:
        return found
    rate, cap = profile.indicative_rate_bps, profile.apr_cap_bps
    result = price_or_problem(asked, product, rate, on, cap)
    if isinstance(result, Problem):
        return [result]
    return Quoted(profile, product, result)


@dataclass(frozen=True, slots=True)
class ListProducts:
    """What every market of this deployment lends today."""

    profiles: Profiles

    def __call__(self, at: datetime) -> tuple[tuple[MarketProfile, Product], ...]:
        """Each product with its market's rules. Raises Permanent."""
        rules = [rules_at(self.profiles, market, at) for market in self.profiles.markets]
        return tuple(
            (profile, product) for profile in rules for product in profile.products.values()
        )
