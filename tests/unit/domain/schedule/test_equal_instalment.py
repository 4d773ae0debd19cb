"""Rules 1 to 4, 11, 12 and 14: instalments that are equal until something happens.

12 % a year PERIODIC is exactly 1 % a month: with 1.01^2 = 1.0201 and 1.01^3 = 1.030301 every
number below can be checked with a pencil.
"""

from datetime import date
from fractions import Fraction

import pytest
from lending.domain.computable import NotComputable
from lending.domain.daycount import DayCount
from lending.domain.money import Rounding
from lending.domain.schedule import (
    Accrual,
    Grace,
    RateChange,
    Repaid,
    RoundingRules,
    Schedule,
    Tranche,
)

from tests.unit.domain.schedule.agreed import amounts, drawn


def test_three_rows_by_pencil() -> None:
    # e = 100000 * 1.030301 / (1 + 1.01 + 1.0201) = 103030.1 / 3.0301 = 34002.21.
    schedule = drawn()
    assert schedule.instalment_minor == 34_002
    assert amounts(schedule) == [
        (33_002, 1_000, 34_002, 66_998),
        (33_332, 670, 34_002, 33_666),  # 669.98
        (33_666, 337, 34_003, 0),  # 336.66; the last row takes the residue
    ]
    assert [row.n for row in schedule.rows] == [1, 2, 3]
    assert schedule.totals.interest_minor == 2_007
    assert schedule.totals.total_minor == 102_007


@pytest.mark.parametrize(
    ("mode", "instalment"),
    [("half_even", 2), ("half_up", 3), ("down", 2), ("up", 3)],
)
def test_a_tie_of_the_instalment_is_a_tie(mode: str, instalment: int) -> None:
    # Without interest e = 25 / 10 = 2.5.
    rules = RoundingRules(Rounding(mode))
    schedule = drawn(principal_minor=25, pct=0, periods=10, rounding=rules)
    assert schedule.instalment_minor == instalment


def test_a_tie_of_the_interest_is_a_tie() -> None:
    # 3650 * 5 % * 29/365 = 14.5 exactly; 1/365 cut to a decimal would make it 14.4999...
    due = (date(2026, 4, 30),)
    for mode, interest in (("half_even", 14), ("half_up", 15), ("down", 14), ("up", 15)):
        schedule = drawn(
            principal_minor=3_650,
            pct=5,
            periods=None,
            due_dates=due,
            day_count=DayCount.ACT_365F,
            rounding=RoundingRules(Rounding(mode)),
        )
        assert schedule.rows[0].interest_minor == interest
    # 150 * 4 % / 12 = 0.5.
    assert drawn(principal_minor=150, pct=4, periods=1).rows[0].interest_minor == 0


def test_the_instalment_is_rounded_once_directly_to_its_multiple() -> None:
    # 3746 / 10 = 374.6 is 1.4984 units of 250: 250. By way of 375 = 1.5 units it would be 500.
    rules = RoundingRules(Rounding.HALF_UP, instalment_multiple_minor=250)
    schedule = drawn(principal_minor=3_746, pct=0, periods=10, rounding=rules)
    assert schedule.instalment_minor == 250
    assert schedule.rows[-1].total_minor == 3_746 - 9 * 250


def test_the_instalment_may_round_in_its_own_mode() -> None:
    rules = RoundingRules(Rounding.HALF_EVEN, instalment_mode=Rounding.UP)
    schedule = drawn(rounding=rules)
    assert schedule.instalment_minor == 34_003
    # Interest still rounds half even: 669.97 after 33003 were repaid.
    assert amounts(schedule)[1] == (33_333, 670, 34_003, 33_664)


def test_rows_after_the_balance_are_zero() -> None:
    # 100 / 3 = 33.3 is 0.55 units of 60: 60, 40, then nothing is left.
    rules = RoundingRules(instalment_multiple_minor=60)
    schedule = drawn(principal_minor=100, pct=0, rounding=rules)
    assert amounts(schedule) == [(60, 0, 60, 40), (40, 0, 40, 0), (0, 0, 0, 0)]


def test_a_payment_below_the_interest_repays_nothing() -> None:
    schedule = drawn(instalment_minor=500, periods=2)
    assert amounts(schedule) == [(0, 1_000, 1_000, 100_000), (100_000, 1_000, 101_000, 0)]
    assert schedule.instalment_minor == 500


def test_a_minor_unit_over_a_year_still_has_twelve_rows() -> None:
    schedule = drawn(principal_minor=1, periods=12)
    assert [row.total_minor for row in schedule.rows] == [0] * 11 + [1]


def test_a_fixed_instalment_is_never_spread() -> None:
    rules = RoundingRules(residue="spread")
    schedule = drawn(instalment_minor=30_000, rounding=rules)
    assert [row.total_minor for row in schedule.rows[:2]] == [30_000, 30_000]
    assert schedule.instalment_minor == 30_000


# --- how long with this much a month -------------------------------------------------------


def test_an_open_loan_runs_until_repaid() -> None:
    # 66997 after row 1, 33664 after row 2; 33664 + 337 = 34001 is at most 34003.
    schedule = drawn(instalment_minor=34_003, periods=None)
    assert amounts(schedule)[-1] == (33_664, 337, 34_001, 0)
    assert len(schedule.rows) == 3


def test_an_instalment_that_exactly_clears_is_the_last() -> None:
    schedule = drawn(principal_minor=90_000, pct=0, instalment_minor=30_000, periods=None)
    assert [row.total_minor for row in schedule.rows] == [30_000] * 3


def test_one_minor_unit_above_the_interest_repays_in_694_months() -> None:
    # Without rounding n = ln(1001) / ln(1.01) = 694.3; rounded interest may move it by a few.
    schedule = drawn(instalment_minor=1_001, periods=None)
    assert schedule.rows[0].principal_minor == 1
    assert 650 < len(schedule.rows) < 740
    assert schedule.rows[-1].balance_minor == 0


def test_an_instalment_of_the_interest_never_repays() -> None:
    with pytest.raises(NotComputable) as refused:
        drawn(instalment_minor=1_000, periods=None)
    assert (refused.value.code, refused.value.pointer) == ("no_solution", "/instalment_minor")


def test_1200_periods_are_the_most() -> None:
    longest = drawn(principal_minor=1_200, pct=0, instalment_minor=1, periods=None)
    assert len(longest.rows) == 1_200
    with pytest.raises(NotComputable, match="1200 periods"):
        drawn(principal_minor=1_201, pct=0, instalment_minor=1, periods=None)


def test_an_open_loan_ends_with_the_calendar() -> None:
    with pytest.raises(NotComputable, match="in 11 periods"):
        drawn(disbursed_on=date(9999, 1, 31), instalment_minor=1_001, periods=None)


def test_an_open_loan_waits_for_its_last_tranche() -> None:
    # The first tranche is repaid on 1 May, before the second arrives in period 3.
    tranches = (Tranche(date(2026, 4, 1), 1_000), Tranche(date(2026, 6, 15), 2_000))
    schedule = drawn(
        principal_minor=None, tranches=tranches, instalment_minor=1_500, periods=None, pct=0
    )
    assert [row.total_minor for row in schedule.rows] == [1_000, 0, 1_500, 500]


# --- rule 3: spreading the residue ----------------------------------------------------------


def test_spread_moves_the_instalment_by_the_share_of_the_gap() -> None:
    # 10000068 / 120 = 83333.9, rounded down; the last row would be 108 more. 108 > 60, so
    # e' = 83333 + round(108/120) = 83334, and the last row is 12 less: within 60, done.
    rules = {"instalment_mode": Rounding.DOWN}
    last = drawn(principal_minor=10_000_068, pct=0, periods=120, rounding=RoundingRules(**rules))
    spread = drawn(
        principal_minor=10_000_068,
        pct=0,
        periods=120,
        rounding=RoundingRules(residue="spread", **rules),
    )
    assert (last.instalment_minor, last.rows[-1].total_minor) == (83_333, 83_441)
    assert (spread.instalment_minor, spread.rows[-1].total_minor) == (83_334, 83_322)


def test_spread_leaves_a_small_gap_alone() -> None:
    # 1000 / 12 = 83.3; the last row is 4 more, and 4 <= 6.
    schedule = drawn(
        principal_minor=1_000, pct=0, periods=12, rounding=RoundingRules(residue="spread")
    )
    assert (schedule.instalment_minor, schedule.rows[-1].total_minor) == (83, 87)


def test_spread_stops_where_the_multiple_allows_no_change() -> None:
    # e = 80, gap 40 > 6, but 80 + 3 is 80 again in tens.
    rules = RoundingRules(residue="spread", instalment_multiple_minor=10)
    schedule = drawn(principal_minor=1_000, pct=0, periods=12, rounding=rules)
    assert (schedule.instalment_minor, schedule.rows[-1].total_minor) == (80, 120)


def test_spread_keeps_only_what_makes_the_gap_smaller() -> None:
    # 39 / 3 = 13 goes up to 20: rows 20, 19, 0, gap -20 > 1. 20 - 7 = 13 goes up to 20: the same.
    up = RoundingRules(residue="spread", instalment_multiple_minor=20, instalment_mode=Rounding.UP)
    assert drawn(principal_minor=39, pct=0, rounding=up).instalment_minor == 20
    # 15 / 2 = 7.5, in tens half up 10: rows 10, 5, gap -5 > 1. 10 + round(-2.5) = 8 is 10 again;
    # rounding down it is 0: rows 0, 15, gap 15 is worse, so 10 stays.
    down = RoundingRules(Rounding.HALF_UP, residue="spread", instalment_multiple_minor=10)
    assert drawn(principal_minor=15, pct=0, periods=2, rounding=down).instalment_minor == 10


# --- rule 4: grace ---------------------------------------------------------------------------


def test_grace_pays_interest_only_then_repays_in_what_is_left() -> None:
    # e = 100000 * 1.0201 / 2.01 = 50751.24 over the last two of four periods.
    schedule = drawn(periods=4, grace=Grace(2))
    assert amounts(schedule) == [
        (0, 1_000, 1_000, 100_000),
        (0, 1_000, 1_000, 100_000),
        (49_751, 1_000, 50_751, 50_249),
        (50_249, 502, 50_751, 0),
    ]


def test_interest_grace_collects_later_without_interest_on_interest() -> None:
    schedule = drawn(periods=4, grace=Grace(2, 1))
    assert amounts(schedule)[:3] == [
        (0, 0, 0, 100_000),
        (0, 2_000, 2_000, 100_000),
        (49_751, 1_000, 50_751, 50_249),
    ]
    with_first_instalment = drawn(periods=4, grace=Grace(2, 2))
    assert amounts(with_first_instalment)[:3] == [
        (0, 0, 0, 100_000),
        (0, 0, 0, 100_000),
        (49_751, 3_000, 52_751, 50_249),
    ]
    assert with_first_instalment.totals == schedule.totals


# --- rule 11: tranches -----------------------------------------------------------------------


def test_a_second_tranche_bears_interest_from_its_day() -> None:
    """10 % on 36,500 is 10 minor units a day, ACT/365F."""
    tranches = (Tranche(date(2026, 4, 1), 365_000), Tranche(date(2026, 5, 12), 36_500))
    schedule = drawn(principal_minor=None, tranches=tranches, pct=10, day_count=DayCount.ACT_365F)
    thirty, thirty_one = Fraction(300, 36_500), Fraction(310, 36_500)
    # Known at first: three periods of 30, 31 and 30 days.
    product = (1 + thirty) * (1 + thirty_one) * (1 + thirty)
    weights = 1 + (1 + thirty) + (1 + thirty) * (1 + thirty_one)
    first = round(365_000 * product / weights)
    row_1, row_2, row_3 = schedule.rows
    assert row_1.total_minor == first
    assert row_1.interest_minor == 3_000
    # From period 2 on: the balance and all of the tranche, with full period rates.
    left = 365_000 - (first - 3_000)
    second = round((left + 36_500) * (1 + thirty_one) * (1 + thirty) / (1 + (1 + thirty)))
    assert schedule.instalment_minor == row_2.total_minor == second
    # 31 days on the balance, 20 days (12 May to 1 June) on the tranche: 200.
    assert row_2.interest_minor == round(left * thirty_one + 200)
    assert row_2.balance_minor == left + 36_500 - row_2.principal_minor
    assert row_3.balance_minor == 0
    assert sum(row.principal_minor for row in schedule.rows) == 401_500
    assert Fraction(row_2.rate_numerator, row_2.rate_denominator) == thirty_one
    assert schedule.flows == []


def test_periods_before_the_first_tranche_owe_nothing() -> None:
    tranches = (Tranche(date(2026, 5, 16), 100_000),)
    schedule = drawn(principal_minor=None, tranches=tranches)
    # Period 2 has 31 days, 16 of them (16 May to 1 June) bear interest: 1000 * 16/31 = 516.1;
    # e = 100000 * 1.0201 / 2.01 = 50751.2.
    assert amounts(schedule) == [
        (0, 0, 0, 0),
        (50_235, 516, 50_751, 49_765),
        (49_765, 498, 50_263, 0),
    ]


def test_two_tranches_in_a_period_are_added_up() -> None:
    one_day = date(2026, 5, 1)
    split = (Tranche(one_day, 40_000), Tranche(one_day, 60_000))
    whole = (Tranche(one_day, 100_000),)
    assert drawn(principal_minor=None, tranches=split) == drawn(
        principal_minor=None, tranches=whole
    )


def test_a_tranche_in_the_grace_periods_repays_after_them() -> None:
    tranches = (Tranche(date(2026, 4, 1), 60_000), Tranche(date(2026, 5, 1), 40_000))
    schedule = drawn(principal_minor=None, tranches=tranches, periods=4, grace=Grace(2))
    assert amounts(schedule) == [
        (0, 600, 600, 60_000),
        (0, 1_000, 1_000, 100_000),
        (49_751, 1_000, 50_751, 50_249),
        (50_249, 502, 50_751, 0),
    ]


# --- rule 12: rate changes -------------------------------------------------------------------


def test_a_rate_change_inside_a_period_cuts_it_by_actual_days() -> None:
    # 1 to 16 April are 15 of 30 days: r = 0.5 * 1 % + 0.5 * 2 % = 1.5 %, then 2 %.
    # e = 100000 * 1.015 * 1.02 / (1 + 1.02) = 103530 / 2.02 = 51252.5.
    change = RateChange(date(2026, 4, 16), Fraction(24))
    schedule = drawn(periods=2, rate_changes=(change,))
    row = schedule.rows[0]
    assert Fraction(row.rate_numerator, row.rate_denominator) == Fraction(15, 1000)
    assert schedule.instalment_minor == 51_252
    assert amounts(schedule) == [(49_752, 1_500, 51_252, 50_248), (50_248, 1_005, 51_253, 0)]


def test_later_changes_are_not_known_before_their_period() -> None:
    # The change on the due date of row 1 belongs to period 2: row 1 is as if there were none.
    change = RateChange(date(2026, 5, 1), Fraction(24))
    schedule = drawn(rate_changes=(change,))
    # From 66998: e = 66998 * 1.02^2 / 2.02 = 69704.72 / 2.02 = 34507.3.
    assert amounts(schedule) == [
        (33_002, 1_000, 34_002, 66_998),
        (33_167, 1_340, 34_507, 33_831),  # 1339.96
        (33_831, 677, 34_508, 0),  # 676.62
    ]


def test_parts_of_a_period_count_by_their_own_dates() -> None:
    # 30/360: 15 to 31 January are 16 days, 31 January to 15 February 15 days (d1 = 30).
    change = RateChange(date(2026, 1, 31), Fraction(24))
    schedule = drawn(
        disbursed_on=date(2026, 1, 15),
        periods=1,
        day_count=DayCount.THIRTY_360,
        rate_changes=(change,),
    )
    # 100000 * (12 % * 16 + 24 % * 15) / 360 = 533.33 + 1000.
    assert schedule.rows[0].interest_minor == 1_533


def test_a_change_to_the_same_rate_cuts_nothing() -> None:
    change = RateChange(date(2026, 1, 31), Fraction(12))
    schedule = drawn(
        disbursed_on=date(2026, 1, 15),
        periods=1,
        day_count=DayCount.THIRTY_360,
        rate_changes=(change,),
    )
    assert schedule.rows[0].interest_minor == 1_000


def test_a_leap_period_stays_one_when_it_is_cut() -> None:
    # ACT/365L: 10 February to 10 March 2028 holds 29 February, so both parts count 1/366.
    change = RateChange(date(2028, 3, 1), Fraction(24))
    schedule = drawn(
        principal_minor=366_000,
        disbursed_on=date(2028, 2, 10),
        periods=1,
        day_count=DayCount.ACT_365L,
        rate_changes=(change,),
    )
    # 20 days at 120 a day and 9 days at 240 a day.
    assert schedule.rows[0].interest_minor == 20 * 120 + 9 * 240


def test_a_rate_change_on_the_first_day_is_the_rate() -> None:
    change = RateChange(date(2026, 4, 1), Fraction(12))
    assert drawn(pct=99, rate_changes=(change,)) == drawn()


def test_a_rate_change_after_the_end_changes_nothing() -> None:
    change = RateChange(date(2026, 7, 1), Fraction(99))
    assert drawn(rate_changes=(change,)) == drawn()


def test_a_fixed_instalment_meets_the_new_rate() -> None:
    change = RateChange(date(2026, 5, 1), Fraction(24))
    schedule = drawn(instalment_minor=34_002, rate_changes=(change,))
    assert amounts(schedule)[1:] == [
        (32_662, 1_340, 34_002, 34_336),
        (34_336, 687, 35_023, 0),
    ]


# --- rule 14: interest on what was really outstanding ------------------------------------------


def outstanding(as_of: date, *paid: Repaid) -> Schedule:
    return drawn(accrual=Accrual("outstanding", as_of, paid))


def test_interest_runs_on_what_was_repaid_late() -> None:
    schedule = outstanding(date(2026, 6, 16), Repaid(date(2026, 5, 11), 33_002))
    assert amounts(schedule) == [
        # Until 1 May everything is outstanding, as planned.
        (33_002, 1_000, 34_002, 66_998),
        # 10 days on 100000, 21 days on 66998: (1000000 + 1406958) / 31 / 100 = 776.4.
        (33_226, 776, 34_002, 33_772),
        # 15 days on 66998 until 16 June, 15 days on the plan's 33772: 503.85.
        (33_772, 504, 34_276, 0),
    ]
    assert schedule.instalment_minor == 34_002


def test_nothing_repaid_accrues_on_everything_lent() -> None:
    schedule = outstanding(date(2026, 7, 1))
    assert [row.interest_minor for row in schedule.rows] == [1_000, 1_000, 1_000]
    assert [row.total_minor for row in schedule.rows] == [34_002, 34_002, 34_996]


def test_repaid_as_planned_is_the_plan() -> None:
    paid = (Repaid(date(2026, 5, 1), 33_002), Repaid(date(2026, 6, 1), 33_332))
    assert amounts(outstanding(date(2026, 6, 20), *paid)) == amounts(drawn())
    assert drawn(accrual=Accrual("scheduled")) == drawn()


def test_what_is_repaid_after_the_day_asked_for_does_not_count() -> None:
    late = Repaid(date(2026, 6, 20), 33_332)
    before = outstanding(date(2026, 6, 16), Repaid(date(2026, 5, 11), 33_002))
    assert outstanding(date(2026, 6, 16), Repaid(date(2026, 5, 11), 33_002), late) == before


def test_the_contracted_instalment_knows_no_missed_payment() -> None:
    # Spreading and rate changes work on the plan as agreed, not on what was missed.
    change = RateChange(date(2026, 5, 1), Fraction(24))
    contracted = drawn(rate_changes=(change,))
    missed = drawn(rate_changes=(change,), accrual=Accrual("outstanding", date(2026, 7, 1)))
    assert missed.instalment_minor == contracted.instalment_minor
    assert [row.interest_minor for row in missed.rows] == [1_000, 2_000, 2_000]
    assert [row.total_minor for row in missed.rows[:2]] == [
        row.total_minor for row in contracted.rows[:2]
    ]


def test_more_repaid_than_lent_is_refused() -> None:
    with pytest.raises(NotComputable) as refused:
        outstanding(date(2026, 6, 16), Repaid(date(2026, 5, 11), 100_001))
    assert (refused.value.code, refused.value.pointer) == ("invalid_field", "/accrual/paid")


def test_an_open_loan_takes_longer_when_payments_were_missed() -> None:
    planned = drawn(instalment_minor=34_003, periods=None)
    missed = drawn(
        instalment_minor=34_003,
        periods=None,
        accrual=Accrual("outstanding", date(2026, 7, 1)),
    )
    # 1000 a month instead of 670 and 337: 33994 remain after row 2, and 34994 is above 34003.
    assert len(planned.rows) == 3
    assert len(missed.rows) == 4
    assert missed.rows[-1].balance_minor == 0
