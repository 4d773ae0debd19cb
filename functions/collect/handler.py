"""POST /v1/webhooks/bank: believed when signed, stored before it is answered."""

from lending.adapters.webhook_signature import delivery_of
from lending.domain.webhooks import Forgery
from lending.entrypoint.http import Api, Call, Reply, SignedBytes
from lending.entrypoint.observability import logger
from lending.entrypoint.problems import Refused
from lending.entrypoint.strict_json import parse_object

from functions.collect.wiring import BANK, wiring

handler = Api("collect")


@handler.route("POST", "/v1/webhooks/bank", SignedBytes)
def bank(call: Call[SignedBytes]) -> Reply:
    """200 once everything that the message says is stored; 401 for whoever did not sign it."""
    delivery = delivery_of(call.headers, call.raw_body)
    told = wiring().receive(BANK, delivery, _document(call.raw_body), call.now)
    if isinstance(told, Forgery):
        logger().warning("webhook not believed", forgery=told.value)
        raise Refused(401, "signature_invalid", "The signature is missing, wrong or too old.")
    if told is None:
        return Reply(200, {"outcome": "noted"})
    receipt = told.receipt
    if receipt.is_open and told.is_new:
        logger().warning("case opened", case=receipt.case, receipt_id=receipt.receipt_id)
    return Reply(200, {"outcome": receipt.outcome.value, "is_new": told.is_new})


def _document(raw: bytes) -> dict[str, object] | None:
    """The body as money needs it; None when it is no such JSON."""
    try:
        return dict(parse_object(raw))
    except Refused:
        return None
