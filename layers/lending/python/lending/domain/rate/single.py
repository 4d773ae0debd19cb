"""The rate of flows whose signs change once: they have at most one, and Newton finds it.

Let H(u) and T(u) be the present values of the flows before and after the change, both taken
positive. h(u) = ln(H/T) rises strictly (h' = mean time of T less mean time of H, weighted by
present values), so there is at most one root; and h is nearly straight, because its curvature
is only the spread of the times. Newton's error after a step s is below span * s^2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from operator import mul, sub
from typing import Any, Final

from lending.domain.computable import NotComputable
from lending.domain.rate.precision import as_decimal, exact_context

DIGITS_FIRST: Final = 28
STEPS_MAX: Final = 400
NEAR_ONE: Final = (Decimal("0.99"), Decimal("1.01"))

type Time = Fraction | int
# amount in any unit, time in periods, and the fraction f of (1 + f*i) * (1 + i)^time.
type Term = tuple[Fraction | int, Time, Time]
# amount, amount * time, and the gap back to the term before, as an index into the distinct
# gaps: these are few (one, or the lengths of months), and each costs one power an evaluation.
type _Row = tuple[Decimal, Decimal, int]


@dataclass(frozen=True, slots=True)
class _Side:
    """The terms of one sign, the last one first, as Horner's rule takes them.

    `at_zero` are the sums of amount * time^k, k = 0, 1, 2: the moments where nothing is discounted.
    """

    rows: list[_Row]
    gaps: list[Time]
    fractions: list[Time]
    at_zero: tuple[Time, Time, Time]

    def moments(self, u: Decimal) -> tuple[Decimal, Decimal]:
        """Present value at the rate exp(u) - 1, and its first moment in time."""
        powers = [(-u * as_decimal(gap)).exp() for gap in self.gaps]
        value = moment = Decimal(0)
        if not any(self.fractions):
            if len(powers) == 1:
                power = powers[0]
                for amount, weighted, _ in self.rows:
                    value = (value + amount) * power
                    moment = (moment + weighted) * power
                return value, moment
            for amount, weighted, gap in self.rows:
                power = powers[gap]
                value = (value + amount) * power
                moment = (moment + weighted) * power
            return value, moment
        grown = u.exp()
        factors = {
            part: (1 / (1 + as_decimal(part) * (grown - 1)), as_decimal(part) * grown)
            for part in set(self.fractions)
        }
        for (amount, weighted, gap), part in zip(self.rows, self.fractions, strict=True):
            power, (discount, lag) = powers[gap], factors[part]
            value = (value + amount * discount) * power
            moment = (moment + (weighted + amount * lag * discount) * discount) * power
        return value, moment


def single_root(terms: Sequence[Term], low: Decimal, high: Decimal, digits: int) -> Decimal | None:
    """The u with H(u) = T(u) and low < u < high, to about `digits` - 20 digits, or None.

    `terms` ascend in time, are not 0 and change their sign exactly once.
    """
    received_first = terms[0][0] > 0
    change = next(k for k, term in enumerate(terms) if (term[0] > 0) is not received_first)
    origin = terms[0][1]
    with exact_context(digits):
        head, tail = _side(terms[:change], origin), _side(terms[change:], origin)
        span = as_decimal(max(1, terms[-1][1] + terms[-1][2] - origin))

    def log_ratio(u: Decimal) -> tuple[Decimal, Decimal]:
        early, early_moment = head.moments(u)
        late, late_moment = tail.moments(u)
        return _log(early / late), late_moment / late - early_moment / early

    with exact_context(DIGITS_FIRST):
        guess = min(max(_guess(head, tail), low), high)
        start = _newton(log_ratio, guess, low, high, Decimal("1e-14") / span)
    with exact_context(digits):
        close = Decimal(10) ** (20 - digits) / span
        root = None if start is None else _newton(log_ratio, start, low, high, close)
        return root if root is not None and low < root < high else None


def _log(ratio: Decimal) -> Decimal:
    """ln, or near 1 a quotient that differs in the third order: nothing to Newton's method."""
    if NEAR_ONE[0] < ratio < NEAR_ONE[1]:
        return 2 * (ratio - 1) / (ratio + 1)
    return ratio.ln()


def _guess(head: _Side, tail: _Side) -> Decimal:
    """Halley's step from u = 0, where present values are plain sums.

    h(0), h' and h'' are the log ratio and the differences of mean times and of variances.
    """
    totals, means, variances = [], [], []
    for side in (head, tail):
        total, first, second = map(as_decimal, side.at_zero)
        mean = first / total
        totals.append(total)
        means.append(mean)
        variances.append(second / total - mean * mean)
    value, slope = (totals[0] / totals[1]).ln(), means[1] - means[0]
    bend = variances[0] - variances[1]
    divisor = 2 * slope * slope - value * bend
    return -2 * value * slope / divisor if slope > 0 and divisor > 0 else Decimal(0)


def _newton(
    rising: Callable[[Decimal], tuple[Decimal, Decimal]],
    start: Decimal,
    low: Decimal,
    high: Decimal,
    close: Decimal,
) -> Decimal | None:
    """The root of `rising` (value and slope) between the limits: Newton, held in what is known.

    Ends when the square of a step is below `close`.

    Raises:
        NotComputable: no_solution, for flows too ill-conditioned for the digits at hand.
    """
    floor, ceiling, u = low, high, start
    for _ in range(STEPS_MAX):
        value, slope = rising(u)
        step = -value / slope
        if step * step < close:
            return u + step
        if value < 0:
            floor = u
        else:
            ceiling = u
        u += step
        if u <= floor:
            if floor == low and rising(low)[0] >= 0:
                return None
            u = (floor + ceiling) / 2
        elif u >= ceiling:
            if ceiling == high and rising(high)[0] <= 0:
                return None
            u = (floor + ceiling) / 2
    raise NotComputable("no_solution", "", "the flows' times are too close to tell a rate")


def _side(terms: Sequence[Term], origin: Time) -> _Side:
    sizes = [amount if amount > 0 else -amount for amount, _, _ in terms]
    since = [time - origin for _, time, _ in terms]
    weighted = list(map(mul, sizes, since))
    gaps = list(map(sub, since, [0, *since[:-1]]))
    numbers = {gap: number for number, gap in enumerate(dict.fromkeys(gaps))}
    # Nearly all amounts and times are whole, and quicker to convert.
    whole = {int}.issuperset(map(type, sizes)) and {int}.issuperset(map(type, since))
    exact: Callable[[Any], Decimal] = Decimal if whole else as_decimal
    rows = list(
        zip(map(exact, sizes), map(exact, weighted), [numbers[gap] for gap in gaps], strict=True)
    )
    rows.reverse()
    return _Side(
        rows=rows,
        gaps=list(numbers),
        fractions=[part for _, _, part in reversed(terms)],
        at_zero=(sum(sizes), sum(weighted), sum(map(mul, weighted, since))),
    )
