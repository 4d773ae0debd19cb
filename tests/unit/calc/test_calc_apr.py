"""`autolend calc apr` through its requests: the contract of docs/calc.md."""

from typing import Any

import pytest

from tools.calc.run import solve

QUARTER = {
    "method": "irr",
    "periods_per_year": "4",
    "advances": [{"t": "0", "amount_minor": 100000}],
    "payments": [{"t": "1", "amount_minor": 102500}],
}


def code(answer: dict[str, Any]) -> str:
    return str(answer["error"]["code"])


def pointer(answer: dict[str, Any]) -> str:
    return str(answer["error"]["errors"][0]["pointer"])


def test_the_example_of_the_contract() -> None:
    assert solve("apr", QUARTER) == {
        "rate_pct": "10.000000000000",
        "nominal_pct": "10.000000000000",
        "effective_pct": "10.381289062500",
        "periodic_pct": "2.500000000000",
        "within_cap": None,
    }


def test_simple_is_a_product_and_the_rest_is_null() -> None:
    asked = {"method": "simple", "daily_rate_pct": "0.05", "year_days": 365, "cap_pct": "18.25"}
    assert solve("apr", asked) == {
        "rate_pct": "18.250000000000",
        "nominal_pct": "18.250000000000",
        "effective_pct": None,
        "periodic_pct": None,
        "within_cap": True,
    }
    assert solve("apr", asked | {"year_days": "360"})["rate_pct"] == "18.000000000000"
    assert solve("apr", asked | {"cap_pct": "18.249999999999999"})["within_cap"] is False


def test_us_actuarial_with_an_odd_fraction() -> None:
    # 105 / (1 + i/2) = 100 at i = 10 %, and 2 unit periods a year
    answer = solve(
        "apr",
        {
            "method": "us_actuarial",
            "periods_per_year": 2,
            "advances": [{"t": 0, "amount": "100"}],
            "payments": [{"t": 0, "fraction": "1/2", "amount": "105"}],
        },
    )
    assert answer["rate_pct"] == answer["nominal_pct"] == "20.000000000000"
    assert answer["effective_pct"] == "21.000000000000"


def test_eu_effective_by_time_and_by_date() -> None:
    by_time = {
        "method": "eu_effective",
        "advances": [{"t": "0", "amount_minor": 100}],
        "payments": [{"t": "1/2", "amount_minor": 110}],
    }
    assert solve("apr", by_time) == {
        "rate_pct": "21.000000000000",
        "nominal_pct": None,
        "effective_pct": "21.000000000000",
        "periodic_pct": None,
        "within_cap": None,
    }
    by_date = {
        "method": "eu_effective",
        "advances": [{"on": "2026-01-15", "amount_minor": 100}],
        "payments": [{"on": "2026-07-15", "amount_minor": 110}],
    }
    assert solve("apr", by_date)["rate_pct"] == "21.000000000000"  # six months are 6/12
    by_day = solve("apr", by_date | {"time_unit": "day"})  # 1.1^(365/181) - 1
    assert by_day["rate_pct"] == "21.191297994684"
    by_week = solve("apr", by_date | {"time_unit": "week"})  # 25 weeks and 6 days of 365
    assert by_week["rate_pct"] == "21.129607179420"


def test_irr_by_date_counts_365ths() -> None:
    answer = solve(
        "apr",
        {
            "method": "irr",
            "advances": [{"on": "2024-01-01", "amount_minor": 100}],
            "payments": [{"on": "2024-12-31", "amount_minor": 110}],
        },
    )
    assert answer["rate_pct"] == answer["effective_pct"] == "10.000000000000"
    assert answer["nominal_pct"] == answer["periodic_pct"] == "10.000000000000"


def test_several_advances_and_flows_in_any_order() -> None:
    # 121 = 1.1 * 110 and 110 = 1.1 * 100: the second advance a period later
    answer = solve(
        "apr",
        {
            "method": "irr",
            "periods_per_year": "1",
            "advances": [{"t": "1", "amount_minor": 110}, {"t": "0", "amount_minor": 100}],
            "payments": [{"t": "2", "amount_minor": 242}],
        },
    )
    assert answer["rate_pct"] == "10.000000000000"


def test_amounts_in_both_units_add_up_by_the_currencys_decimals() -> None:
    asked = {
        "method": "irr",
        "periods_per_year": "1",
        "advances": [{"t": "0", "amount": "100.00"}],
        "payments": [{"t": "1", "amount_minor": 11000}],
    }
    assert solve("apr", asked)["rate_pct"] == "10.000000000000"
    yen = asked | {"currency": "JPY", "payments": [{"t": "1", "amount_minor": 110}]}
    assert solve("apr", yen)["rate_pct"] == "10.000000000000"
    dinar = asked | {"currency": "KWD", "payments": [{"t": "1", "amount_minor": 110000}]}
    assert solve("apr", dinar)["rate_pct"] == "10.000000000000"


def test_a_term_is_one_advance_and_one_payment() -> None:
    asked = {
        "method": "us_actuarial",
        "unit_period": {"every": 1, "unit": "term"},
        "advances": [{"on": "2026-01-15", "amount_minor": 100}],
        "payments": [{"on": "2026-07-15", "amount_minor": 105}],
    }
    assert solve("apr", asked)["rate_pct"] == "10.000000000000"
    assert solve("apr", asked)["effective_pct"] == "10.250000000000"
    twice = asked | {"payments": [{"on": "2026-07-15", "amount_minor": 50}] * 2}
    assert code(solve("apr", twice)) == "contradiction"
    same_day = asked | {"payments": [{"on": "2026-01-15", "amount_minor": 105}]}
    assert code(solve("apr", same_day)) == "invalid_field"


@pytest.mark.parametrize(
    ("change", "expected", "at"),
    [
        ({"daily_rate_pct": "0.05"}, "contradiction", "/daily_rate_pct"),
        ({"year_days": 365}, "contradiction", "/year_days"),
        ({"method": "simple"}, "invalid_field", "/daily_rate_pct"),
        (
            {"method": "simple", "daily_rate_pct": "1", "year_days": 364},
            "invalid_field",
            "/year_days",
        ),
        ({"method": "xirr"}, "invalid_field", "/method"),
        ({"colour": "red"}, "invalid_field", "/colour"),
        ({"cap_pct": None}, "invalid_field", "/cap_pct"),
        ({"cap_pct": 24.0}, "invalid_field", "/cap_pct"),
        ({"periods_per_year": "0"}, "invalid_field", "/periods_per_year"),
        ({"periods_per_year": "1/0"}, "invalid_field", "/periods_per_year"),
        ({"advances": [{"t": "0"}]}, "invalid_field", "/advances/0/amount_minor"),
        ({"advances": [{"amount": "1"}]}, "invalid_field", "/advances/0"),
        (
            {"advances": [{"t": "0", "amount": "1", "amount_minor": 1}]},
            "contradiction",
            "/advances/0/amount",
        ),
        (
            {"advances": [{"t": "0", "on": "2026-01-01", "amount": "1"}]},
            "contradiction",
            "/advances/0/t",
        ),
        ({"advances": [{"on": "2026-01-01", "amount": "1"}]}, "contradiction", "/payments/0/t"),
        ({"advances": [{"t": "-1", "amount": "1"}]}, "invalid_field", "/advances/0/t"),
        ({"advances": [{"t": "0", "amount": "-1"}]}, "invalid_field", "/advances/0/amount"),
        ({"advances": [{"t": 0.5, "amount": "1"}]}, "invalid_field", "/advances/0/t"),
        (
            {"payments": [{"t": "1", "fraction": "1/2", "amount": "1"}]},
            "contradiction",
            "/payments/0/fraction",
        ),
        ({"payments": []}, "no_solution", ""),
        ({"advances": []}, "no_solution", ""),
        ({"payments": [{"t": "1", "amount_minor": 1}]}, "no_solution", ""),
        ({"payments": [{"t": "0", "amount_minor": 100000}]}, "no_solution", ""),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], expected: str, at: str) -> None:
    answer = solve("apr", QUARTER | change)
    assert (code(answer), pointer(answer)) == (expected, at)


@pytest.mark.parametrize(
    ("left_out", "at"),
    [
        ("method", "/method"),
        ("advances", "/advances"),
        ("payments", "/payments"),
        ("periods_per_year", "/periods_per_year"),
    ],
)
def test_what_is_missing_is_named(left_out: str, at: str) -> None:
    answer = solve("apr", {key: value for key, value in QUARTER.items() if key != left_out})
    assert (code(answer), pointer(answer)) == ("invalid_field", at)


@pytest.mark.parametrize(
    "harmless",
    [
        {"time_unit": "week"},
        {"unit_period": {"every": 3, "unit": "month"}},
        {"currency": "EUR"},
        {"payments": [{"t": "1", "amount_minor": 102500}, {"t": "7", "amount_minor": 0}]},
        {"payments": [{"t": "1", "fraction": "0", "amount_minor": 102500}]},
    ],
)
def test_a_field_no_method_claims_may_always_be_given(harmless: dict[str, Any]) -> None:
    assert solve("apr", QUARTER | harmless)["rate_pct"] == "10.000000000000"


DATED = {
    "method": "us_actuarial",
    "unit_period": {"every": 1, "unit": "month"},
    "advances": [{"on": "2026-01-15", "amount_minor": 100}],
    "payments": [{"on": "2026-02-15", "amount_minor": 101}],
}


@pytest.mark.parametrize(
    ("change", "expected", "at"),
    [
        ({"advances": []}, "no_solution", "/advances"),
        (
            {"payments": [{"on": "2026-01-14", "amount_minor": 101}]},
            "invalid_field",
            "/payments/0/on",
        ),
        (
            {"payments": [{"on": "2026-02-30", "amount_minor": 1}]},
            "invalid_field",
            "/payments/0/on",
        ),
        (
            {"payments": [{"on": "2026-02-15", "fraction": "1/2", "amount_minor": 101}]},
            "contradiction",
            "/payments/0/fraction",
        ),
        ({"unit_period": {"every": 0, "unit": "month"}}, "invalid_field", "/unit_period/every"),
        (
            {"unit_period": {"every": 2, "unit": "half_month"}},
            "invalid_field",
            "/unit_period/every",
        ),
        ({"unit_period": {"every": 1, "unit": "decade"}}, "invalid_field", "/unit_period/unit"),
    ],
)
def test_what_is_wrong_with_dated_flows_is_named(
    change: dict[str, Any], expected: str, at: str
) -> None:
    answer = solve("apr", DATED | change)
    assert (code(answer), pointer(answer)) == (expected, at)


def test_dated_flows_need_a_unit_period() -> None:
    assert solve("apr", DATED)["rate_pct"] == "12.000000000000"
    answer = solve("apr", {key: DATED[key] for key in ("method", "advances", "payments")})
    assert (code(answer), pointer(answer)) == ("invalid_field", "/unit_period")


def test_whole_unit_periods_only() -> None:
    answer = solve(
        "apr", QUARTER | {"method": "us_actuarial", "payments": [{"t": "1/2", "amount": "1"}]}
    )
    assert (code(answer), pointer(answer)) == ("invalid_field", "/payments/0/t")


@pytest.mark.parametrize(
    ("payments", "rate"),
    [
        # advances 100 (+ 132 or so) interleaved: the polynomials of test_rate.py
        ([("1", 230)], "10.000000000000"),
        ([("1", 220)], "no_solution"),
    ],
)
def test_several_sign_changes(payments: list[tuple[str, int]], rate: str) -> None:
    answer = solve(
        "apr",
        {
            "method": "irr",
            "periods_per_year": "1",
            "advances": [{"t": "0", "amount_minor": 100}, {"t": "2", "amount_minor": 132}],
            "payments": [{"t": t, "amount_minor": amount} for t, amount in payments],
        },
    )
    assert (code(answer) if "error" in answer else answer["rate_pct"]) == rate


def test_a_ceiling_is_compared_before_rounding() -> None:
    # 2 % a month and 1e-16 more: 24.000000000000 as printed, and above 24
    asked = {
        "method": "irr",
        "periods_per_year": "12",
        "cap_pct": "24",
        "advances": [{"t": "0", "amount_minor": 10**17}],
        "payments": [{"t": "1", "amount_minor": 102 * 10**15}],
    }
    assert solve("apr", asked)["within_cap"] is True
    above = asked | {"payments": [{"t": "1", "amount_minor": 102 * 10**15 + 1}]}
    answer = solve("apr", above)
    assert (answer["rate_pct"], answer["within_cap"]) == ("24.000000000000", False)


def test_rates_are_half_even_at_the_last_place() -> None:
    # i = 1.5e-14 and 2.5e-14: 1.5 and 2.5 units of the twelfth decimal of a percent
    for extra, text in ((15, "0.000000000002"), (25, "0.000000000002"), (35, "0.000000000004")):
        asked = {
            "method": "irr",
            "periods_per_year": "1",
            "advances": [{"t": "0", "amount": str(10**15)}],
            "payments": [{"t": "1", "amount": str(10**15 + extra)}],
        }
        assert solve("apr", asked)["rate_pct"] == text


def test_a_negative_rate_is_a_rate() -> None:
    asked = QUARTER | {"payments": [{"t": "1", "amount_minor": 97500}], "cap_pct": "0"}
    answer = solve("apr", asked)
    assert (answer["rate_pct"], answer["within_cap"]) == ("-10.000000000000", True)
