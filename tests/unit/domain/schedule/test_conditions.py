"""Every refusal of terms names its code and its field."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from lending.domain.computable import NotComputable
from lending.domain.dates import Period, PeriodUnit
from lending.domain.schedule import (
    Accrual,
    DownPayment,
    Fee,
    Grace,
    OddDays,
    PlanKind,
    RateChange,
    Repaid,
    RoundingRules,
    Step,
    Tranche,
    repayment_schedule,
)

from tests.unit.domain.schedule.agreed import agreed

START = date(2026, 4, 1)
BEFORE = date(2026, 3, 31)
LAST_DUE = date(2026, 7, 1)

INVALID: list[tuple[dict[str, Any], str]] = [
    ({"principal_minor": None}, "/principal_minor"),
    ({"principal_minor": 0}, "/principal_minor"),
    ({"principal_minor": -5}, "/principal_minor"),
    ({"pct": -1}, "/annual_rate_pct"),
    ({"pct": "1000.01"}, "/annual_rate_pct"),
    ({"periods": 0}, "/periods"),
    ({"periods": -3}, "/periods"),
    ({"periods": None}, "/periods"),
    ({"periods": 12_001}, "/periods"),
    ({"plan": "flat", "periods": None}, "/periods"),
    ({"period": Period(0, PeriodUnit.WEEK)}, "/period/every"),
    ({"period": Period(120_000, PeriodUnit.MONTH)}, "/periods"),
    ({"period": Period(10**30, PeriodUnit.DAY)}, "/periods"),
    ({"disbursed_on": date(9999, 11, 15)}, "/periods"),
    ({"first_due_on": START}, "/first_due_on"),
    ({"first_due_on": BEFORE}, "/first_due_on"),
    ({"odd_days_interest": OddDays.ACCRUE}, "/first_due_on"),
    ({"odd_days_interest": OddDays.FIRST}, "/first_due_on"),
    ({"periods": None, "due_dates": ()}, "/due_dates"),
    ({"periods": None, "due_dates": (START,)}, "/due_dates/0"),
    ({"periods": None, "due_dates": (LAST_DUE, LAST_DUE)}, "/due_dates/1"),
    ({"periods": None, "due_dates": (LAST_DUE, date(2026, 5, 1))}, "/due_dates/1"),
    ({"grace": Grace(3)}, "/grace/principal_periods"),
    ({"grace": Grace(-1)}, "/grace/principal_periods"),
    ({"grace": Grace(1, 2)}, "/grace/interest_periods"),
    ({"grace": Grace(1, -1)}, "/grace/interest_periods"),
    ({"instalment_minor": 0}, "/instalment_minor"),
    ({"plan": "equal_principal", "principal_instalment_minor": 0}, "/principal_instalment_minor"),
    ({"plan": "balloon"}, "/balloon_minor"),
    ({"plan": "balloon", "balloon_minor": 0}, "/balloon_minor"),
    ({"plan": "step"}, "/steps"),
    ({"plan": "step", "steps": ()}, "/steps"),
    ({"plan": "step", "steps": (Step(2, Fraction(1)),)}, "/steps"),
    ({"plan": "step", "steps": (Step(4, Fraction(1)),)}, "/steps"),
    ({"plan": "step", "steps": (Step(3, Fraction(0)),)}, "/steps"),
    ({"plan": "step", "steps": (Step(3, Fraction(-1)),)}, "/steps"),
    ({"plan": "step", "steps": (Step(0, Fraction(1)), Step(3, Fraction(1)))}, "/steps"),
    (
        {
            "plan": "step",
            "steps": (Step(1, Fraction(1)), Step(2, Fraction(0))),
            "grace": Grace(1),
        },
        "/steps",
    ),
    ({"plan": "lease", "residual_minor": -1}, "/residual_minor"),
    ({"plan": "lease", "advance_rents": -1}, "/advance_rents"),
    ({"plan": "lease", "advance_rents": 3}, "/advance_rents"),
    ({"plan": "lease", "advance_rents": 4, "residual_minor": 1}, "/advance_rents"),
    (
        {"plan": "lease", "advance_rents": 1, "grace": Grace(2)},
        "/grace/principal_periods",
    ),
    (
        {"rounding": RoundingRules(instalment_multiple_minor=0)},
        "/rounding/instalment_multiple_minor",
    ),
    ({"rounding": RoundingRules(instalment_multiple_minor=100_001)}, "/principal_minor"),
    ({"down_payment": DownPayment()}, "/down_payment"),
    ({"down_payment": DownPayment(pct=Fraction(-1))}, "/down_payment/pct"),
    ({"down_payment": DownPayment(amount_minor=-1)}, "/down_payment/amount_minor"),
    ({"down_payment": DownPayment(pct=Fraction(100))}, "/down_payment"),
    ({"down_payment": DownPayment(amount_minor=100_000)}, "/down_payment"),
    (
        {"down_payment": DownPayment(amount_minor=1, multiple_minor=0)},
        "/down_payment/multiple_minor",
    ),
    ({"fees": (Fee("a", "upfront"),)}, "/fees/0"),
    (
        {"fees": (Fee("a", "upfront", 1), Fee("b", "financed", pct=Fraction(-1)))},
        "/fees/1/pct",
    ),
    ({"principal_minor": None, "tranches": ()}, "/tranches"),
    ({"principal_minor": None, "tranches": (Tranche(START, 0),)}, "/tranches/0/amount_minor"),
    ({"principal_minor": None, "tranches": (Tranche(BEFORE, 1),)}, "/tranches/0/on"),
    (
        {"principal_minor": None, "tranches": (Tranche(START, 9), Tranche(LAST_DUE, 1))},
        "/tranches/1/on",
    ),
    (
        {
            "principal_minor": None,
            "tranches": (Tranche(date(2026, 5, 2), 9), Tranche(date(2026, 5, 1), 1)),
        },
        "/tranches/1/on",
    ),
    ({"rate_changes": (RateChange(BEFORE, Fraction(1)),)}, "/rate_changes/0/on"),
    (
        {"rate_changes": (RateChange(START, Fraction(1)), RateChange(START, Fraction(2)))},
        "/rate_changes/1/on",
    ),
    (
        {"rate_changes": (RateChange(START, Fraction(1_001)),)},
        "/rate_changes/0/annual_rate_pct",
    ),
    ({"accrual": Accrual("outstanding")}, "/accrual/as_of"),
    ({"accrual": Accrual("outstanding", BEFORE)}, "/accrual/as_of"),
    ({"accrual": Accrual("outstanding", START, (Repaid(BEFORE, 1),))}, "/accrual/paid/0/on"),
    (
        {"accrual": Accrual("outstanding", START, (Repaid(START, -1),))},
        "/accrual/paid/0/principal_minor",
    ),
]


@pytest.mark.parametrize(("changes", "pointer"), INVALID, ids=lambda value: str(value)[:60])
def test_an_invalid_field_is_named(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotComputable) as refused:
        repayment_schedule(agreed(**changes))
    assert (refused.value.code, refused.value.pointer) == ("invalid_field", pointer)
    assert refused.value.detail


# Each field with a value, and the plans that have it.
FIELDS: dict[str, tuple[Any, set[str]]] = {
    "instalment_minor": (40_000, {"equal_instalment", "balloon", "lease"}),
    "principal_instalment_minor": (40_000, {"equal_principal"}),
    "balloon_minor": (1_000, {"balloon"}),
    "residual_minor": (0, {"lease"}),
    "advance_rents": (0, {"lease"}),
    "steps": ((Step(3, Fraction(1)),), {"step"}),
    "tranches": ((Tranche(START, 100_000),), {"equal_instalment"}),
    "rate_changes": ((), {"equal_instalment"}),
    "accrual": (Accrual(), {"equal_instalment", "balloon"}),
}
NEEDED: dict[str, dict[str, Any]] = {
    "balloon": {"balloon_minor": 1_000},
    "step": {"steps": (Step(3, Fraction(1)),)},
}


@pytest.mark.parametrize("plan", list(PlanKind))
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_other_plans_is_a_contradiction(plan: str, name: str) -> None:
    value, plans = FIELDS[name]
    changes = {**NEEDED.get(plan, {}), name: value}
    if name == "tranches":
        changes["principal_minor"] = None
    if plan in plans:
        assert repayment_schedule(agreed(plan=plan, **changes)).rows[-1].balance_minor == 0
        return
    with pytest.raises(NotComputable) as refused:
        repayment_schedule(agreed(plan=plan, **changes))
    assert (refused.value.code, refused.value.pointer) == ("contradiction", f"/{name}")


CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"tranches": (Tranche(START, 100_000),)}, "/principal_minor"),
    ({"due_dates": (LAST_DUE,)}, "/periods"),
    ({"periods": None, "due_dates": (LAST_DUE,), "first_due_on": LAST_DUE}, "/first_due_on"),
    ({"down_payment": DownPayment(Fraction(1), 1)}, "/down_payment"),
    ({"fees": (Fee("a", "upfront", 1, Fraction(1)),)}, "/fees/0"),
]


@pytest.mark.parametrize(("changes", "pointer"), CONTRADICTIONS, ids=lambda value: str(value)[:60])
def test_fields_that_exclude_each_other(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotComputable) as refused:
        repayment_schedule(agreed(**changes))
    assert (refused.value.code, refused.value.pointer) == ("contradiction", pointer)


def test_the_edges_are_still_answered() -> None:
    for changes in (
        {"pct": 1_000},
        {"pct": 0},
        {"periods": 1},
        {"principal_minor": 1},
        {"principal_minor": 10**15},
        {"rounding": RoundingRules(instalment_multiple_minor=100_000)},
        {"grace": Grace(2, 2)},
        {"down_payment": DownPayment(amount_minor=0)},
        {"down_payment": DownPayment(amount_minor=99_999)},
        {"rate_changes": ()},
    ):
        rows = repayment_schedule(agreed(**changes)).rows
        assert rows[-1].balance_minor == 0
        assert sum(row.n > 0 for row in rows) == changes.get("periods", 3)
