"""A rate a period as a yearly percentage, nominal and effective."""

from decimal import Decimal, Overflow
from fractions import Fraction

from lending.domain.computable import NotComputable
from lending.domain.rate.precision import DIGITS, exact_context

# A rate is known to some 45 digits. Cutting it to 24 decimals first makes 12.345 out of
# 12.34499...9, so that rounding to fewer decimals meets a tie as a tie.
SNAP = Decimal("1e-24")
# Longer numbers come from mistaken input and would only fill the answer with digits.
DIGITS_MAX = 400


def nominal_pct(periodic: Decimal, periods_per_year: Fraction) -> Decimal:
    """`periodic` * periods a year, in percent, error < 1e-24."""
    with exact_context(DIGITS + max(0, periodic.adjusted())):
        yearly = periodic * periods_per_year.numerator / periods_per_year.denominator
        return snapped(yearly * 100)


def effective_pct(periodic: Decimal, periods_per_year: Fraction) -> Decimal:
    """((1 + `periodic`)^(periods a year) - 1) in percent, error < 1e-24 (relative, above 1).

    Raises:
        NotComputable: no_solution, when it has more than 400 digits.
    """
    with exact_context(DIGITS) as context:
        if periods_per_year.denominator == 1:
            exponent = Decimal(periods_per_year.numerator)
        else:
            exponent = Decimal(periods_per_year.numerator) / periods_per_year.denominator
        try:
            yearly = context.power(1 + periodic, exponent)
        except Overflow:
            yearly = Decimal("Infinity")
        if not yearly.is_finite() or yearly.adjusted() > DIGITS_MAX:
            raise NotComputable("no_solution", "", "the effective rate has more than 400 digits")
        return snapped((yearly - 1) * 100)


def snapped(value: Decimal) -> Decimal:
    """`value` to 24 decimals; one with more digits before its point than the context has, as is."""
    with exact_context(DIGITS_MAX + 3 * DIGITS):
        return value.quantize(SNAP)
