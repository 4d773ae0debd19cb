"""Months of auto-debit in the local cloud: a lack of funds, a lost answer, duplicates, a refund."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Customer, NewCustomer
from tests.e2e.test_ledger_proof import reached
from tests.e2e.test_money_in import WEBHOOKS
from tools.cli import ledger
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client
from tools.localcloud.resources.storage import LOCAL_WEBHOOK_SECRET

ACCOUNT = {"name": "王小明", "account_no": "6222999900001118"}
CONSENT = {"purpose": "auto_debit", "version": "2026-11", "text_sha256": "c" * 64}


@pytest.fixture
def bank(client: Client, platform: Platform) -> Iterator[Client]:
    """The sandbox bank tells of debits when it is asked to; it is good again afterwards."""
    target = {
        "url": platform.api_url + WEBHOOKS,
        "secret": LOCAL_WEBHOOK_SECRET,
        "mode": "manual",
    }
    client.partner("bank_rail", "POST", "/_control/webhooks", target)
    yield client
    client.partner("bank_rail", "POST", "/_control/rules", {})


def with_mandate(customer: Customer) -> Customer:
    body = customer.person.body
    body["repayment"] = ACCOUNT
    body["consents"] = [*body["consents"], CONSENT]
    return customer


def funded(customer: Customer) -> dict[str, Any]:
    assert customer.apply().status == 202
    customer.until("APPROVED")
    customer.sign()
    loan_id = customer.until("FUNDED")["loan_id"]
    loan: dict[str, Any] = customer.call("GET", f"/v1/loans/{loan_id}").body
    return loan


def until(platform: Platform, client: Client, day: date) -> None:
    """To the evening of a day; near it day by day, the bank telling what it has to tell in each."""
    while (today := platform.cloud.core.clock.datetime().date()) < day:
        left = (day - today).days
        platform.advance(days=left - 1 if left > 2 else 1)
        client.partner("bank_rail", "POST", "/_control/run", {})
        platform.idle()


@pytest.mark.timeout(600)
@pytest.mark.long
def test_instalments_are_debited_month_after_month_once_each_whatever_the_bank_does(
    new_customer: NewCustomer, bank: Client, platform: Platform
) -> None:
    customer = with_mandate(new_customer())
    loan = funded(customer)
    loan_id, rows = loan["loan_id"], loan["plan_rows"]
    short = f"c-{loan_id.removeprefix('loan_')}"
    for rule in (
        {"do": "insufficient_funds", "on": "debit", "match": f"{short}-001-1"},
        {"do": "webhook_twice", "on": "debit", "match": f"{short}-001-2"},
        {"do": "webhook_anew", "on": "debit", "match": f"{short}-001-2"},
        {"do": "timeout_after_accept", "on": "debit", "match": f"{short}-002-1"},
        {"do": "webhook_none", "on": "debit", "match": f"{short}-002-1"},
    ):
        assert bank.partner("bank_rail", "POST", "/_control/rules", rule).status < 300
    due = [date.fromisoformat(row["due_on"]) for row in rows]
    until(platform, bank, due[1] + timedelta(days=4))
    view = customer.call("GET", f"/v1/loans/{loan_id}/mandate").body
    assert view["account_no"] == "************1118"
    ends = {one["reference"][-5:]: one["state"] for one in view["attempts"]}
    assert ends == {"001-1": "FAILED", "001-2": "COLLECTED", "002-1": "COLLECTED"}
    statement = customer.call("GET", f"/v1/loans/{loan_id}/statement").body
    paid = [row for row in statement["rows"] if row["kind"] == "payment"]
    assert (len(paid), statement["closing_suspense_minor"]) == (2, 0)
    told = [message["template"] for message in customer.messages()]
    assert (told.count("PaymentReceived"), told.count("AutoDebitFailed")) == (2, 1)
    drawn = bank.partner("bank_rail", "GET", "/debits").body["debits"]
    mine = [one for one in drawn if one["reference"].startswith(short)]
    collected = [one["amount_minor"] for one in mine if one["status"] == "collected"]
    assert collected == [row["total_minor"] for row in rows[:2]]
    shown = customer.call("GET", f"/v1/loans/{loan_id}").body
    assert (shown["status"], shown["delinquency"]) == ("ACTIVE_CURRENT", None)

    # All at once and a little more: the rest goes back to the account we drew from, once.
    quote = customer.call("GET", f"/v1/loans/{loan_id}/settlement-quote").body
    total = quote["total_minor"] + 777
    credit = {"reference": loan_id, "amount_minor": total, "currency": "CNY"}
    bank.partner("bank_rail", "POST", "/_control/credits", credit)
    bank.partner("bank_rail", "POST", "/_control/run", {})
    assert customer.call("GET", f"/v1/loans/{loan_id}").body["status"] == "CLOSED_SETTLED"
    platform.advance(days=1)
    refund = bank.partner("bank_rail", "GET", f"/payments/rf01-{short.removeprefix('c-')}")
    assert (refund.status, refund.body["status"]) == (200, "accepted")
    closed = customer.call("GET", f"/v1/loans/{loan_id}/statement").body
    assert (closed["closing_owed_minor"], closed["closing_suspense_minor"]) == (0, 0)
    with reached(platform) as table:
        assert ledger.verify_table(Path(), table) == 0
