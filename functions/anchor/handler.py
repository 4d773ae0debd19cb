"""Daily: take the anchor of the day before, sign it, keep it. Repeating it is harmless."""

from typing import Any

from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task

from functions.anchor.wiring import wiring


@task(TaskInput)
def handler(payload: TaskInput) -> dict[str, Any]:
    """{on, loans, root_sha256} of the anchor."""
    taken = wiring()(payload.at)
    told = {"on": taken.on.isoformat(), "loans": taken.loans, "root_sha256": taken.root_sha256}
    logger().info("anchored", on=taken.on.isoformat(), loans=taken.loans)
    return told
