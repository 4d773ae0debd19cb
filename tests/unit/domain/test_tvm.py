"""Time value of money: identities between the functions, and exactness."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lending.domain import tvm
from lending.domain.computable import NotComputable

# A busy machine is no failure.
UNHURRIED = settings(deadline=None)

F = Fraction
ZERO = F(0)
TINY = F(1, 10**40)

rates = st.integers(-500, 3000).map(lambda bps: F(bps, 10_000))
positive_rates = st.integers(1, 3000).map(lambda bps: F(bps, 10_000))
counts = st.integers(1, 120).map(F)
amounts = st.integers(-(10**9), 10**9).map(F)


@UNHURRIED
@given(rates, counts, amounts, amounts, st.booleans())
def test_fv_and_pv_and_pmt_solve_one_equation(rate: F, nper: F, pmt: F, pv: F, begin: bool) -> None:
    fv = tvm.fv(rate, nper, pmt, pv, begin)
    assert tvm.pv(rate, nper, pmt, fv, begin) == pv
    assert tvm.pmt(rate, nper, pv, fv, begin) == pmt


@UNHURRIED
@given(positive_rates, counts, st.integers(1, 10**9).map(F), amounts, st.booleans())
def test_nper_solves_the_same_equation(rate: F, nper: F, pmt: F, pv: F, begin: bool) -> None:
    fv = tvm.fv(rate, nper, pmt, pv, begin)
    perpetual = pmt * (1 + rate * begin) / rate
    assume(perpetual + pv != 0)
    assert abs(tvm.nper(rate, pmt, pv, fv, begin) - nper) < TINY


@UNHURRIED
@given(positive_rates, st.integers(1, 360).map(F), st.integers(1, 10**9).map(F), st.booleans())
def test_rate_of_the_payment_is_the_rate(rate: F, nper: F, pv: F, begin: bool) -> None:
    pmt = tvm.pmt(rate, nper, pv, ZERO, begin)
    if begin and nper == 1:
        return  # paid back at once: no rate
    assert abs(tvm.rate(nper, pmt, pv, ZERO, begin) - rate) < TINY


@UNHURRIED
@given(rates, st.integers(2, 60).map(F), amounts, amounts, amounts, st.booleans())
def test_rate_balances_whatever_it_finds(_: F, nper: F, pmt: F, pv: F, fv: F, begin: bool) -> None:
    try:
        rate = tvm.rate(nper, pmt, pv, fv, begin)
    except NotComputable as refused:
        assert refused.code == "no_solution"
        return
    left = pv * tvm.growth(rate, nper) + pmt * tvm.annuity(rate, nper, begin) + fv
    scale = abs(pv) * tvm.growth(rate, nper) + abs(pmt) * tvm.annuity(rate, nper, begin) + abs(fv)
    assert abs(left) < scale * TINY


@UNHURRIED
@given(rates, st.integers(1, 48), st.integers(1, 10**9).map(F), amounts, st.booleans())
def test_parts_of_payments_add_up(rate: F, nper: int, pv: F, fv: F, begin: bool) -> None:
    count = F(nper)
    payment = tvm.pmt(rate, count, pv, fv, begin)
    balance = pv
    for per in range(1, nper + 1):
        interest = tvm.ipmt(rate, per, count, pv, fv, begin)
        if begin and per == 1:
            assert interest == 0
        else:
            assert interest == -balance * rate
        principal = tvm.ppmt(rate, per, count, pv, fv, begin)
        assert interest + principal == payment
        balance += principal
    # What is left: fv, with a last period's interest on it if payments come first.
    assert (balance * (1 + rate) if begin else balance) == -fv


@UNHURRIED
@given(
    rates,
    st.integers(1, 48),
    st.integers(1, 10**9).map(F),
    st.booleans(),
    st.integers(1, 48),
    st.integers(1, 48),
)
def test_sums_of_parts_are_the_sums_of_parts(
    rate: F, nper: int, pv: F, begin: bool, start: int, end: int
) -> None:
    assume(start <= end <= nper)
    count = F(nper)
    span = range(start, end + 1)
    interest = sum(tvm.ipmt(rate, per, count, pv, ZERO, begin) for per in span)
    principal = sum(tvm.ppmt(rate, per, count, pv, ZERO, begin) for per in span)
    assert tvm.cumipmt(rate, count, pv, start, end, begin) == interest
    assert tvm.cumprinc(rate, count, pv, start, end, begin) == principal


@UNHURRIED
@given(
    st.integers(1, 10**6).map(F),
    st.lists(st.integers(0, 10**6).map(F), min_size=1, max_size=30).filter(any),
)
def test_flows_are_worth_nothing_at_their_rate(paid: F, received: list[F]) -> None:
    flows = [-paid, *received]
    try:
        rate = tvm.irr(flows)
    except NotComputable:
        return
    scale = tvm.npv(rate, [abs(flow) for flow in flows])
    assert abs(tvm.npv(rate, flows)) < scale * TINY
    days = [365 * at for at in range(len(flows))]
    assert abs(tvm.xirr(flows, days) - rate) < TINY
    assert abs(tvm.xnpv(rate, flows, days) - tvm.npv(rate, flows)) < scale * TINY


@UNHURRIED
@given(rates, st.integers(1, 365).map(F))
def test_effective_and_nominal_are_inverse(nominal: F, periods: F) -> None:
    effective = tvm.effect(nominal, periods)
    assert abs(tvm.nominal(effective, periods) - nominal) < TINY


@pytest.mark.parametrize("rate", ["0", "0.07", "-0.3"])
def test_powers_with_150_digits_agree_with_exact_ones(rate: str) -> None:
    # A rate of 60 decimals is too long for exact powers; both ways have to meet.
    long = F(rate) + F(1, 10**60)
    assert abs(tvm.growth(long, F(90)) / (1 + long) ** 90 - 1) < F(1, 10**140)
    flows = [F(at * at - 700) for at in range(90)]
    exact = sum(flow / (1 + long) ** at for at, flow in enumerate(flows))
    assert 0 < abs(tvm.npv(long, flows) - exact) <= F(1, 10**130) * abs(exact)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("250", "250"),
        ("-1/3", "-0.3333333333333333333333333333"),
        ("2/3", "0.6666666666666666666666666667"),
        ("1/1000000000", "0.000000001"),
        # 29 digits, the last a 5: to the even one of the neighbours
        ("1.0000000000000000000000000005", "1"),
        ("1.0000000000000000000000000015", "1.000000000000000000000000002"),
        ("-12345678901234567890123456785", "-12345678901234567890123456780"),
        ("9999999999999999999999999999.5", "10000000000000000000000000000"),
        ("999999999999999999999999999949999", "999999999999999999999999999900000"),
    ],
)
def test_a_value_is_written_with_28_significant_digits(value: str, text: str) -> None:
    assert tvm.significant(F(value), 28) == text


@UNHURRIED
@given(st.fractions(), st.integers(-40, 40))
def test_writing_agrees_with_decimals_own_rounding(value: F, shift: int) -> None:
    shifted = value * F(10) ** shift
    written = Decimal(tvm.significant(shifted, 28))
    wanted = Decimal(shifted.numerator) / Decimal(shifted.denominator)  # 28 digits, half even
    assert written == wanted


def test_zero_rates_are_sums() -> None:
    assert tvm.pmt(ZERO, F(3), F(100), F(20), begin=True) == -40
    assert tvm.pv(ZERO, F(3), F(-40), F(20), begin=False) == 100
    assert tvm.fv(ZERO, F(3), F(-40), F(100), begin=False) == 20
    assert tvm.nper(ZERO, F(-40), F(100), F(20), begin=False) == 3
    assert tvm.ipmt(ZERO, 2, F(3), F(100), ZERO, begin=False) == 0
    assert tvm.cumprinc(ZERO, F(4), F(100), 2, 3, begin=False) == -50
    assert tvm.cumipmt(ZERO, F(4), F(100), 2, 3, begin=True) == 0
    assert tvm.rate(F(4), F(-25), F(100), ZERO, begin=False) == 0
    assert tvm.npv(ZERO, [F(-1), F(2)]) == 1


def test_periods_need_not_be_whole() -> None:
    # (1 + 21 %)^(1/2) = 1.1 to the last digit kept
    assert tvm.significant(tvm.fv(F("0.21"), F(1, 2), ZERO, F(-100), begin=False), 28) == "110"
    half = tvm.pmt(F("0.21"), F(1, 2), F(100), ZERO, begin=False)  # 110 / ((1.1 - 1)/0.21)
    assert tvm.significant(half, 28) == "-231"


def test_the_rate_is_the_root_nearest_zero() -> None:
    # 100 x^2 - 210 x + 108 = 100 (x - 0.9)(x - 1.2): -10 % is nearer than 20 %
    assert tvm.rate(F(2), F(-210), F(100), F(318), begin=False) != 0
    two = tvm.rate(F(2), F(-105), F(50), F(54) + 105, begin=False)
    left = 50 * (1 + two) ** 2 - 105 * (2 + two) + 159
    assert abs(left) < TINY
    # (x - 0.9)(x - 1.1): a tie goes to the positive one
    # 100 x^2 + pmt (x + 1) + fv with pmt = -200 and fv = 299
    assert tvm.rate(F(2), F(-200), F(100), F(299), begin=False) == F(1, 10)


def test_a_rate_of_500_percent_or_more_is_not_sought() -> None:
    assert tvm.rate(F(1), ZERO, F(100), F(-599), begin=False) == F("4.99")
    with pytest.raises(NotComputable) as refused:
        tvm.rate(F(1), ZERO, F(100), F(-600), begin=False)
    assert refused.value.code == "no_solution"


def test_huge_powers_cancel_or_are_refused() -> None:
    # An endless loan pays its interest.
    forever = tvm.pmt(F("0.01"), F(10**6), F(100), ZERO, begin=False)
    assert tvm.significant(forever, 28) == "-1"
    with pytest.raises(NotComputable):
        tvm.significant(tvm.fv(F("0.01"), F(10**6), F(-1), ZERO, begin=False), 28)
    with pytest.raises(NotComputable):
        tvm.growth(F(10), F(10**9))
