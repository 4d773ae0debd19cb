"""Bank rail over HTTP. Money: never repeated here, and doubt is said, not raised."""

import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import quote

from lending.adapters.partner_http import Answer, PartnerHttp, Shape
from lending.domain.faults import PartnerUnavailable
from lending.ports.bank import DebitAnswer, DebitOrder, PayoutOrder
from lending.ports.partners import Payee, RailAnswer

STATUSES: Final[Mapping[str, Literal["accepted", "rejected", "unknown"]]] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "unknown": "unknown",
}
DEBIT_STATUSES: Final[Mapping[str, Literal["collected", "failed", "pending", "unknown"]]] = {
    "collected": "collected",
    "failed": "failed",
    "pending": "pending",
    "unknown": "unknown",
}
REASON_CHARS_MAX: Final = 200
_RETURN_CODE: Final = re.compile(r"[A-Z0-9]{1,4}")


class HttpRail:
    """The Rail and PaymentRail ports: POST and GET /payments, POST and GET /debits."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("bank_rail", base_url)

    def submit(self, order: PayoutOrder) -> RailAnswer:
        """Send a payout once. `unknown` unless the bank clearly accepted or rejected it."""
        return self.pay(
            reference=order.reference,
            amount_minor=order.amount_minor,
            currency=order.currency,
            payee=order.payee,
            purpose=order.purpose,
        )

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
            if answer.status == 202 and self._names(answer, reference):
                Shape(answer.body, self._http.nonsense).one_of("status", ("accepted",))
                return RailAnswer("accepted")
            reason = self._refusal(answer, reference)
            return RailAnswer("rejected", reason) if reason else RailAnswer("unknown", _why(answer))
        except PartnerUnavailable as fault:
            return RailAnswer("unknown", str(fault))

    def query(self, *, reference: str) -> RailAnswer:
        """The fate of a reference; `not_received` only by a definite 404 of the rail itself."""
        try:
            answer = self._ask("/payments/", reference)
            match answer.status:
                case 200 if self._names(answer, reference):
                    shape = Shape(answer.body, self._http.nonsense)
                    status = STATUSES[shape.one_of("status", tuple(STATUSES))]
                    return RailAnswer(status, _reason(answer), _returned(answer))
                case 404 if answer.body.get("reference") == reference:
                    return RailAnswer("not_received")
            return RailAnswer("unknown", _why(answer))
        except PartnerUnavailable as fault:
            return RailAnswer("unknown", str(fault))

    def debit(self, order: DebitOrder) -> DebitAnswer:
        """Send a collection once. A bank only takes it in: the verdict comes later."""
        body = {
            "reference": order.reference,
            "amount_minor": order.amount_minor,
            "currency": order.currency,
            "payer": {
                "name": order.payer.name,
                "account_no": order.payer.account_no,
                "mandate_id": order.payer.mandate_id,
            },
            "due_on": order.due_on.isoformat(),
            "purpose": order.purpose,
        }
        try:
            answer = self._http.call("POST", "/debits", body)
            if answer.status == 202 and self._names(answer, order.reference):
                Shape(answer.body, self._http.nonsense).one_of("status", ("pending",))
                return DebitAnswer("pending")
            reason = self._refusal(answer, order.reference)
            return DebitAnswer("failed", reason) if reason else DebitAnswer("unknown", _why(answer))
        except PartnerUnavailable as fault:
            return DebitAnswer("unknown", str(fault))

    def query_debit(self, *, reference: str) -> DebitAnswer:
        """The fate of a collection; `not_received` only by a definite 404 of the rail itself."""
        try:
            answer = self._ask("/debits/", reference)
            match answer.status:
                case 200 if self._names(answer, reference):
                    shape = Shape(answer.body, self._http.nonsense)
                    status = DEBIT_STATUSES[shape.one_of("status", tuple(DEBIT_STATUSES))]
                    return DebitAnswer(status, _reason(answer), _returned(answer))
                case 404 if answer.body.get("reference") == reference:
                    return DebitAnswer("not_received")
            return DebitAnswer("unknown", _why(answer))
        except PartnerUnavailable as fault:
            return DebitAnswer("unknown", str(fault))

    def check(self, payee: Payee) -> Literal["match", "mismatch"]:
        """Whether the account is this name's. Raises PartnerUnavailable: the bank cannot say."""
        body = {"name": payee.name, "account_no": payee.account_no}
        answer = self._http.call("POST", "/accounts/check", body, attempts=2)
        if answer.status != 200:
            raise self._http.nonsense(f"HTTP {answer.status}")
        told = Shape(answer.body, self._http.nonsense).one_of("result", ("match", "mismatch"))
        return "match" if told == "match" else "mismatch"

    def _ask(self, path: str, reference: str) -> Answer:
        return self._http.call("GET", path + quote(reference, safe=""), attempts=2)

    def _names(self, answer: Answer, reference: str) -> bool:
        """Whether the answer speaks of this reference. Raises PartnerUnavailable: of none."""
        return Shape(answer.body, self._http.nonsense).text("reference") == reference

    def _refusal(self, answer: Answer, reference: str) -> str:
        """The reason of a clear refusal, "" when it is none. Raises PartnerUnavailable."""
        # A rail may leave the reference out of a refusal, but not name another.
        if answer.status != 422 or answer.body.get("reference", reference) != reference:
            return ""
        shape = Shape(answer.body, self._http.nonsense)
        shape.one_of("status", ("rejected",))
        return shape.text("reason")


def _why(answer: Answer) -> str:
    """Why an answer leaves it open what happened."""
    return "reference_reused" if answer.status == 409 else f"http_{answer.status}"


def _reason(answer: Answer) -> str:
    reason = answer.body.get("reason")
    return reason[:REASON_CHARS_MAX] if isinstance(reason, str) else ""


def _returned(answer: Answer) -> str:
    """The return code; "NARR" (see the narrative) when the bank says returned without one."""
    returned = answer.body.get("returned")
    if not returned:
        return ""
    is_code = isinstance(returned, str) and _RETURN_CODE.fullmatch(returned)
    return str(returned) if is_code else "NARR"
