"""All rates of flows whose signs change more than once, isolated by Rolle's theorem.

F(u) = sum(c_k * exp(-t_k * u)) has at most as many roots as its coefficients, by ascending time,
change sign (Descartes' rule for exponentials). With s between two times where they do,
G = F * exp(s*u) has the roots of F, and G' has the coefficients c_k * (s - t_k): one sign change
less. Between neighbouring roots of G', found the same way, G is monotone, so signs there tell
every root; a root of G' where G is 0 is a root of even or higher order.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from lending.domain.rate.precision import as_decimal

STEPS_MAX: Final = 2_000

# Coefficient and time; times ascend and differ, coefficients are not 0.
type Exponential = tuple[Fraction, Fraction]


class _Sum:
    """Evaluates F * exp(s*u) and its derivative; needs a context of many digits."""

    def __init__(self, terms: Sequence[Exponential], pivot: Fraction) -> None:
        largest = max(abs(amount) for amount, _ in terms)
        self._rows = [
            (as_decimal(Fraction(amount) / largest), as_decimal(pivot - time))
            for amount, time in terms
        ]

    def at(self, u: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        """Value, slope and the sum of the terms' sizes."""
        value = slope = size = Decimal(0)
        for amount, lead in self._rows:
            term = amount * (lead * u).exp()
            value += term
            slope += term * lead
            size += abs(term)
        return value, slope, size


def changes(terms: Sequence[Exponential]) -> list[int]:
    """The positions whose sign differs from that of the position before."""
    return [at for at in range(1, len(terms)) if (terms[at][0] > 0) != (terms[at - 1][0] > 0)]


def roots_between(
    terms: Sequence[Exponential], low: Decimal, high: Decimal, zero: Decimal
) -> list[Decimal]:
    """Every u with F(u) = 0 and low < u < high, ascending; a multiple root once.

    A value counts as 0 when it is below `zero` times the sum of its terms' sizes.
    """
    turns = changes(terms)
    if not turns:
        return []
    turn = turns[len(turns) // 2]
    pivot = Fraction(terms[turn - 1][1] + terms[turn][1]) / 2
    critical: list[Decimal] = []
    if len(turns) > 1:
        slope = [(amount * (pivot - time), time) for amount, time in terms]
        critical = roots_between(slope, low, high, zero)
    function = _Sum(terms, pivot)
    edges = [low, *critical, high]
    signs = [_sign(function, u, zero) for u in edges]
    found = [u for u, sign in zip(critical, signs[1:-1], strict=True) if sign == 0]
    for (left, left_sign), (right, right_sign) in pairwise(zip(edges, signs, strict=True)):
        if left_sign * right_sign < 0:
            found.append(_bracketed(function, left, right, left_sign, zero))
    return sorted(found)


def _sign(function: _Sum, u: Decimal, zero: Decimal) -> int:
    value, _, size = function.at(u)
    if abs(value) <= zero * size:
        return 0
    return 1 if value > 0 else -1


def _bracketed(
    function: _Sum, left: Decimal, right: Decimal, left_sign: int, zero: Decimal
) -> Decimal:
    """The root between two points of opposite sign: Newton, or halving where it would leave."""
    u = (left + right) / 2
    before = step = right - left
    for _ in range(STEPS_MAX):
        value, slope, _ = function.at(u)
        if value == 0:
            return u
        if (value > 0) == (left_sign > 0):
            left = u
        else:
            right = u
        before, step = step, -value / slope if slope else right - left
        # A Newton step counts if it stays inside and halves the step before the last one.
        if not left < u + step < right or abs(step) * 2 > abs(before):
            step = (left + right) / 2 - u
        u += step
        if abs(step) <= zero * (1 + abs(u)):
            break
    return u
