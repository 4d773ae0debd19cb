"""What closes a loan inside a period, by pencil."""

from datetime import date
from fractions import Fraction

import pytest
from lending.domain.computable import NotComputable
from lending.domain.dates import Period, PeriodUnit
from lending.domain.daycount import DayCount
from lending.domain.money import Rounding
from lending.domain.settlement import Due, EarlyFee, Position, settle

APRIL = {"period_start": date(2026, 4, 1), "period_end": date(2026, 5, 1)}


@pytest.mark.parametrize(
    ("day_count", "period", "on", "interest"),
    [
        # 100000 * 12 % * 1/12 * 15/30.
        (DayCount.PERIODIC, Period(), date(2026, 4, 16), 500),
        (DayCount.PERIODIC, Period(), date(2026, 5, 1), 1_000),
        (DayCount.PERIODIC, Period(), date(2026, 4, 1), 0),
        # A quarter's interest (3000) in the thirty days of an explicit calendar.
        (DayCount.PERIODIC, Period(3, PeriodUnit.MONTH), date(2026, 4, 16), 1_500),
        # 100000 * 12 % * 4/52 * 15/30 = 461.5.
        (DayCount.PERIODIC, Period(4, PeriodUnit.WEEK), date(2026, 4, 16), 462),
        (DayCount.ACT_360, Period(), date(2026, 4, 16), 500),
        # 100000 * 12 % * 15/365 = 493.2.
        (DayCount.ACT_365F, Period(), date(2026, 4, 16), 493),
        (DayCount.THIRTY_E_360, Period(), date(2026, 5, 1), 1_000),
    ],
)
def test_interest_so_far(day_count: DayCount, period: Period, on: date, interest: int) -> None:
    position = Position(100_000, Fraction(12), **APRIL, period=period, day_count=day_count)
    settlement = settle(position, on)
    assert settlement.interest_minor == interest
    assert settlement.settlement_minor == 100_000 + interest
    assert settlement.days == (on - date(2026, 4, 1)).days


def test_a_part_of_a_leap_period_counts_like_the_period() -> None:
    # ACT/365L: 10 February to 10 March 2028 holds 29 February; 10 days at 366 a year.
    position = Position(
        366_000,
        Fraction(10),
        date(2028, 2, 10),
        date(2028, 3, 10),
        day_count=DayCount.ACT_365L,
    )
    assert settle(position, date(2028, 2, 20)).interest_minor == 1_000


@pytest.mark.parametrize(
    ("mode", "interest", "fee"),
    [("half_even", 0, 0), ("half_up", 1, 1), ("down", 0, 0), ("up", 1, 1)],
)
def test_ties_round_by_the_mode(mode: str, interest: int, fee: int) -> None:
    # 100 * 12 % / 12 * 15/30 = 0.5 and 0.5 % of 100 = 0.5.
    position = Position(
        100, Fraction(12), **APRIL, early_fee=EarlyFee(Fraction(1, 2)), mode=Rounding(mode)
    )
    settlement = settle(position, date(2026, 4, 16))
    assert (settlement.interest_minor, settlement.early_fee_minor) == (interest, fee)


def test_everything_due_is_added() -> None:
    position = Position(
        0, Fraction(12), **APRIL, due=Due(1, 20, 300), early_fee=EarlyFee(amount_minor=4_000)
    )
    settlement = settle(position, date(2026, 4, 16))
    assert (settlement.due_minor, settlement.early_fee_minor) == (321, 4_000)
    assert settlement.settlement_minor == 4_321


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"principal_minor": -1}, "/principal_minor"),
        ({"annual_rate_pct": Fraction(-1)}, "/annual_rate_pct"),
        ({"annual_rate_pct": Fraction(1_001)}, "/annual_rate_pct"),
        ({"period_end": date(2026, 4, 1)}, "/period_end"),
        ({"period_start": date(2026, 4, 17)}, "/on"),
        ({"period": Period(0)}, "/period/every"),
        ({"due": Due(penalty_minor=-1)}, "/due/penalty_minor"),
        ({"early_fee": EarlyFee()}, "/early_fee"),
        ({"early_fee": EarlyFee(Fraction(-1))}, "/early_fee"),
    ],
)
def test_refusals(changes: dict[str, object], pointer: str) -> None:
    terms: dict[str, object] = {
        "principal_minor": 100,
        "annual_rate_pct": Fraction(12),
        **APRIL,
        **changes,
    }
    with pytest.raises(NotComputable) as refused:
        settle(Position(**terms), date(2026, 4, 16))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.pointer) == ("invalid_field", pointer)
