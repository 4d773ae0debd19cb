"""Every minute: expire, resume, restart, publish again. `reason` boot: after a restart."""

from dataclasses import asdict
from typing import Any, Literal

from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task

from functions.sweep.wiring import wiring


class Payload(TaskInput):
    """Why now."""

    reason: Literal["schedule", "boot"]


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """How many of each were done."""
    swept = asdict(wiring()(payload.at, after_restart=payload.reason == "boot"))
    if any(swept.values()):
        logger().info("swept", **swept)
    return swept
