"""The end of a day in the books: accrue (after the last day of a month), then anchor and sign.

`step` accrue is one page of loans, behind `after`; the machine `closing` calls until there is no
further page. Repeating any step is harmless.
"""

from datetime import timedelta
from typing import Any, Literal

from lending.domain.faults import Retryable
from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task
from lending.usecases.accrue_loans import is_month_end

from functions.anchor.wiring import wiring


class Payload(TaskInput):
    """The day before `at` is closed."""

    step: Literal["accrue", "anchor"] = "anchor"
    after: str = ""


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """Run the step."""
    return accrue(payload) if payload.step == "accrue" else anchor(payload)


def accrue(payload: Payload) -> dict[str, Any]:
    """{after}: where the next page begins, "" = all is accrued."""
    on = payload.at.date() - timedelta(days=1)
    if not is_month_end(on):
        return {"after": ""}
    done = wiring().accrue(on, payload.at, payload.after)
    logger().info("accrued", day=on.isoformat(), booked=done.booked, after=done.after)
    if done.failed:
        raise Retryable(f"not accrued: {', '.join(done.failed[:20])}")
    return {"after": done.after}


def anchor(payload: Payload) -> dict[str, Any]:
    """{on, loans, root_sha256} of the anchor."""
    taken = wiring().anchor(payload.at)
    told = {"on": taken.on.isoformat(), "loans": taken.loans, "root_sha256": taken.root_sha256}
    logger().info("anchored", day=taken.on.isoformat(), loans=taken.loans)
    return told
