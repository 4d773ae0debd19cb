"""An annual rate against a ceiling. Rounded rates are for reading; a ceiling is met exactly."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.disclosure.apr import AnnualRates, TimedLoan
from lending.domain.rate.precision import exact_context

# Nearer to the ceiling than this, a rate is computed again with DIGITS_NEAR digits, of which
# DIGITS_COMPARED are compared: a rate of exactly the ceiling is then not above it.
NEAR: Final = Decimal("1e-18")
DIGITS_NEAR: Final = 240
DIGITS_COMPARED: Final = 180


def within_cap(loan: TimedLoan, rates: AnnualRates, cap_pct: Decimal) -> bool:
    """Whether the unrounded rate of the loan, of which `rates` are the rounded ones, is <= cap."""
    with exact_context(DIGITS_NEAR):
        distance = rates.rate_pct - cap_pct
        if abs(distance) > NEAR:
            return distance < 0
        yearly = 100 * loan.periods_per_year
        exact = loan.periodic(DIGITS_NEAR) * yearly.numerator / yearly.denominator
        return exact.quantize(Decimal(10) ** -DIGITS_COMPARED) <= cap_pct


def plan_within_cap(received_minor: int, paid_minor: Sequence[int], cap: Fraction) -> bool:
    """Whether money received now and paid back a period apart costs at most `cap` a period.

    Decided in integers on the amounts as they are, after every rounding: with cap = p/q the
    present value of the payments at the cap, times (q + p)^n, against that of the money
    received. More is paid at a higher rate, so a value up to the money received is a rate
    up to the cap.

    Raises:
        NotComputable: invalid_field, a negative amount or a cap of -100 % or less.
    """
    grown, flat = cap.numerator + cap.denominator, cap.denominator
    if received_minor < 0 or min(paid_minor, default=0) < 0 or grown <= 0:
        raise NotComputable("invalid_field", "", "amounts are 0 or more and caps above -100 %")
    owed = received_minor
    scale = 1
    for paid in paid_minor:
        scale *= flat
        owed = owed * grown - paid * scale
    return owed >= 0
