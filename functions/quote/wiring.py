"""The quote function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.profiles import ProfileStore
from lending.usecases.price_quote import ListProducts, PriceQuote

from functions.quote.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    price: PriceQuote
    products: ListProducts


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    profiles = ProfileStore(Settings.load().MARKETS)
    return Wiring(PriceQuote(profiles), ListProducts(profiles))
