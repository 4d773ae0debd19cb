"""The pump's pure parts: expressions, filters, catch-up planning, batches and retries."""

import datetime as dt
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tools.localcloud.faults import FaultBook
from tools.localcloud.pump.delivery import Delivery, DeliveryFailed
from tools.localcloud.pump.expressions import InvalidExpression, parse_expression
from tools.localcloud.pump.filters import InvalidPattern, compile_filters, matches
from tools.localcloud.pump.queues import AllFailed, failed_items, sqs_record
from tools.localcloud.pump.schedules import Book, body_of, next_stop, plan
from tools.localcloud.pump.streams import StreamSource
from tools.localcloud.pump.window import Haste, Window

DAY_S = 86_400
SHANGHAI = "Asia/Shanghai"


def at(text: str) -> float:
    return dt.datetime.fromisoformat(text + "+00:00").timestamp()


def iso(moment_s: float) -> str:
    return dt.datetime.fromtimestamp(moment_s, dt.UTC).strftime("%Y-%m-%dT%H:%M")


# Expressions


@pytest.mark.parametrize(
    ("expression", "timezone", "after", "expected"),
    [
        ("cron(0 9 * * ? *)", SHANGHAI, "2026-11-24T00:00", "2026-11-24T01:00"),
        ("cron(0 9 * * ? *)", SHANGHAI, "2026-11-24T01:00", "2026-11-25T01:00"),
        ("cron(0 0 L * ? *)", "UTC", "2027-02-01T00:00", "2027-02-28T00:00"),
        ("cron(0 0 29 2 ? *)", "UTC", "2026-03-01T00:00", "2028-02-29T00:00"),
        ("cron(15 10 ? * 6L 2026-2027)", "UTC", "2026-11-01T00:00", "2026-11-27T10:15"),
        ("cron(0 8 ? * TUE#2 *)", "UTC", "2026-11-24T00:00", "2026-12-08T08:00"),
        ("cron(0 8 1W * ? *)", "UTC", "2026-07-31T09:00", "2026-08-03T08:00"),
        ("cron(0/15 8-9 ? * MON-FRI *)", "UTC", "2026-11-27T09:45", "2026-11-30T08:00"),
        ("cron(0 0 ? JAN,JUN SUN *)", "UTC", "2026-11-24T00:00", "2027-01-03T00:00"),
        ("at(2026-12-01T08:30:00)", SHANGHAI, "2026-11-24T00:00", "2026-12-01T00:30"),
        ("rate(2 hours)", "UTC", "2026-11-24T01:00", "2026-11-24T02:00"),
    ],
)
def test_next_occurrence(expression: str, timezone: str, after: str, expected: str) -> None:
    recurrence = parse_expression(expression, timezone, anchor_s=at("2026-11-24T00:00"))
    found = next(recurrence.between(at(after), at(after) + 4 * 366 * DAY_S))
    assert iso(found) == expected


def test_a_skipped_wall_time_does_not_run_and_a_repeated_one_runs_once() -> None:
    gap = parse_expression("cron(30 2 * * ? *)", "America/New_York")
    days = [iso(t) for t in gap.between(at("2026-03-07T12:00"), at("2026-03-10T00:00"))]
    assert days == ["2026-03-09T06:30"]
    fold = parse_expression("cron(30 1 * * ? *)", "America/New_York")
    assert len(list(fold.between(at("2026-11-01T00:00"), at("2026-11-01T12:00")))) == 1


@pytest.mark.parametrize(
    "expression", ["cron(*/5 9 ? * MON-FRI *)", "rate(1 minute)", "cron(0 9 * * ? *)"]
)
def test_latest_is_the_last_of_between(expression: str) -> None:
    recurrence = parse_expression(expression, "Asia/Shanghai", anchor_s=at("2026-11-20T00:00:30"))
    after, until = at("2026-11-20T00:00"), at("2026-11-24T01:17")
    assert recurrence.latest(after, until) == list(recurrence.between(after, until))[-1]
    assert recurrence.latest(after, after) is None


@pytest.mark.parametrize(
    ("expression", "sub_hourly"),
    [
        ("rate(1 minute)", True),
        ("rate(59 minutes)", True),
        ("rate(1 hour)", False),
        ("cron(0/30 * * * ? *)", True),
        ("cron(5 * * * ? *)", False),
    ],
)
def test_what_counts_as_sub_hourly(expression: str, sub_hourly: bool) -> None:
    assert parse_expression(expression).sub_hourly is sub_hourly


@pytest.mark.parametrize(
    "expression",
    [
        "every day",
        "rate(0 minutes)",
        "rate(1 fortnight)",
        "cron(0 9 * * *)",
        "cron(0 9 * * * *)",
        "cron(0 9 ? * ? *)",
        "cron(60 9 * * ? *)",
        "at(2026-12-01T08:30:00Z)",
        "at(tomorrow)",
    ],
)
def test_invalid_expressions_are_refused(expression: str) -> None:
    with pytest.raises(InvalidExpression):
        parse_expression(expression)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidExpression):
        parse_expression("rate(1 day)", "Asia/Atlantis")


# Filters

RECORD = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"sk": {"S": "OUTBOX#1"}},
        "NewImage": {"amount": {"N": "5"}, "tags": ["a", "b"]},
    },
    "count": 7,
    "on": True,
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["REMOVE"]}, False),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "OUTBOX#"}]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "EVENT#"}]}}}}, False),
        ({"dynamodb": {"OldImage": [{"exists": False}]}}, True),
        ({"dynamodb": {"NewImage": {"amount": {"N": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"absent": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"NewImage": {"tags": ["b"]}}}, True),
        ({"eventName": [{"anything-but": ["REMOVE"]}]}, True),
        ({"eventName": [{"anything-but": "INSERT"}]}, False),
        ({"eventName": [{"anything-but": {"prefix": "INS"}}]}, False),
        ({"missing": [{"anything-but": ["x"]}]}, False),
        ({"eventName": [{"suffix": "ERT"}]}, True),
        ({"eventName": [{"equals-ignore-case": "insert"}]}, True),
        ({"eventName": [{"wildcard": "I*RT"}]}, True),
        ({"count": [{"numeric": [">", 5, "<=", 7]}]}, True),
        ({"count": [{"numeric": ["=", 8]}]}, False),
        ({"on": [1]}, False),
        ({"on": [True]}, True),
        ({"$or": [{"eventName": ["X"]}, {"count": [7]}]}, True),
        ({"$or": [{"eventName": ["X"]}, {"count": [8]}]}, False),
    ],
)
def test_filter_patterns(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, RECORD) is expected


def test_one_of_several_filters_is_enough_and_none_passes_everything() -> None:
    either = compile_filters(
        {"Filters": [{"Pattern": '{"count":[1]}'}, {"Pattern": '{"on":[true]}'}]}
    )
    assert either(RECORD)
    assert not either({"count": 2})
    assert compile_filters(None)({})


def test_unknown_operators_are_refused() -> None:
    with pytest.raises(InvalidPattern):
        matches({"eventName": [{"sounds-like": "x"}]}, RECORD)


# Partial batches and records


def test_partial_batch_answers() -> None:
    assert failed_items(b"", {"a"}) == set()
    assert failed_items(b"null", {"a"}) == set()
    assert failed_items(b'{"batchItemFailures": []}', {"a"}) == set()
    named = b'{"batchItemFailures": [{"itemIdentifier": "a"}]}'
    assert failed_items(named, {"a", "b"}) == {"a"}


@pytest.mark.parametrize(
    "answer",
    [
        b'{"batchItemFailures": "a"}',
        b'{"batchItemFailures": [{"itemIdentifier": ""}]}',
        b'{"batchItemFailures": [{"itemIdentifier": null}]}',
        b'{"batchItemFailures": [{"id": "a"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": "other"}]}',
    ],
)
def test_a_wrong_partial_batch_answer_fails_the_whole_batch(answer: bytes) -> None:
    with pytest.raises(AllFailed):
        failed_items(answer, {"a", "b"})


def test_sqs_record_has_lambdas_casing() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": "{}",
        "MD5OfBody": "x",
        "MessageAttributes": {"kind": {"StringValue": "v", "DataType": "String"}},
    }
    record = sqs_record(message, "arn:aws:sqs:ap-southeast-1:123456789012:q")
    assert record["messageAttributes"]["kind"]["stringValue"] == "v"
    assert record["awsRegion"] == "ap-southeast-1"
    assert record["attributes"] == {}


# Schedules


def schedule(name: str, expression: str, timezone: str = "UTC", **more: Any) -> SimpleNamespace:
    values = {
        "arn": f"arn:aws:scheduler:r:1:schedule/default/{name}",
        "schedule_expression": expression,
        "schedule_expression_timezone": timezone,
        "flexible_time_window": {"Mode": "OFF"},
        "target": {"Arn": "arn:aws:lambda:r:1:function:f", "Input": "{}"},
        "state": "ENABLED",
        "start_date": None,
        "end_date": None,
        "action_after_completion": None,
    }
    return SimpleNamespace(**{**values, **more})


def test_missed_minutes_collapse_and_missed_days_do_not() -> None:
    start = at("2026-11-24T00:00")
    book = Book(start)
    book.refresh(
        [schedule("sweep", "rate(1 minute)"), schedule("daily", "cron(0 9 * * ? *)", SHANGHAI)],
        [],
        start,
    )
    due = plan(book.entries.values(), start + 30 * DAY_S)
    names = [occurrence.entry.arn.rsplit("/", 1)[-1] for occurrence in due]
    assert names.count("daily") == 30
    assert names.count("sweep") == 1
    assert [o.at_s for o in due] == sorted(o.at_s for o in due)
    assert due[-1].at_s == start + 30 * DAY_S
    for occurrence in due:
        book.settle(occurrence)
    assert plan(book.entries.values(), start + 30 * DAY_S) == []


def test_a_stepping_clock_stops_only_for_slow_schedules() -> None:
    start = at("2026-11-24T00:00")
    book = Book(start)
    book.refresh([schedule("sweep", "rate(1 minute)")], [], start)
    assert next_stop(book.entries.values(), start + DAY_S) is None
    book.refresh([schedule("daily", "cron(0 9 * * ? *)", SHANGHAI)], [], start)
    stop = next_stop(book.entries.values(), start + DAY_S)
    assert stop is not None
    assert iso(stop) == "2026-11-24T01:00"
    assert len(book.entries) == 1


def test_a_past_one_time_schedule_fires_and_bounds_hold() -> None:
    start = at("2026-11-24T00:00")
    book = Book(start)
    book.refresh(
        [
            schedule("past", "at(2026-11-01T00:00:00)", action_after_completion="DELETE"),
            schedule("ended", "rate(1 day)", end_date=start + DAY_S),
            schedule("later", "rate(1 day)", start_date=start + 5 * DAY_S),
            schedule("off", "rate(1 minute)", state="DISABLED"),
        ],
        [{"Arn": "arn:rule", "ScheduleExpression": "rate(1 day)", "State": "ENABLED"}],
        start,
    )
    due = plan(book.entries.values(), start + 2 * DAY_S)
    names = [occurrence.entry.arn.rsplit("/", 1)[-1] for occurrence in due]
    assert names == ["past", "ended", "arn:rule", "arn:rule"]
    assert due[0].entry.delete_after


def test_placeholders_of_a_schedule_input() -> None:
    book = Book(at("2026-11-24T00:00"))
    text = (
        '{"at":"<aws.scheduler.scheduled-time>","arn":"<aws.scheduler.schedule-arn>",'
        '"id":"<aws.scheduler.execution-id>","n":"<aws.scheduler.attempt-number>"}'
    )
    one = schedule("s", "rate(1 minute)", target={"Arn": "arn:x", "Input": text})
    book.refresh([one], [], at("2026-11-24T00:00"))
    (occurrence,) = plan(book.entries.values(), at("2026-11-24T00:01"))
    body = json.loads(body_of(occurrence, one.target, 2, "1", "r"))
    assert body["at"] == "2026-11-24T00:01:00Z"
    assert body["arn"] == one.arn
    assert body["id"] == occurrence.execution_id
    assert body["n"] == "2"


# Streams and deliveries, against a fake function


class FakeEdge:
    """Runs one Python callable as the function behind every ARN."""

    def __init__(self, handler: Callable[[Any], Any]) -> None:
        self.handler = handler
        self.book = FaultBook()
        self.payloads: list[Any] = []

    def invoke(self, arn: str, payload: bytes, kind: str = "RequestResponse") -> tuple[str, bytes]:
        self.payloads.append(json.loads(payload))
        try:
            return "response", json.dumps(self.handler(self.payloads[-1])).encode()
        except ValueError as failure:
            return "error", json.dumps({"errorMessage": str(failure)}).encode()

    def take_fault(self, **wanted: str) -> Any:
        return self.book.take("delivery", {key: (value,) for key, value in wanted.items()})


class FakeStream:
    def __init__(self, count: int) -> None:
        self.records = [
            {
                "eventName": "INSERT",
                "dynamodb": {"SequenceNumber": str(n), "Keys": {"sk": {"S": f"k{n}"}}},
            }
            for n in range(count)
        ]

    def stream_bounds(self, table_name: str) -> tuple[int, int]:
        return 0, len(self.records)

    def stream_records(self, table_name: str, start: int, limit: int) -> list[dict[str, Any]]:
        return self.records[start : start + limit]


class FakeSqs:
    """Keeps what is sent to any queue."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def get_queue_url(self, **request: str) -> dict[str, str]:
        return {"QueueUrl": request["QueueName"]}

    def send_message(self, **request: str) -> None:
        self.sent.append((request["QueueUrl"], json.loads(request["MessageBody"])))


STREAM_ARN = "arn:aws:dynamodb:r:1:table/lending/stream/now"
FUNCTION_ARN = "arn:aws:lambda:r:1:function:publish"


def stream_source(
    edge: FakeEdge, stream: FakeStream, sqs: FakeSqs | None = None, **mapping: Any
) -> StreamSource:
    ticks = iter(range(0, 100_000, 100))
    whole = {"EventSourceArn": STREAM_ARN, "FunctionName": FUNCTION_ARN, **mapping}
    return StreamSource(
        whole,
        stream,
        Delivery(edge, lambda _service: sqs),
        lambda: "2026-11-24T00:00:00Z",
        Window(whole, Haste()),
        monotonic=lambda: float(next(ticks)),
    )


def numbers(payload: Any) -> list[int]:
    return [int(record["dynamodb"]["SequenceNumber"]) for record in payload["Records"]]


def test_a_window_closes_when_it_is_full_or_over_or_somebody_waits_for_rest() -> None:
    now = [100.0]
    haste = Haste()
    window = Window({"MaximumBatchingWindowInSeconds": 2}, haste, lambda: now[0])
    assert not window.closed(1, 10)
    assert window.closed(10, 10)
    assert not window.closed(1, 10)
    now[0] += 1.9
    assert not window.closed(9, 10)
    now[0] += 0.1
    assert window.closed(1, 10)
    assert not window.closed(1, 10)
    with haste, haste:
        assert window.closed(1, 10)
    assert not window.closed(1, 10)
    assert Window({}, haste, lambda: now[0]).closed(1, 10)


def test_a_stream_is_delivered_in_order_and_filtered() -> None:
    edge = FakeEdge(lambda _event: None)
    pattern = {"dynamodb": {"Keys": {"sk": {"S": [{"anything-but": ["k1"]}]}}}}
    criteria = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    source = stream_source(edge, FakeStream(5), BatchSize=2, FilterCriteria=criteria)
    assert source.pending()
    while source.step():
        pass
    assert [numbers(p) for p in edge.payloads] == [[0], [2, 3], [4]]
    assert edge.payloads[0]["Records"][0]["eventSourceARN"] == STREAM_ARN
    assert not source.pending()


def test_a_failed_batch_comes_again_before_anything_else() -> None:
    failures = iter([True, True])

    def handler(_event: Any) -> None:
        if next(failures, False):
            raise ValueError("not yet")

    edge = FakeEdge(handler)
    source = stream_source(edge, FakeStream(3), BatchSize=2)
    assert [source.step() for _ in range(5)] == [False, False, True, True, False]
    assert [numbers(p) for p in edge.payloads] == [[0, 1], [0, 1], [0, 1], [2]]


def test_a_partial_failure_resumes_at_the_failed_record() -> None:
    answers = iter([{"batchItemFailures": [{"itemIdentifier": "1"}]}, None])
    edge = FakeEdge(lambda _event: next(answers))
    source = stream_source(
        edge, FakeStream(3), FunctionResponseTypes=["ReportBatchItemFailures"], BatchSize=10
    )
    assert [source.step(), source.step()] == [False, True]
    assert [numbers(p) for p in edge.payloads] == [[0, 1, 2], [1, 2]]


def test_an_exhausted_batch_is_skipped_and_described() -> None:
    def handler(event: Any) -> None:
        if 0 in numbers(event):
            raise ValueError("poison")

    edge, sqs = FakeEdge(handler), FakeSqs()
    source = stream_source(
        edge,
        FakeStream(3),
        sqs,
        BatchSize=2,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:r:1:dead"}},
    )
    for _ in range(4):
        source.step()
    assert [numbers(p) for p in edge.payloads] == [[0, 1], [0, 1], [2]]
    ((queue, record),) = sqs.sent
    assert queue == "dead"
    assert record["DDBStreamBatchInfo"]["startSequenceNumber"] == "0"
    assert record["DDBStreamBatchInfo"]["batchSize"] == 2
    assert record["requestContext"]["approximateInvokeCount"] == 2


def test_delivery_fault_rules_duplicate_and_fail() -> None:
    edge = FakeEdge(lambda _event: {})
    delivery = Delivery(edge, lambda _service: None)
    edge.book.add({"match": {"delivery": ".*:publish"}, "do": "dup"})
    edge.book.add({"match": {"delivery": ".*lending.*"}, "do": "error"})
    delivery.batch(FUNCTION_ARN, STREAM_ARN, b"{}")
    assert len(edge.payloads) == 2
    with pytest.raises(DeliveryFailed):
        delivery.batch(FUNCTION_ARN, STREAM_ARN, b"{}")
    assert len(edge.payloads) == 2
