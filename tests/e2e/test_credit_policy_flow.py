"""Over the front door: a policy changes and comes back; a declined customer asks for a person."""

import argparse
import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lending.adapters.dynamodb import table
from lending.adapters.policies import shipped_document

from tests.e2e.conftest import NewCustomer
from tools.cli import ledger
from tools.cli.explaining import explain
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client

BASE = "/v1/ops/policies"


def staff(client: Client, who: str, group: str, method: str, path: str, body: Any = None) -> Any:
    key = f"{who}-{path}-{datetime.now(UTC).timestamp()}" if method == "POST" else None
    return client.call(method, path, body, subject=who, groups=(group,), key=key)


def test_a_declined_customer_learns_what_would_do_and_gets_a_person(
    new_customer: NewCustomer, client: Client, platform: Platform, tmp_path: Path
) -> None:
    customer = new_customer()
    body = customer.person.body
    body["amount_minor"] = body["amount_minor"] // 100_000 * 100_000
    price = body["vehicle"]["price_minor"]
    body["down_payment_minor"] = price - body["amount_minor"]
    body["applicant"]["income_monthly_minor"] = max(200_000, body["amount_minor"] // 30)
    customer.apply()
    view = customer.until("DECLINED")
    decision = view["decision"]
    assert [one["code"] for one in decision["reasons"]] == ["debt_to_income_too_high"]
    assert all(one["amount_minor"] <= body["amount_minor"] for one in decision["counter_offers"])
    assert "human_review" in [one["code"] for one in decision["notice"]["rights"]]
    asked = customer.post("review-requests", {"grounds": ["data_wrong"]})
    assert (asked.status, asked.body["status"]) == (202, "OPEN")
    assert customer.view()["decision"]["review_request"]["status"] == "OPEN"
    listed = staff(client, "uw-1", "underwriter", "GET", "/v1/ops/review-requests").body
    assert customer.application_id in [one["application_id"] for one in listed["reviews"]]
    verdict = {"outcome": "DECLINED", "reasons": ["debt_to_income_too_high"], "note": "as before"}
    path = f"/v1/ops/applications/{customer.application_id}/review"
    assert staff(client, "uw-1", "underwriter", "POST", path, verdict).status == 200
    after = customer.view()["decision"]
    assert (after["decided_by"], after["review_request"]["status"]) == ("officer", "UPHELD")
    explained(decision["decision_id"], platform, tmp_path)


def explained(decision_id: str, platform: Platform, folder: Path) -> None:
    """Decided again from the running table, and once more from the file that this leaves."""
    file = folder / "decision.json"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION",
                     "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # fmt: skip
            patch.setenv(name, "")
        _forget()
        name = ledger.reach(platform.cloud.core.deployer.url)
        options = {"decision": decision_id, "json": False, "table": name, "state": None}
        assert explain(folder, argparse.Namespace(**options, out=file)) == 0
        options |= {"table": None, "state": file}
        assert explain(folder, argparse.Namespace(**options, out=None)) == 0
    _forget()


def _forget() -> None:
    table.connection.cache_clear()
    table._connected_to.cache_clear()


def test_a_policy_changes_over_the_front_door_and_comes_back(
    new_customer: NewCustomer, client: Client
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    document = copy.deepcopy(dict(shipped_document("cn")))
    document["version"] = f"e2e-{datetime.now(UTC):%H%M%S%f}"
    row = document["tables"]["limits"]["rows"][0]["then"]
    row["dti_cap_bps"] = 5_100
    draft = {"market": "cn", "document": document}
    refused = staff(client, "ann", "risk", "POST", BASE, draft)
    assert refused.status == 422
    place = "/document/tables/limits/rows/0/then/dti_cap_bps"
    assert [one["pointer"] for one in refused.body["errors"]] == [place]
    row["dti_cap_bps"] = 4_900
    assert staff(client, "ann", "underwriter", "POST", BASE, draft).status == 403
    assert staff(client, "ann", "risk", "POST", BASE, draft).status == 201
    one = f"{BASE}/cn/{document['version']}"
    today = datetime.now(UTC).date()
    days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}
    tested = staff(client, "ann", "risk", "POST", f"{one}/backtest", days)
    assert tested.status == 200, tested
    assert tested.body["back_test"]["unfair_prices"] == []
    assert staff(client, "ann", "risk", "POST", f"{one}/approval", {"approved": True}).status == 403
    assert staff(client, "bob", "risk", "POST", f"{one}/approval", {"approved": True}).status == 200
    assert staff(client, "ann", "risk", "POST", f"{one}/activation", {}).status == 200
    path = f"{BASE}?market=cn"
    assert staff(client, "ann", "risk", "GET", path).body["in_force"] == document["version"]
    assert staff(client, "ann", "risk", "GET", one).body["document"] == document
    back = staff(client, "bob", "risk", "POST", f"{BASE}/cn/rollback", {"note": "only a test"})
    assert back.status == 200, back
    assert staff(client, "ann", "risk", "GET", path).body["in_force"] == "cn-policy-1"
