"""Level and stepped payments, as quotients of two integers (rules 2, 6, 7 and 9 of calc.md).

With r_i = rates[i] / denominators[i], each factor 1 + r_i is a quotient of integers, so products
of any length are exact and a tie of the payment is a tie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

# Longer ones are halved, so that the largest numbers are multiplied once, not once a period.
PERIODS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Annuity:
    """Over one `unit`: `growth` of 1 over all periods, and `sum` of weighted payments' growth.

    growth/unit = the product of all (1 + r_i); sum/unit = the sum over i of weight_i times the
    product of (1 + r_j) for j > i.
    """

    growth: int
    sum: int
    unit: int


def annuity(
    rates: Sequence[int], denominators: Sequence[int], weights: Sequence[int] | None = None
) -> Annuity:
    """What payments at the end of each period, of weight 1 unless given, are worth at the last.

    With d_i = denominators[i] and n_i = d_i + rates[i], the value at the start of period i is
    v_i = (weight_i + v_{i+1}) * d_i / n_i. Its numerator, over the product of all n, is the sum
    over the product of all d: two multiplications of large numbers a period.
    """
    periods = len(rates)
    if weights is None:
        rate, denominator = rates[0], denominators[0]
        if rates.count(rate) == periods and denominators.count(denominator) == periods:
            return _of_constant_rate(rate, denominator, periods)
    if periods > PERIODS_AT_ONCE:
        half = periods // 2
        halves = [
            annuity(rates[part], denominators[part], None if weights is None else weights[part])
            for part in (slice(half), slice(half, None))
        ]
        return _one_after_the_other(*halves)
    growth, total = 1, 0
    if weights is None:
        for rate, denominator in zip(reversed(rates), reversed(denominators), strict=True):
            total = denominator * (growth + total)
            growth *= denominator + rate
    else:
        backwards = zip(reversed(rates), reversed(denominators), reversed(weights), strict=True)
        for rate, denominator, weight in backwards:
            total = denominator * (weight * growth + total)
            growth *= denominator + rate
    return Annuity(growth, total, prod(denominators))


def _one_after_the_other(earlier: Annuity, later: Annuity) -> Annuity:
    """Payments of the earlier periods grow through the later ones."""
    return Annuity(
        growth=earlier.growth * later.growth,
        sum=earlier.sum * later.growth + later.sum * earlier.unit,
        unit=earlier.unit * later.unit,
    )


def _of_constant_rate(rate: int, denominator: int, periods: int) -> Annuity:
    """The geometric series in closed form; the division by the rate leaves no remainder."""
    growth, unit = (denominator + rate) ** periods, denominator**periods
    total = (growth - unit) // rate * denominator if rate else periods * unit
    return Annuity(growth, total, unit)
