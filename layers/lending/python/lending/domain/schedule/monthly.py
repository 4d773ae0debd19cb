"""The equal-instalment plan (等额本息) of offers and loans: monthly, PERIODIC, rate in bps."""

from datetime import date
from fractions import Fraction

from lending.domain.dates import MONTHS_PER_YEAR
from lending.domain.money import Rounding, divide
from lending.domain.records import Instalment
from lending.domain.schedule.annuity import annuity
from lending.domain.schedule.drawing import repayment_schedule
from lending.domain.schedule.terms import PlanKind, RoundingRules, Terms

BPS = 10_000
BPS_PER_PCT = 100


def instalment_minor(
    principal_minor: int, annual_rate_bps: int, term_months: int, rounding: Rounding
) -> int:
    """The regular instalment, exact until its one rounding.

    Raises:
        ValueError: principal or term below 1, or a negative rate.
    """
    if principal_minor < 1 or term_months < 1 or annual_rate_bps < 0:
        raise ValueError("principal and term are at least 1, the rate at least 0")
    unit = MONTHS_PER_YEAR * BPS
    factors = annuity([annual_rate_bps] * term_months, [unit] * term_months)
    return divide(principal_minor * factors.growth, factors.sum, rounding)


def equal_instalment(
    principal_minor: int,
    annual_rate_bps: int,
    term_months: int,
    opened_on: date,
    rounding: Rounding,
) -> tuple[Instalment, ...]:
    """The whole plan: `term_months` rows, monthly from `opened_on`, principal sums exactly.

    Raises:
        NotComputable (a ValueError): principal or term below 1, a rate outside 0 to 1,000 %.
    """
    drawn = repayment_schedule(
        Terms(
            principal_minor=principal_minor,
            annual_rate_pct=Fraction(annual_rate_bps, BPS_PER_PCT),
            plan=PlanKind.EQUAL_INSTALMENT,
            disbursed_on=opened_on,
            periods=term_months,
            rounding=RoundingRules(rounding),
        )
    )
    return tuple(
        Instalment(
            number=row.n,
            due_on=row.due_on,
            principal_minor=row.principal_minor,
            interest_minor=row.interest_minor,
            total_minor=row.total_minor,
            balance_minor=row.balance_minor,
        )
        for row in drawn.rows
    )
