"""`autolend calc delinquency`: how late a loan is on a day."""

from typing import Annotated, Any

from lending.domain.delinquency import Bucket, Pause, Unpaid, delinquency
from pydantic import Field

from tools.calc.wire import Day, MinorNotNegative, Shape

# More days than the calendar has are a mistake.
Days = Annotated[int, Field(ge=0, le=3_652_059)]


class InstalmentIn(Shape):
    """What is outstanding of an instalment."""

    due_on: Day
    outstanding_minor: MinorNotNegative


class PauseIn(Shape):
    """Days on which delinquency does not grow."""

    from_on: Day = Field(alias="from")
    to_on: Day = Field(alias="to")


class BucketIn(Shape):
    """A range of delinquent days; without an end, or with null as one, it is open."""

    name: str
    from_days: Days = Field(alias="from")
    to_days: Days | None = Field(None, alias="to")


class Request(Shape):
    """A loan's instalments on a day, and how the lender counts."""

    as_of: Day
    instalments: list[InstalmentIn]
    grace_days: Days = 0
    pauses: list[PauseIn] = Field(default_factory=list)
    buckets: list[BucketIn] = Field(default_factory=list)


def answer(request: Request) -> dict[str, Any]:
    """Days past due, less grace and pauses; the money overdue; the bucket."""
    state = delinquency(
        request.as_of,
        [Unpaid(one.due_on, one.outstanding_minor) for one in request.instalments],
        request.grace_days,
        [Pause(pause.from_on, pause.to_on) for pause in request.pauses],
        [Bucket(bucket.name, bucket.from_days, bucket.to_days) for bucket in request.buckets],
    )
    oldest, grace_ends = state.oldest_unpaid_on, state.grace_ends_on
    return {
        "oldest_unpaid_on": oldest.isoformat() if oldest else None,
        "past_due_days": state.past_due_days,
        "delinquent_days": state.delinquent_days,
        "overdue_minor": state.overdue_minor,
        "grace_ends_on": grace_ends.isoformat() if grace_ends else None,
        "bucket": state.bucket,
    }
