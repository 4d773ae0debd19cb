"""Wire shapes of quotes and products."""

from typing import Annotated, Literal

from lending.domain.offer import Quote
from lending.domain.products import Product
from lending.domain.profile import MarketProfile
from lending.domain.records import Instalment
from lending.entrypoint.http import WireModel
from pydantic import Field


class QuoteBody(WireModel):
    """What a price is asked for: amounts in minor units, term in months."""

    market: Annotated[str, Field(max_length=8)]
    product_id: Annotated[str, Field(max_length=64)]
    amount_minor: Annotated[int, Field(ge=1, le=10**13)]
    term_months: Annotated[int, Field(ge=1, le=600)]
    plan: Literal["equal_instalment"]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def instalment(row: Instalment) -> dict[str, object]:
    """One row of a plan."""
    return {
        "number": row.number,
        "due_on": row.due_on.isoformat(),
        "principal_minor": row.principal_minor,
        "interest_minor": row.interest_minor,
        "total_minor": row.total_minor,
        "balance_minor": row.balance_minor,
    }


def quote(body: QuoteBody, priced: Quote) -> dict[str, object]:
    """The price with its plan; the rate is indicative until the risk is known."""
    return {
        "market": body.market,
        "product_id": body.product_id,
        "currency": body.currency,
        "principal_minor": body.amount_minor,
        "term_months": body.term_months,
        "plan": body.plan,
        "annual_rate_bps": priced.annual_rate_bps,
        "is_indicative": True,
        "apr_bps": priced.apr_bps,
        "instalment_minor": priced.plan[0].total_minor,
        "total_interest_minor": priced.total_interest_minor,
        "plan_rows": [instalment(row) for row in priced.plan],
    }


def product(profile: MarketProfile, offered: Product) -> dict[str, object]:
    """One product with its limits."""
    return {
        "market": profile.market,
        "product_id": offered.product_id,
        "kind": offered.kind,
        "currency": profile.currency,
        "plans": list(offered.plans),
        "min_amount_minor": offered.min_amount_minor,
        "max_amount_minor": offered.max_amount_minor,
        "min_term_months": offered.min_term_months,
        "max_term_months": offered.max_term_months,
        "vehicle_condition": offered.vehicle_condition,
        "vehicle_power": offered.vehicle_power,
        "consents_required": list(profile.consents_required),
        "rules_version": profile.version,
    }
