"""Underwriting task Decide: facts -> {application_id, outcome, deadline_at}."""

from typing import Any

from lending.entrypoint.tasks import task

from functions.decide.model import Payload
from functions.decide.wiring import wiring


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """Decide once; the stored outcome when it is decided."""
    outcome = wiring()(
        payload.application_id,
        payload.findings.findings() if payload.findings else None,
        payload.scored.scored() if payload.scored else None,
        payload.failed,
        payload.at,
    )
    deadline_at = outcome.deadline_at
    return {
        "application_id": outcome.application_id,
        "outcome": outcome.outcome,
        "deadline_at": deadline_at.isoformat() if deadline_at else None,
    }
