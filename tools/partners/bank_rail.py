"""Bank rail sandbox: pays a reference once, whatever the client and the network do."""

import threading
from pathlib import Path

from tools.partners.journal import Journal, JsonObject
from tools.partners.service import Answer, Call, MalformedError, Partner

STATUSES = ("accepted", "rejected", "unknown")
CLOSED_ACCOUNT_SUFFIX = "0000"


class BankRail:
    """Payments by reference. The journal is written before the answer: a kill loses neither."""

    def __init__(self, state_dir: Path) -> None:
        self._journal = Journal(state_dir / "bank_payments.jsonl")
        self._lock = threading.Lock()
        self._payments: dict[str, JsonObject] = {}
        for entry in self._journal:
            self._payments[entry["reference"]] = {
                **self._payments.get(entry["reference"], {}),
                **entry,
            }

    def partner(self) -> Partner:
        """The HTTP face."""
        return Partner(
            name="bank_rail",
            operations={
                "POST /payments": self.pay,
                "GET /payments": self.list_payments,
                "GET /payments/*": self.query,
                "POST /_control/payments": self.settle,
            },
            on_reset=[self.reset],
        )

    def pay(self, call: Call) -> Answer:
        """Accept or reject; the same reference and body repeats the answer, another body is 409."""
        order = _order(call)
        reference = order["reference"]
        with self._lock:
            known = self._payments.get(reference)
            if known is None:
                closed = order["payee"]["account_no"].endswith(CLOSED_ACCOUNT_SUFFIX)
                known = {
                    "reference": reference,
                    "order": order,
                    "status": "rejected" if closed else "accepted",
                    "reason": "account_closed" if closed else "",
                }
                self._journal.append(known)
                self._payments[reference] = known
        if known["order"] != order:
            return Answer(409, {"reference": reference, "error": "reference_reused"})
        # The first verdict is repeated even when the payment was settled otherwise since.
        if known["reason"]:
            body = {"reference": reference, "status": "rejected", "reason": known["reason"]}
            return Answer(422, body)
        return Answer(202, {"reference": reference, "status": "accepted"})

    def query(self, call: Call) -> Answer:
        """The status of one reference; 404 is definitive: never received, never paid."""
        reference = call.path.rsplit("/", 1)[1]
        with self._lock:
            known = self._payments.get(reference)
        if known is None:
            return Answer(404, {"reference": reference, "error": "not_received"})
        body = {"reference": reference, "status": known["status"]}
        return Answer(200, body | ({"reason": known["reason"]} if known["reason"] else {}))

    def list_payments(self, _call: Call) -> Answer:
        """Every payment in order of arrival."""
        with self._lock:
            payments = [
                {**payment["order"], "status": payment["status"], "reason": payment["reason"]}
                for payment in self._payments.values()
            ]
        return Answer(200, {"payments": payments})

    def settle(self, call: Call) -> Answer:
        """Make queries of a known reference answer `status` (a rail that is still unsure)."""
        reference, status = call.text("reference"), call.text("status")
        if status not in STATUSES:
            raise MalformedError(f"status must be one of {', '.join(STATUSES)}")
        with self._lock:
            if reference not in self._payments:
                return Answer(404, {"reference": reference, "error": "not_received"})
            self._payments[reference]["status"] = status
            self._journal.append({"reference": reference, "status": status})
        return Answer(200, {"reference": reference, "status": status})

    def reset(self) -> None:
        """Forget all payments."""
        with self._lock:
            self._payments.clear()
            self._journal.clear()


def _order(call: Call) -> JsonObject:
    payee = call.mapping("payee")
    return {
        "reference": call.text("reference"),
        "amount_minor": call.positive("amount_minor"),
        "currency": call.text("currency"),
        "payee": {"name": call.text("name", payee), "account_no": call.text("account_no", payee)},
        "purpose": call.text("purpose"),
    }
