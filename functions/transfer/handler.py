"""One page of one shard of the day: open debits and what is due; refunds and payouts again.

The machine calls again with `after` until it is empty.
"""

from datetime import date
from typing import Any

from lending.domain.faults import Retryable
from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task
from lending.usecases.remind_borrowers import Shard

from functions.transfer.wiring import wiring

NAMED_MAX = 20


class Payload(TaskInput):
    """One shard of a market's business date, behind `after`."""

    market: str
    shard: int
    business_date: date
    after: str = ""


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """{sent, ended, after}; Retryable when a loan could not be dealt with now."""
    shard = Shard(payload.market, payload.shard, payload.business_date)
    drawn = wiring().collect(shard, payload.after, payload.at)
    failed, broken, sent = drawn.failed, drawn.broken, drawn.sent
    if not payload.after:
        paid = wiring().pay(shard, payload.at)
        failed, broken, sent = failed + paid.failed, broken + paid.broken, sent + paid.sent
    if broken:
        logger().error("not ordered", loans=broken[:NAMED_MAX])
    if failed:
        raise Retryable(f"not ordered yet: {', '.join(failed[:NAMED_MAX])}")
    return {"sent": sent, "ended": drawn.ended, "after": drawn.after}
