"""Bank rail over HTTP. Money: never repeated here, and doubt is said, not raised."""

from typing import Literal
from urllib.parse import quote

from lending.adapters.partner_http import PartnerHttp, Shape
from lending.domain.faults import PartnerUnavailable
from lending.ports.partners import Payee, RailAnswer

STATUSES: dict[str, Literal["accepted", "rejected", "unknown"]] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "unknown": "unknown",
}


class HttpRail:
    """The Rail port: POST /payments, GET /payments/{reference}."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("bank_rail", base_url)

    def pay(
        self, *, reference: str, amount_minor: int, currency: str, payee: Payee, purpose: str
    ) -> RailAnswer:
        """Submit once. `unknown` unless the rail clearly accepted or rejected this reference."""
        order = {
            "reference": reference,
            "amount_minor": amount_minor,
            "currency": currency,
            "payee": {"name": payee.name, "account_no": payee.account_no},
            "purpose": purpose,
        }
        try:
            answer = self._http.call("POST", "/payments", order)
            shape = Shape(answer.body, self._http.nonsense)
            match answer.status:
                case 202 if shape.text("reference") == reference:
                    shape.one_of("status", ("accepted",))
                    return RailAnswer("accepted")
                case 422 if shape.one_of("status", ("rejected",)):
                    # A rail may leave the reference out of a refusal, but not name another.
                    if answer.body.get("reference", reference) == reference:
                        return RailAnswer("rejected", shape.text("reason"))
                case 409:
                    return RailAnswer("unknown", "reference_reused")
            return RailAnswer("unknown", f"http_{answer.status}")
        except PartnerUnavailable as fault:
            return RailAnswer("unknown", str(fault))

    def query(self, *, reference: str) -> RailAnswer:
        """The fate of a reference; `not_received` only by a definite 404 of the rail itself."""
        try:
            answer = self._http.call("GET", f"/payments/{quote(reference, safe='')}", attempts=2)
            shape = Shape(answer.body, self._http.nonsense)
            match answer.status:
                case 200 if shape.text("reference") == reference:
                    status = STATUSES[shape.one_of("status", tuple(STATUSES))]
                    reason = answer.body.get("reason")
                    return RailAnswer(status, reason[:200] if isinstance(reason, str) else "")
                case 404 if answer.body.get("reference") == reference:
                    return RailAnswer("not_received")
            return RailAnswer("unknown", f"http_{answer.status}")
        except PartnerUnavailable as fault:
            return RailAnswer("unknown", str(fault))
