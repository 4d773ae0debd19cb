"""Extensions of running loans through the front door: signed, sealed, in force, and followed."""

import time
import urllib.request
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.documents import text_of
from tests.e2e.conftest import GIVE_UP_S, Customer, NewCustomer, everything_read
from tests.e2e.test_auto_debit import funded, until, with_mandate
from tests.e2e.test_ledger_proof import reached
from tests.e2e.test_money_in import Bank
from tools.cli import ledger
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply

SIX = {"months": 6, "reason": "income_loss"}
UNDERWRITER = {"subject": "uw-amend", "groups": ("underwriter",)}


def extensible(customer: Customer) -> Customer:
    """Somebody whose term leaves room for six months more."""
    customer.person.body["term_months"] = 24
    return customer


def asked(customer: Customer, loan_id: str) -> str:
    """The id of an extension that waits for a person."""
    reply = customer.call("POST", f"/v1/loans/{loan_id}/amendments", SIX)
    assert (reply.status, reply.body["status"]) == (201, "PROPOSED"), reply
    amendment_id: str = reply.body["amendment_id"]
    return amendment_id


def approved(client: Client, amendment_id: str) -> None:
    path = f"/v1/ops/amendments/{amendment_id}/decision"
    decided = client.call("POST", path, {"approved": True}, key=f"ok-{amendment_id}", **UNDERWRITER)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED"), decided


def prompted(customer: Customer, amendment_id: str) -> dict[str, Any]:
    """The paper rendered and read; a code is on the phone."""
    paper = customer.call("POST", f"/v1/amendments/{amendment_id}/document", {})
    assert paper.status == 201, paper
    read = everything_read(paper.body)
    sent = customer.call("POST", f"/v1/amendments/{amendment_id}/otp", read)
    assert sent.status == 200, sent
    body: dict[str, Any] = sent.body
    return body


def signed(customer: Customer, amendment_id: str, sent: dict[str, Any]) -> Reply:
    path = f"/v1/amendments/{amendment_id}/signature"
    return customer.call("POST", path, customer.signature(sent))


def applied(customer: Customer, loan_id: str) -> dict[str, Any]:
    """The loan once its newest amendment is in force."""
    give_up_at = time.monotonic() + GIVE_UP_S
    while True:
        found = customer.call("GET", f"/v1/loans/{loan_id}/amendments").body["amendments"][-1]
        if found["status"] == "APPLIED":
            break
        assert time.monotonic() < give_up_at, found
        time.sleep(0.05)
    loan: dict[str, Any] = customer.call("GET", f"/v1/loans/{loan_id}").body
    return loan


def extended(customer: Customer, client: Client, loan_id: str) -> dict[str, Any]:
    """From the request to the new plan."""
    amendment_id = asked(customer, loan_id)
    approved(client, amendment_id)
    done = signed(customer, amendment_id, prompted(customer, amendment_id))
    assert (done.status, done.body["paper"]["status"]) == (200, "CONFIRMED"), done
    return applied(customer, loan_id)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_an_extension_is_signed_sealed_verified_listed_and_debited(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer, other = extensible(with_mandate(new_customer())), new_customer()
    before = funded(customer)
    loan_id = before["loan_id"]
    after = extended(customer, client, loan_id)
    assert after["term_months"] == len(after["plan_rows"]) == before["term_months"] + 6
    assert after["next_due_on"] == before["next_due_on"]
    lent = sum(row["principal_minor"] for row in after["plan_rows"])
    assert lent == after["principal_minor"]
    assert after["instalment_minor"] < before["instalment_minor"]

    (amendment,) = customer.call("GET", f"/v1/loans/{loan_id}/amendments").body["amendments"]
    verification = f"/v1/contracts/{amendment['amendment_id']}/verification"
    told = customer.call("GET", verification).body
    assert told["verdict"] == "VALID", told
    assert "in_force" in [one["check"] for one in told["findings"]]
    assert other.call("GET", verification).status == 404
    assert other.call("GET", f"/v1/loans/{loan_id}/amendments").status == 404
    mine = customer.call("GET", "/v1/documents").body["documents"]
    (paper,) = [one for one in mine if one["kind"] == "extension_amendment"]
    link = customer.call("GET", f"/v1/documents/{paper['document_id']}").body["url"]
    with urllib.request.urlopen(link, timeout=10) as answer:
        text = text_of(answer.read())
    for row in (before["plan_rows"][-1], after["plan_rows"][-1]):
        assert row["due_on"] in text
    desk = {"subject": "op-amend", "groups": ("operations",)}
    listed = client.call("GET", f"/v1/ops/loans/{loan_id}/amendments", **desk)
    assert [one["decided_by"] for one in listed.body["amendments"]] == ["uw-amend"]
    of = f"/v1/ops/applications/{before['application_id']}/documents"
    kinds = [one["kind"] for one in client.call("GET", of, **desk).body["documents"]]
    assert "extension_amendment" in kinds

    until(platform, client, date.fromisoformat(after["next_due_on"]) + timedelta(days=1))
    short = f"c-{loan_id.removeprefix('loan_')}"
    drawn = client.partner("bank_rail", "GET", "/debits").body["debits"]
    found = [one["amount_minor"] for one in drawn if one["reference"].startswith(short)]
    assert found == [after["plan_rows"][0]["total_minor"]]
    with reached(platform) as table:
        assert ledger.verify_table(Path(), table) == 0


def test_a_payment_before_the_code_voids_the_paper_and_is_not_lost(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = extensible(new_customer())
    loan = funded(customer)
    loan_id, first = loan["loan_id"], loan["plan_rows"][0]
    amendment_id = asked(customer, loan_id)
    unsigned = customer.call("POST", f"/v1/amendments/{amendment_id}/document", {})
    assert (unsigned.status, unsigned.body["code"]) == (409, "illegal_state")
    approved(client, amendment_id)
    sent = prompted(customer, amendment_id)
    bank = Bank(client, platform)
    paid = bank.credit(loan_id, 100_000, f"between-{loan_id}")
    assert bank.tells("credit.received", paid).body["outcome"] == "credited"
    late = signed(customer, amendment_id, sent)
    assert (late.status, late.body["code"]) == (409, "loan_changed"), late
    assert customer.call("GET", f"/v1/loans/{loan_id}").body["plan_rows"] == loan["plan_rows"]

    platform.advance(minutes=2)  # no code is sent twice in a minute
    again = signed(customer, amendment_id, prompted(customer, amendment_id))
    assert again.status == 200, again
    after = applied(customer, loan_id)
    assert after["term_months"] == loan["term_months"] + 6
    statement = customer.call("GET", f"/v1/loans/{loan_id}/statement").body
    received = [row for row in statement["rows"] if row["kind"] == "payment"]
    assert len(received) == 1
    assert after["plan_rows"][0]["due_on"] == first["due_on"]
    refused = customer.call("POST", f"/v1/loans/{loan_id}/amendments", SIX)
    assert (refused.status, refused.body["code"]) == (409, "extension_max_count")
    with reached(platform) as table:
        assert ledger.verify_table(Path(), table) == 0
