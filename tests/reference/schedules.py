"""The calc kind `schedule`: rows, fees, odd days, grace, totals and rates."""

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

from tests.reference.exact import rounded, text, units_a_year
from tests.reference.plans import (
    Row,
    annuity_rows,
    equal_principal_rows,
    flat_rows,
    interest_only_rows,
    lease_rows,
    step_rows,
)
from tests.reference.terms import Terms, fee_amounts, read

PLANS = {
    "equal_instalment": annuity_rows,
    "balloon": annuity_rows,
    "equal_principal": equal_principal_rows,
    "interest_only": interest_only_rows,
    "step": step_rows,
    "flat": flat_rows,
    "lease": lease_rows,
}
TWELVE_PLACES = Decimal("1E-12")
ROW_PARTS = ("principal_minor", "interest_minor", "fee_minor", "total_minor")


def schedule(request: dict[str, Any]) -> dict[str, Any]:
    """The calc kind `schedule`."""
    terms = read(dict(request))
    rows, instalment = PLANS[request["plan"]](terms)
    shown = down_payment_row(terms) + shown_rows(terms, rows)
    upfront = sum(fee_amounts(request, "upfront", terms.asked, terms.mode))
    if request.get("odd_days_interest") == "upfront":
        upfront += rounded(terms.odd_interest, terms.mode)
    totals = {part: sum(row[part] for row in shown) for part in ROW_PARTS}
    # Reading: the total is everything the borrower pays.
    totals["total_minor"] += upfront
    return {
        "currency": request.get("currency", "CNY"),
        "instalment_minor": instalment,
        "instalments": shown,
        "totals": {**totals, "upfront_minor": upfront},
        "rates": rates(terms, shown, upfront),
    }


def down_payment_row(terms: Terms) -> list[dict[str, Any]]:
    """Row 0 of a loan with a down payment."""
    if not terms.request.get("down_payment"):
        return []
    on = terms.request["disbursed_on"]
    return [
        {
            "n": 0,
            "kind": "down_payment",
            "from": on,
            "due_on": on,
            "days": 0,
            "period_rate": text(Fraction(0), 12),
            "principal_minor": terms.down_payment,
            "interest_minor": 0,
            "fee_minor": 0,
            "total_minor": terms.down_payment,
            "balance_minor": terms.principal,
        }
    ]


def shown_rows(terms: Terms, rows: list[Row]) -> list[dict[str, Any]]:
    """Rows with odd days (rule 13), deferred interest (rule 4) and fees (rule 15)."""
    request = terms.request
    odd = request.get("odd_days_interest", "accrue")
    fee = sum(fee_amounts(request, "each_instalment", terms.asked, terms.mode))
    deferring = request.get("grace", {}).get("interest_periods", 0)
    regular = sum(row.index >= 0 for row in rows)
    shown, deferred = [], 0
    for row in rows:
        interest = row.interest
        if odd == "first" and row.index == 0:
            interest = rounded(row.exact + terms.odd_interest, terms.mode)
        if odd == "spread" and row.index >= 0:
            # Reading: where a lease has fewer rows than periods there are as many shares as rows.
            interest = rounded(row.exact + terms.odd_interest / regular, terms.mode)
        if 0 <= row.index < deferring:
            deferred += interest
            interest = 0
        elif row.index >= 0:
            interest += deferred
            deferred = 0
        fee_minor = fee if row.index >= 0 else 0
        start = request["disbursed_on"] if row.index < 0 else row.span.start.isoformat()
        shown.append(
            {
                "n": row.index + 1,
                "kind": row.kind,
                "from": start,
                "due_on": request["disbursed_on"] if row.index < 0 else row.span.end.isoformat(),
                "days": (row.span.end - row.span.start).days,
                "period_rate": text(row.rate, 12),
                "principal_minor": row.principal,
                "interest_minor": interest,
                "fee_minor": fee_minor,
                "total_minor": row.principal + interest + fee_minor,
                "balance_minor": row.balance,
            }
        )
    return shown


def rates(terms: Terms, shown: list[dict[str, Any]], upfront: int) -> dict[str, Any]:
    """`apr` method `irr` of the borrower's flows."""
    if terms.request.get("tranches"):
        return {"irr_nominal_pct": None, "irr_effective_pct": None}
    received = terms.asked - upfront
    paid = [0] * (terms.n + 1)
    for row in shown:
        paid[row["n"]] += row["total_minor"]
    period = terms.request.get("period", {"every": 1, "unit": "month"})
    a_year = Fraction(units_a_year(period["unit"]), period["every"])
    with localcontext() as context:
        context.prec = 70
        context.Emax, context.Emin = MAX_EMAX, MIN_EMIN
        rate = internal_rate(Decimal(received - paid[0]), [Decimal(one) for one in paid[1:]])
        periods = Decimal(a_year.numerator) / Decimal(a_year.denominator)
        nominal = rate * periods * 100
        effective = ((1 + rate) ** periods - 1) * 100
        return {
            "irr_nominal_pct": twelve_places(nominal),
            "irr_effective_pct": twelve_places(effective),
        }


def twelve_places(value: Decimal) -> str:
    """12 decimals, half even, never "-0"."""
    with localcontext() as context:
        context.prec = max(70, value.adjusted() + 20)
        shown = value.quantize(TWELVE_PLACES, rounding=ROUND_HALF_EVEN)
    return f"{abs(shown) if shown == 0 else shown:f}"


def internal_rate(received: Decimal, paid: list[Decimal]) -> Decimal:
    """The rate a period by bisection."""

    def excess(rate: Decimal) -> Decimal:
        value = Decimal(0)
        for amount in reversed(paid):
            value = (value + amount) / (1 + rate)
        return value - received

    at_zero = excess(Decimal(0))
    if at_zero == 0:
        return Decimal(0)
    # A positive root first. (A flat plan's last interest may be less than nothing.)
    low, high = (Decimal(0), Decimal(1)) if at_zero > 0 else (Decimal("-0.99"), Decimal(0))
    while excess(high) > 0:
        high *= 2
    for _ in range(150):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2
