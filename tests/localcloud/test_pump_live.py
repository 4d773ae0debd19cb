"""The pump on a booted cloud: each kind of event reaches its target, and the clock moves in steps.

The cloud runs in a process of its own (`live_pump.py`), because a process holds one cloud.
"""

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tools.localcloud.pytest_plugin import ROOT

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("pump")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.localcloud.live_pump", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.rsplit("REPORT", 1)[1])
    return found


def bodies(events: list[Any]) -> list[str]:
    return [r["body"] for e in events for r in e.get("Records", []) if "body" in r]


def test_a_failed_message_comes_back_alone_and_ends_in_the_dead_letter_queue(
    report: dict[str, Any],
) -> None:
    assert sorted(bodies(report["queue"])) == ["bad", "good", "good"]
    (again,) = [r for e in report["ten_days"] for r in e.get("Records", []) if "body" in r]
    assert again["body"] == "bad"
    assert again["attributes"]["ApproximateReceiveCount"] == "2"
    assert report["dead"] == ["bad"]


def test_stream_records_arrive_filtered_in_order_and_in_batches(report: dict[str, Any]) -> None:
    batches = [event["Records"] for event in report["stream"]]
    records = [record for batch in batches for record in batch]
    keys = [record["dynamodb"]["Keys"]["sk"]["S"] for record in records]
    assert keys == [f"OUTBOX#{number:02}" for number in range(20)]
    assert all(1 <= len(batch) <= 7 for batch in batches)
    assert records[0]["dynamodb"]["NewImage"]["blob"] == {"B": "AP8="}
    assert isinstance(records[0]["dynamodb"]["ApproximateCreationDateTime"], int)


def test_a_rule_reaches_function_and_state_machine_in_spite_of_a_failed_delivery(
    report: dict[str, Any],
) -> None:
    events = [event for event in report["rule"] if "detail-type" in event]
    parked = [event for event in report["rule"] if "token" in event]
    assert [event["detail"] for event in events] == [{"n": 1}]
    assert [event["detail"] for event in parked] == [{"n": 1}]


def test_a_topic_reaches_its_function(report: dict[str, Any]) -> None:
    (event,) = report["topic"]
    assert event["Records"][0]["Sns"]["Message"] == "hello"
    assert event["Records"][0]["EventSource"] == "aws:sns"


def test_ten_days_fire_ten_daily_and_few_minutely_schedules(report: dict[str, Any]) -> None:
    fired = [event for event in report["ten_days"] if "schedule" in event]
    count = Counter(event["schedule"] for event in fired)
    assert count["daily"] == 10
    assert 1 <= count["minutely"] <= 13
    daily = [event["at"] for event in fired if event["schedule"] == "daily"]
    assert daily == sorted(daily)
    assert all(moment.endswith("T01:00:00Z") for moment in daily)
    assert report["advance_s"] < 60


def test_expired_items_are_gone(report: dict[str, Any]) -> None:
    assert sorted(report["rows"]) == [f"OUTBOX#{number:02}" for number in range(20)]


def test_a_parked_execution_goes_on_after_its_token_and_its_wait(report: dict[str, Any]) -> None:
    assert report["token_again"] == "TaskTimedOut"
    assert not [event for event in report["after_token"] if "waited" in event]
    assert len([event for event in report["four_days"] if "waited" in event]) == 1
