"""Seal one confirmed contract, or amendment of a loan; repeating it changes nothing."""

from typing import Any

from lending.entrypoint.tasks import TaskInput, task

from functions.seal.wiring import wiring


class Payload(TaskInput):
    """Whose contract, or which amendment."""

    application_id: str = ""
    amendment_id: str = ""


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """{outcome}: SEALED, or the state that ended the application."""
    return {"outcome": wiring()(payload.amendment_id or payload.application_id, payload.at)}
