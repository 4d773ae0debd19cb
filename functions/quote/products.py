"""What a market lends, as JSON: plans with their limits, fees by payee, add-ons."""

from dataclasses import asdict
from fractions import Fraction

from lending.domain.products import (
    AddOn,
    AddOnFinance,
    ContingentFee,
    FeeRule,
    PlanOption,
    PriceRule,
    Product,
    pct_text,
)
from lending.domain.profile import MarketProfile


def product(profile: MarketProfile, offered: Product) -> dict[str, object]:
    """One product with its limits and costs."""
    early, rounding = offered.early_settlement, offered.rounding
    return {
        "market": profile.market,
        "product_id": offered.product_id,
        "kind": offered.kind,
        "currency": profile.currency,
        "plans": list(offered.plans),
        "plan_options": [_option(offered, plan) for plan in offered.plans],
        "min_amount_minor": offered.min_amount_minor,
        "max_amount_minor": offered.max_amount_minor,
        "min_term_months": offered.min_term_months,
        "max_term_months": offered.max_term_months,
        "min_down_payment_bps": offered.min_down_payment_bps,
        "ltv_cap_bps": offered.ltv_cap_bps,
        "vehicle_condition": offered.vehicle_condition,
        "vehicle_power": offered.vehicle_power,
        "max_vehicle_age_years": offered.max_vehicle_age_years,
        "day_count": offered.day_count.value,
        "rounding": {
            "mode": rounding.mode.value,
            "residue": rounding.residue,
            "instalment_multiple_minor": rounding.instalment_multiple_minor,
        },
        "fees": [_fee(fee) for fee in offered.fees],
        "contingent_fees": [_fee(fee) for fee in offered.contingent_fees],
        "early_settlement": {
            "pct": pct_text(early.pct),
            "free_after_paid": early.free_after_paid,
            "waivers": list(early.waivers),
        },
        "add_ons": [_add_on(offered, add_on) for add_on in offered.add_ons.values()],
        "add_on_finance": _add_on_finance(profile.add_on_finance),
        "apr_cap_bps": profile.apr_cap_bps,
        "consents_required": list(profile.consents_required),
        "rules_version": profile.version,
    }


def _option(offered: Product, plan: str) -> dict[str, object]:
    """A plan with the limits that it has; what it leaves at its default does not apply."""
    option = offered.plans[plan]
    default = asdict(PlanOption(option.kind))
    limits = {
        name: _told(value)
        for name, value in asdict(option).items()
        if name != "max_term_months" and value != default[name]
    }
    return {"plan": plan, "max_term_months": offered.max_months(plan), **limits}


def _told(value: object) -> object:
    return pct_text(value) if isinstance(value, Fraction) else value


def _fee(fee: FeeRule | ContingentFee) -> dict[str, object]:
    return {name: _told(value) for name, value in asdict(fee).items()}


def _add_on(offered: Product, add_on: AddOn) -> dict[str, object]:
    return {
        "code": add_on.code,
        "kind": add_on.kind,
        "payee": add_on.payee,
        "price": _price(add_on.price),
        "financed_allowed": add_on.financed_allowed,
        "on_cancel": add_on.on_cancel,
        "is_required": offered.is_tied(add_on.code),
    }


def _price(rule: PriceRule) -> dict[str, object]:
    """How the price is found, with what that needs."""
    match rule.kind:
        case "fixed":
            return {"rule": "fixed", "amount_minor": rule.amount_minor}
        case "range":
            return {"rule": "range", "min_minor": rule.min_minor, "max_minor": rule.max_minor}
        case "share":
            return {
                "rule": "share",
                "base": "vehicle_price",
                "pct": pct_text(rule.pct),
                "vat_pct": pct_text(rule.vat_pct),
                "relief_bps": rule.relief_bps,
                "relief_max_minor": rule.relief_max_minor,
            }


def _add_on_finance(limit: AddOnFinance | None) -> dict[str, object] | None:
    return None if limit is None else asdict(limit)
