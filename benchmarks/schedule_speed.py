"""A dated 60-month schedule against QuantLib's of the same loan, and 1,000 of them by the shell.

Both sides answer the same rows: start, due date, days, share of a year, interest, principal,
payment and balance before it (ours in whole minor units and with the exact instalment, QuantLib's
in floats). The rounds alternate, so that a slow machine slows both; the best of each are
compared. Target: at most 0.3 of QuantLib's time. The shell's time is told, with the second and
a half it should stay under on a laptop.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

from lending.domain.daycount import DayCount
from lending.domain.schedule import PlanKind, Row, Terms, repayment_schedule

ROOT = Path(__file__).resolve().parents[1]
TARGET = 0.3
ROUNDS, CALLS = 25, 40
YEARS, MONTHS, PRINCIPAL = 5, 60, 12_000_000
LOAN = Terms(
    annual_rate_pct=Fraction(6),
    plan=PlanKind.EQUAL_INSTALMENT,
    disbursed_on=date(2026, 3, 10),
    principal_minor=PRINCIPAL,
    periods=MONTHS,
    day_count=DayCount.ACT_365F,
)


def ours() -> tuple[Row, ...]:
    """The rows by the product's own core."""
    return repayment_schedule(LOAN).rows


def quantlib_rows() -> Callable[[], list[tuple[object, ...]]]:
    """A function that draws up the same rows with QuantLib.

    Raises:
        ImportError: QuantLib is not installed.
    """
    import QuantLib as ql  # noqa: N813  (its own documentation's name)

    def rows() -> list[tuple[object, ...]]:
        start, end = ql.Date(10, 3, 2026), ql.Date(10, 3, 2026 + YEARS)
        unadjusted, forward = ql.Unadjusted, ql.DateGeneration.Forward
        tenor = ql.Period(ql.Monthly)
        schedule = ql.Schedule(
            start, end, tenor, ql.NullCalendar(), unadjusted, unadjusted, forward, False
        )
        term = ql.Period(YEARS, ql.Years)
        notionals = ql.sinkingNotionals(term, ql.Monthly, 0.06, PRINCIPAL / 100)
        bond = ql.AmortizingFixedRateBond(0, list(notionals), schedule, [0.06], ql.Actual365Fixed())
        drawn: list[tuple[object, ...]] = []
        for flow in bond.cashflows():  # of each date the interest, then the principal
            coupon = ql.as_fixed_rate_coupon(flow)
            if coupon is not None:
                interest, before = coupon.amount(), coupon.nominal()
                start, days = coupon.accrualStartDate(), coupon.accrualDays()
                share = coupon.accrualPeriod()
                continue
            principal = flow.amount()
            drawn.append(
                (start, flow.date(), days, share, interest, principal, interest + principal, before)
            )
        return drawn

    return rows


def seconds_a_call(draw: Callable[[], object]) -> float:
    """Mean of one round."""
    began = time.perf_counter()
    for _ in range(CALLS):
        draw()
    return (time.perf_counter() - began) / CALLS


def by_the_shell() -> float:
    """Wall time of the whole process for 1,000 schedules with their rates of return."""
    asked = [
        {
            "principal_minor": PRINCIPAL + number,
            "annual_rate_pct": f"{4 + number % 20}.{number % 10}",
            "plan": "equal_instalment",
            "disbursed_on": "2026-03-10",
            "periods": MONTHS,
        }
        for number in range(1_000)
    ]
    text = json.dumps(asked)
    command = [sys.executable, "-m", "tools.cli.main", "calc", "schedule"]
    began = time.perf_counter()
    subprocess.run(command, input=text, stdout=subprocess.DEVNULL, check=True, text=True, cwd=ROOT)
    return time.perf_counter() - began


def main() -> int:
    """Print times and ratio; 1 when the ratio is above its target."""
    shell = min(by_the_shell() for _ in range(3))
    print(f"1,000 schedules of {MONTHS} months by `autolend calc`: {shell:.2f} s (below 1.5 s)")
    try:
        theirs = quantlib_rows()
    except ImportError:
        print("QuantLib is not installed, so there is nothing to compare with: `make setup`")
        return 0
    assert len(ours()) == len(theirs()) == MONTHS
    own, other = [], []
    for _ in range(ROUNDS):
        own.append(seconds_a_call(ours))
        other.append(seconds_a_call(theirs))
    ratio = min(own) / min(other)
    verdict = "ok" if ratio <= TARGET else "MISSED"
    print(f"one dated schedule: {min(own) * 1e6:.0f} us, QuantLib {min(other) * 1e6:.0f} us")
    print(f"ratio {ratio:.2f}, target {TARGET}: {verdict}")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
