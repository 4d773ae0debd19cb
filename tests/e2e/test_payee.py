"""Whom a payout goes to: another payee takes two persons and a day; a split drawdown one more."""

import hashlib
from typing import Any

from tests.e2e.conftest import Customer, NewCustomer
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply

DEALER = {"name": "Second Dealer", "account_no": "6222000055556666"}


def post(client: Client, application_id: str, what: str, body: Any, who: str) -> Reply:
    path = f"/v1/ops/applications/{application_id}/{what}"
    told = hashlib.sha256(f"{who} {what} {body}".encode()).hexdigest()[:16]
    key = f"{told}-{application_id}"
    return client.call("POST", path, body, subject=who, groups=("operations",), key=key)


def holds(client: Client, application_id: str) -> list[str]:
    path = f"/v1/ops/applications/{application_id}/release"
    shown = client.call("GET", path, subject="op-1", groups=("operations",))
    assert shown.status == 200, shown
    found: list[str] = shown.body["holds"]
    return found


def near_the_limit(customer: Customer, client: Client, amount_minor: int = 45_000_000) -> None:
    body = customer.person.body
    price_minor = amount_minor * 10 // 6
    body["amount_minor"] = amount_minor
    body["vehicle"]["price_minor"] = price_minor
    body["down_payment_minor"] = price_minor - amount_minor
    body["applicant"]["income_monthly_minor"] = amount_minor
    flows = {"income_monthly_minor": amount_minor}
    subject = {"id_no": body["applicant"]["id_no"], "report": flows}
    assert client.partner("income", "POST", "/_control/subjects", subject).status < 300
    value = {"vin": body["vehicle"]["vin"], "value_minor": price_minor}
    assert client.partner("valuation", "POST", "/_control/vehicles", value).status < 300


def test_a_changed_payee_is_paid_after_a_second_person_and_a_day(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    wanted = post(client, customer.application_id, "payee", DEALER, "op-1")
    assert (wanted.status, wanted.body["wanted_payee_id"] is not None) == (202, True), wanted
    bad = post(client, customer.application_id, "payee", {"name": "", "account_no": "x"}, "op-1")
    assert bad.status == 422
    customer.sign()
    customer.until("CONDITIONS_PENDING")
    platform.idle()
    assert "payee_change_unconfirmed" in holds(client, customer.application_id)
    approved = {"approved": True}
    own = post(client, customer.application_id, "payee/confirmation", approved, "op-1")
    assert (own.status, own.body["code"]) == (403, "four_eyes")
    done = post(client, customer.application_id, "payee/confirmation", approved, "op-2")
    assert (done.status, done.body["payee_check"]) == (200, "match"), done
    early = post(client, customer.application_id, "release", approved, "op-3")
    assert (early.status, early.body["code"]) == (409, "payee_cooling")
    platform.advance(days=2)
    customer.until("FUNDED")
    paid = client.partner("bank_rail", "GET", "/payments").body["payments"]
    (mine,) = [one for one in paid if one["reference"] == f"dis-{customer.application_id}"]
    assert mine["payee"] == DEALER


def test_a_second_loan_on_one_car_just_below_the_limit_is_held_by_name(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    first, second = new_customer(), new_customer()
    for name in ("vehicle", "product_id", "term_months"):
        second.person.body[name] = first.person.body[name]
    for one in (first, second):
        near_the_limit(one, client)
        assert one.apply().status == 202
        one.until("APPROVED")
        one.sign()
    first.until("FUNDED")
    second.until("CONDITIONS_PENDING")
    platform.idle()
    assert holds(client, second.application_id) == ["split_drawdown"]
    released = post(client, second.application_id, "release", {"approved": True}, "op-3")
    assert released.status == 200, released
    second.until("FUNDED")
