"""Daily: each market's currency, the bank day before and days that were missed.

`on` names another day, and that day only.
"""

from datetime import date, datetime, timedelta
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
        told[profile.currency] = _reconciled(on, profile.currency, payload.at)
        missed = () if payload.on else wiring().reconcile.missed(on, profile.currency)
        for day in missed:
            _reconciled(day, profile.currency, payload.at)
    return told


def _reconciled(on: date, currency: str, at: datetime) -> dict[str, Any]:
    done = wiring().reconcile(on, currency, at)
    if not done.is_clean:
        logger().warning("statement not explained", day=on.isoformat(), currency=done.currency)
    return {
        "on": on.isoformat(),
        "matched": done.matched.lines,
        "explained": done.explained.lines,
        "unexplained": done.unexplained.lines,
        "balances": done.balances,
    }
