"""What a loan really costs: the annual percentage rate of its flows."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from lending.domain.records import Instalment

PERIODS_PER_YEAR = 12
PRECISION = 40
TOLERANCE = Decimal("1e-12")


def apr_bps(received_minor: int, plan: Sequence[Instalment]) -> int:
    """Nominal annual rate (IRR a month times 12) in basis points, half up.

    The periodic rate i solves received = sum(total_k / (1+i)^k); it is found by bisection
    in 40-digit decimals to 1e-12 a period, far below half a basis point a year.

    Raises:
        ValueError: nothing received, or less repaid than received (no rate of 0 or more).
    """
    repaid = sum(row.total_minor for row in plan)
    if received_minor < 1 or repaid < received_minor:
        raise ValueError("no annual rate: something is received and at least as much repaid")
    with localcontext() as context:
        context.prec = PRECISION
        low, high = Decimal(0), Decimal(1)
        while _present_value(plan, high) > received_minor:
            high *= 2
        while high - low > TOLERANCE:
            middle = (low + high) / 2
            if _present_value(plan, middle) > received_minor:
                low = middle
            else:
                high = middle
        yearly = (low + high) / 2 * PERIODS_PER_YEAR * 10_000
        return int(yearly.quantize(Decimal(1), ROUND_HALF_UP))


def _present_value(plan: Sequence[Instalment], rate: Decimal) -> Decimal:
    """Horner's rule from the last row: no powers."""
    value = Decimal(0)
    for row in reversed(plan):
        value = (value + row.total_minor) / (1 + rate)
    return value
