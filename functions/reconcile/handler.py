"""Daily: each market's currency, the bank day before and days that were missed; then the control.

The control has a schedule of its own, so that the index it reads has caught up by then. `on`
names another day, and that day only; without `ask` the bank is left alone (its files told).
"""

from datetime import date, datetime, timedelta
from typing import Any

from lending.domain.profile import MarketProfile
from lending.entrypoint.observability import logger
from lending.entrypoint.tasks import TaskInput, task
from lending.usecases.loading import rules_at

from functions.reconcile.wiring import wiring


class Payload(TaskInput):
    """Which day; without `on` the day before `at`, by the market's calendar."""

    on: date | None = None
    ask: bool = True
    control: bool = True


@task(Payload)
def handler(payload: Payload) -> dict[str, Any]:
    """How many lines of each currency are matched, explained and unexplained, and the control."""
    told: dict[str, Any] = {}
    for market in wiring().markets:
        profile = rules_at(wiring().profiles, market, payload.at)
        if profile.currency in told:
            continue
        on = payload.on or profile.local_date(payload.at) - timedelta(days=1)
        told[profile.currency] = {"on": on.isoformat()}
        if payload.ask:
            told[profile.currency] |= _reconciled(on, profile.currency, payload.at)
            missed = () if payload.on else wiring().reconcile.missed(on, profile.currency)
            for day in missed:
                _reconciled(day, profile.currency, payload.at)
        if payload.control:
            told[profile.currency] |= _controlled(on, profile, payload.at)
    matched = wiring().receive.reconsider(payload.at) if payload.ask else 0
    if matched:
        logger().info("early returns matched", count=matched)
    return told


def _reconciled(on: date, currency: str, at: datetime) -> dict[str, Any]:
    done = wiring().reconcile(on, currency, at)
    if done is None:
        logger().error("statement of another account", day=on.isoformat(), currency=currency)
        return {"balances": False}
    if not done.is_clean:
        logger().warning("statement not explained", day=on.isoformat(), currency=done.currency)
    return {
        "matched": done.matched.lines,
        "explained": done.explained.lines,
        "unexplained": done.unexplained.lines,
        "balances": done.balances,
    }


def _controlled(on: date, profile: MarketProfile, at: datetime) -> dict[str, Any]:
    done = wiring().control(on, profile, at)
    ended = [loan_id for loan_id in done.deposits if wiring().end_deposit(loan_id, at)]
    difference_minor = None if done.proof is None else done.proof.difference_minor
    if difference_minor:
        logger().error("clearing differs", day=on.isoformat(), currency=profile.currency)
    return {
        "difference_minor": difference_minor,
        "missing": done.missing.lines,
        "suspense_minor": done.ageing.total_minor,
        "overdue": done.ageing.overdue,
        "deposits_ended": len(ended),
    }
