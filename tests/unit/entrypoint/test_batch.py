"""One record, one outcome."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from lending.domain.faults import Permanent, Retryable
from lending.entrypoint.batch import process_queue, process_stream, process_stream_together

from tests.unit.entrypoint.conftest import Lines


class Work:
    """Fails on the records it is told to; remembers the others."""

    def __init__(self, **failing: Exception) -> None:
        self.failing = failing
        self.done: list[str] = []

    def __call__(self, record: Mapping[str, Any]) -> None:
        if record["body"] in self.failing:
            raise self.failing[record["body"]]
        self.done.append(record["body"])


def queue(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m-{body}", "body": body} for body in bodies]}


def stream(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"dynamodb": {"SequenceNumber": f"s-{b}"}, "body": b} for b in bodies]}


FAULTS = [Retryable("down"), Permanent("broken"), KeyError("王小明")]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_only_the_failed_messages_go_back_to_the_queue(log: Lines, fault: Exception) -> None:
    work = Work(b=fault, d=fault)
    reply = process_queue(queue("a", "b", "c", "d", "e"), work)
    failed = [{"itemIdentifier": "m-b"}, {"itemIdentifier": "m-d"}]
    assert reply == {"batchItemFailures": failed}
    assert work.done == ["a", "c", "e"]
    assert [line["record"] for line in log.parsed()] == ["m-b", "m-d"]
    assert "王" not in log.text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_stream_stops_at_the_first_failure_to_keep_its_order(
    log: Lines, fault: Exception
) -> None:
    work = Work(b=fault, d=fault)
    reply = process_stream(stream("a", "b", "c", "d"), work)
    assert reply == {"batchItemFailures": [{"itemIdentifier": "s-b"}]}
    assert work.done == ["a"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_stream_taken_together_falls_back_to_one_by_one(log: Lines, fault: Exception) -> None:
    one = Work(c=fault)
    batches: list[list[str]] = []

    def work(records: Sequence[Mapping[str, Any]]) -> None:
        batches.append([record["body"] for record in records])
        for record in records:
            one(record)

    assert process_stream_together(stream("a", "b"), work) == {"batchItemFailures": []}
    assert batches == [["a", "b"]]
    reply = process_stream_together(stream("b", "c", "d"), work)
    assert reply == {"batchItemFailures": [{"itemIdentifier": "s-c"}]}
    assert batches[1:] == [["b", "c", "d"], ["b"], ["c"]]
    # The first failure is told too: one that the second try would hide.
    assert [line.get("record") for line in log.parsed()] == [None, "s-c"]
    assert {line["where"][0] for line in log.parsed()} == {type(fault).__name__}


def test_a_batch_without_failures_says_so() -> None:
    for run, event in ((process_queue, queue), (process_stream, stream)):
        work = Work()
        assert run(event("a", "b"), work) == {"batchItemFailures": []}
        assert work.done == ["a", "b"]
        assert run(event(), work) == {"batchItemFailures": []}


def test_a_killed_process_fails_the_whole_batch() -> None:
    class Killed(BaseException):
        pass

    def work(record: Mapping[str, Any]) -> None:
        raise Killed

    with pytest.raises(Killed):
        process_queue(queue("a"), work)
