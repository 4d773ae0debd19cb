"""Every call of a whole run is granted, and every grant is used: roles hold no guess."""

import fnmatch
import json
import urllib.request
from collections import defaultdict
from typing import Any

import pytest

from infra.acknowledgements import WILDCARD_EXCEPTIONS
from tests.e2e.conftest import Customer, NewCustomer
from tests.e2e.test_amendments import extended, extensible
from tests.e2e.test_auto_debit import ACCOUNT, with_mandate
from tests.e2e.test_bank_statements import Inbox
from tests.e2e.test_money_in import Bank, by_hand
from tests.e2e.test_payee import DEALER, near_the_limit
from tests.e2e.test_payee import post as ask_desk
from tools.localcloud.calllog import Call
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client

ACTION_PREFIX = {"stepfunctions": "states"}
# What IAM checks for calls that have no action of their own name.
CHECKED_AS = {
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
}
# Granted for what no local call can show, each with its reason.
UNSEEN = {
    ("*", "logs:CreateLogStream"): "Lambda writes the log, not the function's own calls.",
    ("*", "logs:PutLogEvents"): "Lambda writes the log, not the function's own calls.",
    ("*", "xray:PutTraceSegments"): "The X-Ray daemon sends, beside the function.",
    ("*", "xray:PutTelemetryRecords"): "The X-Ray daemon sends, beside the function.",
    ("*", "sqs:SendMessage"): "Lambda itself sends failed events to their queue.",
    ("*", "kms:Decrypt"): "DynamoDB opens the table's key on the caller's behalf.",
    ("sign", "kms:GenerateDataKey"): "S3 opens the documents' key on the caller's behalf.",
    ("seal", "kms:GenerateDataKey"): "S3 opens the documents' key on the caller's behalf.",
    ("render", "kms:GenerateDataKey"): "S3 opens the documents' key on the caller's behalf.",
    ("*", "s3:GetObjectVersion"): "What IAM checks when a read names a version.",
    ("ingest", "dynamodb:Query"): "Seen when a bank's file tells of a payout that is still open.",
    ("sign", "s3:GetObject"): "A customer reads by the link that the function signed.",
    ("publish", "dynamodb:DescribeStream"): "The event source polls, not the function.",
    ("publish", "dynamodb:GetRecords"): "The event source polls, not the function.",
    ("publish", "dynamodb:GetShardIterator"): "The event source polls, not the function.",
    ("publish", "dynamodb:ListStreams"): "The event source polls, not the function.",
    ("notify", "sqs:ReceiveMessage"): "The event source polls, not the function.",
    ("notify", "sqs:DeleteMessage"): "The event source polls, not the function.",
    ("notify", "sqs:GetQueueAttributes"): "The event source polls, not the function.",
    ("notify", "dynamodb:GetItem"): "Seen when a notice is delivered twice.",
    ("disburse", "dynamodb:GetItem"): "Seen when the bank keeps a payout's fate to itself.",
    ("sweep", "dynamodb:PutItem"): "Seen when something expires.",
    ("sweep", "dynamodb:GetItem"): "Seen when a wait was left behind.",
    ("sweep", "dynamodb:DeleteItem"): "Seen when a wait was left behind.",
    ("sweep", "states:SendTaskSuccess"): "Seen when a wait was left behind.",
    ("sweep", "states:StartExecution"): "Seen when a workflow died.",
    ("sweep", "states:DescribeExecution"): "Seen when a workflow died.",
    ("sweep", "events:PutEvents"): "Seen when an event was not acknowledged.",
    ("sweep", "dynamodb:UpdateItem"): "Seen when an event was not acknowledged.",
    ("sweep", "dynamodb:BatchGetItem"): "Seen when an amendment expires.",
    ("ops", "states:StartExecution"): "Seen when the lender signs an amendment last.",
    ("ops", "kms:GenerateMac"): "Seen when a split drawdown is released by hand.",
    ("park", "dynamodb:DeleteItem"): "Seen when the wait was over before it began.",
    ("park", "states:SendTaskSuccess"): "Seen when the wait was over before it began.",
}


def actions_of(call: Call) -> list[str]:
    """What IAM checks for a call: a transaction is checked item by item."""
    prefix = ACTION_PREFIX.get(call.service, call.service)
    names = [f"{prefix}:{name}" for name in (call.items or (call.action,))]
    return [action for name in names for action in CHECKED_AS.get(name, (name,))]


def verb_of(function: str) -> str:
    return function.rpartition("-")[2]


def grants_of(platform: Platform) -> dict[str, dict[str, set[str]]]:
    """Resource patterns by function and action."""
    granted: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for function, statements in platform.cloud.core.deployer.policies.items():
        for statement in statements:
            if statement["Effect"] != "Allow":
                continue
            for action in statement["Action"]:
                granted[verb_of(function)][action].update(map(str, statement["Resource"]))
    return granted


def run_everything(new_customer: NewCustomer, client: Client, platform: Platform) -> None:
    """One of each: funded, withdrawn in review, reviewed, held and released, reminded, swept."""
    funded, reviewed, withdrawn = new_customer(), new_customer(), new_customer()
    held = new_customer()
    extensible(with_mandate(funded)).apply()
    funded.until("APPROVED")
    funded.sign()
    view = funded.until("FUNDED")
    contract_id = funded.view()["contract"]["contract_id"]
    verification = f"/v1/contracts/{contract_id}/verification"
    assert funded.call("GET", verification).body["verdict"] == "VALID"
    extended(funded, client, view["loan_id"])
    funded.call("GET", f"/v1/loans/{view['loan_id']}")
    funded.call("GET", f"/v1/applications/{funded.application_id}/timeline")
    funded.person.body["applicant"]["mobile"] = "13800000000"  # a second time, with a new phone
    assert funded.call("POST", "/v1/applications", funded.person.body).status == 202
    client.partner("bureau", "POST", "/_control/mode", {"mode": "down"})
    for one in (reviewed, withdrawn):
        one.apply()
        one.until("MANUAL_REVIEW")
    client.partner("bureau", "POST", "/_control/mode", {"mode": "ok"})
    staff = {"subject": "uw-9", "groups": ("underwriter",)}
    client.call("GET", "/v1/ops/applications", **staff)
    path = f"/v1/ops/applications/{reviewed.application_id}/review"
    verdict = {"outcome": "DECLINED", "reasons": ["reviewer_declined"]}
    assert client.call("POST", path, verdict, key="lp", **staff).status == 200
    platform.idle()
    assert withdrawn.post("withdrawal").status == 200
    body = held.person.body
    body["amount_minor"], body["down_payment_minor"] = 60_000_000, 40_000_000
    body["vehicle"]["price_minor"] = 100_000_000
    body["applicant"]["income_monthly_minor"] = 40_000_000
    value = {"vin": body["vehicle"]["vin"], "value_minor": 100_000_000}
    client.partner("valuation", "POST", "/_control/vehicles", value)
    held.apply()
    held.until("APPROVED")
    held.sign()
    platform.idle()
    release = f"/v1/ops/applications/{held.application_id}/release"
    desk = {"subject": "op-9", "groups": ("operations",)}
    assert client.call("POST", release, {"approved": True}, key="lp", **desk).status == 200
    held.until("FUNDED")
    near = another_payee_and_one_near_the_limit(new_customer, client)
    pay_off(near, Bank(client, platform))
    look_for_fraud(new_customer, client)
    pay_and_take_back(Bank(client, platform), view["loan_id"])
    pay_again(Bank(client, platform), held.view()["loan_id"])
    mandate = f"/v1/loans/{view['loan_id']}/mandate"
    account = {"account": ACCOUNT, "text_version": "2026-11", "text_sha256": "d" * 64}
    assert funded.call("POST", f"{mandate}/revocation", {}).status == 200
    assert funded.call("POST", mandate, account).status == 201
    assert funded.call("GET", mandate).status == 200
    read_documents(reviewed, client)
    read_documents(funded, client, view["loan_id"])
    put_bank_files(client, platform)
    decide_again(reviewed.application_id, platform)
    platform.advance(days=31)


def look_for_fraud(new_customer: NewCustomer, client: Client) -> None:
    """The watch-list, a suspect, the case, its outcome, the precision of the month."""
    suspect, base = new_customer(), "/v1/ops/fraud"
    staff = {"subject": "fraud-9", "groups": ("fraud",)}
    watched = {"kind": "mobile", "value": suspect.person.mobile, "reason": "police report"}
    entry = client.call("POST", f"{base}/watch-list", watched, key="lp-w", **staff)
    suspect.apply()
    suspect.until("MANUAL_REVIEW")
    case = f"{base}/cases/{suspect.application_id}"
    assert client.call("GET", case, **staff).status == 200
    outcome = {"outcome": "confirmed", "note": "forged"}
    assert client.call("POST", f"{case}/outcome", outcome, key="lp-o", **staff).status == 200
    assert client.call("GET", f"{base}/watch-list?kind=mobile", **staff).status == 200
    assert client.call("GET", f"{base}/precision", **staff).status == 200
    removal = {"kind": "mobile", "token": entry.body["token"], "reason": "found"}
    gone = client.call("POST", f"{base}/watch-list/removal", removal, key="lp-r", **staff)
    assert gone.status == 200


def pay_and_take_back(bank: Bank, loan_id: str) -> None:
    """What the bank tells of a loan."""
    data = bank.credit(loan_id, 700, f"lp-{loan_id}")
    assert bank.tells("credit.received", data).body["outcome"] == "credited"
    back = {"bank_reference": f"back-{loan_id}", "original_bank_reference": data["bank_reference"]}
    assert bank.tells("credit.returned", {**data, **back, "reason": "MD06"}).status == 200
    body = {"amount_minor": 900, "currency": "CNY", "value_on": data["value_on"]}
    entry, _, done = by_hand(bank.client, loan_id, "payments", body)
    assert done.status == 200, done
    reversal = {"transaction_id": entry.body["id"], "value_on": data["value_on"]}
    assert by_hand(bank.client, loan_id, "reversals", reversal)[2].status == 200
    assert by_hand(bank.client, loan_id, "payments", body)[2].status == 200
    # On the statement only, and dated before that: the next day's run reads the loan's history.
    told_late = {"reference": loan_id, "amount_minor": 800, "currency": "CNY"}
    assert bank.client.partner("bank_rail", "POST", "/_control/credits", told_late).status < 300
    cases = bank.client.call("GET", "/v1/ops/cases", subject="op-1", groups=("operations",))
    assert cases.status == 200


def pay_off(customer: Customer, bank: Bank) -> None:
    """A little more than closes the loan: its row follows the event."""
    loan_id = customer.view()["loan_id"]
    quote = customer.call("GET", f"/v1/loans/{loan_id}/settlement-quote")
    data = bank.credit(loan_id, quote.body["total_minor"] + 500, f"lp-all-{loan_id}")
    assert bank.tells("credit.received", data).body["outcome"] == "credited"
    assert customer.call("GET", f"/v1/loans/{loan_id}").body["status"] == "CLOSED_SETTLED"


def another_payee_and_one_near_the_limit(new_customer: NewCustomer, client: Client) -> Customer:
    """Two persons change who is paid; a loan just below the limit is counted."""
    changed, near = new_customer(), new_customer()
    changed.apply()
    changed.until("APPROVED")
    name = changed.application_id
    assert ask_desk(client, name, "payee", DEALER, "op-7").status == 202
    confirmed = ask_desk(client, name, "payee/confirmation", {"approved": True}, "op-8")
    assert confirmed.status == 200, confirmed
    near_the_limit(near, client)
    near.apply()
    near.until("APPROVED")
    near.sign()
    near.until("FUNDED")
    return near


def put_bank_files(client: Client, platform: Platform) -> None:
    """A statement, the same again, and one that is cut short; the clock reads them."""
    inbox = Inbox(client, platform)
    text = inbox.statement(Bank(client, platform).today())
    for name, body in (("a.xml", text), ("b.xml", text), ("c.xml", text[: len(text) // 2])):
        inbox.put(name, body)


def pay_again(bank: Bank, loan_id: str) -> None:
    """The payout comes back, and two persons have it paid to another account."""
    statement = bank.today()
    data = {
        "bank_reference": f"gone-{loan_id}",
        "reference": f"dis-app_{loan_id.removeprefix('loan_')}",
        "amount_minor": 60_000_000,
        "currency": "CNY",
        "value_on": statement,
        "reason": "AC04",
    }
    assert bank.tells("payout.returned", data).body["outcome"] == "reversed"
    body = {"payee": ACCOUNT, "case_id": f"returned-bank-gone-{loan_id}"}
    entry, own, done = by_hand(bank.client, loan_id, "payouts", body)
    assert (entry.status, own.status, done.status) == (202, 403, 200), (entry, done)


def read_documents(customer: Customer, client: Client, loan_id: str = "") -> None:
    """A letter of each kind, once by its link, and what staff look up."""
    path = f"/v1/applications/{customer.application_id}/decision-notice"
    if loan_id:
        path = f"/v1/loans/{loan_id}/documents/statement"
    told = customer.call("GET", path)
    assert told.status == 200, told
    with urllib.request.urlopen(told.body["url"], timeout=10) as answer:
        assert answer.read().startswith(b"%PDF")
    assert customer.call("GET", "/v1/documents").status == 200
    desk = {"subject": "op-1", "groups": ("operations",)}
    of = f"/v1/ops/applications/{customer.application_id}/documents"
    for looked_up in (of, "/v1/ops/documents?ending_before=2099-01-01"):
        assert client.call("GET", looked_up, **desk).status == 200


def decide_again(application_id: str, platform: Platform) -> None:
    """What a restarted workflow does first."""
    at = platform.cloud.core.clock.datetime().isoformat()
    payload = json.dumps({"application_id": application_id, "at": at}).encode()
    status, body = platform.cloud.core.edge.invoke("Autolend-dev-decide", payload)
    assert (status, json.loads(body)["outcome"]) == ("response", "DECLINED")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nothing_is_called_that_is_not_granted_and_nothing_granted_that_is_not_called(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    run_everything(new_customer, client, platform)
    granted = grants_of(platform)
    used: dict[str, set[str]] = defaultdict(set)
    denied = []
    for call in platform.cloud.core.edge.calls.since():
        if call.function is None:
            continue
        verb = verb_of(call.function)
        for action in actions_of(call):
            used[verb].add(action)
            patterns = granted[verb].get(action, set())
            if not all(_covered(resource, patterns) for resource in call.resources):
                denied.append((verb, action, call.resources))
    assert sorted(set(denied)) == []
    unused = [
        (verb, action)
        for verb, actions in granted.items()
        for action in actions
        if action not in used[verb] and not {(verb, action), ("*", action)} & set(UNSEEN)
    ]
    assert sorted(unused) == []


def _covered(resource: str, patterns: set[str]) -> bool:
    """Whether a pattern's last part is the resource the call named."""
    return any(
        fnmatch.fnmatch(resource, pattern.split(":", 5)[-1].rpartition(":")[2])
        # A call names its bucket, a grant also which objects of it.
        or (":s3:" in pattern and resource == pattern.rpartition(":")[2].partition("/")[0])
        or fnmatch.fnmatch(resource, pattern.split(":", 5)[-1].partition("/")[2])
        for pattern in patterns
    )


def test_every_exception_says_why() -> None:
    reasons: dict[Any, str] = {**UNSEEN, **WILDCARD_EXCEPTIONS}
    assert all(len(reason) > 20 for reason in reasons.values())
