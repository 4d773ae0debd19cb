"""Daily: take the anchor of the day before, sign it, keep it. Repeating it is harmless.

After the last day of a month every loan is accrued through it first.
"""

from datetime import timedelta
from typing import Any

from lending.domain.faults import Retryable
from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task
from lending.usecases.accrue_loans import is_month_end

from functions.anchor.wiring import wiring


@task(TaskInput)
def handler(payload: TaskInput) -> dict[str, Any]:
    """{on, loans, root_sha256} of the anchor."""
    on = payload.at.date() - timedelta(days=1)
    if is_month_end(on):
        accrued = wiring().accrue(on, payload.at)
        logger().info("accrued", day=on.isoformat(), booked=accrued.booked)
        if accrued.failed:
            raise Retryable(f"not accrued: {', '.join(accrued.failed[:20])}")
    taken = wiring().anchor(payload.at)
    told = {"on": taken.on.isoformat(), "loans": taken.loans, "root_sha256": taken.root_sha256}
    logger().info("anchored", day=taken.on.isoformat(), loans=taken.loans)
    return told
