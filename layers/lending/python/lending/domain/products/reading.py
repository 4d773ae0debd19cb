"""Products and add-ons from a market profile's values: checked first, then built.

`product_problems` and `add_on_problems` say what is wrong with one value; `products_of` builds
what is in force on a day, with the market's own limits applied.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from lending.domain.daycount import DayCount
from lending.domain.money import Rounding
from lending.domain.policy import CARS, TERM_PRODUCTS, PolicyRules
from lending.domain.products.product import (
    AddOn,
    AddOnFinance,
    ContingentFee,
    EarlySettlement,
    FeeRule,
    PlanOption,
    PriceRule,
    Product,
)
from lending.domain.products.schema import (
    Check,
    code,
    each,
    flag,
    maybe,
    one_of,
    percent,
    shape,
    whole,
)
from lending.domain.schedule import PlanKind, RoundingRules

PRODUCTS: Final = "products."
ADD_ONS: Final = "add_ons."
ADD_ON_FINANCE: Final = "add_on_finance"
LARGEST_SHARE: Final = 20_000
MONTHS_MAX: Final = 600

_BPS = whole(0, LARGEST_SHARE)
# Which limits a plan must state: what it cannot be agreed without.
PLAN_FIELDS: Final[dict[str, frozenset[str]]] = {
    "equal_instalment": frozenset(),
    "equal_principal": frozenset(),
    "interest_only": frozenset(),
    "flat": frozenset(),
    "balloon": frozenset({"balloon_max_bps"}),
    "step": frozenset({"steps_max", "step_ratio_max"}),
    "lease": frozenset({"residual_max_bps", "deposit_max_bps", "advance_rents_max"}),
}
_PLAN_CHECKS: Final[dict[str, Check]] = {
    "max_term_months": whole(1, MONTHS_MAX),
    "grace_principal_max": whole(0, MONTHS_MAX),
    "grace_interest_max": whole(0, MONTHS_MAX),
    "balloon_max_bps": whole(1, 10_000),
    "steps_max": whole(2, 60),
    "step_ratio_max": percent,
    "residual_max_bps": whole(0, 10_000),
    "deposit_max_bps": whole(0, 10_000),
    "advance_rents_max": whole(0, 60),
}
_FOR_ALL_PLANS: Final = frozenset({"max_term_months", "grace_principal_max", "grace_interest_max"})
_FEE = shape(
    {
        "code": code,
        "payee": code,
        "when": one_of("upfront", "financed", "each_instalment"),
        "base": maybe(one_of("amount", "vehicle_price")),
        "pct": maybe(percent),
        "amount_minor": maybe(whole()),
        "in_all_in_cost": flag,
    }
)
_CONTINGENT_FEE = shape(
    {
        "code": code,
        "payee": code,
        "when": code,
        "base": maybe(one_of("contract_rate", "instalment", "overdue_amount", "balance")),
        "pct": maybe(percent),
        "amount_minor": maybe(whole()),
    }
)
_PRODUCT = shape(
    {
        "kind": one_of("auto", "consumer", "personal_business", "finance_lease"),
        "vehicle_condition": maybe(one_of("new", "used")),
        "vehicle_power": maybe(one_of("ice", "nev")),
        "plans": lambda value, at: _plans(value, at),
        "min_amount_minor": whole(1),
        "max_amount_minor": whole(1),
        "min_term_months": whole(1, MONTHS_MAX),
        "max_term_months": whole(1, MONTHS_MAX),
        "term_rule": maybe(one_of(*TERM_PRODUCTS)),
        "min_down_payment_bps": whole(0, 10_000),
        "ltv_rule": maybe(one_of(*CARS)),
        "ltv_cap_bps": maybe(_BPS),
        "max_vehicle_age_years": maybe(whole(0, 100)),
        "day_count": one_of(*DayCount),
        "rounding": shape(
            {
                "mode": one_of(*Rounding),
                "residue": one_of("last", "spread"),
                "instalment_multiple_minor": whole(1, 10**6),
            }
        ),
        "fees": each(_FEE),
        "contingent_fees": each(_CONTINGENT_FEE),
        "early_settlement": shape(
            {
                "pct": percent,
                "free_after_paid": maybe(whole(0, MONTHS_MAX)),
                "waivers": each(code),
            }
        ),
        "add_ons": each(code),
        "required_add_ons": each(code),
    }
)
_PRICE_RULES: Final[dict[str, Check]] = {
    "fixed": shape({"rule": one_of("fixed"), "amount_minor": whole(1)}),
    "range": shape({"rule": one_of("range"), "min_minor": whole(1), "max_minor": whole(1)}),
    "share": shape(
        {
            "rule": one_of("share"),
            "pct": percent,
            "vat_pct": percent,
            "relief_bps": whole(0, 10_000),
            "relief_max_minor": whole(),
        }
    ),
}
_ADD_ON = shape(
    {
        "kind": one_of("insurance", "warranty", "tax", "device", "service"),
        "payee": code,
        "price": lambda value, at: _price(value, at),
        "financed_allowed": flag,
        "on_cancel": one_of("pro_rata", "none"),
    }
)
_ADD_ON_FINANCE = shape(
    {
        "cap_bps": whole(0, 10_000),
        "above_minor": whole(),
        "cap_above_bps": whole(0, 10_000),
    }
)


def value_problems(name: str, value: Any, names: frozenset[str]) -> Iterator[str]:
    """What is wrong with one value of a profile, if it is a product's or an add-on's.

    `names` are all names of the profile; null as a value = not in force then.
    """
    if value is None:
        return
    if name.startswith(PRODUCTS):
        yield from _product_problems(name, value, names)
    elif name.startswith(ADD_ONS):
        yield from _ADD_ON(value, name)
    elif name == ADD_ON_FINANCE:
        yield from _ADD_ON_FINANCE(value, name)


def _product_problems(name: str, value: Any, names: frozenset[str]) -> Iterator[str]:
    found = list(_PRODUCT(value, name))
    yield from found
    if found:
        return
    for least, most in (
        ("min_amount_minor", "max_amount_minor"),
        ("min_term_months", "max_term_months"),
    ):
        if value[least] > value[most]:
            yield f"{name}.{least}: above {most}"
    if not value["plans"]:
        yield f"{name}.plans: at least one"
    if ("lease" in value["plans"]) != (value["kind"] == "finance_lease"):
        yield f"{name}.plans: the plan 'lease' is what a finance_lease has, and nothing else"
    for index, fee in enumerate([*value["fees"], *value["contingent_fees"]]):
        if (fee["pct"] is None) == (fee["amount_minor"] is None):
            yield f"{name}: fee {index} ({fee['code']}) needs either pct or amount_minor"
        elif (fee["pct"] is None) != (fee["base"] is None):
            yield f"{name}: fee {index} ({fee['code']}) needs a base for its pct, and only for it"
    for add_on in value["add_ons"]:
        if ADD_ONS + add_on not in names:
            yield f"{name}.add_ons: {add_on} is no add-on of this market"
    for add_on in value["required_add_ons"]:
        if add_on not in value["add_ons"]:
            yield f"{name}.required_add_ons: {add_on} is not among its add_ons"


def _plans(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: an object of plans"
        return
    for plan, limits in value.items():
        if plan not in PLAN_FIELDS:
            yield f"{at}.{plan}: none of {', '.join(PLAN_FIELDS)}"
            continue
        allowed = _FOR_ALL_PLANS | PLAN_FIELDS[plan]
        fields = {name: check for name, check in _PLAN_CHECKS.items() if name in allowed}
        yield from shape(fields, optional=_FOR_ALL_PLANS)(limits, f"{at}.{plan}")


def _price(value: Any, at: str) -> Iterator[str]:
    rule = value.get("rule") if isinstance(value, dict) else None
    if rule not in _PRICE_RULES:
        yield f"{at}.rule: one of {', '.join(_PRICE_RULES)}"
        return
    yield from _PRICE_RULES[rule](value, at)
    if rule == "range" and value.get("min_minor", 0) > value.get("max_minor", 0):
        yield f"{at}.min_minor: above max_minor"


def products_of(chosen: Mapping[str, Any], rules: PolicyRules) -> dict[str, Product]:
    """The products in force, by id. `chosen` are a profile's values of one day.

    Raises:
        KeyError, TypeError, ValueError: a value is malformed, or a product's add-on or required
            limit is not in force with it.
    """
    add_ons = {
        name.removeprefix(ADD_ONS): _add_on(name.removeprefix(ADD_ONS), value)
        for name, value in chosen.items()
        if name.startswith(ADD_ONS) and value is not None
    }
    return {
        name.removeprefix(PRODUCTS): _product(name.removeprefix(PRODUCTS), value, rules, add_ons)
        for name, value in chosen.items()
        if name.startswith(PRODUCTS) and value is not None
    }


def add_on_finance_of(chosen: Mapping[str, Any]) -> AddOnFinance | None:
    """The market's limit on financed add-ons, None where there is none."""
    value = chosen[ADD_ON_FINANCE]
    return None if value is None else AddOnFinance(**value)


def _product(
    product_id: str, value: Mapping[str, Any], rules: PolicyRules, add_ons: Mapping[str, AddOn]
) -> Product:
    term_rule, ltv_rule = value["term_rule"], value["ltv_rule"]
    longest = None if term_rule is None else rules.max_term_months[term_rule]
    highest = None if ltv_rule is None else rules.ltv_cap_bps[ltv_rule]
    rounding = value["rounding"]
    offered = [code for code in value["add_ons"] if code in add_ons]
    if missing := set(value["required_add_ons"]) - set(offered):
        raise ValueError(f"{product_id}: {', '.join(sorted(missing))} is required, not in force")
    return Product(
        product_id=product_id,
        kind=value["kind"],
        vehicle_condition=value["vehicle_condition"],
        vehicle_power=value["vehicle_power"],
        plans={plan: _option(plan, limits) for plan, limits in value["plans"].items()},
        min_amount_minor=value["min_amount_minor"],
        max_amount_minor=value["max_amount_minor"],
        min_term_months=value["min_term_months"],
        max_term_months=_stricter(value["max_term_months"], longest),
        term_rule=term_rule,
        min_down_payment_bps=value["min_down_payment_bps"],
        ltv_cap_bps=_stricter_or_none(value["ltv_cap_bps"], highest),
        ltv_rule=ltv_rule,
        max_vehicle_age_years=value["max_vehicle_age_years"],
        day_count=DayCount(value["day_count"]),
        rounding=RoundingRules(
            mode=Rounding(rounding["mode"]),
            residue=rounding["residue"],
            instalment_multiple_minor=rounding["instalment_multiple_minor"],
        ),
        fees=tuple(_fee(fee) for fee in value["fees"]),
        contingent_fees=tuple(_contingent_fee(fee) for fee in value["contingent_fees"]),
        early_settlement=_early_settlement(value["early_settlement"]),
        add_ons={code: add_ons[code] for code in offered},
        required_add_ons=tuple(value["required_add_ons"]),
    )


def _stricter(own: int, rule: int | None) -> int:
    return own if rule is None else min(own, rule)


def _stricter_or_none(own: int | None, rule: int | None) -> int | None:
    return rule if own is None else _stricter(own, rule)


def _option(plan: str, limits: Mapping[str, Any]) -> PlanOption:
    ratio = limits.get("step_ratio_max")
    given = {name: limit for name, limit in limits.items() if name != "step_ratio_max"}
    if ratio is not None:
        given["step_ratio_max"] = Fraction(ratio)
    return PlanOption(PlanKind(plan), **given)


def _pct(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _fee(value: Mapping[str, Any]) -> FeeRule:
    return FeeRule(**{**value, "pct": _pct(value["pct"])})


def _contingent_fee(value: Mapping[str, Any]) -> ContingentFee:
    return ContingentFee(**{**value, "pct": _pct(value["pct"])})


def _early_settlement(value: Mapping[str, Any]) -> EarlySettlement:
    return EarlySettlement(
        Fraction(value["pct"]), value["free_after_paid"], tuple(value["waivers"])
    )


def _add_on(code: str, value: Mapping[str, Any]) -> AddOn:
    price = value["price"]
    given = {name: price[name] for name in price if name not in {"rule", "pct", "vat_pct"}}
    for name in ("pct", "vat_pct"):
        if name in price:
            given[name] = Fraction(price[name])
    return AddOn(
        code=code,
        kind=value["kind"],
        payee=value["payee"],
        price=PriceRule(kind=price["rule"], **given),
        financed_allowed=value["financed_allowed"],
        on_cancel=value["on_cancel"],
    )
