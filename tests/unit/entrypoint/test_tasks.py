"""Step Functions tasks fail under exactly two names."""

from datetime import UTC, datetime
from typing import Any

import pytest
from lending.domain.faults import (
    LendingFault,
    NotFound,
    PartnerUnavailable,
    Permanent,
    Retryable,
    StaleVersion,
)
from lending.entrypoint.tasks import TaskHandler, TaskInput, task

from tests.unit.entrypoint.conftest import Lines


class Payload(TaskInput):
    application_id: str
    attempt: int = 1


def handler(raises: Exception | None = None) -> TaskHandler:
    @task(Payload)
    def run(payload: Payload) -> dict[str, Any]:
        if raises is not None:
            raise raises
        return {"id": payload.application_id, "at": payload.at, "attempt": payload.attempt}

    return run


GOOD = {"application_id": "app_1", "at": "2026-11-24T10:00:00+08:00"}


def test_a_payload_is_parsed_and_additions_are_ignored() -> None:
    answer = handler()({**GOOD, "new": 1}, None)
    assert answer == {"id": "app_1", "at": datetime(2026, 11, 24, 2, tzinfo=UTC), "attempt": 1}


@pytest.mark.parametrize(
    ("payload", "places"),
    [
        ({}, "application_id, at"),
        ({**GOOD, "at": "2026-11-24T10:00:00"}, "at"),
        ({**GOOD, "at": "yesterday"}, "at"),
        ({**GOOD, "application_id": None}, "application_id"),
        ({**GOOD, "attempt": "王小明"}, "attempt"),
    ],
)
def test_a_malformed_payload_is_permanent_and_named_by_place_only(
    log: Lines, payload: dict[str, Any], places: str
) -> None:
    with pytest.raises(Permanent) as caught:
        handler()(payload, None)
    assert str(caught.value) == f"Payload: {places}"
    assert "王" not in log.text


@pytest.mark.parametrize(
    ("raised", "leaves"),
    [
        (Retryable("a"), Retryable),
        (StaleVersion("a"), Retryable),
        (PartnerUnavailable("bureau"), Retryable),
        (Permanent("a"), Permanent),
        (NotFound("app_1"), Permanent),
        (LendingFault("a"), Permanent),
        (KeyError("王小明"), Permanent),
        (ZeroDivisionError(), Permanent),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_every_failure_leaves_under_one_of_two_names(
    log: Lines, raised: Exception, leaves: type[Exception]
) -> None:
    with pytest.raises(leaves) as caught:
        handler(raised)(GOOD, None)
    assert type(caught.value) is leaves, "ErrorEquals compares names, not families"
    assert type(raised).__name__ in str(caught.value)
    assert "王" not in str(caught.value) + log.text
    assert len(log.parsed()) == 1


def test_a_crash_of_the_process_is_not_swallowed() -> None:
    class Killed(BaseException):
        pass

    @task(Payload)
    def run(payload: Payload) -> dict[str, Any]:
        raise Killed

    with pytest.raises(Killed):
        run(GOOD, None)
