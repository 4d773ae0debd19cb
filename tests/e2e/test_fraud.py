"""Fraud at application through the front door: rings, watch-list, cases and their outcome."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Customer, NewCustomer
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply

DESK = ("fraud",)


@pytest.fixture
def desk(client: Client) -> Callable[..., Reply]:
    """A call of the fraud desk."""
    numbers = iter(range(1, 10**6))

    def call(method: str, path: str, body: object | None = None) -> Reply:
        key = f"desk-{next(numbers)}" if method == "POST" else None
        return client.call(
            method, f"/v1/ops/fraud/{path}", body, subject="fraud-1", groups=DESK, key=key
        )

    return call


def ring(new_customer: NewCustomer, shared: str) -> list[Customer]:
    """Three people; the second and third share something with the first."""
    people = [at_own_dealer(new_customer()) for _ in range(3)]
    first = people[0].person.body
    for other in people[1:]:
        body = other.person.body
        if shared == "phone":
            body["applicant"]["mobile"] = first["applicant"]["mobile"]
        elif shared == "vin":
            body["vehicle"]["vin"] = first["vehicle"]["vin"]
            car = {"vin": first["vehicle"]["vin"], "value_minor": 10**8}  # enough for each of them
            other.client.partner("valuation", "POST", "/_control/vehicles", car)
        else:
            body["device"] = dict(first["device"])
    return people


def at_own_dealer(customer: Customer) -> Customer:
    """Confirmed frauds of other tests mark the dealer of all demo customers."""
    customer.person.body["dealer_id"] = f"dealer-{customer.subject}"
    return customer


def state_of(client: Client, application_id: str) -> str:
    rows: list[dict[str, Any]] = client.call(
        "GET", "/v1/ops/applications?state=FRAUD_REVIEW", subject="fraud-1", groups=DESK
    ).body["applications"]
    return next((one["state"] for one in rows if one["application_id"] == application_id), "")


@pytest.mark.parametrize("shared", ["phone", "device", "vin"])
def test_a_ring_goes_to_the_fraud_desk_and_the_customer_is_not_told_why(
    shared: str, new_customer: NewCustomer, client: Client, desk: Callable[..., Reply]
) -> None:
    people = ring(new_customer, shared)
    for one in people[:2]:
        one.apply()
        one.until("APPROVED")
    last = people[2]
    last.apply()
    view = last.until("MANUAL_REVIEW")
    assert view["decision"] is None
    assert state_of(client, last.application_id) == "FRAUD_REVIEW"
    case = desk("GET", f"cases/{last.application_id}")
    assert case.status == 200, case
    linked = {one["application_id"] for one in case.body["linked"]}
    assert linked == {one.application_id for one in people[:2]}
    kind = {"phone": "mobile"}.get(shared, shared)
    assert set(case.body["shared"][kind]) == linked
    assert f"{kind}_shared" in [reason["code"] for reason in case.body["reasons"]]
    applicant = last.person.body["applicant"]
    assert applicant["id_no"] not in repr(case.body)
    assert applicant["mobile"] not in repr(case.body)
    timeline = last.call("GET", f"/v1/applications/{last.application_id}/timeline").body
    assert "fraud" not in repr(timeline).lower()
    assert "shared" not in repr(timeline).lower()


def test_a_cleared_case_is_decided_and_funded(
    new_customer: NewCustomer, client: Client, desk: Callable[..., Reply]
) -> None:
    people = ring(new_customer, "device")
    for one in people:
        one.apply()
        one.until("APPROVED", "MANUAL_REVIEW")
    last = people[2]
    path = f"cases/{last.application_id}/outcome"
    assert desk("POST", path, {"outcome": "cleared", "note": " "}).status == 422
    done = desk("POST", path, {"outcome": "cleared", "note": "a family with one tablet"})
    assert (done.status, done.body["state"]) == (200, "DECISIONING")
    last.until("APPROVED")
    assert last.sign().status == 200
    last.until("FUNDED")
    again = desk("POST", path, {"outcome": "confirmed", "note": "changed my mind"})
    assert (again.status, again.body["code"]) == (409, "illegal_state")
    assert desk("GET", f"cases/{last.application_id}").body["status"] == "CLEARED"


def test_a_confirmed_fraud_is_declined_and_watched_from_then_on(
    new_customer: NewCustomer, client: Client, desk: Callable[..., Reply], platform: Platform
) -> None:
    people = ring(new_customer, "phone")
    for one in people:
        one.apply()
        one.until("APPROVED", "MANUAL_REVIEW")
    last = people[2]
    outcome = {"outcome": "confirmed", "note": "forged papers"}
    done = desk("POST", f"cases/{last.application_id}/outcome", outcome)
    assert (done.status, done.body["state"]) == (200, "DECLINED")
    view = last.until("DECLINED")
    assert [one["code"] for one in view["decision"]["reasons"]] == ["application_not_verified"]
    platform.idle()
    later = at_own_dealer(new_customer())
    later.person.body["device"] = dict(last.person.body["device"])
    later.apply()
    later.until("MANUAL_REVIEW")
    case = desk("GET", f"cases/{later.application_id}").body
    assert case["reasons"][0] == {"code": "watch_list_device", "points": 1000}
    assert last.application_id in case["watched"]["device"]
    month = case["opened_at"][:7]
    rules = {one["code"]: one for one in desk("GET", f"precision?month={month}").body["rules"]}
    assert rules["alert"]["confirmed"] >= 1
    assert rules["mobile_shared"]["precision_bps"] > 0


def test_staff_add_to_and_remove_from_the_watch_list(
    new_customer: NewCustomer, desk: Callable[..., Reply]
) -> None:
    suspect, after = at_own_dealer(new_customer()), at_own_dealer(new_customer())
    value = {"kind": "mobile", "value": suspect.person.mobile, "reason": "police report 7"}
    added = desk("POST", "watch-list", value)
    assert added.status == 201, added
    token = added.body["token"]
    assert suspect.person.mobile not in repr(added.body)
    suspect.apply()
    suspect.until("MANUAL_REVIEW")
    case = desk("GET", f"cases/{suspect.application_id}").body
    assert case["watched"] == {"mobile": "police report 7"}
    listed = desk("GET", "watch-list?kind=mobile").body["entries"]
    assert token in [one["token"] for one in listed]
    removal = {"kind": "mobile", "token": token, "reason": "a mistake"}
    assert desk("POST", "watch-list/removal", removal).status == 200
    assert desk("POST", "watch-list/removal", removal).status == 409
    after.person.body["applicant"]["mobile"] = suspect.person.body["applicant"]["mobile"]
    after.apply()
    after.until("APPROVED")


def test_only_the_fraud_desk_comes_in(client: Client, desk: Callable[..., Reply]) -> None:
    for groups in ((), ("underwriter",), ("operations",)):
        reply = client.call(
            "GET", "/v1/ops/fraud/watch-list?kind=vin", subject="other-1", groups=groups
        )
        assert reply.status == 403, groups
    assert desk("GET", "watch-list?kind=name").status == 422
    assert desk("GET", "precision?month=2026-13").status == 422
    assert desk("GET", "cases/app_none").status == 404
