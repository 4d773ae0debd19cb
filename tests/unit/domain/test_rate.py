"""Rates of return: exact roots, every root, the right root, and no root."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lending.domain.computable import NotComputable
from lending.domain.rate import (
    Flow,
    effective_pct,
    nominal_pct,
    periodic_irr,
    rate_of,
    roots_of,
)

# A busy machine is no failure.
UNHURRIED = settings(deadline=None)

TINY = Decimal("1e-30")


def close(found: Decimal, wanted: Decimal | str) -> bool:
    return abs(found - Decimal(wanted)) < TINY * max(1, abs(Decimal(wanted)))


# Each root is that of a polynomial in x = 1 + i written down from its factors.
@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([(0, 100), (1, -101)], "0.01"),
        ([(0, 100), (2, -121)], "0.1"),
        ([(0, -100), (2, 121)], "0.1"),  # the lender's view
        ([(5, 100), (7, -121)], "0.1"),  # time counts from anywhere
        ([(2, -121), (0, 60), (0, 40)], "0.1"),  # in any order, more than one a time
        ([(0, 100), (1, -50), (1, -51)], "0.01"),
        ([(0, 100), (1, -100)], "0"),
        ([(0, 100), (1, -50), (2, -50)], "0"),
        ([(0, 100), (1, -50)], "-0.5"),
        ([(0, 100), (1, -2)], "-0.98"),
        ([(0, 1), (1, -(10**15))], str(10**15 - 1)),
        ([(0, 10**18), (1, -(10**18) - 1)], "1e-18"),
        # 100 (x - 1.1)^2: a root the sign of the function does not change at
        ([(0, 100), (1, -220), (2, 121)], "0.1"),
        # 100 (x - 1.1)(x - 1.2): two rates, the one nearest zero
        ([(0, 100), (1, -230), (2, 132)], "0.1"),
        # 100 (x - 0.9)(x - 1.2): the positive one first, although -0.1 is nearer
        ([(0, 100), (1, -210), (2, 108)], "0.2"),
        # 100 (x - 1)(x - 1.1): zero is nearest
        ([(0, 100), (1, -210), (2, 110)], "0"),
        # 100 (x - 0.8)(x - 0.9): none of 0 or more
        ([(0, 100), (1, -170), (2, 72)], "-0.1"),
        # 1000 (x - 1.1)^3, and 100 (x - 1.1)^2 (x - 1.3) without its square
        ([(0, 1000), (1, -3300), (2, 3630), (3, -1331)], "0.1"),
        ([(0, 1000), (1, -3500), (2, 4070), (3, -1573)], "0.1"),
        # 10000 (x - 0.005)(x - 1.2): the other one is below -99 %
        ([(0, 10000), (1, -12050), (2, 60)], "0.2"),
    ],
)
def test_the_root_is_the_one_of_the_factors(flows: list[tuple[int, int]], rate: str) -> None:
    assert close(periodic_irr(flows), rate)


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(0, 0)],
        [(0, 100), (0, -100)],
        [(0, 100)],
        [(0, 100), (1, 100)],
        [(0, 100), (1, -1)],  # x = 0.01 exactly: not above -0.99
        [(0, 1000), (1, -9)],
        [(0, 100), (1, -100), (2, 100)],  # x^2 - x + 1 has no real root
    ],
)
def test_no_rate_is_named(flows: list[tuple[int, int]]) -> None:
    with pytest.raises(NotComputable) as refused:
        periodic_irr(flows)
    assert refused.value.code == "no_solution"


def test_every_root_is_found_and_a_multiple_one_once() -> None:
    # 100 (x - 0.9)(x - 1.2) and 1000 (x - 1.1)^2 (x - 1.3)
    two = roots_of([Flow(100, 0), Flow(-210, 1), Flow(108, 2)])
    assert len(two) == 2
    assert all(map(close, two, ["-0.1", "0.2"]))
    multiple = roots_of([Flow(1000, 0), Flow(-3500, 1), Flow(4070, 2), Flow(-1573, 3)])
    assert len(multiple) == 2
    assert all(map(close, multiple, ["0.1", "0.3"]))


def test_odd_fractions_of_a_period_bear_simple_interest() -> None:
    # 105 / (1 + 0.1/2) = 100
    assert close(rate_of([Flow(100, 0), Flow(-105, 0, Fraction(1, 2))]), "0.1")
    paid = Fraction("1.05") * Fraction("1.21") * 1000
    assert close(rate_of([Flow(1000, 0), Flow(-paid, 2, Fraction(1, 2))]), "0.1")
    # a whole fraction is one more period
    assert close(rate_of([Flow(100, 0), Flow(-121, 1, 1)]), "0.1")


def test_several_sign_changes_with_odd_fractions_are_solved_too() -> None:
    # at i = 0.2: 150 / 1.1 - 50 = last / 1.2 / 1.05
    middle = Fraction(150) / Fraction("1.1")
    last = (middle - 50) * Fraction("1.2") * Fraction("1.05")
    flows = [Flow(-50, 0), Flow(150, 0, Fraction(1, 2)), Flow(-last, 1, Fraction(1, 4))]
    assert any(close(root, "0.2") for root in roots_of(flows))
    for root in roots_of(flows):
        assert abs(_value(flows, root)) < Decimal("1e-25")


def test_times_are_any_fraction() -> None:
    # (1 + X)^(1/2) = 1.1
    assert close(rate_of([Flow(100, 0), Flow(-110, Fraction(1, 2))]), "0.21")
    # doubled in a day: 2^365 - 1, every digit of it
    assert close(rate_of([Flow(100, 0), Flow(-200, Fraction(1, 365))]), str(2**365 - 1))
    third = Fraction(1, 3)
    flows = [Flow(1000, third), Flow(-500, 2 * third), Flow(-600, 1)]
    assert abs(_value(flows, rate_of(flows))) < Decimal("1e-25")


def test_a_rate_a_period_as_percent_a_year() -> None:
    assert nominal_pct(Decimal("0.01"), Fraction(12)) == 12
    assert effective_pct(Decimal("0.025"), Fraction(4)) == Decimal("10.3812890625")
    assert effective_pct(Decimal("0.21"), Fraction(1, 2)) == 10
    assert nominal_pct(Decimal("0.01") / 12, Fraction(12)) == 1  # not 0.999...
    assert nominal_pct(Decimal("-0.5"), Fraction(1, 2)) == -25
    with pytest.raises(NotComputable):
        effective_pct(Decimal(10**6), Fraction(365))


@UNHURRIED
@given(
    st.integers(1, 10**9),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=60).filter(any),
)
def test_present_values_balance_at_the_rate(principal: int, payments: list[int]) -> None:
    assume(100 * sum(payments) > principal)
    flows = [(0, principal), *((k, -paid) for k, paid in enumerate(payments, 1))]
    try:
        rate = periodic_irr(flows)
    except NotComputable:
        # Money received once and repaid in total always has a rate; it was below -99 %.
        assert sum(payments) < principal
        return
    value = _value([Flow(amount, time) for time, amount in flows], rate)
    assert abs(value) < Decimal("1e-25") * principal * max(1, 100 ** (len(payments) // 30))


@UNHURRIED
@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=8))
def test_every_root_of_any_flows_balances_them(amounts: list[int]) -> None:
    flows = [Flow(amount, time) for time, amount in enumerate(amounts)]
    for root in roots_of(flows):
        scale = _value([Flow(abs(flow.amount), flow.time) for flow in flows], root)
        assert abs(_value(flows, root)) <= Decimal("1e-20") * scale


@UNHURRIED
@given(st.lists(st.integers(-98, 300), min_size=1, max_size=4, unique=True))
def test_all_roots_of_a_product_of_factors_come_back(percents: list[int]) -> None:
    polynomial = [1]
    for percent in percents:  # times (100 x - (100 + percent)), highest power first
        polynomial = [
            100 * high - (100 + percent) * low
            for high, low in zip([*polynomial, 0], [0, *polynomial], strict=True)
        ]
    found = roots_of(Flow(amount, time) for time, amount in enumerate(polynomial))
    wanted = [Decimal(percent) / 100 for percent in sorted(percents)]
    assert len(found) == len(wanted)
    assert all(map(close, found, wanted))


def _value(flows: list[Flow], rate: Decimal) -> Decimal:
    """Another way to the present value than the solver's: powers of 1 + i, 120 digits."""
    with localcontext() as context:
        context.prec = 120
        return sum(
            (
                Decimal(flow.amount.numerator)
                / flow.amount.denominator
                / (1 + rate * flow.fraction.numerator / flow.fraction.denominator)
                / (1 + rate) ** (Decimal(flow.time.numerator) / flow.time.denominator)
                for flow in flows
            ),
            Decimal(0),
        )


def test_flows_that_never_settle_on_a_sign_are_refused() -> None:
    flows = [(time, (-1) ** time * (time + 1)) for time in range(80)]
    with pytest.raises(NotComputable) as refused:
        periodic_irr(flows)
    assert refused.value.code == "no_solution"


def test_a_rate_too_large_to_be_meant_is_none() -> None:
    with pytest.raises(NotComputable) as refused:
        rate_of([Flow(100, 0), Flow(-200, Fraction(1, 10**6))])  # 2^1,000,000
    assert refused.value.code == "no_solution"
    # Far flows of little money leave a rate near zero.
    late = rate_of([Flow(100, 0), Flow(-200, 10**30)])
    assert late < Decimal("1e-29")


def test_a_nominal_rate_keeps_all_digits_of_a_large_one() -> None:
    day = rate_of([Flow(100, 0), Flow(-200, Fraction(1, 365))])
    assert nominal_pct(day, Fraction(1)) == (2**365 - 1) * 100
