"""The plan most tests want: equal instalments, monthly, as offers and loans have it."""

from datetime import date
from fractions import Fraction

from lending.domain.money import Rounding
from lending.domain.pricing import instalments_of
from lending.domain.records import Instalment
from lending.domain.schedule import PlanKind, RoundingRules, Terms, repayment_schedule


def equal_instalment(
    principal_minor: int,
    annual_rate_bps: int,
    term_months: int,
    opened_on: date,
    rounding: Rounding,
) -> tuple[Instalment, ...]:
    """`term_months` rows, monthly from `opened_on`, rate in basis points."""
    terms = Terms(
        annual_rate_pct=Fraction(annual_rate_bps, 100),
        plan=PlanKind.EQUAL_INSTALMENT,
        disbursed_on=opened_on,
        principal_minor=principal_minor,
        periods=term_months,
        rounding=RoundingRules(rounding),
    )
    return instalments_of(repayment_schedule(terms))
