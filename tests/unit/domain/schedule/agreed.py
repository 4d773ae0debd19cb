"""Terms for tests: 100,000 minor units at 12 % over three months, unless said otherwise."""

from datetime import date
from fractions import Fraction
from typing import Any

from lending.domain.money import Rounding
from lending.domain.schedule import PlanKind, RoundingRules, Schedule, Terms, repayment_schedule

FIRST_OF_APRIL = date(2026, 4, 1)
HALF_UP = RoundingRules(Rounding.HALF_UP)


def agreed(**changes: Any) -> Terms:
    """Terms with some of them changed; `pct` is the rate, `plan` may be its name."""
    terms: dict[str, Any] = {
        "principal_minor": 100_000,
        "annual_rate_pct": Fraction(str(changes.pop("pct", 12))),
        "plan": PlanKind(changes.pop("plan", "equal_instalment")),
        "disbursed_on": FIRST_OF_APRIL,
        "periods": 3,
    }
    return Terms(**{**terms, **changes})


def drawn(**changes: Any) -> Schedule:
    """The schedule of `agreed` terms."""
    return repayment_schedule(agreed(**changes))


def amounts(schedule: Schedule) -> list[tuple[int, int, int, int]]:
    """(principal, interest, total, balance) by row."""
    return [
        (row.principal_minor, row.interest_minor, row.total_minor, row.balance_minor)
        for row in schedule.rows
    ]
