"""Origination tasks that wait: keep the token until a person or a deadline acts."""

from typing import Any, Literal

from lending.entrypoint.tasks import TaskInput, task

from functions.park.wiring import wiring


class Payload(TaskInput):
    """Which application waits for what, under which token."""

    application_id: str
    name: Literal["customer", "review", "release"]
    token: str


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """Park; answered at once when the application moved on already."""
    answered = wiring()(payload.application_id, payload.name, payload.token, payload.at)
    return {"answered": answered}
