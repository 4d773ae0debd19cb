"""The annual rate of a plan with monthly instalments, as offers and contracts carry it."""

from collections.abc import Sequence

from lending.domain.computable import NotComputable
from lending.domain.money import Rounding, divide
from lending.domain.rate import periodic_irr
from lending.domain.records import Instalment

BPS_PER_UNIT_RATE = 10_000
PERIODS_PER_YEAR = 12


def apr_bps(received_minor: int, plan: Sequence[Instalment]) -> int:
    """Nominal annual rate (IRR a month times 12) in basis points, half up.

    Row k is paid k months after the money is received.

    Raises:
        ValueError: nothing received, or less repaid than received (no rate of 0 or more).
    """
    repaid = sum(row.total_minor for row in plan)
    if received_minor < 1 or repaid < received_minor:
        raise ValueError("no annual rate: something is received and at least as much repaid")
    flows = [(0, received_minor), *((k, -row.total_minor) for k, row in enumerate(plan, 1))]
    try:
        numerator, denominator = periodic_irr(flows).as_integer_ratio()
    except NotComputable as impossible:
        raise ValueError(impossible.detail) from impossible
    scale = PERIODS_PER_YEAR * BPS_PER_UNIT_RATE
    return divide(numerator * scale, denominator, Rounding.HALF_UP)
