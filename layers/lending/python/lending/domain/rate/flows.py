"""Flows of a loan and the rate a period that balances them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from operator import itemgetter
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.rate.precision import DIGITS, exact_context
from lending.domain.rate.several import Exponential, roots_between
from lending.domain.rate.single import Term, single_root

# i > -0.99, and i < 10^400: a larger rate a period is a mistake in the amounts or times.
FLOOR: Final = Decimal("0.01")
CEILING: Final = Decimal("1e400")
# More digits where roots are told apart than where a single one is polished.
DIGITS_SPARE: Final = 25


@dataclass(frozen=True, slots=True)
class Flow:
    """Money at `time` whole or fractional periods, received positive, paid negative.

    It is discounted by (1 + fraction * i) * (1 + i)^time; 0 <= fraction <= 1 is the odd part
    of a period that Regulation Z counts by simple interest, else 0.
    """

    amount: Fraction | int
    time: Fraction | int
    fraction: Fraction | int = 0


def periodic_irr(flows: Sequence[tuple[int, int]]) -> Decimal:
    """The rate i a period of (whole periods t, signed minor units), error < 1e-30.

    The root nearest zero among i > -0.99, one of 0 or more first.

    Raises:
        NotComputable: no_solution, when there is no such root.
    """
    net: dict[int, int] = {}
    for time, amount in flows:
        net[time] = net.get(time, 0) + amount
    return _nearest_zero([(net[time], time, 0) for time in sorted(net) if net[time]], DIGITS)


def rate_of(flows: Iterable[Flow], digits: int = DIGITS) -> Decimal:
    """As `periodic_irr`, for times and amounts that need not be whole; 1 + i to `digits` - 5."""
    return _nearest_zero(_terms(flows), digits)


def roots_of(flows: Iterable[Flow], digits: int = DIGITS) -> list[Decimal]:
    """Every rate i with -0.99 < i < 10^400, ascending, a multiple root once; empty if none."""
    return _roots(_terms(flows), digits)


def _nearest_zero(terms: Sequence[Term], digits: int) -> Decimal:
    if not terms:
        raise NotComputable("no_solution", "", "the flows cancel out: every rate satisfies them")
    if sum([amount for amount, _, _ in terms]) == 0:
        return Decimal(0)
    roots = _roots(terms, digits)
    if not roots:
        raise NotComputable("no_solution", "", "no rate above -99 % balances the flows")
    return min((root for root in roots if root > 0), default=roots[-1])


def _roots(terms: Sequence[Term], digits: int) -> list[Decimal]:
    signs = [amount > 0 for amount, _, _ in terms]
    turns = sum([sign is not before for before, sign in pairwise(signs)])
    low, high = _limits(digits)
    if turns == 0:
        return []
    if turns == 1:
        single = single_root(terms, low, high, digits)
        roots = [] if single is None else [single]
    else:
        with exact_context(digits + DIGITS_SPARE):
            roots = roots_between(_expanded(terms), low, high, Decimal(10) ** -digits)
    with exact_context(digits):
        found = [root.exp() - 1 for root in roots]
    # The digits of a huge rate are needed after its point as well.
    if found and (excess := found[-1].adjusted()) > DIGITS_SPARE and digits < excess:
        return _roots(terms, digits + excess)
    return found


@cache
def _limits(digits: int) -> tuple[Decimal, Decimal]:
    """ln(1 + i) at both ends; rounding must not let a root of exactly -0.99 in."""
    with exact_context(digits + DIGITS_SPARE):
        return FLOOR.ln() + Decimal(10) ** (10 - digits), CEILING.ln()


def _terms(flows: Iterable[Flow]) -> list[Term]:
    """Flows of one moment added up, by ascending moment, without those that cancel out."""
    net: dict[tuple[Fraction | int, Fraction | int], Fraction | int] = {}
    for flow in flows:
        whole = flow.fraction == 1  # one period, by simple or compound interest
        moment = (flow.time + 1, 0) if whole else (flow.time, flow.fraction)
        net[moment] = net.get(moment, 0) + flow.amount
    ordered = sorted(((time + part, time, part) for time, part in net), key=itemgetter(0))
    return [(net[time, part], time, part) for _, time, part in ordered if net[time, part]]


def _expanded(terms: Sequence[Term]) -> list[Exponential]:
    """Without odd fractions: everything multiplied by all the factors (1 - f + f*x), x = 1 + i.

    The product is a sum of powers of x, and its roots with x > 0 are those of the terms.
    """
    parts = {Fraction(part) for _, _, part in terms}
    if len(parts) == 1:
        return [(Fraction(amount), Fraction(time)) for amount, time, _ in terms]
    net: dict[Fraction, Fraction] = {}
    for part in parts:
        others = [Fraction(1)]  # coefficients by power of x
        for other in parts - {part}:
            others = [
                (1 - other) * same + other * lower
                for same, lower in zip([*others, Fraction(0)], [Fraction(0), *others], strict=True)
            ]
        for amount, time, _ in (term for term in terms if term[2] == part):
            for power, coefficient in enumerate(others):
                moment = Fraction(time - power)
                net[moment] = net.get(moment, Fraction(0)) + amount * coefficient
    return [(net[time], time) for time in sorted(net) if net[time]]
