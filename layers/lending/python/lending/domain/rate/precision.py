"""Decimal contexts of the solvers: many digits, and exponents that never get in the way."""

from contextlib import AbstractContextManager
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction
from functools import cache
from typing import Final

# Digits of a final step; a rate's error stays far below 1e-30.
DIGITS: Final = 50


def exact_context(digits: int) -> AbstractContextManager[Context]:
    """A local context of `digits` significant digits, rounding half even."""
    return localcontext(_context(digits))  # takes a copy


@cache
def _context(digits: int) -> Context:
    return Context(
        prec=digits,
        rounding=ROUND_HALF_EVEN,
        Emax=MAX_EMAX,
        Emin=MIN_EMIN,
        traps=[DivisionByZero, InvalidOperation, Overflow],
    )


def as_decimal(value: Fraction | int) -> Decimal:
    """`value` in the context at hand, rounded once."""
    if type(value) is int:
        return Decimal(value)
    return Decimal(value.numerator) / value.denominator
