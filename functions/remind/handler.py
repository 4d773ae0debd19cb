"""Servicing tasks: cut the day into shards, then remind the borrowers of one shard."""

from datetime import date
from typing import Any, Literal

from lending.entrypoint.tasks import task
from lending.usecases.remind_borrowers import Shard
from pydantic import AwareDatetime, BaseModel, ConfigDict

from functions.remind.wiring import wiring


class PlanPayload(BaseModel):
    """Cut the day that was scheduled."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    step: Literal["shards"]
    scheduled_at: AwareDatetime


class ShardPayload(BaseModel):
    """One shard of a market's business date; `at` is when the state was entered."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    market: str
    shard: int
    business_date: date
    at: AwareDatetime


@task(PlanPayload)
def plan(payload: PlanPayload) -> dict[str, Any]:
    """{shards: [{market, shard, business_date}]}."""
    shards = wiring().plan(payload.scheduled_at)
    return {
        "shards": [
            {
                "market": one.market,
                "shard": one.shard,
                "business_date": one.business_date.isoformat(),
            }
            for one in shards
        ]
    }


@task(ShardPayload)
def remind(payload: ShardPayload) -> dict[str, Any]:
    """{reminded, has_orders} of one shard."""
    shard = Shard(payload.market, payload.shard, payload.business_date)
    reminded = wiring().remind(shard, payload.at)
    return {"reminded": reminded, "has_orders": wiring().has_orders(shard)}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Route by `step`: the plan, or (none) one shard."""
    return (plan if "step" in event else remind)(event, context)
