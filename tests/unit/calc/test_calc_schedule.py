"""`autolend calc` schedule, settlement and year-fraction: shapes, examples, refusals."""

import io
import json
from typing import Any

import pytest

from tools.calc.run import calculate, solve

LOAN: dict[str, Any] = {
    "principal_minor": 100_000,
    "annual_rate_pct": "12",
    "plan": "equal_instalment",
    "disbursed_on": "2026-04-01",
    "periods": 3,
}
POSITION: dict[str, Any] = {
    "principal_minor": 100_000,
    "annual_rate_pct": "12",
    "period_start": "2026-04-01",
    "period_end": "2026-05-01",
    "on": "2026-04-16",
}


def problem(kind: str, asked: dict[str, Any]) -> tuple[str, list[str]]:
    """Code and pointers of a refused request."""
    answered = solve(kind, asked)
    assert set(answered) == {"error"}, answered
    return answered["error"]["code"], [one["pointer"] for one in answered["error"]["errors"]]


def test_the_documented_schedule() -> None:
    answered = solve(
        "schedule",
        {
            "principal_minor": 240000,
            "annual_rate_pct": "6",
            "plan": "equal_principal",
            "disbursed_on": "2026-03-10",
            "periods": 2,
        },
    )
    assert answered == {
        "currency": "CNY",
        "instalment_minor": None,
        "instalments": [
            {
                "n": 1,
                "kind": "instalment",
                "from": "2026-03-10",
                "due_on": "2026-04-10",
                "days": 31,
                "period_rate": "0.005000000000",
                "principal_minor": 120000,
                "interest_minor": 1200,
                "fee_minor": 0,
                "total_minor": 121200,
                "balance_minor": 120000,
            },
            {
                "n": 2,
                "kind": "instalment",
                "from": "2026-04-10",
                "due_on": "2026-05-10",
                "days": 30,
                "period_rate": "0.005000000000",
                "principal_minor": 120000,
                "interest_minor": 600,
                "fee_minor": 0,
                "total_minor": 120600,
                "balance_minor": 0,
            },
        ],
        "totals": {
            "principal_minor": 240000,
            "interest_minor": 1800,
            "fee_minor": 0,
            "upfront_minor": 0,
            "total_minor": 241800,
        },
        # 6 % in twelve parts, and 1.005^12 - 1 = 0.06167781186449...
        "rates": {
            "irr_nominal_pct": "6.000000000000",
            "irr_effective_pct": "6.167781186450",
        },
    }


def test_every_field_reaches_the_domain() -> None:
    """One request a plan, with every field it may have; sums say that it was understood."""
    common: dict[str, Any] = {
        "principal_minor": 100_000,
        "currency": "EUR",
        "annual_rate_pct": 12,
        "disbursed_on": "2026-04-01",
        "periods": 4,
        "period": {"every": 2, "unit": "week"},
        "first_due_on": "2026-05-01",
        "month_end": "roll",
        "day_count": "ACT/365F",
        "rounding": {
            "mode": "up",
            "residue": "spread",
            "instalment_multiple_minor": 10,
            "instalment_mode": "down",
        },
        "grace": {"principal_periods": 1, "interest_periods": 1},
        "down_payment": {"pct": "10", "multiple_minor": 100},
        "odd_days_interest": "upfront",
        "fees": [
            {"code": "a", "amount_minor": 100, "when": "upfront"},
            {"code": "b", "pct": "1", "when": "financed"},
            {"code": "c", "pct": "0.1", "when": "each_instalment"},
        ],
    }
    own: dict[str, dict[str, Any]] = {
        "equal_instalment": {
            "rate_changes": [{"on": "2026-05-02", "annual_rate_pct": "24"}],
            "accrual": {
                "basis": "outstanding",
                "as_of": "2026-05-20",
                "paid": [{"on": "2026-05-16", "principal_minor": 7}],
            },
        },
        "equal_principal": {"principal_instalment_minor": 20_000},
        "interest_only": {},
        "balloon": {"balloon_minor": 10_000, "instalment_minor": 30_000},
        "flat": {},
        "step": {"steps": [{"periods": 2, "weight": "2"}, {"periods": 2, "weight": "1/3"}]},
        "lease": {"residual_minor": 5_000, "advance_rents": 1},
    }
    for plan, fields in own.items():
        answered = solve("schedule", {**common, "plan": plan, **fields})
        assert "error" not in answered, (plan, answered)
        assert answered["currency"] == "EUR"
        first = answered["instalments"][0]
        # 101000 with the financed fee, a tenth in whole hundreds (up): 10100.
        assert (first["kind"], first["total_minor"]) == ("down_payment", 10_100)
        assert answered["totals"]["principal_minor"] == 101_000
        # 16 odd days (1 to 17 April) at 12 % of 90900 by 365 days: 478.2, up.
        assert answered["totals"]["upfront_minor"] == 100 + 479
        regular = [row for row in answered["instalments"] if row["n"]]
        assert {row["fee_minor"] for row in regular} == {100}
        assert regular[0]["from"] == "2026-04-17"
        assert regular[-1]["due_on"] == "2026-06-12"
        totals = answered["totals"]
        assert totals["total_minor"] == sum(
            totals[name] for name in totals if name != "total_minor"
        )


def test_tranches_and_calendars_have_their_own_shape() -> None:
    answered = solve(
        "schedule",
        {
            "annual_rate_pct": "12",
            "plan": "equal_instalment",
            "disbursed_on": "2026-04-01",
            "due_dates": ["2026-04-20", "2026-06-01"],
            "tranches": [
                {"on": "2026-04-01", "amount_minor": 50_000},
                {"on": "2026-04-25", "amount_minor": 50_000},
            ],
        },
    )
    assert answered["rates"] == {"irr_nominal_pct": None, "irr_effective_pct": None}
    assert [row["due_on"] for row in answered["instalments"]] == ["2026-04-20", "2026-06-01"]
    assert answered["totals"]["principal_minor"] == 100_000


def test_rates_by_other_periods() -> None:
    # One payment of 101000 after 13 weeks: i = 1 %, a year has 4 periods.
    asked = {**LOAN, "plan": "interest_only", "periods": 1, "annual_rate_pct": "4"}
    answered = solve("schedule", {**asked, "period": {"every": 13, "unit": "week"}})
    assert answered["rates"] == {
        "irr_nominal_pct": "4.000000000000",
        "irr_effective_pct": "4.060401000000",
    }


def test_a_rate_nobody_can_state_is_no_solution() -> None:
    fee = {"code": "all of it", "amount_minor": 200_000, "when": "upfront"}
    assert problem("schedule", {**LOAN, "fees": [fee]})[0] == "no_solution"


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"principal_minor": "100000"}, "invalid_field", "/principal_minor"),
        ({"principal_minor": 1.5}, "invalid_field", "/principal_minor"),
        ({"principal_minor": True}, "invalid_field", "/principal_minor"),
        ({"principal_minor": None}, "invalid_field", "/principal_minor"),
        ({"principal_minor": 0}, "invalid_field", "/principal_minor"),
        ({"principal_minor": 10**19}, "invalid_field", "/principal_minor"),
        ({"annual_rate_pct": 7.25}, "invalid_field", "/annual_rate_pct"),
        ({"annual_rate_pct": "1e2"}, "invalid_field", "/annual_rate_pct"),
        ({"annual_rate_pct": "-1"}, "invalid_field", "/annual_rate_pct"),
        ({"annual_rate_pct": "1000.000001"}, "invalid_field", "/annual_rate_pct"),
        ({"plan": "annuity"}, "invalid_field", "/plan"),
        ({"disbursed_on": "2026-02-30"}, "invalid_field", "/disbursed_on"),
        ({"disbursed_on": "2026-4-1"}, "invalid_field", "/disbursed_on"),
        ({"periods": 0}, "invalid_field", "/periods"),
        ({"periods": "3"}, "invalid_field", "/periods"),
        ({"periods": None}, "invalid_field", "/periods"),
        ({"periods": 10**12}, "invalid_field", "/periods"),
        ({"period": {"every": 1}}, "invalid_field", "/period/unit"),
        ({"period": {"every": 0, "unit": "day"}}, "invalid_field", "/period/every"),
        ({"period": {"every": 1, "unit": "year"}}, "invalid_field", "/period/unit"),
        ({"day_count": "ACT/366"}, "invalid_field", "/day_count"),
        ({"rounding": {"mode": "nearest"}}, "invalid_field", "/rounding/mode"),
        ({"rounding": {"instalment_mode": None}}, "invalid_field", "/rounding/instalment_mode"),
        (
            {"rounding": {"instalment_multiple_minor": 0}},
            "invalid_field",
            "/rounding/instalment_multiple_minor",
        ),
        ({"due_dates": ["2026-05-01"]}, "contradiction", "/periods"),
        ({"balloon_minor": 1}, "contradiction", "/balloon_minor"),
        ({"residual_minor": 0}, "contradiction", "/residual_minor"),
        ({"odd_days_interest": "accrue"}, "invalid_field", "/first_due_on"),
        ({"grace": {"principal_periods": 3}}, "invalid_field", "/grace/principal_periods"),
        (
            {"plan": "step", "steps": [{"periods": 3, "weight": "1/0"}]},
            "invalid_field",
            "/steps/0/weight",
        ),
        (
            {"fees": [{"code": "x", "amount_minor": 1, "when": "later"}]},
            "invalid_field",
            "/fees/0/when",
        ),
        (
            {"fees": [{"code": "x", "amount_minor": 1, "pct": "1", "when": "upfront"}]},
            "contradiction",
            "/fees/0",
        ),
        ({"instalments": 3}, "invalid_field", "/instalments"),
        ({"accrual": {"as_of": "2026-05-01"}}, "invalid_field", "/accrual/basis"),
        (
            {"periods": 1_200, "period": {"every": 100, "unit": "month"}},
            "invalid_field",
            "/periods",
        ),
    ],
)
def test_refused_schedules(changes: dict[str, Any], code: str, pointer: str) -> None:
    assert problem("schedule", {**LOAN, **changes}) == (code, [pointer])


@pytest.mark.parametrize("missing", ["annual_rate_pct", "plan", "disbursed_on", "principal_minor"])
def test_missing_fields_are_named(missing: str) -> None:
    asked = {name: value for name, value in LOAN.items() if name != missing}
    assert problem("schedule", asked) == ("invalid_field", [f"/{missing}"])


def test_an_array_answers_what_it_can() -> None:
    source = io.StringIO(json.dumps([LOAN, {**LOAN, "periods": 0}, 7, LOAN]))
    out, err = io.StringIO(), io.StringIO()
    assert calculate("schedule", source, out, err) == 0
    answered = json.loads(out.getvalue())
    assert [set(one) == {"error"} for one in answered] == [False, True, True, False]
    assert answered[0] == answered[3]
    assert err.getvalue() == ""


def test_extreme_amounts_and_terms() -> None:
    huge = solve("schedule", {**LOAN, "principal_minor": 10**15, "periods": 1_200})
    assert huge["totals"]["principal_minor"] == 10**15
    assert len(huge["instalments"]) == 1_200
    tiny = solve("schedule", {**LOAN, "principal_minor": 1, "periods": 12})
    assert [row["total_minor"] for row in tiny["instalments"]] == [0] * 11 + [1]
    assert tiny["rates"]["irr_nominal_pct"] == "0.000000000000"
    many_digits = solve("schedule", {**LOAN, "annual_rate_pct": "0." + "0" * 58 + "1"})
    assert many_digits["totals"]["interest_minor"] == 0


# --- settlement ------------------------------------------------------------------------------


def test_the_documented_settlement() -> None:
    assert solve("settlement", POSITION) == {
        "days": 15,
        "interest_minor": 500,
        "early_fee_minor": 0,
        "due_minor": 0,
        "settlement_minor": 100500,
    }


def test_a_settlement_with_everything() -> None:
    answered = solve(
        "settlement",
        {
            **POSITION,
            "day_count": "ACT/360",
            "period": {"every": 1, "unit": "month"},
            "rounding": {"mode": "up"},
            "due": {"interest_minor": 10, "fee_minor": 20, "penalty_minor": 30},
            "early_fee": {"pct": "1.5"},
        },
    )
    # 100000 * 12 % * 15/360 = 500; 1.5 % = 1500.
    assert answered == {
        "days": 15,
        "interest_minor": 500,
        "early_fee_minor": 1_500,
        "due_minor": 60,
        "settlement_minor": 102_060,
    }


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"on": "2026-03-31"}, "invalid_field", "/on"),
        ({"on": "2026-05-02"}, "invalid_field", "/on"),
        ({"period_end": "2026-04-01", "on": "2026-04-01"}, "invalid_field", "/period_end"),
        ({"annual_rate_pct": "1001"}, "invalid_field", "/annual_rate_pct"),
        ({"principal_minor": -1}, "invalid_field", "/principal_minor"),
        ({"due": {"interest_minor": -1}}, "invalid_field", "/due/interest_minor"),
        ({"early_fee": {}}, "invalid_field", "/early_fee"),
        ({"early_fee": {"pct": "1", "amount_minor": 1}}, "contradiction", "/early_fee"),
        ({"early_fee": None}, "invalid_field", "/early_fee"),
        ({"rounding": {"residue": "last"}}, "invalid_field", "/rounding/residue"),
    ],
)
def test_refused_settlements(changes: dict[str, Any], code: str, pointer: str) -> None:
    assert problem("settlement", {**POSITION, **changes}) == (code, [pointer])


# --- year-fraction ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (
            {"from": "2026-01-01", "to": "2026-07-01", "day_count": "ACT/365F"},
            {"days": 181, "year_fraction": "0.495890410958904"},
        ),
        (
            {"from": "2026-01-31", "to": "2026-03-31", "day_count": "30/360", "time_unit": "day"},
            {"days": 60, "year_fraction": "0.166666666666667"},
        ),
        (
            {
                "from": "2026-01-31",
                "to": "2026-02-28",
                "day_count": "30E/360 ISDA",
                "maturity": "2026-02-28",
            },
            {"days": 28, "year_fraction": "0.077777777777778"},
        ),
        (
            {"from": "2026-01-12", "to": "2026-04-15", "day_count": "EU APR"},
            {
                "whole_units": 3,
                "days": 3,
                "year_days": 365,
                "year_fraction": "0.258219178082192",
            },
        ),
        (
            {"from": "2026-01-12", "to": "2026-01-12", "day_count": "EU APR", "time_unit": "year"},
            {"whole_units": 0, "days": 0, "year_days": 0, "year_fraction": "0.000000000000000"},
        ),
    ],
)
def test_year_fractions(asked: dict[str, Any], answered: dict[str, Any]) -> None:
    assert solve("year-fraction", asked) == answered


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"day_count": "PERIODIC"}, "/day_count"),
        ({"to": "2025-12-31"}, "/to"),
        ({"from": None}, "/from"),
        ({"start": "2026-01-01"}, "/start"),
        ({"maturity": None}, "/maturity"),
        ({"time_unit": "quarter"}, "/time_unit"),
    ],
)
def test_refused_year_fractions(changes: dict[str, Any], pointer: str) -> None:
    asked = {"from": "2026-01-01", "to": "2026-07-01", "day_count": "ACT/365F", **changes}
    assert problem("year-fraction", asked) == ("invalid_field", [pointer])
