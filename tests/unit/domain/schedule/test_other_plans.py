"""Rules 5 to 9, 10, 13 and 15 by pencil; 12 % a year PERIODIC is 1 % a month."""

from datetime import date
from fractions import Fraction

import pytest
from lending.domain.computable import NotComputable
from lending.domain.dates import MonthEnd, Period, PeriodUnit
from lending.domain.daycount import DayCount
from lending.domain.money import Rounding
from lending.domain.schedule import (
    DownPayment,
    Fee,
    Grace,
    OddDays,
    RateChange,
    RoundingRules,
    RowKind,
    Schedule,
    Step,
    Tranche,
)

from tests.unit.domain.schedule.agreed import amounts, drawn

# --- equal principal, interest only ---------------------------------------------------------


def test_equal_principal() -> None:
    schedule = drawn(plan="equal_principal")
    assert amounts(schedule) == [
        (33_333, 1_000, 34_333, 66_667),
        (33_333, 667, 34_000, 33_334),  # 666.67
        (33_334, 333, 33_667, 0),  # 333.34
    ]
    assert schedule.instalment_minor is None


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"rounding": RoundingRules(instalment_multiple_minor=100)}, [33_300, 33_300, 33_400]),
        ({"principal_instalment_minor": 40_000}, [40_000, 40_000, 20_000]),
        ({"principal_instalment_minor": 60_000}, [60_000, 40_000, 0]),
        ({"principal_instalment_minor": 10_000}, [10_000, 10_000, 80_000]),
        ({"grace": Grace(1)}, [0, 50_000, 50_000]),
    ],
)
def test_parts_of_the_principal(changes: dict[str, object], parts: list[int]) -> None:
    schedule = drawn(plan="equal_principal", **changes)
    assert [row.principal_minor for row in schedule.rows] == parts


def test_interest_only() -> None:
    schedule = drawn(plan="interest_only", grace=Grace(2, 1))
    assert amounts(schedule) == [
        (0, 0, 0, 100_000),
        (0, 2_000, 2_000, 100_000),
        (100_000, 1_000, 101_000, 0),
    ]
    assert schedule.instalment_minor is None


# --- balloon ---------------------------------------------------------------------------------


def test_balloon() -> None:
    # e = (103030.1 - 50000) / 3.0301 = 17501.1.
    schedule = drawn(plan="balloon", balloon_minor=50_000)
    assert schedule.instalment_minor == 17_501
    assert amounts(schedule) == [
        (16_501, 1_000, 17_501, 83_499),
        (16_666, 835, 17_501, 66_833),  # 834.99
        (66_833, 668, 67_501, 0),  # 17501 and the balloon
    ]


def test_a_balloon_of_everything_is_interest_only() -> None:
    balloon = drawn(plan="balloon", balloon_minor=100_000)
    assert amounts(balloon) == amounts(drawn(plan="interest_only"))


def test_a_balloon_above_the_loan_has_no_instalment() -> None:
    for fixed in ({}, {"instalment_minor": 2_000}):
        with pytest.raises(NotComputable) as refused:
            drawn(plan="balloon", balloon_minor=100_001, **fixed)
        assert (refused.value.code, refused.value.pointer) == ("no_solution", "/balloon_minor")


def test_spread_leaves_the_balloon_out_of_the_gap() -> None:
    # (10000068 + 400000 - 400000) / 120 as in the test without a balloon: 83333 becomes 83334.
    rules = RoundingRules(residue="spread", instalment_mode=Rounding.DOWN)
    schedule = drawn(
        plan="balloon",
        principal_minor=10_400_068,
        balloon_minor=400_000,
        pct=0,
        periods=120,
        rounding=rules,
    )
    assert schedule.instalment_minor == 83_334
    assert schedule.rows[-1].total_minor == 83_322 + 400_000


def test_an_open_balloon_ends_when_the_balloon_can_clear_it() -> None:
    # 83499 + 834.99 > 67501 after row 1; 66833 + 668 = 67501 is exactly instalment and balloon.
    schedule = drawn(plan="balloon", balloon_minor=50_000, instalment_minor=17_501, periods=None)
    assert amounts(schedule) == amounts(drawn(plan="balloon", balloon_minor=50_000))


# --- flat ------------------------------------------------------------------------------------


def test_flat_periodic() -> None:
    schedule = drawn(plan="flat")
    assert schedule.instalment_minor == 34_333
    assert amounts(schedule) == [
        (33_333, 1_000, 34_333, 66_667),
        (33_333, 1_000, 34_333, 33_334),
        (33_334, 1_000, 34_334, 0),
    ]


def test_flat_interest_is_exact_in_total() -> None:
    # 1050 * 1 % = 10.5, half even 10; in total 31.5, half even 32: the last row has 12.
    schedule = drawn(plan="flat", principal_minor=1_050)
    assert amounts(schedule) == [(350, 10, 360, 700), (350, 10, 360, 350), (350, 12, 362, 0)]


def test_flat_by_dates() -> None:
    # 10 % on 365000 is 100 a day: 3100, 2800, 3100. e = (365000 + 9000) / 3 = 124666.67.
    schedule = drawn(
        plan="flat",
        principal_minor=365_000,
        pct=10,
        disbursed_on=date(2026, 1, 1),
        day_count=DayCount.ACT_365F,
    )
    assert schedule.instalment_minor == 124_667
    assert amounts(schedule) == [
        (121_567, 3_100, 124_667, 243_433),
        (121_867, 2_800, 124_667, 121_566),
        (121_566, 3_100, 124_666, 0),
    ]


def test_flat_instalment_in_multiples() -> None:
    rules = RoundingRules(instalment_multiple_minor=100)
    schedule = drawn(plan="flat", rounding=rules)
    assert schedule.instalment_minor == 34_300
    assert [row.total_minor for row in schedule.rows] == [34_300, 34_300, 34_400]


def test_flat_never_repays_more_than_was_lent() -> None:
    # round(7 / 12) = 1 a month: seven rows repay all, interest 7 * 1 % rounds to 0, in total 1.
    schedule = drawn(plan="flat", principal_minor=7, periods=12)
    assert [row.principal_minor for row in schedule.rows] == [1] * 7 + [0] * 5
    assert [row.interest_minor for row in schedule.rows] == [0] * 11 + [1]


@pytest.mark.parametrize(
    ("day_count", "instalment", "last"),
    # 50000 + 1000; and (100000 + 2 * 1000) / 2, each period having 30 days of 360.
    [(DayCount.PERIODIC, 51_000, 51_000), (DayCount.THIRTY_E_360, 51_000, 51_000)],
)
def test_flat_after_grace(day_count: DayCount, instalment: int, last: int) -> None:
    schedule = drawn(plan="flat", grace=Grace(1), day_count=day_count)
    assert schedule.instalment_minor == instalment
    assert [row.total_minor for row in schedule.rows] == [1_000, instalment, last]


# --- step ------------------------------------------------------------------------------------


def test_step() -> None:
    # x = 103030.1 / (2 * 1.0201 + 1.01 + 1) = 103030.1 / 4.0502 = 25438.27; 2x = 50876.55.
    schedule = drawn(plan="step", steps=(Step(1, Fraction(2)), Step(2, Fraction(1))))
    assert amounts(schedule) == [
        (49_877, 1_000, 50_877, 50_123),  # from the unrounded x: twice 25438 would be 50876
        (24_937, 501, 25_438, 25_186),
        (25_186, 252, 25_438, 0),
    ]
    assert schedule.instalment_minor is None


def test_steps_count_in_proportion() -> None:
    whole = drawn(plan="step", steps=(Step(1, Fraction(2)), Step(2, Fraction(1))))
    parts = drawn(plan="step", steps=(Step(1, Fraction(1, 3)), Step(2, Fraction(1, 6))))
    assert parts == whole
    level = drawn(plan="step", steps=(Step(3, Fraction(7)),))
    assert amounts(level) == amounts(drawn())


def test_a_step_below_the_interest_repays_nothing() -> None:
    schedule = drawn(plan="step", steps=(Step(2, Fraction(0)), Step(1, Fraction(1))))
    assert amounts(schedule) == [
        (0, 1_000, 1_000, 100_000),
        (0, 1_000, 1_000, 100_000),
        (100_000, 1_000, 101_000, 0),
    ]


# --- lease -----------------------------------------------------------------------------------


def test_lease_with_an_advance_rent_and_a_purchase_price() -> None:
    # e = (100000 * 1.04060401 - 10000) / (1.04060401 + 1.030301 + 1.0201 + 1.01)
    #   = 94060.401 / 4.10100501 = 22935.9.
    schedule = drawn(plan="lease", periods=4, advance_rents=1, residual_minor=10_000)
    assert schedule.instalment_minor == 22_936
    assert amounts(schedule) == [
        (22_936, 0, 22_936, 77_064),
        (22_165, 771, 22_936, 54_899),  # 770.64
        (22_387, 549, 22_936, 32_512),
        (22_611, 325, 22_936, 9_901),
        (9_901, 99, 10_000, 0),
    ]
    assert [row.n for row in schedule.rows] == [0, 1, 2, 3, 4]
    kinds = [row.kind for row in schedule.rows]
    assert kinds == [RowKind.ADVANCE, *[RowKind.INSTALMENT] * 3, RowKind.RESIDUAL]
    assert schedule.rows[-1].due_on == date(2026, 8, 1)
    assert schedule.flows[0] == (0, 100_000 - 22_936)
    assert schedule.flows[-1] == (4, -10_000)


def test_lease_whose_last_rent_comes_with_the_price() -> None:
    # e = (102010 - 10000) / 2.01 = 45776.1.
    schedule = drawn(plan="lease", periods=2, residual_minor=10_000)
    assert amounts(schedule) == [
        (44_776, 1_000, 45_776, 55_224),
        (55_224, 552, 55_776, 0),
    ]
    assert [row.kind for row in schedule.rows] == [RowKind.INSTALMENT] * 2


def test_lease_without_a_price_ends_with_its_last_rent() -> None:
    # e = 104060.401 / (2 * 1.04060401 + 1.030301 + 1.0201) = 25186.4; no rents in 3 and 4.
    schedule = drawn(plan="lease", periods=4, advance_rents=2)
    assert amounts(schedule) == [
        (50_372, 0, 50_372, 49_628),
        (24_690, 496, 25_186, 24_938),
        (24_938, 249, 25_187, 0),
    ]
    assert [row.n for row in schedule.rows] == [0, 1, 2]


def test_the_price_is_due_at_the_end_of_the_last_period() -> None:
    schedule = drawn(plan="lease", periods=4, advance_rents=2, residual_minor=10_000)
    assert [row.n for row in schedule.rows] == [0, 1, 2, 4]
    price = schedule.rows[-1]
    assert (price.start_on, price.due_on) == (date(2026, 7, 1), date(2026, 8, 1))
    assert price.total_minor == 10_000
    assert price.principal_minor + price.interest_minor == 10_000
    # Two months' interest on the balance, as far as whole rents allow.
    assert abs(price.interest_minor - round(price.principal_minor * Fraction("0.0201"))) <= 4


def test_all_rents_in_advance_and_a_price() -> None:
    # e = (103030.1 - 10000) / (3 * 1.030301) = 30097.5.
    schedule = drawn(plan="lease", advance_rents=3, residual_minor=10_000)
    assert amounts(schedule) == [(90_294, 0, 90_294, 9_706), (9_706, 294, 10_000, 0)]


def test_a_lease_without_extras_is_a_loan() -> None:
    assert amounts(drawn(plan="lease")) == amounts(drawn())


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"residual_minor": 103_031}, "/residual_minor"),
        ({"advance_rents": 2, "instalment_minor": 50_001}, "/advance_rents"),
    ],
)
def test_a_lease_without_a_rent(changes: dict[str, int], pointer: str) -> None:
    with pytest.raises(NotComputable) as refused:
        drawn(plan="lease", **changes)
    assert (refused.value.code, refused.value.pointer) == ("no_solution", pointer)


@pytest.mark.parametrize(
    "extras",
    [
        {},
        {"residual_minor": 10_000},
        {"advance_rents": 1},
        {"advance_rents": 1, "residual_minor": 10_000},
    ],
)
def test_an_open_lease_takes_as_long_as_its_own_rent_needs(extras: dict[str, int]) -> None:
    planned = drawn(
        plan="lease", periods=24, rounding=RoundingRules(instalment_mode=Rounding.UP), **extras
    )
    rent = planned.instalment_minor
    assert drawn(plan="lease", periods=None, instalment_minor=rent, **extras) == planned
    with pytest.raises(NotComputable) as refused:
        drawn(plan="lease", periods=None, instalment_minor=900, **extras)
    assert refused.value.pointer == "/instalment_minor"


# --- down payment ------------------------------------------------------------------------------


def test_a_down_payment_is_row_0_and_the_rest_a_loan_of_its_own() -> None:
    # 20 % of 125063 = 25012.6, rounded 25013, in hundreds 25000; 100063 remain.
    down = DownPayment(pct=Fraction(20), multiple_minor=100)
    schedule = drawn(principal_minor=125_063, down_payment=down)
    row = schedule.rows[0]
    assert (row.n, row.kind, row.total_minor) == (0, RowKind.DOWN_PAYMENT, 25_000)
    assert (row.start_on, row.due_on, row.days) == (date(2026, 4, 1), date(2026, 4, 1), 0)
    assert row.balance_minor == 100_063
    assert schedule.rows[1:] == drawn(principal_minor=100_063).rows
    assert schedule.totals.principal_minor == 125_063
    assert schedule.flows[0] == (0, 100_063)


def test_a_down_payment_rounds_twice_in_the_same_mode() -> None:
    # 10 % of 1496 = 149.6; first 150, then 1.5 units of 100.
    for mode, paid in (("half_up", 200), ("down", 100), ("up", 200), ("half_even", 200)):
        down = DownPayment(pct=Fraction(10), multiple_minor=100)
        rules = RoundingRules(Rounding(mode))
        schedule = drawn(principal_minor=1_496, down_payment=down, rounding=rules)
        assert schedule.rows[0].total_minor == paid


def test_a_lease_with_a_down_payment_and_advance_rents_has_two_rows_0() -> None:
    down = DownPayment(amount_minor=20_000)
    schedule = drawn(
        plan="lease", principal_minor=120_000, down_payment=down, periods=4, advance_rents=2
    )
    assert [(row.n, row.kind) for row in schedule.rows[:2]] == [
        (0, RowKind.DOWN_PAYMENT),
        (0, RowKind.ADVANCE),
    ]
    assert amounts(schedule)[1][2:] == (50_372, 49_628)
    assert schedule.flows[0] == (0, 120_000 - 20_000 - 50_372)


# --- odd days ----------------------------------------------------------------------------------


def odd(mode: OddDays, **changes: object) -> Schedule:
    """10 January to 20 February: a regular month from 20 January and 10 odd days.

    Their interest is 365000 * 12 % * 10/365 = 1200; e = 365000 * 1.0201 / 2.01 = 185242.0.
    """
    terms: dict[str, object] = {
        "principal_minor": 365_000,
        "disbursed_on": date(2026, 1, 10),
        "first_due_on": date(2026, 2, 20),
        "periods": 2,
        "odd_days_interest": mode,
    }
    return drawn(**{**terms, **changes})


REGULAR = [(181_592, 3_650, 185_242, 183_408), (183_408, 1_834, 185_242, 0)]  # 1834.08


def test_odd_days_with_the_first_row() -> None:
    schedule = odd(OddDays.FIRST)
    assert amounts(schedule) == [(181_592, 4_850, 186_442, 183_408), REGULAR[1]]
    assert schedule.instalment_minor == 185_242
    row = schedule.rows[0]
    assert (row.start_on, row.due_on, row.days) == (date(2026, 1, 20), date(2026, 2, 20), 31)


def test_odd_days_spread_over_all_rows() -> None:
    # 600 to each; 1834.08 + 600 is rounded once.
    assert amounts(odd(OddDays.SPREAD)) == [
        (181_592, 4_250, 185_842, 183_408),
        (183_408, 2_434, 185_842, 0),
    ]


def test_a_row_with_odd_days_is_rounded_once() -> None:
    # One minor unit of principal less or more: 1 % of 365050 = 3650.5; odd days
    # 365050 * 12 % * 10/365 = 1200.16; together 4850.66 = 4851, apart 3650 + 1200.
    schedule = odd(OddDays.FIRST, principal_minor=365_050)
    assert schedule.rows[0].interest_minor == 4_851


def test_odd_days_paid_upfront() -> None:
    schedule = odd(OddDays.UPFRONT)
    assert amounts(schedule) == REGULAR
    assert schedule.upfront_minor == 1_200
    assert schedule.flows[0] == (0, 363_800)
    assert schedule.totals.total_minor == 2 * 185_242 + 1_200


def test_odd_days_that_accrue_count_as_they_are() -> None:
    # One month to 10 February, then 10 of the 28 days to 10 March.
    schedule = odd(OddDays.ACCRUE)
    row = schedule.rows[0]
    assert (row.start_on, row.days) == (date(2026, 1, 10), 41)
    assert Fraction(row.rate_numerator, row.rate_denominator) == Fraction(38, 2_800)
    assert row.interest_minor == 4_954  # 365000 * 38/2800 = 4953.57
    assert odd(OddDays.ACCRUE) == odd(None)  # type: ignore[arg-type]


def test_odd_days_by_a_360_day_count() -> None:
    schedule = odd(OddDays.UPFRONT, principal_minor=360_000, day_count=DayCount.THIRTY_E_360)
    assert schedule.upfront_minor == 1_200


def test_a_short_or_regular_first_period_has_no_odd_days() -> None:
    for first_due_on, days in ((date(2026, 2, 10), 31), (date(2026, 2, 1), 22)):
        apart = odd(OddDays.FIRST, first_due_on=first_due_on)
        assert apart == odd(OddDays.ACCRUE, first_due_on=first_due_on)
        assert apart.rows[0].days == days
        assert apart.upfront_minor == 0


def test_a_short_month_is_no_odd_period() -> None:
    # 31 January to 28 February is one clamped month, though 28 January would be one before it.
    schedule = odd(OddDays.FIRST, disbursed_on=date(2026, 1, 31), first_due_on=date(2026, 2, 28))
    assert schedule.rows[0].start_on == date(2026, 1, 31)
    assert schedule.rows[0].interest_minor == 3_650


def test_a_rolled_month_is_no_odd_period() -> None:
    # 31 January rolls to 1 March, though 1 February would be one month before it.
    schedule = odd(
        OddDays.FIRST,
        disbursed_on=date(2026, 1, 31),
        first_due_on=date(2026, 3, 1),
        month_end=MonthEnd.ROLL,
    )
    assert schedule.rows[0].start_on == date(2026, 1, 31)
    assert schedule.rows[0].interest_minor == 3_650


def test_odd_days_meet_the_rate_and_the_money_of_their_day() -> None:
    change = RateChange(date(2026, 1, 15), Fraction(24))
    # 5 days at 12 % and 5 at 24 %: 600 + 1200.
    assert odd(OddDays.UPFRONT, rate_changes=(change,)).upfront_minor == 1_800
    tranches = (Tranche(date(2026, 1, 10), 365), Tranche(date(2026, 1, 15), 364_635))
    # 365 * 12 % * 10/365 = 1.2 and 364635 * 12 % * 5/365 = 599.4.
    late = odd(OddDays.UPFRONT, principal_minor=None, tranches=tranches)
    assert late.upfront_minor == 601
    assert late.rows[0].interest_minor == 3_650


def test_odd_days_of_the_first_row_wait_for_the_interest_grace() -> None:
    schedule = odd(OddDays.FIRST, periods=3, grace=Grace(1, 1))
    assert [row.interest_minor for row in schedule.rows[:2]] == [0, 4_850 + 3_650]


def test_odd_days_on_flat_and_residual_rows_are_added_to_what_is_there() -> None:
    flat = odd(OddDays.SPREAD, plan="flat")
    assert [row.interest_minor for row in flat.rows] == [4_250, 4_250]
    leased = odd(OddDays.SPREAD, plan="lease", residual_minor=10_000)
    regular = odd(OddDays.UPFRONT, plan="lease", residual_minor=10_000)
    added = [
        one.total_minor - other.total_minor
        for one, other in zip(leased.rows, regular.rows, strict=True)
    ]
    assert added == [600, 600]


# --- fees ----------------------------------------------------------------------------------------


def test_fees_of_all_kinds() -> None:
    fees = (
        Fee("arrangement", "upfront", amount_minor=500),
        Fee("insurance", "financed", pct=Fraction(1)),
        Fee("account", "each_instalment", pct=Fraction("0.1")),
    )
    schedule = drawn(plan="interest_only", periods=1, fees=fees)
    row = schedule.rows[0]
    assert (row.principal_minor, row.interest_minor, row.fee_minor) == (101_000, 1_010, 100)
    assert row.total_minor == 102_110
    totals = schedule.totals
    assert (totals.fee_minor, totals.upfront_minor, totals.total_minor) == (100, 500, 102_610)
    # The borrower gets 100000, not what is financed, and pays 500 of it at once.
    assert schedule.flows == [(0, 99_500), (1, -102_110)]


def test_each_fee_is_rounded_by_itself() -> None:
    # 0.0005 % of 100000 = 0.5: half even 0, twice; half up 1, twice.
    fees = tuple(Fee(code, "upfront", pct=Fraction("0.0005")) for code in "ab")
    assert drawn(fees=fees).upfront_minor == 0
    rules = RoundingRules(Rounding.HALF_UP)
    assert drawn(fees=fees, rounding=rules).upfront_minor == 2


def test_a_financed_fee_counts_for_the_down_payment_too() -> None:
    fee = Fee("insurance", "financed", amount_minor=25_000)
    schedule = drawn(fees=(fee,), down_payment=DownPayment(pct=Fraction(20)))
    assert schedule.rows[0].total_minor == 25_000
    assert schedule.rows[1:] == drawn().rows
    assert schedule.flows[0] == (0, 75_000)


def test_financed_fees_and_down_payments_change_the_first_tranche() -> None:
    tranches = (Tranche(date(2026, 4, 1), 60_000), Tranche(date(2026, 4, 16), 40_000))
    fee = Fee("insurance", "financed", amount_minor=25_000)
    schedule = drawn(
        principal_minor=None,
        tranches=tranches,
        fees=(fee,),
        down_payment=DownPayment(amount_minor=25_000),
    )
    plain = drawn(principal_minor=None, tranches=tranches)
    assert schedule.rows[1:] == plain.rows
    with pytest.raises(NotComputable) as refused:
        drawn(
            principal_minor=None, tranches=tranches, down_payment=DownPayment(amount_minor=60_000)
        )
    assert refused.value.pointer == "/down_payment"


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month_end", "dues"),
    [
        ("clamp", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("roll", ["2026-03-01", "2026-03-31", "2026-05-01", "2026-05-31"]),
    ],
)
def test_due_dates_keep_their_anchor(month_end: str, dues: list[str]) -> None:
    schedule = drawn(disbursed_on=date(2026, 1, 31), periods=4, month_end=MonthEnd(month_end))
    assert [row.due_on.isoformat() for row in schedule.rows] == dues


def test_the_first_due_date_is_the_anchor_of_the_others() -> None:
    schedule = drawn(disbursed_on=date(2026, 1, 5), first_due_on=date(2026, 1, 31))
    dues = [row.due_on.isoformat() for row in schedule.rows]
    assert dues == ["2026-01-31", "2026-02-28", "2026-03-31"]
    # 26 of the 31 days from 5 January to 5 February.
    assert schedule.rows[0].interest_minor == round(Fraction(1_000 * 26, 31))


@pytest.mark.parametrize(
    ("every", "unit", "due_on", "share"),
    [
        (3, PeriodUnit.MONTH, date(2026, 7, 1), Fraction(3, 12)),
        (2, PeriodUnit.WEEK, date(2026, 4, 15), Fraction(2, 52)),
        (10, PeriodUnit.DAY, date(2026, 4, 11), Fraction(10, 365)),
    ],
)
def test_periods_of_every_unit(every: int, unit: PeriodUnit, due_on: date, share: Fraction) -> None:
    row = drawn(period=Period(every, unit)).rows[0]
    assert row.due_on == due_on
    assert Fraction(row.rate_numerator, row.rate_denominator) == share * Fraction(12, 100)


@pytest.mark.parametrize(
    ("every", "unit", "first_due_on", "share"),
    [
        # Quarterly, four months and 5 of 31 days from 1 August to 1 September.
        (3, PeriodUnit.MONTH, date(2026, 8, 6), (4 + Fraction(5, 31)) / 12),
        # Two weeks and three days.
        (1, PeriodUnit.WEEK, date(2026, 4, 18), (2 + Fraction(3, 7)) / 52),
        (30, PeriodUnit.DAY, date(2026, 4, 18), Fraction(17, 365)),
        # Whole months that are not the regular number of them.
        (1, PeriodUnit.MONTH, date(2026, 6, 1), Fraction(2, 12)),
    ],
)
def test_an_irregular_first_period_counts_whole_units_then_days(
    every: int, unit: PeriodUnit, first_due_on: date, share: Fraction
) -> None:
    schedule = drawn(period=Period(every, unit), first_due_on=first_due_on)
    first, second = schedule.rows[:2]
    assert Fraction(first.rate_numerator, first.rate_denominator) == share * Fraction(12, 100)
    per_year = {PeriodUnit.MONTH: 12, PeriodUnit.WEEK: 52, PeriodUnit.DAY: 365}[unit]
    regular = Fraction(every, per_year) * Fraction(12, 100)
    assert Fraction(second.rate_numerator, second.rate_denominator) == regular


def test_an_irregular_first_period_up_to_the_end_of_the_calendar() -> None:
    # 6 of the 31 days from 15 December 9999 to 15 January.
    schedule = drawn(disbursed_on=date(9999, 11, 15), first_due_on=date(9999, 12, 21), periods=1)
    assert schedule.rows[0].interest_minor == round(1_000 * (1 + Fraction(6, 31)))


def test_periods_of_an_explicit_calendar_are_regular() -> None:
    dues = (date(2026, 4, 3), date(2026, 9, 9))
    schedule = drawn(periods=None, due_dates=dues, plan="interest_only")
    assert [row.interest_minor for row in schedule.rows] == [1_000, 1_000]
    assert [row.days for row in schedule.rows] == [2, 159]


def test_the_last_due_date_is_the_maturity_of_30e_360_isda() -> None:
    # 31 January to 28 February: 28 days at maturity, 30 before it.
    def of(periods: int) -> Schedule:
        return drawn(
            plan="interest_only",
            principal_minor=360_000,
            disbursed_on=date(2026, 1, 31),
            periods=periods,
            day_count=DayCount.THIRTY_E_360_ISDA,
        )

    assert of(1).rows[0].interest_minor == 28 * 120
    assert of(2).rows[0].interest_minor == 30 * 120


def test_a_part_that_ends_with_the_loan_ends_at_maturity() -> None:
    # 31 January to 15 February 15 days at 120 a day, to 28 February 13 days at 240 (else 15).
    schedule = drawn(
        principal_minor=360_000,
        disbursed_on=date(2026, 1, 31),
        periods=1,
        day_count=DayCount.THIRTY_E_360_ISDA,
        rate_changes=(RateChange(date(2026, 2, 15), Fraction(24)),),
    )
    assert schedule.rows[0].interest_minor == 15 * 120 + 13 * 240


def test_actual_actual_splits_the_year() -> None:
    # 15 December 2027 to 15 January 2028: 16 days of 365 and 15 of 366, first day not counted.
    schedule = drawn(
        plan="interest_only",
        principal_minor=365 * 366,
        pct=100,
        disbursed_on=date(2027, 12, 15),
        periods=1,
        day_count=DayCount.ACT_ACT,
    )
    assert schedule.rows[0].interest_minor == 16 * 366 + 15 * 365
