"""The platform is stopped in the middle of a loan and started again from what it saved.

Each life is a process of its own, because a process holds one cloud.
"""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.localcloud.pytest_plugin import ROOT

LIFE = """
import itertools, json, sys
from pathlib import Path
from tests.e2e import conftest as e2e
from tools.demo.people import cn_people
from tools.localcloud.cloud import platform
from tools.localcloud.pytest_plugin import ROOT, Client

life, state_dir, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
told = []
with platform(ROOT, state_dir, printer=told.append) as booted:
    customer = e2e.Customer(Client(booted), next(cn_people(seed, 1)), "sub-restart")
    client, body = customer.client, customer.person.body
    if life == "first":
        applicant = body["applicant"]
        subject = {"id_no": applicant["id_no"], "report": e2e.GOOD_REPORT}
        client.partner("bureau", "POST", "/_control/subjects", subject)
        vehicle = {"vin": body["vehicle"]["vin"], "value_minor": body["vehicle"]["price_minor"]}
        client.partner("valuation", "POST", "/_control/vehicles", vehicle)
        applicant["income_monthly_minor"] = max(body["amount_minor"] // 8, 3_000_000)
        applicant["other_debt_monthly_minor"] = 0
        applicant["months_employed"] = 120
        customer.apply()
        customer.until("APPROVED")
        booted.advance(days=1)
        report = {"application_id": customer.application_id, "view": customer.view()}
    else:
        customer.application_id = sys.argv[4]
        view = customer.view()
        assert customer.sign().status == 200
        funded = customer.until("FUNDED")
        idle = booted.idle(20.0)
        paid = client.partner("bank_rail", "GET", f"/payments/dis-{customer.application_id}")
        report = {"view": view, "funded": funded, "paid": paid.status, "idle": idle}
    report["offset_s"] = booted.cloud.core.clock.offset_s
    report["told"] = told
print("REPORT" + json.dumps(report))
"""


def live(life: str, state_dir: Path, seed: int, *more: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIFE, life, str(state_dir), str(seed), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    report: dict[str, Any] = json.loads(done.stdout.rsplit("REPORT", 1)[1])
    return report


@pytest.mark.cloud
@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_loan_goes_on_after_a_restart(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    first = live("first", tmp_path, seed)
    second = live("second", tmp_path, seed, first["application_id"])
    # The personal data could be decrypted again, and the customer is still the same person.
    assert second["view"]["customer"] == first["view"]["customer"]
    assert second["view"]["state"] == "APPROVED"
    assert second["funded"]["loan_id"]
    assert second["paid"] == 200
    assert second["idle"]
    assert second["offset_s"] == pytest.approx(first["offset_s"], abs=1)
    assert any("restored" in line for line in second["told"])
    assert not any("failed" in line for line in second["told"])
