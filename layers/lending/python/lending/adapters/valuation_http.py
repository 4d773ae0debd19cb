"""Vehicle valuation over HTTP."""

from typing import Final

from lending.adapters.partner_http import PartnerHttp, Shape

_MINOR_MAX: Final = 10**13


class HttpValuation:
    """The Valuation port: POST /valuations."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("valuation", base_url)

    def value_minor(
        self,
        *,
        vin: str,
        condition: str,
        model_year: int,
        odometer_km: int,
        price_minor: int,
        currency: str,
    ) -> int:
        """Market value in minor units of `currency`. Raises PartnerUnavailable."""
        vehicle = {
            "vin": vin,
            "condition": condition,
            "model_year": model_year,
            "odometer_km": odometer_km,
            "price_minor": price_minor,
            "currency": currency,
        }
        return self._http.answer("/valuations", vehicle, lambda shape: _read(shape, vin))


def _read(shape: Shape, vin: str) -> int:
    shape.about("vin", vin)
    shape.text("valuation_id")
    return shape.integer("value_minor", 1, _MINOR_MAX)
