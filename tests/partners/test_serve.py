"""The sandboxes as other processes meet them: over HTTP, across a restart."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAYMENT = {
    "reference": "dis-app_1",
    "amount_minor": 12_000_000,
    "currency": "CNY",
    "payee": {"name": "Dealer", "account_no": "6222999900001118"},
    "purpose": "vehicle_purchase",
}


def call(url: str, body: object | None = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


class Partners:
    """One `serve` process; it ends when its standard input closes."""

    def __init__(self, state: Path) -> None:
        ports = state / "ports.json"
        ports.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tools.partners.serve", "--state", str(state)]
        self.process = subprocess.Popen(
            [*command, "--seed", "7", "--ports-file", str(ports)], stdin=subprocess.PIPE
        )
        give_up_at = time.monotonic() + 20
        while not ports.exists():
            assert self.process.poll() is None
            assert time.monotonic() < give_up_at
            time.sleep(0.02)
        self.urls: dict[str, str] = json.loads(ports.read_text("utf-8"))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[Partners]:
    running = Partners(tmp_path)
    yield running
    running.close()


def test_the_rail_pays_one_reference_once_and_remembers_it(
    partners: Partners, tmp_path: Path
) -> None:
    rail = partners.urls["bank_rail"]
    assert call(f"{rail}/payments/dis-app_1")[0] == 404
    assert call(f"{rail}/payments", PAYMENT)[0] == 202
    assert call(f"{rail}/payments", PAYMENT)[0] == 202
    assert call(f"{rail}/payments", {**PAYMENT, "amount_minor": 1})[0] == 409
    partners.close()
    again = Partners(tmp_path)
    status, answer = call(f"{again.urls['bank_rail']}/payments/dis-app_1")
    again.close()
    assert (status, answer["status"]) == (200, "accepted")


def test_the_rail_rejects_a_closed_account(partners: Partners) -> None:
    closed = {**PAYMENT, "payee": {"name": "Dealer", "account_no": "6222000000000000"}}
    status, answer = call(f"{partners.urls['bank_rail']}/payments", closed)
    assert (status, answer["status"], answer["reason"]) == (422, "rejected", "account_closed")


def test_the_bureau_wants_a_consent_and_answers_one_person_alike(partners: Partners) -> None:
    subject = {"id_type": "cn_id", "id_no": "990202199003150017", "full_name": "Test Person"}
    asked = {"subject": subject, "consent_id": "con_1", "purpose": "credit_application"}
    url = f"{partners.urls['bureau']}/reports"
    assert call(url, {**asked, "consent_id": ""})[0] in {400, 403}
    first, second = call(url, asked)[1], call(url, asked)[1]
    assert first["score"] == second["score"]
    assert 300 <= first["score"] <= 900


def test_a_service_can_be_down_and_come_back(partners: Partners) -> None:
    url = partners.urls["identity"]
    asked = {
        "id_type": "cn_id",
        "id_no": "990202199003150017",
        "full_name": "Test Person",
        "mobile": "13900000001",
    }
    assert call(f"{url}/verifications", asked)[1]["result"] == "match"
    call(f"{url}/_control/mode", {"mode": "down", "times": 1})
    assert call(f"{url}/verifications", asked)[0] == 503
    assert call(f"{url}/verifications", asked)[1]["result"] == "match"
