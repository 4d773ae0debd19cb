"""All rates of flows whose signs change more than once, isolated by Rolle's theorem.

F(u) = sum(c_k * exp(-t_k * u)) has at most as many roots as its coefficients, by ascending time,
change sign (Descartes' rule for exponentials). With s between two times where they do,
G = F * exp(s*u) has the roots of F, and G' has the coefficients c_k * (s - t_k): one sign change
less. Between neighbouring roots of G', found the same way, G is monotone, so signs there tell
every root; a root of G' where G is 0 is a root of even or higher order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.rate.precision import as_decimal, exact_context

STEPS_MAX: Final = 2_000
CHANGES_MAX: Final = 60
# A first approach with few digits; the context at hand has those of the answer.
DIGITS_FIRST: Final = 28
CLOSE: Final = Decimal("1e-12")

# Coefficient and time; times ascend and differ, coefficients are not 0.
type Exponential = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class _Balance:
    """The terms above and below zero at some u, up to one positive factor, with their slopes."""

    above: Decimal
    below: Decimal
    above_slope: Decimal
    below_slope: Decimal

    def sign(self, zero: Decimal) -> int:
        """0 where the sides differ by less than `zero` times their sum."""
        value = self.above - self.below
        if abs(value) <= zero * (self.above + self.below):
            return 0
        return 1 if value > 0 else -1

    def step(self) -> Decimal | None:
        """Newton's step on ln(above/below), which is nearly straight where F is not."""
        slope = self.above_slope / self.above - self.below_slope / self.below
        return -(self.above / self.below).ln() / slope if slope else None


class _Sum:
    """Evaluates F by Horner's rule from the last term."""

    def __init__(self, terms: Sequence[Exponential]) -> None:
        largest = max(abs(amount) for amount, _ in terms)
        gaps: dict[Fraction, int] = {}
        rows: list[tuple[bool, Decimal, Decimal, int]] = []
        before = origin = terms[0][1]
        for amount, time in terms:
            size = abs(amount) / largest
            gap = gaps.setdefault(time - before, len(gaps))
            weighted = as_decimal(size * (origin - time))
            rows.append((amount > 0, as_decimal(size), weighted, gap))
            before = time
        self._rows = list(reversed(rows))
        self._gaps = [as_decimal(gap) for gap in gaps]

    def at(self, u: Decimal) -> _Balance:
        """Both sides of F * exp(first time * u)."""
        powers = [(-u * gap).exp() for gap in self._gaps]
        above = below = above_slope = below_slope = Decimal(0)
        for is_above, amount, weighted, gap in self._rows:
            if is_above:
                above += amount
                above_slope += weighted
            else:
                below += amount
                below_slope += weighted
            power = powers[gap]
            above, above_slope = above * power, above_slope * power
            below, below_slope = below * power, below_slope * power
        return _Balance(above, below, above_slope, below_slope)


def changes(terms: Sequence[Exponential]) -> list[int]:
    """The positions whose sign differs from that of the position before."""
    return [at for at in range(1, len(terms)) if (terms[at][0] > 0) != (terms[at - 1][0] > 0)]


def roots_between(
    terms: Sequence[Exponential], low: Decimal, high: Decimal, zero: Decimal
) -> list[Decimal]:
    """Every u with F(u) = 0 and low < u < high, ascending; a multiple root once.

    A value counts as 0 when it is below `zero` times the sum of its terms' sizes.

    Raises:
        NotComputable: no_solution, when signs change so often that looking would take too long.
    """
    turns = changes(terms)
    if not turns:
        return []
    if len(turns) > CHANGES_MAX:
        detail = f"the flows change their sign more than {CHANGES_MAX} times"
        raise NotComputable("no_solution", "", detail)
    critical: list[Decimal] = []
    if len(turns) > 1:
        turn = turns[len(turns) // 2]
        pivot = Fraction(terms[turn - 1][1] + terms[turn][1]) / 2
        slope = [(amount * (pivot - time), time) for amount, time in terms]
        critical = roots_between(slope, low, high, zero)
    function = _Sum(terms)
    edges = [low, *critical, high]
    signs = [function.at(u).sign(zero) for u in edges]
    found = [u for u, sign in zip(critical, signs[1:-1], strict=True) if sign == 0]
    for (left, left_sign), (right, right_sign) in pairwise(zip(edges, signs, strict=True)):
        if left_sign * right_sign < 0:
            with exact_context(DIGITS_FIRST):
                near = _bracketed(function, (left, right), left_sign, (left + right) / 2, CLOSE)
            found.append(_bracketed(function, (left, right), left_sign, near, zero))
    return sorted(found)


def _bracketed(
    function: _Sum,
    bracket: tuple[Decimal, Decimal],
    left_sign: int,
    start: Decimal,
    close: Decimal,
) -> Decimal:
    """The root between two points of opposite sign: Newton, or halving where it is too slow.

    Ends when a step is below `close`, relative to 1 + |u|.
    """
    left, right = bracket
    u = start
    before = step = right - left
    for _ in range(STEPS_MAX):
        sides = function.at(u)
        sign = sides.sign(Decimal(0))
        if sign == 0:
            break
        if sign == left_sign:
            left = u
        else:
            right = u
        newton = sides.step()
        if newton is not None and abs(newton) <= close * (1 + abs(u)):
            break
        # A Newton step counts if it stays inside and halves the step before the last one.
        if newton is None or not left < u + newton < right or abs(newton) * 2 > abs(before):
            newton = (left + right) / 2 - u
        before, step = step, newton
        u += step
        if abs(step) <= close * (1 + abs(u)):
            break
    return u
