"""Underwriting task Identify: {application_id, at} -> {findings}. No personal data leaves."""

from dataclasses import asdict
from typing import Any

from lending.entrypoint.tasks import TaskInput, task

from functions.identify.wiring import wiring


class Payload(TaskInput):
    """Which application."""

    application_id: str


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """Ask the partners."""
    return {"findings": asdict(wiring()(payload.application_id, payload.at))}
