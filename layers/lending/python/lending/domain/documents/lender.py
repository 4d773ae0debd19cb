"""Who lends, as documents print it: dated values of the market's profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Lender:
    """The lending company. `names` and `addresses` are by locale, English always among them."""

    names: Mapping[str, str]
    addresses: Mapping[str, str]
    registration: str
    licence: str
    phone: str

    def name(self, locale: str) -> str:
        """Its name in a language, English where it has none there."""
        return self.names.get(locale, self.names["en"])

    def address(self, locale: str) -> str:
        """Its address in a language, English where it has none there."""
        return self.addresses.get(locale, self.addresses["en"])


def lender_of(value: Mapping[str, Any]) -> Lender:
    """The lender of a profile's value. Raises KeyError: a part is missing."""
    return Lender(
        names={**value["names"], "en": value["names"]["en"]},
        addresses={**value["addresses"], "en": value["addresses"]["en"]},
        registration=value["registration"],
        licence=value["licence"],
        phone=value["phone"],
    )
