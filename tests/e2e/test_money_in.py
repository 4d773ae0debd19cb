"""Money in through the front door: signed webhooks of the sandbox bank, duplicates, forgers."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.conftest import Customer, NewCustomer
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply
from tools.localcloud.resources.storage import LOCAL_WEBHOOK_SECRET

WEBHOOKS = "/v1/webhooks/bank"
_numbers = iter(range(1, 10_000))


class Bank:
    """Whoever claims to be the bank."""

    def __init__(self, client: Client, platform: Platform) -> None:
        self.client, self.platform = client, platform

    def now(self) -> datetime:
        return self.platform.cloud.core.clock.datetime().astimezone(UTC)

    def tells(
        self, kind: str, data: dict[str, Any], *, secret: str = LOCAL_WEBHOOK_SECRET, age_s: int = 0
    ) -> Reply:
        document = {"event_id": f"evt_{next(_numbers)}", "type": kind, "data": data}
        return self.sends(json.dumps(document).encode(), secret=secret, age_s=age_s)

    def sends(self, body: bytes, *, secret: str = LOCAL_WEBHOOK_SECRET, age_s: int = 0) -> Reply:
        at = str(int(self.now().timestamp()) - age_s)
        digest = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Webhook-Timestamp": at, "X-Webhook-Signature": f"v1={digest}"}
        return self.client.call("POST", WEBHOOKS, body, headers=headers)

    def credit(self, reference: str, amount_minor: int, bank_reference: str) -> dict[str, Any]:
        value_on = self.now().date().isoformat()
        return {
            "bank_reference": bank_reference,
            "reference": reference,
            "amount_minor": amount_minor,
            "currency": "CNY",
            "value_on": value_on,
        }


@pytest.fixture
def bank(client: Client, platform: Platform) -> Iterator[Bank]:
    yield Bank(client, platform)


def funded(new_customer: NewCustomer) -> tuple[Customer, dict[str, Any]]:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    customer.sign()
    loan_id = customer.until("FUNDED")["loan_id"]
    return customer, customer.call("GET", f"/v1/loans/{loan_id}").body


def test_a_signed_credit_pays_once_a_forged_one_never_and_a_return_takes_it_back(
    new_customer: NewCustomer, bank: Bank
) -> None:
    _, loan = funded(new_customer)
    loan_id, amount = loan["loan_id"], loan["plan_rows"][0]["total_minor"]
    data = bank.credit(loan_id, amount, f"e2e-{loan_id}")
    for how in ({"secret": "x" * 40}, {"age_s": 400}):
        forged = bank.tells("credit.received", data, **how)  # type: ignore[arg-type]
        assert (forged.status, forged.body["code"]) == (401, "signature_invalid")
    first = bank.tells("credit.received", data)
    assert (first.status, first.body) == (200, {"outcome": "credited", "is_new": True})
    again = bank.tells("credit.received", data)
    assert (again.status, again.body) == (200, {"outcome": "credited", "is_new": False})
    other = bank.tells("credit.received", {**data, "amount_minor": amount + 1})
    assert other.body == {"outcome": "parked", "is_new": True}
    back = {
        **data,
        "bank_reference": f"back-{loan_id}",
        "original_bank_reference": data["bank_reference"],
        "reason": "MD06",
    }
    assert bank.tells("credit.returned", back).body["outcome"] == "reversed"
    assert bank.tells("credit.returned", back).body == {"outcome": "reversed", "is_new": False}


def test_money_for_nobody_and_messages_that_say_nothing_are_cases(bank: Bank) -> None:
    unknown = bank.tells("credit.received", bank.credit("whose?", 700, f"u-{next(_numbers)}"))
    assert (unknown.status, unknown.body) == (200, {"outcome": "parked", "is_new": True})
    for body in (b"{", b'{"event_id": "e", "type": "credit.received", "data": {}}', b"[]", b""):
        reply = bank.sends(body)
        assert (reply.status, reply.body["outcome"]) == (200, "parked"), body
