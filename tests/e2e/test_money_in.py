"""Money in through the front door: signed webhooks of the sandbox bank, duplicates, forgers."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.conftest import Customer, NewCustomer
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply
from tools.localcloud.resources.storage import LOCAL_WEBHOOK_SECRET

WEBHOOKS = "/v1/webhooks/bank"
SHANGHAI = ZoneInfo("Asia/Shanghai")  # where a loan of these tests begins its day
_numbers = iter(range(1, 10_000))


class Bank:
    """Whoever claims to be the bank."""

    def __init__(self, client: Client, platform: Platform) -> None:
        self.client, self.platform = client, platform
        told = client.partner("bank_rail", "POST", "/_control/bank", {"utc_offset_hours": 8})
        assert told.status < 300, told

    def now(self) -> datetime:
        return self.platform.cloud.core.clock.datetime().astimezone(UTC)

    def today(self) -> str:
        """The bank's day, which is that of the loans."""
        return self.now().astimezone(SHANGHAI).date().isoformat()

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
        return {
            "bank_reference": bank_reference,
            "reference": reference,
            "amount_minor": amount_minor,
            "currency": "CNY",
            "value_on": self.today(),
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


def by_hand(
    client: Client, loan_id: str, kind: str, body: dict[str, Any]
) -> tuple[Reply, Reply, Reply]:
    """Entered by one person, confirmed by the same (refused) and by another."""
    number = next(_numbers)

    def post(path: str, body: dict[str, Any], subject: str, what: str) -> Reply:
        key = f"{what}-{subject}-{number}"
        return client.call("POST", path, body, subject=subject, groups=("operations",), key=key)

    path = f"/v1/ops/loans/{loan_id}/{kind}"
    entry = post(path, body, "op-1", "enter")
    confirmation = f"{path}/{entry.body.get('id', 'none')}/confirmation"
    own = post(confirmation, {"approved": True}, "op-1", "confirm")
    done = post(confirmation, {"approved": True}, "op-2", "confirm")
    if done.status == 200:
        again = post(confirmation, {"approved": True}, "op-2", "confirm")
        assert (again.status, again.body) == (200, done.body)
        other = post(confirmation, {"approved": False}, "op-2", "another")
        assert (other.status, other.body["code"]) == (409, "illegal_state")
    return entry, own, done


def test_what_the_quote_says_closes_the_loan_to_zero_and_a_chargeback_opens_it_again(
    new_customer: NewCustomer, bank: Bank
) -> None:
    customer, loan = funded(new_customer)
    loan_id = loan["loan_id"]
    quote = customer.call("GET", f"/v1/loans/{loan_id}/settlement-quote")
    assert quote.status == 200, quote
    total = quote.body["total_minor"]
    data = bank.credit(quote.body["payment_reference"], total + 500, f"all-{loan_id}")
    assert bank.tells("credit.received", data).body["outcome"] == "credited"
    assert customer.call("GET", f"/v1/loans/{loan_id}").body["status"] == "CLOSED_SETTLED"
    statement = customer.call("GET", f"/v1/loans/{loan_id}/statement").body
    assert (statement["closing_owed_minor"], statement["closing_suspense_minor"]) == (0, 500)
    assert customer.call("GET", f"/v1/loans/{loan_id}/settlement-quote").status == 409
    back = {
        **data,
        "bank_reference": f"back-{loan_id}",
        "original_bank_reference": data["bank_reference"],
        "reason": "MD06",
    }
    assert bank.tells("credit.returned", back).body["outcome"] == "reversed"
    again = customer.call("GET", f"/v1/loans/{loan_id}/settlement-quote").body
    assert again["total_minor"] == total
    assert customer.call("GET", f"/v1/loans/{loan_id}").body["status"] == "ACTIVE_CURRENT"


def test_money_by_hand_takes_two_persons(
    new_customer: NewCustomer, client: Client, bank: Bank
) -> None:
    customer, loan = funded(new_customer)
    loan_id = loan["loan_id"]
    on = loan["opened_on"]
    body = {"amount_minor": 1_000, "currency": "CNY", "value_on": on}
    entry, own, done = by_hand(client, loan_id, "payments", body)
    assert (entry.status, own.status, done.status) == (202, 403, 200), (entry, own, done)
    assert (own.body["code"], done.body["outcome"]) == ("four_eyes", "credited")
    for wrong, pointer in (
        ({"amount_minor": 0}, "/amount_minor"),
        ({"currency": "USD"}, "/currency"),
        ({"value_on": "2099-01-01"}, "/value_on"),
    ):
        refused, _, _ = by_hand(client, loan_id, "payments", {**body, **wrong})
        assert refused.status == 422
        assert [one["pointer"] for one in refused.body["errors"]] == [pointer]
    reversal = {"transaction_id": entry.body["id"], "value_on": on}
    _, _, undone = by_hand(client, loan_id, "reversals", reversal)
    assert undone.body["outcome"] == "reversed"
    parked = bank.credit("whose?", 700, f"case-{loan_id}")
    bank.tells("credit.received", parked)
    cases = client.call("GET", "/v1/ops/cases", subject="op-1", groups=("operations",)).body
    mine = [one for one in cases["cases"] if one["bank_reference"] == parked["bank_reference"]]
    assert [one["case"] for one in mine] == ["unknown_reference"]
    assert customer.call("GET", "/v1/ops/cases").status == 403


def test_the_sandbox_bank_tells_of_a_payout_before_or_after_its_answer(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    url = platform.api_url + WEBHOOKS
    target = {"url": url, "secret": LOCAL_WEBHOOK_SECRET, "mode": "auto"}
    assert client.partner("bank_rail", "POST", "/_control/webhooks", target).status < 300
    try:
        _, loan = funded(new_customer)
        reference = f"dis-{loan['application_id']}"
        for _ in range(100):
            told = client.partner("bank_rail", "GET", "/_control/webhooks").body["events"]
            mine = [one for one in told if one["data"].get("reference") == reference]
            if mine and all(one["state"] == "delivered" for one in mine):
                break
            time.sleep(0.1)
        assert [one["state"] for one in mine] == ["delivered"], mine
    finally:
        client.partner("bank_rail", "POST", "/_control/webhooks", {**target, "mode": "manual"})


def test_the_day_before_is_anchored_signed_and_locked(platform: Platform) -> None:
    payload = json.dumps({"at": platform.cloud.core.clock.datetime().isoformat()}).encode()
    status, body = platform.cloud.core.edge.invoke("Autolend-dev-anchor", payload)
    assert status == "response", body
    told = json.loads(body)
    assert platform.cloud.core.edge.invoke("Autolend-dev-anchor", payload)[1] == body
    s3 = platform.cloud.core.deployer.boto("s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "anchors" in one["Name"]]
    kept = s3.get_object(Bucket=bucket, Key=f"anchors/{told['on']}.json")
    document = json.loads(kept["Body"].read())
    assert json.loads(document["anchor"])["root_sha256"] == told["root_sha256"]
    kms = platform.cloud.core.deployer.boto("kms")
    checked = kms.verify(
        KeyId=document["key_id"],
        Message=document["anchor"].encode(),
        MessageType="RAW",
        Signature=base64.b64decode(document["signature"]),
        SigningAlgorithm=document["algorithm"],
    )
    assert checked["SignatureValid"]
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"
    versions = s3.list_object_versions(Bucket=bucket, Prefix=f"anchors/{told['on']}")
    assert len(versions["Versions"]) == 1


def test_the_statement_brings_what_no_webhook_told_and_explains_the_rest(
    new_customer: NewCustomer, client: Client, platform: Platform, bank: Bank
) -> None:
    _, loan = funded(new_customer)
    paid = {"reference": loan["loan_id"], "amount_minor": 1_234, "currency": "CNY"}
    stranger = {**paid, "reference": "whose?", "amount_minor": 77}
    charge = {"amount_minor": -30, "currency": "CNY"}
    assert client.partner("bank_rail", "POST", "/_control/credits", paid).status < 300
    assert client.partner("bank_rail", "POST", "/_control/credits", stranger).status < 300
    assert client.partner("bank_rail", "POST", "/_control/bookings", charge).status < 300
    on = bank.today()
    payload = json.dumps({"at": bank.now().isoformat(), "on": on}).encode()
    status, body = platform.cloud.core.edge.invoke("Autolend-dev-reconcile", payload)
    assert status == "response", body
    told = json.loads(body)["CNY"]
    assert told["balances"]
    assert told["explained"] >= 2  # the payout and the payment
    assert told["unexplained"] >= 2  # the stranger's money and the charge
    status, body = platform.cloud.core.edge.invoke("Autolend-dev-reconcile", payload)
    again = json.loads(body)["CNY"]
    assert (again["explained"], again["unexplained"]) == (0, told["unexplained"])
    path = f"/v1/ops/reconciliation?on={on}&currency=CNY"
    shown = client.call("GET", path, subject="op-1", groups=("operations",))
    assert shown.status == 200, shown
    parts = [shown.body[name]["amount_minor"] for name in ("matched", "explained", "unexplained")]
    assert sum(parts) == shown.body["closing_minor"] - shown.body["opening_minor"]
    cases = client.call("GET", "/v1/ops/cases", subject="op-1", groups=("operations",)).body
    assert -30 in [one["amount_minor"] for one in cases["cases"]]


def test_sixteen_payments_at_once_on_one_loan_are_all_there_and_exact(
    new_customer: NewCustomer, bank: Bank
) -> None:
    customer, loan = funded(new_customer)
    loan_id = loan["loan_id"]
    told = [bank.credit(loan_id, 1_000 + n, f"many-{n}-{loan_id}") for n in range(16)]

    def tell(data: dict[str, Any]) -> str:
        for _ in range(30):
            reply = bank.tells("credit.received", data)
            if reply.status == 200:
                return str(reply.body["outcome"])
            assert reply.status in {409, 429, 503}, reply  # a bank tells it again
            time.sleep(0.05)
        return "never"

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(tell, told + told))
    assert outcomes == ["credited"] * 32
    rows = customer.call("GET", f"/v1/loans/{loan_id}/statement").body["rows"]
    came_in = sum(row["cash_minor"] for row in rows if row["cash_minor"] > 0)
    taken_back = sum(row["cash_minor"] for row in rows if row["reverses"])
    assert came_in + taken_back == sum(data["amount_minor"] for data in told)
