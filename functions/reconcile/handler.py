"""Daily: each market's currency, the bank day before. `on` names another day."""

from datetime import date, timedelta
from typing import Any

from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task
from lending.usecases.loading import rules_at

from functions.reconcile.wiring import wiring


class Payload(TaskInput):
    """Which day; without `on` the day before `at`, by the market's calendar."""

    on: date | None = None


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """How many lines of each currency are matched, explained and unexplained."""
    told: dict[str, Any] = {}
    for market in wiring().markets:
        profile = rules_at(wiring().profiles, market, payload.at)
        if profile.currency in told:
            continue
        on = payload.on or profile.local_date(payload.at) - timedelta(days=1)
        done = wiring().reconcile(on, profile.currency, payload.at)
        if not done.is_clean:
            logger().warning("statement not explained", day=on.isoformat(), currency=done.currency)
        told[done.currency] = {
            "on": on.isoformat(),
            "matched": done.matched.lines,
            "explained": done.explained.lines,
            "unexplained": done.unexplained.lines,
            "balances": done.balances,
        }
    return told
