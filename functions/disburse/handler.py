"""Tasks of payout: release, submit, settle, fail. One table from step to use case."""

from collections.abc import Callable
from typing import Any, Final, Literal

from lending.entrypoint.tasks import TaskInput, task

from functions.disburse.wiring import wiring


class Payload(TaskInput):
    """Which step of which application; `attempt` names the execution, never the payment."""

    step: Literal["release", "submit", "settle", "fail"]
    application_id: str
    attempt: int = 1


def release(payload: Payload) -> dict[str, Any]:
    """{outcome}: READY, HELD, or the state that ended the application."""
    return {"outcome": wiring().release(payload.application_id, payload.at)}


def submit(payload: Payload) -> dict[str, Any]:
    """{status, reason}: accepted, rejected, unknown or cancelled."""
    done = wiring().submit(payload.application_id, payload.attempt, payload.at)
    return {"status": done.status, "reason": done.reason}


def settle(payload: Payload) -> dict[str, Any]:
    """{loan_id} of the opened loan."""
    return {"loan_id": wiring().settle(payload.application_id, payload.at)}


def fail(payload: Payload) -> dict[str, Any]:
    """{state} after a refusal; doubt leaves it in FUNDING."""
    return {"state": wiring().fail(payload.application_id, payload.attempt, payload.at)}


STEPS: Final[dict[str, Callable[[Payload], dict[str, Any]]]] = {
    "release": release,
    "submit": submit,
    "settle": settle,
    "fail": fail,
}


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """Run the step."""
    return {"application_id": payload.application_id, **STEPS[payload.step](payload)}
