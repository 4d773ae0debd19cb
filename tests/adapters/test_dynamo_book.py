"""What only the real table can do wrong: corrupt rows, indexes, pages, faults."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from lending.adapters.dynamodb.attributes import InstantAttribute, IntegerAttribute, JsonAttribute
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.table import RowCorrupt, connection
from lending.domain.faults import LendingFault, Permanent, Retryable, StaleVersion
from lending.ports.book import Change

from tests.adapters import samples
from tests.adapters.conftest import Calls, RawTable
from tests.adapters.samples import APP, AT, LOAN


@pytest.fixture
def book(table_name: str) -> DynamoBook:
    return DynamoBook(table_name)


def test_rows_lie_where_the_key_design_says(book: DynamoBook, raw: RawTable) -> None:
    book.commit(
        Change(
            application=samples.application(),
            transitions=(samples.transition(),),
            decision=samples.decision(),
            loan=samples.loan(),
            reminders=(samples.reminder(),),
            events=(samples.event(),),
            reply=samples.reply(),
        )
    )
    book.park(samples.wait())
    places = {(item["pk"]["S"], item["sk"]["S"]) for item in raw.items()}
    assert places == {
        (f"APP#{APP}", "FILE#STATE"),
        ("PERSON#cus_1", APP),
        (f"APP#{APP}", "EVENT#000001"),
        (f"APP#{APP}", "FILE#DECISION#001"),
        (f"APP#{APP}", f"OUTBOX#{APP}-ApplicationSubmitted-1"),
        (f"APP#{APP}", "WAIT#review"),
        (f"LOAN#{LOAN}", "STATE"),
        (f"LOAN#{LOAN}", "PLAN#0001"),
        (f"LOAN#{LOAN}", "REMINDER#T-3#2026-12-24"),
        ("IDEM#sub-1#POST /v1/applications#k-1", "REPLY"),
    }


def test_only_replies_expire(book: DynamoBook, raw: RawTable) -> None:
    book.commit(replace(samples.opening(), reply=samples.reply(), events=(samples.event(),)))
    expiring = {item["sk"]["S"]: item["expires_epoch"]["N"] for item in raw.items()
                if "expires_epoch" in item}  # fmt: skip
    assert expiring == {"REPLY": str(int((AT + timedelta(days=35)).timestamp()))}


def test_an_acknowledged_event_leaves_the_index_but_stays(book: DynamoBook, raw: RawTable) -> None:
    event = samples.event()
    book.commit(Change(events=(event,)))
    assert raw.item(f"OUTBOX#{event.event_id}")["timer_shard"]["S"].startswith("OUTBOX#")
    book.acknowledge((event,))
    stored = raw.item(f"OUTBOX#{event.event_id}")
    assert "timer_shard" not in stored
    assert "timer_at" not in stored
    book.acknowledge((samples.event(99),))
    assert len(raw.items()) == 1, "acknowledging must not create rows"


def test_a_loans_events_lie_beside_the_loan(book: DynamoBook, raw: RawTable) -> None:
    book.commit(Change(events=(samples.event(entity_id=LOAN, event_id=f"{LOAN}-LoanFunded-1"),)))
    (item,) = raw.items()
    assert item["pk"]["S"] == f"LOAN#{LOAN}"
    book.acknowledge(book.pending_events(AT + timedelta(days=1), 10))
    assert book.pending_events(AT + timedelta(days=1), 10) == ()


@pytest.mark.parametrize(
    ("sk", "attribute", "value", "read"),
    [
        ("FILE#STATE", "state", {"S": "PAID"}, lambda book: book.application(APP)),
        ("FILE#STATE", "version", {"N": "1.5"}, lambda book: book.application(APP)),
        ("FILE#STATE", "request", {"S": '{"market":"cn"}'}, lambda book: book.application(APP)),
        ("FILE#STATE", "owner", None, lambda book: book.application(APP)),
        ("EVENT#000001", "seq", {"N": "2"}, lambda book: book.transitions(APP)),
        ("EVENT#000001", "actor", {"S": "{}"}, lambda book: book.transitions(APP)),
        ("FILE#DECISION#001", "findings", {"S": "{}"}, lambda book: book.decision(APP)),
        ("FILE#OFFER#off_1", "principal_minor", {"N": "12000001"}, lambda book: book.offers(APP)),
        ("FILE#OFFER#off_1", "annual_rate_bps", {"N": "1"}, lambda book: book.offers(APP)),
        ("PLAN#0001", "rows", {"S": "[]"}, lambda book: book.loan(LOAN)),
        ("PLAN#0001", "rows", {"S": "[[1,2]]"}, lambda book: book.loan(LOAN)),
        ("PLAN#0001", "rows", {"S": "[[1.5]]"}, lambda book: book.loan(LOAN)),
        ("PLAN#0001", None, None, lambda book: book.loan(LOAN)),
    ],
)
def test_a_row_that_breaks_an_invariant_is_never_used(
    book: DynamoBook,
    raw: RawTable,
    sk: str,
    attribute: str | None,
    value: dict[str, Any] | None,
    read: Callable[[DynamoBook], object],
) -> None:
    book.commit(
        replace(
            samples.opening(),
            decision=samples.decision(),
            offers=(samples.offer(),),
        )
    )
    book.commit(Change(loan=samples.loan()))
    (item,) = [item for item in raw.items() if item["sk"]["S"] == sk]
    if attribute is None:
        raw.delete(item)
    elif value is None:
        raw.put({name: kept for name, kept in item.items() if name != attribute})
    else:
        raw.put({**item, attribute: value})
    with pytest.raises(RowCorrupt) as caught:
        read(book)
    assert "12000001" not in str(caught.value), "keys only"


def test_a_loan_or_offer_that_does_not_add_up_is_not_even_written(
    book: DynamoBook, raw: RawTable
) -> None:
    with pytest.raises(RowCorrupt):
        book.commit(Change(loan=samples.loan(principal_minor=12_000_001)))
    with pytest.raises(RowCorrupt):
        book.commit(Change(offers=(replace(samples.offer(), instalment_minor=1),)))
    assert raw.items() == []


def test_floats_and_naive_times_are_never_written(book: DynamoBook, raw: RawTable) -> None:
    with pytest.raises(RowCorrupt):
        book.commit(Change(events=(samples.event(data={"amount": 0.1}),)))
    with pytest.raises(RowCorrupt):
        book.park(samples.wait(parked_at=AT.replace(tzinfo=None)))
    assert raw.items() == []


def test_attributes_are_exact() -> None:
    integer, instant, document = IntegerAttribute(), InstantAttribute(), JsonAttribute()
    assert integer.deserialize(integer.serialize(10**37)) == 10**37
    for wrong in (True, 1.0, "1"):
        with pytest.raises(TypeError):
            integer.serialize(wrong)  # type: ignore[arg-type]
    assert instant.serialize(samples.IN_SHANGHAI) == samples.IN_SHANGHAI.isoformat()
    with pytest.raises(ValueError, match="float"):
        document.deserialize('{"a":1e3}')


def test_long_histories_are_read_page_by_page(book: DynamoBook, calls: Calls) -> None:
    codes = ("x" * 350_000,)
    book.commit(samples.opening())
    for version in range(1, 5):
        change = samples.moved(was=version)
        book.commit(
            replace(change, transitions=(samples.transition(version + 1, reason_codes=codes),))
        )
    assert [one.seq for one in book.transitions(APP)] == [1, 2, 3, 4, 5]
    assert calls.count("Query") > 1


def test_many_due_loans_are_read_in_batches(book: DynamoBook, calls: Calls) -> None:
    day = date(2026, 12, 24)
    for number in range(5):
        book.commit(Change(loan=samples.loan(f"loan_{number}", next_due_on=day)))
    due = [loan for shard in range(8) for loan in book.loans_due(day, day, shard)]
    assert len(due) == 5
    assert calls.count("GetItem") == 0
    assert calls.count("BatchGetItem") <= 5


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("status", {"S": "CLOSED_SETTLED"}), ("next_due_on", {"S": "2027-01-24"})],
)
def test_an_index_that_lags_behind_the_rows_makes_nothing_due(
    book: DynamoBook, raw: RawTable, attribute: str, value: dict[str, str]
) -> None:
    day = date(2026, 12, 24)
    book.commit(Change(loan=samples.loan(next_due_on=day)))
    raw.put({**raw.item("STATE"), attribute: value})  # the timer of before stays in the index
    assert [loan for shard in range(8) for loan in book.loans_due(day, day, shard)] == []


def test_a_transaction_that_cannot_fit_is_a_fault(book: DynamoBook, raw: RawTable) -> None:
    with pytest.raises(Permanent, match="101 items"):
        book.commit(Change(events=tuple(samples.event(number) for number in range(101))))
    assert raw.items() == []


@pytest.mark.parametrize(
    ("code", "status", "fault"),
    [
        ("ProvisionedThroughputExceededException", 400, Retryable),
        ("ThrottlingException", 400, Retryable),
        ("TransactionInProgressException", 400, Retryable),
        ("InternalServerError", 500, Retryable),
        ("ServiceUnavailable", 503, Retryable),
        ("SomethingNew", 502, Retryable),
        ("ValidationException", 400, Permanent),
        ("AccessDeniedException", 400, Permanent),
        ("ResourceNotFoundException", 400, Permanent),
    ],
)
def test_aws_errors_become_faults_without_their_message(
    book: DynamoBook, calls: Calls, code: str, status: int, fault: type[LendingFault]
) -> None:
    for operation in ("TransactWriteItems", "GetItem", "Query", "PutItem", "DeleteItem"):
        calls.fail(operation, code, status)
    operations: list[Callable[[], object]] = [
        lambda: book.commit(samples.opening()),
        lambda: book.application(APP),
        lambda: book.transitions(APP),
        lambda: book.park(samples.wait()),
        lambda: book.unpark(samples.wait()),
    ]
    for operation_ in operations:
        with pytest.raises(fault) as caught:
            operation_()
        assert type(caught.value) is fault
        assert code in str(caught.value)
        assert "139" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionClosedError(endpoint_url="https://dynamodb.invalid"),
        ReadTimeoutError(endpoint_url="https://dynamodb.invalid"),
        EndpointConnectionError(endpoint_url="https://dynamodb.invalid"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_at_all_is_retryable(book: DynamoBook, error: Exception) -> None:
    def unanswered(model: Any, **_: Any) -> Any:
        raise error

    events = connection().client.meta.events
    events.register_first("before-call.dynamodb.*", unanswered)
    operations: list[Callable[[], object]] = [
        lambda: book.commit(samples.opening()),
        lambda: book.application(APP),
        lambda: book.transitions(APP),
        lambda: book.park(samples.wait()),
        lambda: book.unpark(samples.wait()),
    ]
    try:
        for each in operations:
            with pytest.raises(Retryable, match=type(error).__name__):
                each()
    finally:
        events.unregister("before-call.dynamodb.*", unanswered)


@pytest.mark.parametrize(
    ("codes", "fault"),
    [
        (["None", "ConditionalCheckFailed"], StaleVersion),
        (["TransactionConflict", "ConditionalCheckFailed"], StaleVersion),
        (["TransactionConflict", "None"], Retryable),
        (["ThrottlingError"], Retryable),
        (["ValidationError"], Permanent),
    ],
)
def test_a_cancelled_transaction_is_read_by_its_reasons(
    book: DynamoBook,
    monkeypatch: pytest.MonkeyPatch,
    calls: Calls,
    codes: list[str],
    fault: type[LendingFault],
) -> None:
    def cancelled(model: Any, **_: Any) -> Any:
        parsed = {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": [{"Code": code} for code in codes],
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        return type("Answer", (), {"status_code": 400})(), parsed

    monkeypatch.setattr(calls, "before_call", cancelled)
    events = connection().client.meta.events
    events.register_first("before-call.dynamodb.TransactWriteItems", cancelled)
    try:
        with pytest.raises(fault) as caught:
            book.commit(samples.opening())
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", cancelled)
    assert type(caught.value) is fault
