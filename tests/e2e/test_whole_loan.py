"""From price to reminder through the front door, on the template that is deployed."""

import hashlib
from typing import Any

import pytest

from tests.e2e.conftest import Customer, NewCustomer, everything_read
from tests.e2e.test_documents import read as read_link
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_customer_gets_a_loan_and_its_reminders(
    new_customer: NewCustomer, platform: Platform
) -> None:
    customer = new_customer()
    assert customer.apply().status == 202
    view = customer.until("APPROVED")
    assert view["decision"]["outcome"] == "APPROVED"
    assert 1 <= len(view["offers"]) <= 4
    assert view["customer"]["mobile"].endswith(customer.person.mobile[-4:])
    assert customer.person.body["applicant"]["id_no"] not in str(view)
    assert customer.sign().status == 200
    funded = customer.until("FUNDED")
    assert_signed_and_sealed(customer)
    loan = customer.call("GET", f"/v1/loans/{funded['loan_id']}").body
    principal = customer.person.body["amount_minor"]
    assert sum(row["principal_minor"] for row in loan["plan_rows"]) == principal
    assert loan["plan_rows"][-1]["balance_minor"] == 0
    moves = customer.call("GET", f"/v1/applications/{customer.application_id}/timeline").body
    assert [move["seq"] for move in moves["transitions"]] == list(range(1, 11))
    assert [move["to"] for move in moves["transitions"]] == [
        "SUBMITTED",
        "SCREENING",
        "DECISIONING",
        "APPROVED",
        "OFFER_ACCEPTED",
        "CONTRACTING",
        "CONDITIONS_PENDING",
        "READY_TO_FUND",
        "FUNDING",
        "FUNDED",
    ]
    platform.advance(days=33)
    told = [message["template"] for message in customer.messages()]
    assert told.count("InstalmentReminderDue") == 4
    assert told.count("LoanFunded") == told.count("ApplicationApproved") == 1


def assert_signed_and_sealed(customer: Customer) -> None:
    """What the customer reads is what was archived, and it verifies; nobody else may ask."""
    contract_id = customer.view()["contract"]["contract_id"]
    path = f"/v1/contracts/{contract_id}/verification"
    told = customer.call("GET", path).body
    assert (told["verdict"], told["reasons"], told["level"]) == ("VALID", [], "B-LTA"), told
    assert all(one["ok"] for one in told["findings"])
    assert customer.client.call("GET", path, subject="somebody-else").status == 404


def test_a_guarantor_signs_after_the_borrower_and_only_then_is_it_paid(
    new_customer: NewCustomer,
) -> None:
    customer, guarantor = new_customer(), new_customer()
    applicant = guarantor.person.body["applicant"]
    customer.apply()
    customer.until("APPROVED")
    customer.accept()
    customer.post("contract")
    named = {name: applicant[name] for name in ("full_name", "id_type", "id_no", "mobile")}
    one = {"role": "guarantor", "subject": guarantor.subject, "locale": "zh-CN", **named}
    assert customer.post("signers", {"signers": [one]}).status == 200
    contract = customer.post("contract").body
    shown = f"/v1/applications/{customer.application_id}/contract"
    told = guarantor.call("GET", shown).body
    assert without_links(told) == without_links(contract)
    for one in told["documents"]:
        assert hashlib.sha256(read_link(one["url"])).hexdigest() == one["sha256"]
    assert new_customer().call("GET", shown).status == 404
    read = everything_read(told)
    for signer, state in ((customer, "CONTRACTING"), (guarantor, "CONDITIONS_PENDING")):
        signer.application_id = customer.application_id
        prompted = signer.post("contract/otp", read)
        assert prompted.status == 200, prompted
        done = signer.post("signature", signer.signature(prompted.body))
        assert done.body["state"] == state, done
    customer.until("FUNDED")
    signed = [
        {one["kind"]: one["sha256"] for one in who.call("GET", "/v1/documents").body["documents"]}
        for who in (customer, guarantor)
    ]
    assert signed[0] == signed[1]
    assert set(signed[1]) == {"contract", "cost_sheet"}


def without_links(contract: dict[str, Any]) -> dict[str, Any]:
    documents = [{**one, "url": ""} for one in contract["documents"]]
    return {**contract, "documents": documents}


def test_plans_are_compared_and_the_one_asked_for_is_signed_and_paid_out(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    body = customer.person.body
    shared = ("market", "product_id", "currency", "amount_minor", "term_months")
    asked = {name: body[name] for name in shared}
    asked["plans"] = [{"plan": "equal_instalment"}, {"plan": "equal_principal"}]
    quoted = client.call("POST", "/v1/quotes", asked)
    assert quoted.status == 200, quoted
    assert [one["rank"] for one in quoted.body["comparison"]] == [2, 1]
    body["plan"] = "equal_principal"
    customer.apply()
    offer = customer.until("APPROVED")["offers"][0]
    assert offer["plan"] == "equal_principal"
    assert offer["cost_sheet"]["total_cost_minor"] == offer["total_interest_minor"]
    customer.sign()
    loan = customer.call("GET", f"/v1/loans/{customer.until('FUNDED')['loan_id']}").body
    assert loan["plan"] == "equal_principal"
    totals = [row["total_minor"] for row in loan["plan_rows"]]
    assert totals[:-1] == sorted(totals[:-1], reverse=True)
    assert totals[0] == offer["highest_instalment_minor"]
    assert sum(row["interest_minor"] for row in loan["plan_rows"]) == offer["total_interest_minor"]


def test_the_money_arrived_once_under_the_deterministic_reference(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    customer.sign()
    customer.until("FUNDED")
    reference = f"dis-{customer.application_id}"
    paid = client.partner("bank_rail", "GET", f"/payments/{reference}")
    assert (paid.status, paid.body["status"]) == (200, "accepted")


def test_a_loan_above_the_worth_of_the_car_is_declined_with_its_reason(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    body = customer.person.body
    value = {"vin": body["vehicle"]["vin"], "value_minor": body["amount_minor"]}
    client.partner("valuation", "POST", "/_control/vehicles", value)
    customer.apply()
    view = customer.until("DECLINED")
    codes = [reason["code"] for reason in view["decision"]["reasons"]]
    assert "loan_to_value_too_high" in codes
    assert len(codes) <= 4
    assert all(reason["text"] for reason in view["decision"]["reasons"])
    assert view["offers"] == []


def test_every_post_is_answered_once(new_customer: NewCustomer) -> None:
    customer = new_customer()
    first = customer.call("POST", "/v1/applications", customer.person.body, key="k-1")
    again = customer.call("POST", "/v1/applications", customer.person.body, key="k-1")
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    other = {**customer.person.body, "term_months": 12}
    reused = customer.call("POST", "/v1/applications", other, key="k-1")
    assert (reused.status, reused.body["code"]) == (422, "idempotency_key_reused")


def test_a_withdrawn_application_ends(new_customer: NewCustomer) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    assert customer.post("withdrawal").status == 200
    assert customer.view()["state"] == "WITHDRAWN"
    late: Any = customer.post("acceptance", {"offer_id": "x", "cost_sheet_confirmed": True})
    assert (late.status, late.body["code"]) == (409, "illegal_state")


def test_who_knows_the_version_is_told_so_and_nothing_else(new_customer: NewCustomer) -> None:
    customer = new_customer()
    customer.apply()
    view = customer.until("APPROVED")
    path = f"/v1/applications/{customer.application_id}"
    known = {"If-None-Match": f'"{view["version"]}"'}
    same = customer.client.call("GET", path, subject=customer.subject, headers=known)
    assert (same.status, same.body) == (304, None)
    other = customer.client.call(
        "GET", path, subject=customer.subject, headers={"If-None-Match": '"1"'}
    )
    assert other.status == 200
