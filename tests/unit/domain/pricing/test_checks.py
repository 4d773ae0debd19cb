"""What is asked for: every wrong field by its place."""

from datetime import date
from typing import Any

import pytest
from lending.domain.agreed import AddOnChoice, PlanParameters, PlanStep
from lending.domain.pricing import (
    Asked,
    first_due_problems,
    price_or_problem,
    problems,
    vehicle_price_problems,
)
from lending.domain.problem import Problem
from lending.domain.profile import load_profile

from tests.unit.domain.pricing.rules import ON, asked, raw_with, rules


def pointers(request: Asked, market: str = "cn", **values: Any) -> list[str]:
    profile = rules(market, **values)
    product = profile.products[request.product_id]
    found = problems(request, product, profile.currency, profile.add_on_finance)
    return [problem.pointer for problem in found]


def steps(*pairs: tuple[int, str]) -> PlanParameters:
    return PlanParameters(steps=tuple(PlanStep(*pair) for pair in pairs))


def with_plan(plan: str, **parameters: Any) -> Asked:
    return asked(plan=plan, parameters=PlanParameters(**parameters))


GOOD = [
    asked(),
    asked(parameters=PlanParameters(grace_principal_periods=3)),
    asked(plan="equal_principal"),
    with_plan("balloon", balloon_minor=4_800_000),
    asked(plan="step", parameters=steps((12, "1"), (24, "3"))),
    asked(plan="step", parameters=steps((12, "1/2"), (24, "1.5"))),
    asked(product_id="cn-consumer", plan="flat", term_months=24),
    asked(product_id="cn-consumer", plan="interest_only", term_months=12),
    asked(
        product_id="cn-auto-lease",
        plan="lease",
        parameters=PlanParameters(
            residual_minor=6_000_000, deposit_minor=2_400_000, advance_rents=3
        ),
        add_ons=(AddOnChoice("gps"),),
    ),
]


@pytest.mark.parametrize("request_", GOOD, ids=lambda one: one.plan)
def test_what_a_product_offers_can_be_had(request_: Asked) -> None:
    assert pointers(request_) == []


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (asked(currency="USD"), ["/currency"]),
        (asked(plan="flat"), ["/plan"]),
        (asked(plan="bullet"), ["/plan"]),
        (asked(amount_minor=999_999), ["/amount_minor"]),
        (asked(amount_minor=150_000_001), ["/amount_minor"]),
        (asked(term_months=5), ["/term_months"]),
        (asked(term_months=61, amount_minor=1), ["/amount_minor", "/term_months"]),
        (with_plan("balloon"), ["/balloon_minor"]),
        (with_plan("balloon", balloon_minor=0), ["/balloon_minor"]),
        (with_plan("balloon", balloon_minor=4_800_001), ["/balloon_minor"]),
        # The plan ends earlier than the product allows.
        (asked(plan="balloon", term_months=48, parameters=PlanParameters(balloon_minor=1)),
         ["/term_months"]),
        (with_plan("equal_instalment", balloon_minor=1), ["/balloon_minor"]),
        (with_plan("equal_principal", residual_minor=0, deposit_minor=1, advance_rents=1),
         ["/residual_minor", "/advance_rents", "/deposit_minor"]),
        (with_plan("balloon", balloon_minor=1, steps=(PlanStep(36, "1"),)), ["/steps"]),
        (asked(plan="step"), ["/steps"]),
        (asked(plan="step", parameters=steps((12, "1"), (23, "2"))), ["/steps"]),
        (asked(plan="step", parameters=steps((12, "0"), (24, "2"))), ["/steps/0/weight"]),
        (asked(plan="step", parameters=steps((12, "1"), (24, "3.000001"))), ["/steps"]),
        (asked(plan="step", parameters=steps(*[(6, "1")] * 6)), ["/steps"]),
        (with_plan("equal_instalment", grace_principal_periods=4), ["/grace/principal_periods"]),
        (with_plan("equal_principal", grace_principal_periods=1), ["/grace/principal_periods"]),
        (with_plan("equal_instalment", grace_principal_periods=2, grace_interest_periods=1),
         ["/grace/interest_periods"]),
        (asked(product_id="cn-consumer", plan="interest_only", term_months=13), ["/term_months"]),
        (asked(product_id="cn-auto-lease", plan="lease"), ["/residual_minor", "/add_ons"]),
        (asked(product_id="cn-auto-lease", plan="lease", add_ons=(AddOnChoice("gps"),),
               parameters=PlanParameters(residual_minor=6_000_001, deposit_minor=2_400_001,
                                         advance_rents=4)),
         ["/residual_minor", "/deposit_minor", "/advance_rents"]),
        # One tenth of the price is the customer's own.
        (asked(product_id="cn-auto-lease", plan="lease", price_minor=13_000_000,
               parameters=PlanParameters(residual_minor=1), add_ons=(AddOnChoice("gps"),)),
         ["/down_payment_minor"]),
    ],
)  # fmt: skip
def test_each_wrong_field_is_named(request_: Asked, wanted: list[str]) -> None:
    assert pointers(request_) == wanted


PRICED = 16_000_000


@pytest.mark.parametrize(
    ("choices", "wanted"),
    [
        ((AddOnChoice("purchase_tax"),), []),
        ((AddOnChoice("purchase_tax", 1_415_929),), []),
        ((AddOnChoice("purchase_tax", 1_415_930),), ["/add_ons/0/price_minor"]),
        ((AddOnChoice("rustproofing"),), ["/add_ons/0/code"]),
        ((AddOnChoice("gap", 60_000), AddOnChoice("gap", 60_000)), ["/add_ons/1/code"]),
        ((AddOnChoice("gap"),), ["/add_ons/0/price_minor"]),
        ((AddOnChoice("gap", 49_999),), ["/add_ons/0/price_minor"]),
        ((AddOnChoice("gap", 60_000, 60_001),), ["/add_ons/0/financed_minor"]),
        ((AddOnChoice("gps", None, 1),), ["/add_ons/0/financed_minor"]),
        # At most four fifths of all add-ons together.
        ((AddOnChoice("gap", 100_000, 80_000),), []),
        ((AddOnChoice("gap", 100_000, 80_001),), ["/add_ons"]),
        ((AddOnChoice("gap", 100_000, 100_000), AddOnChoice("credit_life", 25_000)), []),
        # Whichever of them is financed.
        ((AddOnChoice("commercial_insurance", 5_000_000, 5_000_000),
          AddOnChoice("extended_warranty", 3_000_000, 3_000_000),
          AddOnChoice("gap", 1_000_000), AddOnChoice("credit_life", 1_000_000)), []),
    ],
)  # fmt: skip
def test_add_ons_have_prices_and_a_limit_on_what_is_financed(
    choices: tuple[AddOnChoice, ...], wanted: list[str]
) -> None:
    assert pointers(asked(price_minor=PRICED, add_ons=choices)) == wanted


def test_expensive_add_ons_are_financed_less() -> None:
    """20,000,000 in all: 80 %; one cent more: 70 %. The limits of the file are made smaller."""
    choices = (AddOnChoice("gap", 500_000, 400_000), AddOnChoice("gps"))
    request_ = asked(price_minor=PRICED, add_ons=choices)
    limit = {"cap_bps": 8_000, "above_minor": 620_000, "cap_above_bps": 6_000}
    assert pointers(request_, add_on_finance=limit) == []
    limit["above_minor"] = 619_999
    assert pointers(request_, add_on_finance=limit) == ["/add_ons"]
    assert pointers(request_, add_on_finance=None) == []


def test_the_product_limits_all_that_is_lent() -> None:
    choices = (AddOnChoice("gap", 100_000, 80_000),)
    assert pointers(asked(amount_minor=149_920_000, add_ons=choices)) == []
    assert pointers(asked(amount_minor=149_920_001, add_ons=choices)) == ["/add_ons"]


def test_a_price_that_depends_on_the_vehicle_wants_its_price() -> None:
    profile = rules()
    product = profile.products["cn-auto-new"]
    request_ = asked(add_ons=(AddOnChoice("purchase_tax"),))
    found = [*problems(request_, product, "CNY", None, "/vehicle/price_minor")]
    assert [problem.pointer for problem in found] == ["/vehicle/price_minor"]


def test_a_fee_on_the_vehicles_price_wants_it_too() -> None:
    fee = {
        "code": "inspection",
        "payee": "inspector",
        "when": "upfront",
        "base": "vehicle_price",
        "pct": "0.5",
        "amount_minor": None,
        "in_all_in_cost": True,
    }
    profile = load_profile(raw_with("products.cn-auto-new", {"fees": [fee]}), ON)
    product = profile.products["cn-auto-new"]
    found = [problem.pointer for problem in problems(asked(), product, "CNY", None)]
    assert found == ["/vehicle_price_minor"]
    priced = price_or_problem(asked(price_minor=PRICED), product, 980, ON, 2_400)
    assert not isinstance(priced, Problem)
    assert [fee.amount_minor for fee in priced.fees] == [80_000]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"price_minor": 16_000_000}, []),
        ({"price_minor": 16_000_000, "down_payment_minor": 4_000_000}, []),
        ({"price_minor": 16_000_000, "down_payment_minor": 3_999_999}, ["/down_payment_minor"]),
        ({"price_minor": 15_000_000}, []),
        ({"price_minor": 14_999_999}, ["/amount_minor"]),
        ({"down_payment_minor": 1}, ["/vehicle_price_minor"]),
        ({"product_id": "cn-consumer", "price_minor": 1}, ["/vehicle_price_minor"]),
        ({"product_id": "cn-consumer", "down_payment_minor": 1}, ["/down_payment_minor"]),
    ],
)
def test_price_and_down_payment_of_a_quote(changes: dict[str, Any], wanted: list[str]) -> None:
    """80 % of 15,000,000 is the amount exactly; one cent less is too little."""
    request_ = asked(**changes)
    product = rules().products[request_.product_id]
    found = vehicle_price_problems(request_, product)
    assert [problem.pointer for problem in found] == wanted


@pytest.mark.parametrize(
    ("first", "good"),
    [
        (date(2026, 11, 24), False),
        (date(2026, 11, 25), True),
        (date(2027, 1, 25), True),
        (date(2027, 1, 26), False),
    ],
)
def test_the_first_due_date_lies_soon_after_payout(first: date, good: bool) -> None:
    found = [*first_due_problems(asked(first_due_on=first), ON)]
    assert (found == []) is good


def test_numbers_without_a_solution_are_a_problem_of_their_field() -> None:
    """Without interest, a residual of the whole and rents in advance leave no rent of 0 or more.

    The product's own limits are widened to get there.
    """
    lease = {"residual_max_bps": 10_000, "deposit_max_bps": 0, "advance_rents_max": 60}
    profile = load_profile(
        raw_with("products.cn-auto-lease", {"plans": {"lease": lease}, "required_add_ons": []}), ON
    )
    product = profile.products["cn-auto-lease"]
    too_much = PlanParameters(residual_minor=12_000_000, advance_rents=0)
    request_ = asked(product_id="cn-auto-lease", plan="lease", parameters=too_much)
    assert not isinstance(price_or_problem(request_, product, 980, ON, 2_400), Problem)
    rents = PlanParameters(residual_minor=0, advance_rents=36)
    impossible = asked(product_id="cn-auto-lease", plan="lease", parameters=rents)
    found = price_or_problem(impossible, product, 980, ON, 2_400)
    assert isinstance(found, Problem)
    assert found.pointer.startswith("/")
