"""Kill the whole platform at once: after a restart every application goes on where it was."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.e2e.conftest import GOOD_REPORT, everything_read
from tools.demo.journey import OTP, Api
from tools.demo.people import Person, cn_people

ROOT = Path(__file__).parents[2]
HTTP = urllib3.PoolManager(timeout=120.0)


@contextlib.contextmanager
def own_platform(state_dir: Path) -> Iterator[dict[str, Any]]:
    """A platform as a child process; killed without warning at the end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.own_platform", str(state_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        yield json.loads(child.stdout.readline())
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        child.stdin.close()


def admin(running: dict[str, Any], name: str, body: object) -> Any:
    answer = HTTP.request("POST", f"{running['url']}/_localcloud/{name}", json=body)
    assert answer.status == 200, answer.data
    return answer.json()


def state_of(api: Api, who: str, application_id: str) -> dict[str, Any]:
    status, view = api.call(who, "GET", f"/v1/applications/{application_id}")
    assert status == 200, view
    found: dict[str, Any] = view
    return found


def until(api: Api, who: str, application_id: str, state: str) -> dict[str, Any]:
    give_up_at = time.monotonic() + 40
    while (view := state_of(api, who, application_id))["state"] != state:
        assert time.monotonic() < give_up_at, f"still {view['state']}, wanted {state}"
        time.sleep(0.05)
    return view


def apply_as(api: Api, person: Person) -> str:
    applicant = person.body["applicant"]
    applicant["income_monthly_minor"] = person.body["amount_minor"] // 8
    applicant["other_debt_monthly_minor"] = 0
    report = {"id_no": applicant["id_no"], "report": GOOD_REPORT}
    api.partner("bureau", "POST", "/_control/subjects", report)
    vehicle = person.body["vehicle"]
    value = {"vin": vehicle["vin"], "value_minor": vehicle["price_minor"]}
    api.partner("valuation", "POST", "/_control/vehicles", value)
    status, body = api.call(person.sub, "POST", "/v1/applications", person.body, "apply")
    assert status == 202, body
    return str(body["application_id"])


def sign_as(api: Api, person: Person, application_id: str) -> None:
    base = f"/v1/applications/{application_id}"
    view = state_of(api, person.sub, application_id)
    offer = {"offer_id": view["offers"][0]["offer_id"], "cost_sheet_confirmed": True}
    assert api.call(person.sub, "POST", f"{base}/acceptance", offer, "accept")[0] == 200
    status, contract = api.call(person.sub, "POST", f"{base}/contract", {}, "contract")
    assert status == 201, contract
    status, prompted = api.call(
        person.sub, "POST", f"{base}/contract/otp", everything_read(contract), "otp"
    )
    assert status == 200, prompted
    inbox = api.partner("messages", "GET", f"/messages?to={person.mobile}")["messages"]
    sent = next(one for one in inbox if one["message_id"] == prompted["otp_id"])
    found = OTP.search(sent["text"])
    assert found is not None
    signature = {
        "otp_id": prompted["otp_id"],
        "code": found[0],
        "document_sha256": contract["document_sha256"],
    }
    status, body = api.call(person.sub, "POST", f"{base}/signature", signature, "sign")
    assert status == 200, body


@pytest.mark.long
@pytest.mark.timeout(600)
def test_everything_goes_on_after_the_platform_was_killed(tmp_path: Path) -> None:
    offered, referred, paying, done = cn_people(77, 4)
    with own_platform(tmp_path) as running:
        api = Api(running["api_url"], running["partners"])
        ids = {}
        ids["offered"] = apply_as(api, offered)
        ids["done"] = apply_as(api, done)
        until(api, offered.sub, ids["offered"], "APPROVED")
        until(api, done.sub, ids["done"], "APPROVED")
        sign_as(api, done, ids["done"])
        loan_id = until(api, done.sub, ids["done"], "FUNDED")["loan_id"]
        api.partner("bureau", "POST", "/_control/mode", {"mode": "down"})
        ids["referred"] = apply_as(api, referred)
        until(api, referred.sub, ids["referred"], "MANUAL_REVIEW")
        api.partner("bureau", "POST", "/_control/mode", {"mode": "ok"})
        ids["paying"] = apply_as(api, paying)
        until(api, paying.sub, ids["paying"], "APPROVED")
        reference = f"dis-{ids['paying']}"
        drops = {"do": "timeout_before_accept", "match": reference, "times": 100}
        api.partner("bank_rail", "POST", "/_control/rules", drops)
        sign_as(api, paying, ids["paying"])
        until(api, paying.sub, ids["paying"], "FUNDING")
        admin(running, "snapshot", {})

    with own_platform(tmp_path) as running:
        api = Api(running["api_url"], running["partners"])
        api.partner("bank_rail", "POST", "/_control/rules", {})
        api.sign_in("officer", ["underwriter"])
        path = f"/v1/ops/applications/{ids['referred']}/review"
        verdict = {"outcome": "APPROVED", "reasons": []}
        assert api.call("officer", "POST", path, verdict, "review")[0] == 200
        for person, name in ((offered, "offered"), (referred, "referred")):
            until(api, person.sub, ids[name], "APPROVED")
            sign_as(api, person, ids[name])
            until(api, person.sub, ids[name], "FUNDED")
        until(api, paying.sub, ids["paying"], "FUNDED")
        assert state_of(api, done.sub, ids["done"])["loan_id"] == loan_id
        me = api.call(done.sub, "GET", "/v1/me")[1]
        assert me["customer"]["mobile"].endswith(done.mobile[-4:]), "the vault still opens"
        for application_id in ids.values():
            paid = api.partner("bank_rail", "GET", f"/payments/dis-{application_id}")
            assert paid["status"] == "accepted" or application_id == ids["paying"]
