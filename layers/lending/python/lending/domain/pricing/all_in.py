"""The annual all-in rate of what a customer gets and pays, and the ceiling it is held against.

Counted are interest, the fees and add-ons that are a condition of the loan, and a deposit that
bears no interest. What is paid for other things (optional add-ons, taxes) is neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from lending.domain.dates import MONTHS_PER_YEAR, add_months
from lending.domain.disclosure import AnnualRates, Method, TimedLoan, annual_rates, within_cap
from lending.domain.disclosure.unit_periods import Elapsed, Unit, UnitPeriod, elapsed
from lending.domain.money import Rounding, divide
from lending.domain.rate import Flow

BPS_PER_PCT = 100


@dataclass(frozen=True, slots=True)
class AllIn:
    """The annual rates (percent) of the counted flows, and whether they keep to the ceiling."""

    rates: AnnualRates
    is_within_cap: bool

    @property
    def nominal_bps(self) -> int:
        """The nominal annual rate in basis points, half up: for reading, never for comparing."""
        numerator, denominator = self.rates.rate_pct.as_integer_ratio()
        return divide(numerator * BPS_PER_PCT, denominator, Rounding.HALF_UP)


def all_in(
    received_minor: int,
    paid: Sequence[tuple[int, int]],
    disbursed_on: date,
    first_due_on: date,
    cap_bps: int,
) -> AllIn:
    """The rates of `received_minor` against `paid`: (number of the monthly period, amount).

    The ceiling is held against the unrounded rate of the rounded amounts. A first period that is
    not a month counts whole months and an odd fraction, as Regulation Z has it (Appendix J (b)).

    Raises:
        NotComputable: no_solution.
    """
    first = _first_period(disbursed_on, first_due_on)
    flows = [Flow(received_minor, 0)]
    flows += [Flow(-amount, first.whole + n - 1, first.fraction) for n, amount in paid if amount]
    loan = TimedLoan(Method.IRR, tuple(flows), Fraction(MONTHS_PER_YEAR))
    rates = annual_rates(loan)
    cap_pct = Decimal(cap_bps).scaleb(-2)
    return AllIn(rates, within_cap(loan, rates, cap_pct))


def _first_period(disbursed_on: date, first_due_on: date) -> Elapsed:
    if first_due_on == add_months(disbursed_on, 1):
        return Elapsed(1, Fraction(0))
    return elapsed(disbursed_on, first_due_on, UnitPeriod(Unit.MONTH))
