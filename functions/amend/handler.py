"""Apply one sealed amendment; repeating it changes nothing."""

from typing import Any

from lending.entrypoint.tasks import TaskInput, task

from functions.amend.wiring import wiring


class Payload(TaskInput):
    """Which one."""

    amendment_id: str


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """{outcome}: APPLIED, STALE, or how the amendment ended."""
    return {"outcome": wiring()(payload.amendment_id, payload.at)}
