"""Annual percentage rates of dated or timed flows, by four methods.

Sources: 12 CFR Part 1026 Appendix J (actuarial method, general equation); Directive 2008/48/EC
Annex I, kept by Directive (EU) 2023/2225 Annex III (effective rate); the internal rate of
return and the simple rate of the People's Bank of China's announcement No. 3 of 2021.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from lending.domain.rate import Flow, effective_pct, nominal_pct, rate_of
from lending.domain.rate.precision import DIGITS, exact_context

# Enough for a product of given numbers to stay exact.
DIGITS_INPUT: Final = 150


class Method(StrEnum):
    """Which annual rate: nominal of unit periods, effective, nominal of periods, or simple."""

    US_ACTUARIAL = "us_actuarial"
    EU_EFFECTIVE = "eu_effective"
    IRR = "irr"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True)
class AnnualRates:
    """Percent, error < 1e-20; `rate_pct` is what the method states, None what it has not."""

    rate_pct: Decimal
    nominal_pct: Decimal | None
    effective_pct: Decimal | None
    periodic_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class TimedLoan:
    """Flows, received positive and paid negative, in periods; `eu_effective` counts in years.

    Odd fractions of a period are for `us_actuarial` alone.
    """

    method: Method
    flows: tuple[Flow, ...]
    periods_per_year: Fraction = Fraction(1)

    def periodic(self, digits: int = DIGITS) -> Decimal:
        """The rate i a period (a year for `eu_effective`) that balances the flows.

        Raises:
            NotComputable: no_solution.
        """
        return rate_of(self.flows, digits)


def annual_rates(loan: TimedLoan) -> AnnualRates:
    """The rates of a loan by its method.

    Raises:
        NotComputable: no_solution.
    """
    periodic = loan.periodic()
    once = Fraction(1)
    if loan.method is Method.EU_EFFECTIVE:
        effective = nominal_pct(periodic, once)
        return AnnualRates(effective, None, effective, None)
    nominal = nominal_pct(periodic, loan.periods_per_year)
    return AnnualRates(
        rate_pct=nominal,
        nominal_pct=nominal,
        effective_pct=effective_pct(periodic, loan.periods_per_year),
        periodic_pct=nominal_pct(periodic, once),
    )


def simple_rates(daily_rate_pct: Decimal, year_days: int) -> AnnualRates:
    """A daily rate times the days of a year: no compounding, and to be labelled as simple."""
    with exact_context(DIGITS_INPUT):
        yearly = daily_rate_pct * year_days
    return AnnualRates(yearly, yearly, None, None)
