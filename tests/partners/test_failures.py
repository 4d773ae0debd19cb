"""The failure modes of every sandbox, and the process that serves them."""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.partners.conftest import ask
from tests.partners.test_contracts import PAYMENT
from tools.partners.serve import NAMES
from tools.partners.service import Running


def fail(url: str, mode: str, **order: Any) -> None:
    assert ask(url, "POST", "/_control/mode", {"mode": mode, **order})[0] == 200


def test_down_lasts_for_the_given_number_of_calls(partners: dict[str, Running]) -> None:
    rail = partners["bank_rail"].url
    fail(rail, "down", times=2)
    statuses = [ask(rail, "POST", "/payments", PAYMENT)[0] for _ in range(3)]
    assert statuses == [503, 503, 202]
    counts = ask(rail, "GET", "/_control/log")[1]["counts"]
    assert counts == {"POST /payments": 3, "mode down": 2}


def test_a_mode_can_be_limited_to_a_path_and_cleared(partners: dict[str, Running]) -> None:
    rail = partners["bank_rail"].url
    fail(rail, "down", match="/payments/")
    assert ask(rail, "POST", "/payments", PAYMENT)[0] == 202
    assert ask(rail, "GET", "/payments/loan-1-disburse")[0] == 503
    fail(rail, "ok")
    assert ask(rail, "GET", "/payments/loan-1-disburse")[0] == 200


@pytest.mark.parametrize(("mode", "paid"), [("drop", True), ("drop_before", False)])
def test_a_dropped_connection_may_have_paid(
    partners: dict[str, Running], mode: str, paid: bool
) -> None:
    rail = partners["bank_rail"].url
    fail(rail, mode, times=1)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(rail, "POST", "/payments", PAYMENT)
    assert ask(rail, "GET", "/payments/loan-1-disburse")[0] == (200 if paid else 404)


def test_nonsense_and_garbage_are_200(partners: dict[str, Running]) -> None:
    rail = partners["bank_rail"].url
    fail(rail, "nonsense", times=1)
    status, body = ask(rail, "POST", "/payments", PAYMENT)
    assert (status, "reference" in body) == (200, False)
    fail(rail, "garbage", times=1)
    with pytest.raises(json.JSONDecodeError):
        ask(rail, "POST", "/payments", PAYMENT)
    assert ask(rail, "GET", "/payments/loan-1-disburse")[0] == 404


def test_slow_answers_late_and_reset_heals(partners: dict[str, Running]) -> None:
    rail = partners["bank_rail"].url
    fail(rail, "slow", seconds=0.3)
    began = time.monotonic()
    assert ask(rail, "POST", "/payments", PAYMENT)[0] == 202
    assert time.monotonic() - began >= 0.3
    ask(rail, "POST", "/_control/reset", {})
    assert ask(rail, "GET", "/payments")[1]["payments"] == []


def test_an_unknown_mode_is_refused(partners: dict[str, Running]) -> None:
    assert ask(partners["bureau"].url, "POST", "/_control/mode", {"mode": "odd"})[0] == 400


def test_one_connection_serves_many_calls_fast(partners: dict[str, Running]) -> None:
    connection = http.client.HTTPConnection(partners["bank_rail"].url.removeprefix("http://"))
    began = time.monotonic()
    for _ in range(20):
        connection.request("POST", "/payments", json.dumps(PAYMENT))
        response = connection.getresponse()
        assert (response.status, response.will_close) == (202, False)
        response.read()
    connection.close()
    assert time.monotonic() - began < 0.8  # 20 Nagle stalls alone would be 0.8 s


def test_the_process_ends_when_its_parent_closes_standard_input(tmp_path: Path) -> None:
    ports_file = tmp_path / "ports.json"
    command = [sys.executable, "-m", "tools.partners.serve", "--state", str(tmp_path)]
    process = subprocess.Popen(
        [*command, "--seed", "7", "--ports-file", str(ports_file)],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdin is not None
    deadline = time.monotonic() + 20
    while not ports_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    urls = json.loads(ports_file.read_text())
    assert len(set(urls.values())) == len(NAMES)
    assert ask(urls["valuation"], "GET", "/_control/log") == (200, {"counts": {}})
    process.stdin.close()
    assert process.wait(10) == 0
