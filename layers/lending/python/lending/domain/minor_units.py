"""Decimal amounts of bank messages to integer minor units and back, exactly, or not at all.

Digits are moved as text: no float and no Decimal context ever rounds an amount of money.
"""

import re
from typing import Final, Literal

type AmountFlaw = Literal[
    "unknown_currency", "malformed_amount", "negative_amount", "inexact_amount"
]

# ISO 4217 list one, active codes by number of decimal places. A code that is on no list is not
# guessed to have two.
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF"
    " CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD"
    " HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA"
    " MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN"
    " QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP"
    " TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR: Final = "CLF UYW"
_PLACES: Final = {
    code: places
    for places, codes in ((0, _NONE), (2, _TWO), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
# xs:decimal with the facets of ISO 20022 amounts: 18 digits in all, 5 of them after the point.
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
DIGITS_MAX: Final = 18
FRACTION_DIGITS_MAX: Final = 5


def places_of(currency: str) -> int | None:
    """Decimal places of an active ISO 4217 code; None when there is no such code."""
    return _PLACES.get(currency)


def minor_of(text: str, currency: str) -> int | AmountFlaw:
    """The minor units (>= 0) in an ISO 20022 amount, or what is wrong with it.

    "10.5" EUR is 1050 and so is "10.500"; "10.505" EUR is `inexact_amount`, never rounded.
    """
    places = places_of(currency)
    if places is None:
        return "unknown_currency"
    bare = text.strip(" \t\r\n")
    if not _DECIMAL.fullmatch(bare):
        return "malformed_amount"
    whole, _, fraction = bare.lstrip("+-").partition(".")
    if len(whole.lstrip("0") + fraction) > DIGITS_MAX or len(fraction) > FRACTION_DIGITS_MAX:
        return "malformed_amount"
    kept, beyond = fraction[:places].ljust(places, "0"), fraction[places:]
    minor = int(f"{whole}{kept}" or "0")
    if beyond.strip("0"):
        return "inexact_amount"
    if bare.startswith("-") and minor:
        return "negative_amount"
    return minor


def decimal_text(amount_minor: int, currency: str) -> str:
    """The amount as a bank message writes it: 1050 EUR is "10.50", 1050 JPY is "1050".

    Raises:
        ValueError: negative, an unknown currency or more than 18 digits.
    """
    places = places_of(currency)
    if places is None or amount_minor < 0 or len(str(amount_minor)) > DIGITS_MAX:
        raise ValueError(f"no ISO 20022 amount in {currency}")
    digits = str(amount_minor).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits
