"""Partners that are down, slow or talk nonsense: referred or waiting, never declined or stuck."""

import itertools

import pytest

from tests.e2e.conftest import NewCustomer, everything_read
from tests.e2e.test_payee import near_the_limit, post
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client


def mode(client: Client, partner: str, **order: object) -> None:
    reply = client.partner(partner, "POST", "/_control/mode", order)
    assert reply.status == 200, reply


@pytest.mark.parametrize(
    ("partner", "how"),
    [
        *itertools.product(("identity", "bureau", "valuation"), ("down", "nonsense", "garbage")),
        *itertools.product(("income", "device", "employer"), ("down", "drop")),
    ],
)
def test_a_partner_in_trouble_refers(
    partner: str, how: str, new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    mode(client, partner, mode=how)
    customer.apply()
    view = customer.until("MANUAL_REVIEW")
    assert view["decision"]["outcome"] == "REFERRED"
    assert [reason["code"] for reason in view["decision"]["reasons"]] == [partner]


def test_an_answer_about_another_person_or_out_of_range_refers(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer(score=1001)
    customer.apply()
    view = customer.until("MANUAL_REVIEW")
    assert [reason["code"] for reason in view["decision"]["reasons"]] == ["bureau"]


def test_a_partner_that_stumbles_once_changes_nothing(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    for partner in ("identity", "bureau", "valuation", "income", "device", "employer"):
        mode(client, partner, mode="down", times=1)
    customer.apply()
    customer.until("APPROVED")


def test_a_slow_partner_refers_within_the_tasks_time(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    mode(client, "bureau", mode="slow", seconds=6)
    customer.apply()
    customer.until("MANUAL_REVIEW")


def test_what_was_referred_is_reviewed_signed_and_funded(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    mode(client, "bureau", mode="down")
    customer.apply()
    customer.until("MANUAL_REVIEW")
    mode(client, "bureau", mode="ok")
    path = f"/v1/ops/applications/{customer.application_id}/review"
    verdict = {"outcome": "APPROVED", "reasons": [], "note": "called the employer"}
    staff = ("underwriter",)
    reply = client.call("POST", path, verdict, subject="uw-1", groups=staff, key="r1")
    assert (reply.status, reply.body["state"]) == (200, "APPROVED")
    customer.until("APPROVED")
    assert customer.sign().status == 200
    customer.until("FUNDED")


def test_the_score_function_failing_refers(new_customer: NewCustomer, client: Client) -> None:
    customer = new_customer()
    client.faults({"match": {"function": "Autolend-dev-score"}, "do": "error", "times": 10})
    customer.apply()
    view = customer.until("MANUAL_REVIEW")
    assert [reason["code"] for reason in view["decision"]["reasons"]] == ["score"]


@pytest.mark.parametrize("how", ["down", "drop", "drop_before", "nonsense", "garbage"])
def test_a_rail_in_trouble_after_the_release_pays_once_it_is_back(
    how: str, new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = new_customer()
    near_the_limit(customer, client, 60_000_000)  # beyond it: a second person releases
    customer.apply()
    customer.until("APPROVED")
    customer.sign()
    customer.until("CONDITIONS_PENDING")
    platform.idle()
    mode(client, "bank_rail", mode=how)
    released = post(client, customer.application_id, "release", {"approved": True}, "op-1")
    assert released.status == 200, released
    customer.until("FUNDING")
    platform.advance(minutes=5)
    assert customer.view()["state"] == "FUNDING"
    mode(client, "bank_rail", mode="ok")
    platform.advance(minutes=30)
    customer.until("FUNDED")
    paid = client.partner("bank_rail", "GET", f"/payments/dis-{customer.application_id}")
    assert paid.body["status"] == "accepted"


@pytest.mark.parametrize("how", ["down", "drop", "drop_before", "nonsense", "garbage"])
def test_a_rail_in_trouble_pays_once_it_is_back(
    how: str, new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    mode(client, "bank_rail", mode=how)
    customer.sign()
    platform.advance(minutes=5)
    # Nothing is released before the bank was asked for the payee, nor paid before it answers.
    assert customer.view()["state"] in {"CONDITIONS_PENDING", "FUNDING"}
    mode(client, "bank_rail", mode="ok")
    platform.advance(minutes=30)
    customer.until("FUNDED")
    reference = f"dis-{customer.application_id}"
    paid = client.partner("bank_rail", "GET", f"/payments/{reference}")
    assert paid.body["status"] == "accepted"


def test_a_message_gateway_that_is_down_can_be_asked_again(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    customer.accept()
    mode(client, "messages", mode="down")
    read = everything_read(customer.post("contract").body)
    down = customer.post("contract/otp", read, key="same-key")
    assert (down.status, down.body["code"]) == (503, "try_again")
    assert customer.view()["contract"]["status"] == "RENDERED"
    mode(client, "messages", mode="ok")
    assert customer.post("contract/otp", read, key="same-key").status == 200


def test_a_timestamp_service_that_is_down_delays_the_payout_and_loses_nothing(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    mode(client, "authority", mode="down", match="/", times=2)
    assert customer.sign().status == 200
    assert customer.view()["contract"]["status"] in {"CONFIRMED", "SIGNED"}
    customer.until("FUNDED")
    assert customer.view()["contract"]["status"] == "SIGNED"


def test_notices_come_late_but_once_when_the_gateway_was_down(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = new_customer()
    mode(client, "messages", mode="down")
    customer.apply()
    customer.until("APPROVED")
    mode(client, "messages", mode="ok")
    platform.advance(minutes=10)
    told = [message["template"] for message in customer.messages()]
    assert told.count("ApplicationApproved") == 1


def test_an_issuer_that_is_down_lets_nobody_in_and_shuts_nobody_out(client: Client) -> None:
    token = client.token("issuer-outage")
    mode(client, "issuer", mode="down", match="/.well-known")
    headers = {"Authorization": f"Bearer {token}"}
    status = client.call("GET", "/v1/me", headers=headers).status
    assert status in {200, 503}, "known keys go on working, unknown ones are a fault, not a no"
    mode(client, "issuer", mode="ok")
    assert client.call("GET", "/v1/me", headers=headers).status == 200
