"""Every few minutes: each file in the inbox by name; one that fails holds up no other."""

from collections import Counter
from typing import Any

from lending.domain.faults import LendingFault, Retryable
from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task
from lending.usecases.loading import rules_at

from functions.ingest.wiring import wiring

FILES_MAX = 200  # of one run; the next one goes on


class Payload(TaskInput):
    """Only when."""


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """How many files were read, known, parked or gone. Raises Retryable when one failed."""
    rules = [rules_at(wiring().profiles, market, payload.at) for market in wiring().markets]
    today = {profile.currency: profile.local_date(payload.at) for profile in rules}
    counted: Counter[str] = Counter()
    for key in wiring().files.delivered(limit=FILES_MAX):
        try:
            counted[wiring().read(key, payload.at, today)] += 1
        except LendingFault as fault:
            logger().error("bank file not read", file=key, fault=type(fault).__name__)
            counted["failed"] += 1
    if counted["failed"]:
        raise Retryable(f"{counted['failed']} of {counted.total()} bank files")
    return dict(counted)
