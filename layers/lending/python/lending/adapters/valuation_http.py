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
        answer = self._http.call("POST", "/valuations", vehicle, attempts=2)
        if answer.status not in {200, 201}:
            raise self._http.nonsense(f"HTTP {answer.status}")
        shape = Shape(answer.body, self._http.nonsense)
        shape.text("valuation_id")
        return shape.integer("value_minor", 1, _MINOR_MAX)
