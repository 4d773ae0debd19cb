"""What a caller can get wrong: the right status, the field by name, and nothing left behind."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Customer, NewCustomer, everything_read
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client

type Change = Callable[[dict[str, Any]], Any]


def put(pointer: str, value: Any) -> Change:
    """Set one place of the body."""

    def change(body: dict[str, Any]) -> None:
        *path, last = pointer.strip("/").split("/")
        place: Any = body
        for part in path:
            place = place[int(part)] if part.isdigit() else place[part]
        place[last] = value

    return change


def drop(name: str) -> Change:
    return lambda body: body.pop(name)


FIELDS: list[tuple[Change, str]] = [
    (put("/amount_minor", "12000000"), "/amount_minor"),
    (put("/amount_minor", True), "/amount_minor"),
    (put("/amount_minor", -1), "/amount_minor"),
    (put("/amount_minor", 10**15), "/amount_minor"),
    (put("/term_months", None), "/term_months"),
    (put("/market", "zz"), "/market"),
    (put("/product_id", "unknown"), "/product_id"),
    (put("/currency", "USD"), "/currency"),
    (put("/plan", "bullet"), "/plan"),
    (put("/plan", "lease"), "/plan"),
    (put("/balloon_minor", 1), "/balloon_minor"),
    (put("/grace", {"principal_periods": 99}), "/grace/principal_periods"),
    (put("/add_ons", [{"code": "rustproofing"}]), "/add_ons/0/code"),
    (put("/surprise", 1), "/surprise"),
    (put("/applicant/surprise", 1), "/applicant/surprise"),
    (put("/applicant/id_no", "990202199003070010"), "/applicant/id_no"),
    (put("/applicant/mobile", "555"), "/applicant/mobile"),
    (put("/applicant/full_name", "line\nbreak"), "/applicant/full_name"),
    (put("/applicant/birth_date", "1990-02-30"), "/applicant/birth_date"),
    (put("/vehicle/vin", "LZZ00000000000000"), "/vehicle/vin"),
    (put("/vehicle", None), "/vehicle"),
    (put("/payee/account_no", "12 34"), "/payee/account_no"),
    (put("/consents", []), "/consents"),
    (put("/consents/0/text_sha256", "short"), "/consents/0/text_sha256"),
    (drop("applicant"), "/applicant"),
    (drop("amount_minor"), "/amount_minor"),
]


def written(platform: Platform, since: int) -> list[str]:
    """What functions wrote or started since then."""
    calls = platform.cloud.core.edge.calls.since(since)
    starts = {"TransactWriteItems", "PutItem", "UpdateItem", "StartExecution"}
    return [call.action for call in calls if call.action in starts and "apply" in call.caller]


@pytest.mark.parametrize(
    ("change", "pointer"), FIELDS, ids=[f"{n}{p}" for n, (_, p) in enumerate(FIELDS)]
)
def test_a_wrong_field_is_named_and_leaves_nothing(
    change: Change, pointer: str, new_customer: NewCustomer, platform: Platform
) -> None:
    customer = new_customer()
    body = copy.deepcopy(customer.person.body)
    change(body)
    before = len(platform.cloud.core.edge.calls)
    reply = customer.call("POST", "/v1/applications", body)
    assert (reply.status, reply.body["code"]) == (422, "invalid_field"), reply
    assert reply.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in reply.body["errors"]]
    assert written(platform, before) == []
    assert customer.call("GET", "/v1/me").body["customer"] == {}


RAW: list[tuple[bytes, int, str]] = [
    (b"", 400, "invalid_json"),
    (b"{", 400, "invalid_json"),
    (b"[]", 400, "invalid_json"),
    (b'"text"', 400, "invalid_json"),
    (b'{"market": "cn", "market": "us"}', 400, "invalid_json"),
    (b'{"amount_minor": 1.5}', 422, "invalid_field"),
    (b'{"amount_minor": 1e3}', 422, "invalid_field"),
    (b'{"amount_minor": NaN}', 400, "invalid_json"),
    (b'{"x": "' + b"a" * 300_000 + b'"}', 413, "body_too_large"),
    (b"[" * 5000 + b"]" * 5000, 400, "invalid_json"),
    (b'{"market": "\xff"}', 400, "invalid_json"),
]


@pytest.mark.parametrize(("raw", "status", "code"), RAW, ids=[repr(raw[:24]) for raw, _, _ in RAW])
def test_a_body_that_is_not_acceptable_json_is_refused(
    raw: bytes, status: int, code: str, new_customer: NewCustomer, platform: Platform
) -> None:
    customer = new_customer()
    before = len(platform.cloud.core.edge.calls)
    reply = customer.call("POST", "/v1/applications", raw)
    assert (reply.status, reply.body["code"]) == (status, code), reply
    assert reply.headers["content-type"] == "application/problem+json"
    assert written(platform, before) == []


def test_a_post_without_a_key_or_with_an_odd_one_is_refused(client: Client) -> None:
    for key in (None, "with space", "k" * 256):
        reply = client.call("POST", "/v1/applications", {}, subject="someone", key=key)
        assert reply.status == 400
        assert reply.body["code"] in {"idempotency_key_required", "idempotency_key_invalid"}


def test_another_persons_ids_do_not_exist(new_customer: NewCustomer) -> None:
    owner, other = new_customer(), new_customer()
    owner.apply()
    other.application_id = owner.application_id
    path = f"/v1/applications/{owner.application_id}"
    for reply in (
        other.call("GET", path),
        other.call("GET", f"{path}/timeline"),
        other.post("withdrawal"),
        other.post("acceptance", {"offer_id": "x", "cost_sheet_confirmed": True}),
        other.post("contract"),
        other.call("GET", "/v1/applications/app_unknown"),
        other.call("GET", "/v1/loans/loan_unknown"),
        other.call("GET", "/v1/applications/..%2F..%2Fetc"),
    ):
        assert (reply.status, reply.body["code"]) == (404, "not_found"), reply


def test_who_is_not_signed_in_or_not_staff_is_kept_out(client: Client) -> None:
    assert client.call("GET", "/v1/me").status == 401
    forged = {"Authorization": "Bearer aaaa.bbbb.cccc"}
    assert client.call("GET", "/v1/me", headers=forged).status == 401
    plain = client.call("GET", "/v1/ops/applications", subject="customer-x")
    assert (plain.status, plain.body["code"]) == (403, "forbidden")
    desk = ("operations",)
    review = "/v1/ops/applications/app_1/review"
    wrong = client.call("POST", review, {}, subject="op", groups=desk, key="k")
    assert wrong.status == 403
    listed = client.call("GET", "/v1/ops/applications", subject="op", groups=desk)
    assert listed.status == 200
    odd = client.call("GET", "/v1/ops/applications?state=LOST", subject="op", groups=desk)
    assert odd.status == 422


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"market": "zz"}, "/market"),
        ({"product_id": "zz"}, "/product_id"),
        ({"currency": "USD"}, "/currency"),
        ({"amount_minor": 1}, "/amount_minor"),
        ({"term_months": 599}, "/term_months"),
        ({"plan": "bullet"}, "/plan"),
        ({"plan": "balloon"}, "/balloon_minor"),
        ({"plan": None, "plans": [{"plan": "balloon"}]}, "/plans/0/balloon_minor"),
    ],
)
def test_a_wrong_quote_names_its_field(
    change: dict[str, object], pointer: str, client: Client
) -> None:
    good = {
        "market": "cn",
        "product_id": "cn-auto-new",
        "amount_minor": 12_000_000,
        "term_months": 36,
        "plan": "equal_instalment",
        "currency": "CNY",
    }
    assert client.call("POST", "/v1/quotes", good).status == 200
    reply = client.call("POST", "/v1/quotes", {**good, **change})
    assert reply.status == 422
    assert [error["pointer"] for error in reply.body["errors"]] == [pointer]


def test_the_signature_must_be_right(new_customer: NewCustomer) -> None:
    customer: Customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    early = customer.post("contract")
    assert (early.status, early.body["code"]) == (409, "illegal_state")
    customer.accept()
    contract = customer.post("contract").body
    read = everything_read(contract)
    for body, status, code in (
        ({**read, "viewed": []}, 409, "documents_unread"),
        ({**read, "viewed": read["viewed"][:1]}, 409, "documents_unread"),
        ({**read, "disclosures": []}, 409, "disclosures_unread"),
        ({**read, "disclosures": ["no_such"]}, 422, "invalid_field"),
        ({**read, "viewed": [{**read["viewed"][0], "pages": [999]}]}, 422, "invalid_field"),
    ):
        reply = customer.post("contract/otp", body)
        assert (reply.status, reply.body["code"]) == (status, code), reply
    seen = {"viewed": read["viewed"]}
    assert customer.post("contract/views", seen).body["status"] == "VIEWED"
    good = customer.signature(customer.post("contract/otp", read).body)
    wrong_code = "000000" if good["code"] != "000000" else "111111"
    for change, status, code in (
        ({"code": wrong_code}, 422, "otp_wrong"),
        ({"code": "12345"}, 422, "invalid_field"),
        ({"document_sha256": "0" * 64}, 409, "document_changed"),
        ({"otp_id": "otp_other"}, 409, "otp_replaced"),
    ):
        reply = customer.post("signature", {**good, **change})
        assert (reply.status, reply.body["code"]) == (status, code), reply
    again = customer.post("contract/otp", read)
    assert (again.status, again.body["code"]) == (429, "otp_too_soon")
    assert int(again.headers["retry-after"]) > 0
    assert customer.post("signature", good).status == 200


def test_logs_hold_no_personal_data(new_customer: NewCustomer, platform: Platform) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    platform.idle()
    applicant = customer.person.body["applicant"]
    log_dir = platform.cloud.core.deployer.log_dir
    printed = "".join(path.read_text("utf-8", "replace") for path in log_dir.glob("*.log"))
    assert printed
    for value in (applicant["full_name"], applicant["id_no"], applicant["mobile"]):
        assert value not in printed
        assert json.dumps(value)[1:-1] not in printed
