"""Kill a worker around every side effect of a loan: it still finishes, and money moves once."""

import time
from typing import Any

import pytest

from tests.e2e.conftest import Customer, NewCustomer, everything_read
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply

EFFECTS = {
    "TransactWriteItems",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "StartExecution",
    "SendTaskSuccess",
    "PutEvents",
    "GenerateDataKey",
    "PutObject",
}
# Every side effect of the happy path by function; the first test holds the list complete.
SIDE_EFFECTS = [
    ("apply", "GenerateDataKey"),
    ("apply", "StartExecution"),
    ("apply", "TransactWriteItems"),
    ("decide", "TransactWriteItems"),
    ("disburse", "TransactWriteItems"),
    ("identify", "PutItem"),
    ("identify", "TransactWriteItems"),
    ("notify", "PutItem"),
    ("notify", "UpdateItem"),
    ("park", "PutItem"),
    ("publish", "PutEvents"),
    ("publish", "TransactWriteItems"),
    ("seal", "PutObject"),
    ("seal", "TransactWriteItems"),
    ("sign", "DeleteItem"),
    ("sign", "PutObject"),
    ("sign", "SendTaskSuccess"),
    ("sign", "TransactWriteItems"),
]
REPEATED = {500, 502, 503, 504, 409}
GIVE_UP_S = 60.0


def insist(customer: Customer, what: str, body: object, wanted: int) -> Reply:
    """Repeat one POST under its key, as a good client does, until it is answered."""
    path = "/v1/applications"
    if customer.application_id:
        path = f"{path}/{customer.application_id}/{what}"
    give_up_at = time.monotonic() + GIVE_UP_S
    while True:
        reply = customer.call("POST", path, body, key=f"{customer.subject}-{what}")
        if reply.status == wanted or reply.status not in REPEATED:
            assert reply.status == wanted, reply
            return reply
        assert time.monotonic() < give_up_at, reply
        time.sleep(0.2)


def go_through(customer: Customer, platform: Platform) -> dict[str, Any]:
    """From application to payout, whatever is killed on the way.

    A workflow that never started or was not woken is the sweeper's: it comes minutes later.
    """
    applied = insist(customer, "submission", customer.person.body, 202)
    customer.application_id = applied.body["application_id"]
    if not customer.reaches("APPROVED", within_s=2):
        platform.advance(minutes=4)
    view = customer.until("APPROVED")
    accepted = {"offer_id": view["offers"][0]["offer_id"], "cost_sheet_confirmed": True}
    insist(customer, "acceptance", accepted, 200)
    contract = insist(customer, "contract", {}, 201).body
    prompted = insist(customer, "contract/otp", everything_read(contract), 200).body
    insist(customer, "signature", customer.signature(prompted), 200)
    if not customer.reaches("FUNDED", within_s=2):
        platform.advance(minutes=4)
    return customer.until("FUNDED")


def test_the_list_of_side_effects_is_complete(
    new_customer: NewCustomer, platform: Platform
) -> None:
    platform.idle()
    before = len(platform.cloud.core.edge.calls)
    go_through(new_customer(), platform)
    platform.idle()
    seen = {
        (call.function.rpartition("-")[2], call.action)
        for call in platform.cloud.core.edge.calls.since(before)
        if call.function is not None and call.action in EFFECTS
    }
    assert sorted(seen - {("sweep", "UpdateItem")}) == SIDE_EFFECTS


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("function", "action"), SIDE_EFFECTS)
def test_a_worker_killed_around_a_side_effect_loses_nothing(
    function: str,
    action: str,
    when: str,
    new_customer: NewCustomer,
    client: Client,
    platform: Platform,
) -> None:
    customer = new_customer()
    rule = {
        "match": {"function": f"Autolend-dev-{function}", "call": action},
        "when": when,
        "do": "kill",
        "times": 1,
    }
    client.faults(rule)
    view = go_through(customer, platform)
    platform.idle()
    assert platform.cloud.core.edge.faults.remaining() == 0, "the worker was killed"
    book_is_whole(customer, client, view)


@pytest.mark.parametrize("function", ["identify", "score", "decide", "park", "disburse"])
def test_a_task_whose_result_is_lost_is_run_again(
    function: str, new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    client.faults(
        {
            "match": {"function": f"Autolend-dev-{function}"},
            "when": "after",
            "do": "kill",
            "times": 1,
        }
    )
    customer = new_customer()
    book_is_whole(customer, client, go_through(customer, platform))


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "InternalServerError"])
def test_a_throttled_table_only_costs_time(
    code: str, new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    client.faults(
        {
            "match": {"call": "TransactWriteItems"},
            "when": "before",
            "do": "error",
            "times": 3,
            "code": code,
            "status": 400 if code.startswith("Prov") else 500,
        }
    )
    customer = new_customer()
    book_is_whole(customer, client, go_through(customer, platform))


def test_an_event_delivered_twice_tells_the_customer_once(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    client.faults({"match": {"delivery": ".*"}, "do": "dup", "times": 50})
    customer = new_customer()
    go_through(customer, platform)
    platform.idle()
    told = [message["template"] for message in customer.messages()]
    assert len(told) == len(set(told)), told


def book_is_whole(customer: Customer, client: Client, view: dict[str, Any]) -> None:
    """The invariants that a crash could break."""
    path = f"/v1/applications/{customer.application_id}/timeline"
    moves = customer.call("GET", path).body["transitions"]
    assert [move["seq"] for move in moves] == list(range(1, len(moves) + 1))
    assert [move["to"] for move in moves].count("FUNDED") == 1
    loan = customer.call("GET", f"/v1/loans/{view['loan_id']}").body
    paid = client.partner("bank_rail", "GET", f"/payments/dis-{customer.application_id}").body
    assert paid["status"] == "accepted"
    assert loan["principal_minor"] == customer.person.body["amount_minor"]
    mine = customer.call("GET", "/v1/me").body
    assert len({one["consent_id"] for one in mine["consents"]}) in {5, 10}, "5, or 5 a retry"
