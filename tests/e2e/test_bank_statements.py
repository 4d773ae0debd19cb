"""The bank's files in S3: picked up, reconciled like an asked day, refused or parked by name."""

import json
from datetime import date, timedelta
from typing import Any

from tests.e2e.conftest import NewCustomer
from tests.e2e.test_money_in import Bank, funded
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply

DESK: dict[str, Any] = {"groups": ("operations",)}


class Inbox:
    """The bank's end of the bucket, and the function that empties ours."""

    def __init__(self, client: Client, platform: Platform) -> None:
        self.client, self.platform = client, platform
        self.s3 = platform.cloud.core.deployer.boto("s3")
        buckets = [one["Name"] for one in self.s3.list_buckets()["Buckets"]]
        (self.bucket,) = [name for name in buckets if "bankfiles" in name]

    def statement(self, on: str) -> str:
        path = f"/statements/{on}?currency=CNY&format=camt053"
        return str(self.client.partner("bank_rail", "GET", path).body["content"])

    def put(self, name: str, text: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=f"inbox/{name}", Body=text.encode())

    def keys(self, folder: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{folder}/")
        return [one["Key"] for one in found.get("Contents", [])]

    def invoke(self, verb: str, **payload: Any) -> dict[str, Any]:
        at = self.platform.cloud.core.clock.datetime().isoformat()
        body = json.dumps({"at": at, **payload}).encode()
        status, answer = self.platform.cloud.core.edge.invoke(f"Autolend-dev-{verb}", body)
        assert status == "response", answer
        told: dict[str, Any] = json.loads(answer)
        return told

    def ask(self, path: str, subject: str = "op-1") -> Reply:
        return self.client.call("GET", path, subject=subject, **DESK)

    def close(self, case_id: str, reason: str, subject: str) -> Reply:
        path = f"/v1/ops/cases/{case_id}/closing"
        key = f"{subject}-{case_id}-{reason}"
        return self.client.call("POST", path, {"reason": reason}, subject=subject, key=key, **DESK)

    def cases(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("/v1/ops/cases").body["cases"]
        return found


def test_a_statement_file_is_booked_once_and_bad_ones_are_parked_by_name(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    inbox, bank = Inbox(client, platform), Bank(client, platform)
    parked_before = len(inbox.keys("parked"))
    customer, loan = funded(new_customer)
    paid = {"reference": loan["loan_id"], "amount_minor": 4_321, "currency": "CNY"}
    charge = {"amount_minor": -31, "currency": "CNY"}
    assert client.partner("bank_rail", "POST", "/_control/credits", paid).status < 300
    assert client.partner("bank_rail", "POST", "/_control/bookings", charge).status < 300
    on = bank.today()
    text = inbox.statement(on)
    inbox.put("day.xml", text)
    assert inbox.invoke("ingest") == {"read": 1}, inbox.cases()
    assert inbox.keys("inbox") == []
    shown = inbox.ask(f"/v1/ops/reconciliation?on={on}&currency=CNY").body
    parts = [shown[name]["amount_minor"] for name in ("matched", "explained", "unexplained")]
    assert sum(parts) == shown["closing_minor"] - shown["opening_minor"]
    assert (shown["source"], shown["balances"], shown["account"]) == ("file", True, "LENDER1")
    # The same file, and a second time the same message: known. What cannot be used: parked.
    inbox.put("day.xml", text)
    inbox.put("day-again.xml", text)
    assert inbox.invoke("ingest") == {"known": 2}
    inbox.put("cut.xml", text[: len(text) * 2 // 3])
    inbox.put("broken.xml", text.replace("</BookgDt>", "</BookDt>", 1))
    inbox.put("other-body.xml", text.replace("43.21", "43.22").replace("CLBD", "CLBD"))
    inbox.put("other-account.xml", text.replace("LENDER1", "LENDER2"))
    inbox.put("future.xml", text.replace(on, "2099-01-01").replace("<MsgId>", "<MsgId>F"))
    told = inbox.invoke("ingest")
    assert told == {"parked": 5}
    assert len(inbox.keys("parked")) - parked_before == 5
    named = {one["case"] for one in inbox.cases() if one["source"] == "file"}
    assert {"truncated", "malformed", "totals_mismatch", "other_account", "future_dated"} <= named
    rows = customer.call("GET", f"/v1/loans/{loan['loan_id']}/statement").body["rows"]
    assert [row["cash_minor"] for row in rows].count(4_321) == 1


def test_the_banks_balance_is_the_ledgers_and_charges_are_closed_by_two(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    inbox, bank = Inbox(client, platform), Bank(client, platform)
    _, loan = funded(new_customer)
    on = bank.today()
    # The day before may have ended and its statement not been read: that is its schedule's hour.
    inbox.invoke("reconcile", on=(date.fromisoformat(on) - timedelta(days=1)).isoformat())
    for _ in range(2):  # two counts agree on what the account held before
        told = inbox.invoke("reconcile", on=on)["CNY"]
    assert told["difference_minor"] == 0
    bank.tells("credit.received", bank.credit(loan["loan_id"], 700, f"unstated-{loan['loan_id']}"))
    charge = {"amount_minor": -47, "currency": "CNY"}
    assert client.partner("bank_rail", "POST", "/_control/bookings", charge).status < 300
    told = inbox.invoke("reconcile", on=on)["CNY"]
    assert told["difference_minor"] == 0, "what is on no statement yet and the case are listed"
    found = [one for one in inbox.cases() if one["amount_minor"] == -47]
    assert [one["case"] for one in found] == ["unclassified"], found
    case = found[0]
    assert inbox.close(case["id"], "looked_into", "op-1").status == 422
    first = inbox.close(case["id"], "outside_ledger", "op-1")
    assert (first.status, first.body["outcome"]) == (200, "parked"), first
    same = client.call(
        "POST",
        f"/v1/ops/cases/{case['id']}/closing",
        {"reason": "outside_ledger"},
        subject="op-1",
        key=f"again-{case['id']}",
        **DESK,
    )
    assert (same.status, same.body["code"]) == (403, "four_eyes")
    assert inbox.close(case["id"], "outside_ledger", "op-2").body["outcome"] == "outside"
    assert inbox.invoke("reconcile", on=on)["CNY"]["difference_minor"] == 0
    shown = inbox.ask(f"/v1/ops/reconciliation?on={on}&currency=CNY").body["clearing"]
    assert (shown["difference_minor"], shown["outside"]["amount_minor"] <= -47) == (0, True)
    waits = inbox.ask(f"/v1/ops/suspense?on={on}&currency=CNY")
    assert waits.status == 200, waits
    assert sum(b["amount_minor"] for b in waits.body["buckets"]) == waits.body["total_minor"]
    assert inbox.ask("/v1/ops/suspense?on=2001-01-01&currency=CNY").status == 404
