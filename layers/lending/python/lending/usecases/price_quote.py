"""Show a price before anybody is known: no state, no promise."""

from dataclasses import dataclass
from datetime import datetime

from lending.domain.offer import Quote, quote
from lending.domain.problem import Problem
from lending.domain.products import Product
from lending.domain.profile import MarketProfile
from lending.domain.submission import amount_and_term_problems
from lending.ports.profiles import Profiles
from lending.usecases.loading import rules_at
from lending.usecases.refusal import NotAllowed, invalid


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """A plan at the market's indicative rate."""

    profiles: Profiles

    def __call__(
        self,
        market: str,
        product_id: str,
        amount_minor: int,
        term_months: int,
        plan: str,
        currency: str,
        at: datetime,
    ) -> Quote | NotAllowed:
        """Price one plan, or name every field that is wrong. Raises Permanent."""
        if market not in self.profiles.markets:
            return invalid(Problem("/market", f"one of {', '.join(self.profiles.markets)}"))
        profile = rules_at(self.profiles, market, at)
        product = profile.products.get(product_id)
        if product is None:
            return invalid(Problem("/product_id", "no such product in this market"))
        found = tuple(
            amount_and_term_problems(amount_minor, term_months, plan, currency, profile, product)
        )
        if found:
            return invalid(*found)
        priced = quote(amount_minor, profile.indicative_rate_bps, term_months, at, profile)
        if priced is None:
            return NotAllowed("conflict", "above_rate_cap", "No plan within the market's rate cap.")
        return priced


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
