"""How late a loan is on a day: days past due, less grace and pauses, and the money overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from lending.domain.computable import NotComputable


@dataclass(frozen=True, slots=True)
class Unpaid:
    """What is outstanding of one instalment, in minor units; 0 = paid."""

    due_on: date
    outstanding_minor: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which delinquency does not grow: `to_on` minus `from_on` of them."""

    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class Bucket:
    """A named range of delinquent days, both ends included; no end = open."""

    name: str
    from_days: int
    to_days: int | None = None


@dataclass(frozen=True, slots=True)
class Delinquency:
    """Dates and bucket are None and the numbers 0 when nothing that fell due is unpaid."""

    oldest_unpaid_on: date | None = None
    past_due_days: int = 0
    delinquent_days: int = 0
    overdue_minor: int = 0
    grace_ends_on: date | None = None
    bucket: str | None = None


def delinquency(
    as_of: date,
    instalments: Sequence[Unpaid],
    grace_days: int = 0,
    pauses: Sequence[Pause] = (),
    buckets: Sequence[Bucket] = (),
) -> Delinquency:
    """The state of a loan at the end of `as_of`; instalments due later count for nothing.

    Raises:
        NotComputable: invalid_field; pauses or buckets that end before they start, pauses
            that overlap, or a grace period past the end of the calendar.
    """
    _check_pauses(pauses)
    _check_buckets(buckets)
    fallen_due = [one for one in instalments if one.due_on <= as_of and one.outstanding_minor > 0]
    if not fallen_due:
        return Delinquency()
    oldest = min(one.due_on for one in fallen_due)
    past_due_days = (as_of - oldest).days
    delinquent_days = max(0, past_due_days - grace_days - _paused_days(pauses, oldest, as_of))
    return Delinquency(
        oldest_unpaid_on=oldest,
        past_due_days=past_due_days,
        delinquent_days=delinquent_days,
        # What is due today may still be paid today.
        overdue_minor=sum(one.outstanding_minor for one in fallen_due if one.due_on < as_of),
        grace_ends_on=_grace_ends_on(oldest, grace_days),
        bucket=_bucket(buckets, delinquent_days),
    )


def _paused_days(pauses: Sequence[Pause], oldest: date, as_of: date) -> int:
    return sum(
        max(0, (min(pause.to_on, as_of) - max(pause.from_on, oldest)).days) for pause in pauses
    )


def _bucket(buckets: Sequence[Bucket], days: int) -> str | None:
    for bucket in buckets:
        if bucket.from_days <= days and (bucket.to_days is None or days <= bucket.to_days):
            return bucket.name
    return None


def _grace_ends_on(oldest: date, grace_days: int) -> date:
    try:
        return oldest + timedelta(days=grace_days)
    except OverflowError:
        detail = "the grace period passes the end of the calendar"
        raise NotComputable("invalid_field", "/grace_days", detail) from None


def _check_pauses(pauses: Sequence[Pause]) -> None:
    for index, pause in enumerate(pauses):
        if pause.to_on < pause.from_on:
            raise NotComputable("invalid_field", f"/pauses/{index}/to", "not before from")
    for earlier, later in pairwise(sorted(pauses, key=lambda pause: pause.from_on)):
        if later.from_on < earlier.to_on:  # A pause may start on the day another ends.
            raise NotComputable("invalid_field", "/pauses", "pauses do not overlap")


def _check_buckets(buckets: Sequence[Bucket]) -> None:
    for index, bucket in enumerate(buckets):
        if bucket.to_days is not None and bucket.to_days < bucket.from_days:
            raise NotComputable("invalid_field", f"/buckets/{index}/to", "not below from")


@dataclass(frozen=True, slots=True)
class DelinquencyRules:
    """How a market counts lateness."""

    grace_days: int
    buckets: tuple[Bucket, ...]


def delinquency_rules(raw: Mapping[str, Any]) -> DelinquencyRules:
    """The rules in a profile's value.

    Raises:
        KeyError, TypeError, ValueError, NotComputable: a rule is missing or malformed.
    """
    rules = DelinquencyRules(raw["grace_days"], tuple(Bucket(*one) for one in raw["buckets"]))
    _check_buckets(rules.buckets)
    if rules.grace_days < 0 or not rules.buckets:
        raise ValueError("delinquency: grace of 0 days or more, and buckets")
    return rules
