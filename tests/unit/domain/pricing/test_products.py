"""Products as data: what a file may say, and what of it holds on a day."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from lending.domain.disclosure.cost_sheet import RateBasis
from lending.domain.faults import Permanent
from lending.domain.pricing.add_ons import price_by_rule
from lending.domain.products import pct_text
from lending.domain.profile import load_profile, problems

from tests.unit.domain.pricing.rules import ON, raw_with, rules

NEW = "products.cn-auto-new"
PLAN = {"equal_instalment": {}}


@pytest.mark.parametrize("market", ["cn", "us"])
def test_every_market_lends_every_kind_and_states_its_costs(market: str) -> None:
    profile = rules(market)
    kinds = {product.kind for product in profile.products.values()}
    assert kinds == {"auto", "consumer", "personal_business", "finance_lease"}
    plans = {plan for product in profile.products.values() for plan in product.plans}
    assert {"equal_instalment", "equal_principal", "interest_only", "balloon", "step", "lease"} <= (
        plans
    )
    for product in profile.products.values():
        assert product.contingent_fees, product.product_id
        assert all(fee.payee for fee in product.fees)
        assert "equal_instalment" in product.plans or product.kind == "finance_lease"
    assert RateBasis(profile.rate_basis)


def test_the_products_of_the_first_release_kept_their_ids_and_limits() -> None:
    products = rules().products | rules("us").products
    found = {
        name: (products[name].ltv_cap_bps, products[name].max_term_months)
        for name in ("cn-auto-new", "cn-auto-nev", "cn-auto-used", "cn-consumer", "us-auto")
    }
    assert found == {
        "cn-auto-new": (8_000, 60),
        "cn-auto-nev": (8_500, 60),
        "cn-auto-used": (7_000, 36),
        "cn-consumer": (None, 60),
        "us-auto": (13_500, 84),
    }


def test_a_rule_of_the_market_binds_its_products() -> None:
    """A stricter rule needs no change of the products; a looser one changes nothing."""
    stricter = rules(ltv_cap_bps__private_ice=7_500, max_term_months__auto_new=48)
    product = stricter.products["cn-auto-new"]
    assert (product.ltv_cap_bps, product.max_term_months) == (7_500, 48)
    looser = rules(max_term_months__auto_new=96).products["cn-auto-new"]
    assert looser.max_term_months == 60
    own = load_profile(raw_with(NEW, {"ltv_cap_bps": 6_000}), ON).products["cn-auto-new"]
    assert own.ltv_cap_bps == 6_000


def test_a_product_is_there_from_its_first_to_its_last_day() -> None:
    raw = raw_with(NEW, {})
    [entry] = raw["values"][NEW]
    raw["values"][NEW] = [
        {**entry, "value": None, "effective_to": "2026-11-23"},
        {**entry, "effective_from": "2026-11-24", "effective_to": "2026-12-31"},
        {**entry, "value": None, "effective_from": "2027-01-01"},
    ]
    assert problems(raw) == []
    seen = [
        "cn-auto-new" in load_profile(raw, day).products
        for day in (date(2026, 11, 23), ON, date(2026, 12, 31), date(2027, 1, 1))
    ]
    assert seen == [False, True, True, False]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "boat"}, "products.cn-auto-new.kind: one of auto"),
        ({"surprise": 1}, "products.cn-auto-new.surprise: unknown field"),
        ({"plans": {}}, "plans: at least one"),
        ({"plans": {"bullet": {}}}, "plans.bullet: none of equal_instalment"),
        ({"plans": {"balloon": {}}}, "plans.balloon.balloon_max_bps: missing"),
        ({"plans": {"balloon": {"balloon_max_bps": 10_001}}}, "a whole number from 1 to 10000"),
        ({"plans": {"flat": {"balloon_max_bps": 1}}}, "plans.flat.balloon_max_bps: unknown field"),
        ({"plans": {"step": {"steps_max": 2, "step_ratio_max": 2}}}, "ratio_max: a percentage"),
        ({"plans": {**PLAN, "lease": {}}}, "plans.lease.residual_max_bps: missing"),
        ({"kind": "finance_lease"}, "the plan 'lease' is what a finance_lease has"),
        ({"min_amount_minor": 10**12}, "min_amount_minor: above max_amount_minor"),
        ({"min_term_months": 61}, "min_term_months: above max_term_months"),
        ({"max_term_months": True}, "max_term_months: a whole number"),
        ({"term_rule": "auto_old"}, "term_rule: one of auto_new"),
        ({"ltv_rule": "private"}, "ltv_rule: one of used"),
        ({"day_count": "ACT/366"}, "day_count: one of ACT/360"),
        ({"rounding": {"mode": "half_up"}}, "rounding.residue: missing"),
        ({"fees": [{"code": "x"}]}, "fees[0].payee: missing"),
        ({"add_ons": ["rustproofing"]}, "rustproofing is no add-on of this market"),
        ({"required_add_ons": ["purchase_tax_nev"]}, "is not among its add_ons"),
        ({"early_settlement": {"pct": 2, "free_after_paid": 1, "waivers": []}}, "a percentage"),
    ],
)  # fmt: skip
def test_a_wrong_place_of_a_product_is_named(change: dict[str, Any], told: str) -> None:
    raw = raw_with(NEW, change)
    found = problems(raw)
    assert any(told in line for line in found), found
    with pytest.raises(Permanent):
        load_profile(raw, ON)


FEE = {
    "code": "arrangement_fee",
    "payee": "lender",
    "when": "upfront",
    "base": "amount",
    "pct": "1",
    "amount_minor": None,
    "in_all_in_cost": True,
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount_minor": 1}, "needs either pct or amount_minor"),
        ({"pct": None}, "needs either pct or amount_minor"),
        ({"base": None}, "needs a base for its pct"),
        ({"base": "moon"}, "base: one of amount"),
        ({"when": "later"}, "when: one of upfront"),
        ({"pct": 1}, "pct: a percentage"),
        ({"in_all_in_cost": "yes"}, "true or false"),
        ({"payee": "The Bank"}, "payee: a code"),
    ],
)
def test_a_fee_has_one_measure_and_a_payee(change: dict[str, Any], told: str) -> None:
    assert problems(raw_with(NEW, {"fees": [FEE]})) == []
    found = problems(raw_with(NEW, {"fees": [FEE | change]}))
    assert any(told in line for line in found), found


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("add_ons.gap", {"price": {"rule": "guess"}}, "price.rule: one of fixed"),
        ("add_ons.gap", {"price": {"rule": "fixed"}}, "price.amount_minor: missing"),
        (
            "add_ons.gap",
            {"price": {"rule": "range", "min_minor": 2, "max_minor": 1}},
            "min_minor: above max_minor",
        ),
        ("add_ons.gap", {"on_cancel": "half"}, "on_cancel: one of pro_rata"),
        ("add_on_finance", {"cap_bps": 10_001}, "cap_bps: a whole number"),
    ],
)
def test_a_wrong_place_of_an_add_on_is_named(name: str, change: Any, told: str) -> None:
    found = problems(raw_with(name, change))
    assert any(told in line for line in found), found


def test_a_required_add_on_must_be_in_force() -> None:
    raw = raw_with("products.cn-auto-lease", {})
    raw["values"]["add_ons.gps"][-1]["value"] = None
    assert problems(raw) == []
    with pytest.raises(Permanent, match="gps is required, not in force"):
        load_profile(raw, ON)


@pytest.mark.parametrize(
    ("on", "price", "tax"),
    [
        # 113,000 with 13 % VAT is 100,000 without: 10 % of it is 10,000.
        ("2026-11-24", 11_300_000, 500_000),  # halved
        ("2025-12-31", 11_300_000, 0),  # exempt
        ("2028-01-01", 11_300_000, 1_000_000),  # no relief
        # 452,000 is 400,000 without VAT: 40,000 tax, less the highest relief.
        ("2026-11-24", 45_200_000, 2_500_000),  # 15,000 instead of 20,000
        ("2024-06-01", 45_200_000, 1_000_000),  # 30,000 instead of 40,000
        # 100.05 / 1.13 * 10 % = 8.8540: 8.85; half of it is 4.43 (half up), left 4.42.
        ("2026-11-24", 10_005, 442),
    ],
)
def test_the_purchase_tax_of_new_energy_vehicles_by_date(on: str, price: int, tax: int) -> None:
    product = rules(on=date.fromisoformat(on)).products["cn-auto-nev"]
    assert price_by_rule(product.add_ons["purchase_tax_nev"].price, price) == tax


def test_percent_texts_are_exact_and_short() -> None:
    texts = [pct_text(Fraction(text)) for text in ("2", "10", "0.5", "100.250", "0", "0.000001")]
    assert texts == ["2", "10", "0.5", "100.25", "0", "0.000001"]
