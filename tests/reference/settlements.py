"""The calc kind `settlement`."""

from fractions import Fraction
from typing import Any

from tests.reference.exact import day, percent, rounded, units_a_year
from tests.reference.fractions_of_a_year import fraction


def settlement(request: dict[str, Any]) -> dict[str, Any]:
    """What closes a loan on a day inside a period."""
    principal = request["principal_minor"]
    start, end = day(request["period_start"]), day(request["period_end"])
    on = day(request["on"])
    mode = request.get("rounding", {}).get("mode", "half_even")
    day_count = request.get("day_count", "PERIODIC")
    if day_count == "PERIODIC":
        period = request.get("period", {"every": 1, "unit": "month"})
        regular = Fraction(period["every"], units_a_year(period["unit"]))
        part = regular * (on - start).days / (end - start).days
    else:
        # Reading: the part lies in a repayment period "as in `schedule`" (ACT/365L).
        part = fraction(start, on, day_count, whole=(start, end))
    interest = rounded(principal * percent(request["annual_rate_pct"]) * part, mode)
    fee = request.get("early_fee", {})
    early_fee = fee.get("amount_minor", 0)
    if "pct" in fee:
        early_fee = rounded(principal * percent(fee["pct"]), mode)
    due = sum(request.get("due", {}).values())
    return {
        "days": (on - start).days,
        "interest_minor": interest,
        "early_fee_minor": early_fee,
        "due_minor": due,
        "settlement_minor": principal + interest + early_fee + due,
    }
