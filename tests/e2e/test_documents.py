"""Documents through the front door: letters on demand, links that read, and whose they are."""

import hashlib
import urllib.error
import urllib.request
from functools import partial
from typing import Any

import pytest

from tests.adapters.documents import text_of
from tests.e2e.conftest import NewCustomer
from tools.localcloud.pytest_plugin import Client


def read(url: str) -> bytes:
    """What a browser gets: no token, no key."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "application/pdf"
        content: bytes = answer.read()
    return content


def test_a_decline_is_told_in_a_letter_that_staff_find_too(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    body = customer.person.body
    body["applicant"]["locale"] = "zh-CN"
    value = {"vin": body["vehicle"]["vin"], "value_minor": body["amount_minor"]}
    client.partner("valuation", "POST", "/_control/vehicles", value)
    customer.apply()
    customer.until("DECLINED")
    path = f"/v1/applications/{customer.application_id}"
    told = customer.call("GET", f"{path}/decision-notice")
    assert told.status == 200, told
    pdf = read(told.body["url"])
    assert hashlib.sha256(pdf).hexdigest() == told.body["sha256"]
    text = text_of(pdf)
    assert "".join(body["applicant"]["full_name"].split()) in text
    assert "贷款金额超过车价的允许比例" in text
    assert body["applicant"]["id_no"] not in text
    again = customer.call("GET", f"{path}/decision-notice").body
    assert (again["sha256"], again["document_id"]) == (
        told.body["sha256"],
        told.body["document_id"],
    )
    mine: list[dict[str, Any]] = customer.call("GET", "/v1/documents").body["documents"]
    assert [one["document_id"] for one in mine] == [told.body["document_id"]]
    shown = customer.call("GET", f"/v1/documents/{mine[0]['document_id']}").body
    assert read(shown["url"]) == pdf
    staff = partial(client.call, "GET", subject="ops-documents", groups=("operations",))
    listed = staff(f"/v1/ops/applications/{customer.application_id}/documents")
    assert listed.status == 200, listed
    assert [one["is_current"] for one in listed.body["documents"]] == [True]
    one = f"/v1/ops/applications/{customer.application_id}/documents/{mine[0]['document_id']}"
    assert read(staff(one).body["url"]) == pdf
    ending = staff("/v1/ops/documents?ending_before=2099-01-01")
    assert mine[0]["document_id"] in [found["document_id"] for found in ending.body["documents"]]


def test_who_signed_has_the_contract_a_statement_and_a_schedule_and_nobody_else(
    new_customer: NewCustomer,
) -> None:
    customer, other = new_customer(), new_customer()
    customer.person.body["applicant"]["locale"] = "zh-CN"
    customer.apply()
    customer.until("APPROVED")
    customer.sign()
    loan_id = customer.until("FUNDED")["loan_id"]
    mine = customer.call("GET", "/v1/documents").body["documents"]
    assert {one["kind"] for one in mine} == {"contract", "cost_sheet"}
    for one in mine:
        shown = customer.call("GET", f"/v1/documents/{one['document_id']}")
        assert other.call("GET", f"/v1/documents/{one['document_id']}").status == 404
        pdf = read(shown.body["url"])
        assert hashlib.sha256(pdf).hexdigest() == one["sha256"]
        name = "".join(customer.person.body["applicant"]["full_name"].split())
        assert name in text_of(pdf)
    path = f"/v1/loans/{loan_id}/documents"
    for kind, words in (("statement", "账户对账单"), ("schedule", "还款计划表")):
        answer = customer.call("GET", f"{path}/{kind}")
        assert answer.status == 200, answer
        assert words in text_of(read(answer.body["url"]))
        assert other.call("GET", f"{path}/{kind}").status == 404
    early = customer.call("GET", f"{path}/settlement-certificate")
    assert (early.status, early.body["code"]) == (409, "illegal_state")
    assert customer.call("GET", f"{path}/poem").status == 404
    with pytest.raises(urllib.error.HTTPError):
        read(answer.body["url"].split("?")[0] + ".missing")
