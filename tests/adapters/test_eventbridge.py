"""The EventBus port on EventBridge."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from lending.adapters import aws
from lending.adapters.eventbridge import EventBridgeBus
from lending.domain.faults import Permanent, Retryable

from tests.adapters import samples
from tests.adapters.conftest import Calls


class Taken:
    """A PutEvents that remembers, and refuses what it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.refuse: set[str] = set()

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        results = [
            {"ErrorCode": "ThrottlingException"}
            if json.loads(entry["Detail"])["event_id"] in self.refuse
            else {"EventId": "x"}
            for entry in Entries
        ]
        return {"FailedEntryCount": len(self.refuse), "Entries": results}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Taken]:
    fake = Taken()
    monkeypatch.setattr(aws, "events", lambda: fake)
    yield fake


def test_an_event_is_an_envelope_under_its_kind(taken: Taken) -> None:
    event = samples.event()
    assert EventBridgeBus("bus-1").publish((event,)) == (event,)
    ((entry,),) = taken.calls
    detail = json.loads(entry.pop("Detail"))
    assert entry == {
        "EventBusName": "bus-1",
        "Source": "autolend.lending",
        "DetailType": "ApplicationSubmitted",
        "Time": event.occurred_at,
    }
    assert detail["event_id"] == event.event_id
    assert detail["schema_version"] == 1
    assert detail["data"] == event.data


def test_many_events_go_ten_at_a_time_in_order(taken: Taken) -> None:
    events = tuple(samples.event(number) for number in range(23))
    assert EventBridgeBus("bus-1").publish(events) == events
    assert [len(call) for call in taken.calls] == [10, 10, 3]
    assert EventBridgeBus("bus-1").publish(()) == ()


def test_refused_entries_are_left_out_of_the_accepted(taken: Taken) -> None:
    events = tuple(samples.event(number) for number in range(12))
    taken.refuse = {events[0].event_id, events[11].event_id}
    assert EventBridgeBus("bus-1").publish(events) == events[1:11]


@pytest.mark.parametrize(
    "broken",
    [
        samples.event(kind="ApplicationInvented"),
        samples.event(data={"application_id": "a", "customer_id": "c", "market": "China"}),
        samples.event(
            data={"application_id": "a", "customer_id": "c", "market": "cn", "mobile": "139"}
        ),
    ],
    ids=["kind", "shape", "personal"],
)
def test_what_breaks_its_contract_is_never_published(taken: Taken, broken: Any) -> None:
    with pytest.raises(Permanent):
        EventBridgeBus("bus-1").publish((samples.event(), broken))
    assert taken.calls == []


def test_the_real_call_is_accepted_and_an_outage_is_a_fault(account: None, calls: Calls) -> None:
    boto3.client("events").create_event_bus(Name="bus-2")
    event = samples.event()
    assert EventBridgeBus("bus-2").publish((event,)) == (event,)
    calls.fail("PutEvents", "InternalException", 500)
    with pytest.raises(Retryable):
        EventBridgeBus("bus-2").publish((event,))
