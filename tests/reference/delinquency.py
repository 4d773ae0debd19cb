"""The calc kind `delinquency`."""

from datetime import timedelta
from typing import Any

from tests.reference.exact import day


def delinquency(request: dict[str, Any]) -> dict[str, Any]:
    """How late a loan is on `as_of`."""
    as_of = day(request["as_of"])
    instalments = [(day(one["due_on"]), one["outstanding_minor"]) for one in request["instalments"]]
    grace_days = request.get("grace_days", 0)
    unpaid = [due_on for due_on, outstanding in instalments if due_on <= as_of and outstanding > 0]
    overdue = sum(outstanding for due_on, outstanding in instalments if due_on < as_of)
    if not unpaid:
        return {
            "oldest_unpaid_on": None,
            "past_due_days": 0,
            "delinquent_days": 0,
            "overdue_minor": 0,
            "grace_ends_on": None,
            "bucket": None,
        }
    oldest = min(unpaid)
    past_due = (as_of - oldest).days
    paused = 0
    for pause in request.get("pauses", []):
        end, start = min(day(pause["to"]), as_of), max(day(pause["from"]), oldest)
        paused += max(0, (end - start).days)
    delinquent = max(0, past_due - grace_days - paused)
    bucket = None
    for one in request.get("buckets", []):
        if bucket is None and one["from"] <= delinquent <= one.get("to", delinquent):
            bucket = one["name"]
    return {
        "oldest_unpaid_on": oldest.isoformat(),
        "past_due_days": past_due,
        "delinquent_days": delinquent,
        "overdue_minor": overdue,
        "grace_ends_on": (oldest + timedelta(days=grace_days)).isoformat(),
        "bucket": bucket,
    }
