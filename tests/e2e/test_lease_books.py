"""A lease in the books: fee, rents in advance and deposit on the first day, and back."""

import json
from typing import Any

from tests.e2e.conftest import Customer, NewCustomer
from tests.e2e.test_bank_statements import Inbox
from tests.e2e.test_money_in import Bank
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client

AMOUNT, DEPOSIT = 20_000_000, 2_000_000


def wants_a_lease(customer: Customer, client: Client) -> None:
    body = customer.person.body
    vehicle: dict[str, Any] = body["vehicle"]
    vehicle |= {"condition": "new", "power": "ice", "model_year": 2026, "odometer_km": 0}
    vehicle["price_minor"] = AMOUNT * 10 // 7
    body["product_id"], body["plan"], body["term_months"] = "cn-auto-lease", "lease", 24
    body["amount_minor"] = AMOUNT
    body["down_payment_minor"] = vehicle["price_minor"] - AMOUNT
    body["residual_minor"], body["deposit_minor"], body["advance_rents"] = 4_000_000, DEPOSIT, 2
    body["add_ons"] = [{"code": "gps"}]
    body["applicant"]["income_monthly_minor"] = AMOUNT
    value = {"vin": vehicle["vin"], "value_minor": vehicle["price_minor"]}
    assert client.partner("valuation", "POST", "/_control/vehicles", value).status < 300


def test_a_lease_opens_with_what_the_dealer_took_and_gives_the_deposit_back(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = new_customer()
    wants_a_lease(customer, client)
    applied = customer.apply()
    assert applied.status == 202, applied
    customer.until("APPROVED")
    customer.sign()
    loan_id = customer.until("FUNDED")["loan_id"]
    path = f"/v1/loans/{loan_id}/statement"
    first = customer.call("GET", path).body
    by_kind = {row["kind"]: row for row in first["rows"]}
    assert {"disbursement", "charge", "payment", "transfer"} <= by_kind.keys()
    assert by_kind["transfer"]["deposit_minor"] == DEPOSIT
    assert by_kind["payment"]["cash_minor"] == 0, "the dealer has it"
    bank, inbox = Bank(client, platform), Inbox(client, platform)
    quote = customer.call("GET", f"/v1/loans/{loan_id}/settlement-quote").body
    paid = bank.credit(loan_id, quote["total_minor"], f"lease-{loan_id}")
    assert bank.tells("credit.received", paid).body["outcome"] == "credited"
    assert customer.call("GET", f"/v1/loans/{loan_id}").body["status"] == "CLOSED_SETTLED"
    told = inbox.invoke("reconcile", ask=False)
    assert told["CNY"]["deposits_ended"] >= 1, json.dumps(told)
    last = customer.call("GET", path).body["rows"][-1]
    assert (last["kind"], last["deposit_minor"]) == ("transfer", 0)
    assert inbox.invoke("reconcile", ask=False)["CNY"]["deposits_ended"] == 0
