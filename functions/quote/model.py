"""Wire shapes of quotes: one plan, or up to four side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

from lending.domain.agreed import Agreed, PlanName
from lending.domain.disclosure.cost_sheet import CostSheet
from lending.domain.offer import regular_instalment_minor
from lending.domain.pricing import PLANS_MAX, Asked, Compared, compare
from lending.domain.pricing.agreement import agreed, rate_text
from lending.domain.pricing.sheet import sheet
from lending.domain.problem import Problem
from lending.entrypoint import shown
from lending.entrypoint.shapes import AddOnBodies, Code, Minor, MinorPositive, Months, PlanBody
from lending.usecases.price_quote import PlanAsked, Quoted
from pydantic import Field

PARAMETERS = frozenset(PlanBody.model_fields)


class PlanOfSeveral(PlanBody):
    """One plan of a comparison; what it does not say is as the body says."""

    plan: PlanName
    product_id: Code | None = None
    amount_minor: MinorPositive | None = None
    term_months: Months | None = None
    add_ons: AddOnBodies | None = None


class QuoteBody(PlanBody):
    """What a price is asked for: amounts in minor units, term in months.

    Either `plan` with its parameters, or `plans`.
    """

    market: Annotated[str, Field(max_length=8)]
    product_id: Code
    amount_minor: MinorPositive
    term_months: Months
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    plan: PlanName | None = None
    plans: Annotated[list[PlanOfSeveral], Field(min_length=1, max_length=PLANS_MAX)] | None = None
    vehicle_price_minor: MinorPositive | None = None
    down_payment_minor: Minor | None = None
    first_due_on: date | None = None
    add_ons: AddOnBodies = Field(default_factory=list)

    def contradictions(self) -> tuple[Problem, ...]:
        """What cannot be said together."""
        if self.plans is None:
            return () if self.plan else (Problem("/plan", "missing: either plan or plans"),)
        found = [Problem("/plans", "either plan or plans")] if self.plan else []
        blank = PlanBody()
        found += [
            Problem(f"/{name}", "belongs to one of the plans")
            for name in sorted(PARAMETERS)
            if getattr(self, name) != getattr(blank, name)
        ]
        return tuple(found)

    def asked(self) -> tuple[PlanAsked, ...]:
        """The plans, each with the shared fields."""
        if self.plans is None:
            return (PlanAsked(self._asked(self, self.plan or "")),)
        return tuple(
            PlanAsked(
                self._asked(one, one.plan),
                f"/plans/{index}",
                PARAMETERS | one.model_fields_set | {"plan"},
            )
            for index, one in enumerate(self.plans)
        )

    def _asked(self, one: "QuoteBody | PlanOfSeveral", plan: str) -> Asked:
        add_ons = self.add_ons if one.add_ons is None else one.add_ons
        return Asked(
            product_id=one.product_id or self.product_id,
            amount_minor=one.amount_minor or self.amount_minor,
            term_months=one.term_months or self.term_months,
            plan=plan,
            currency=self.currency,
            parameters=one.parameters(),
            add_ons=tuple(add_on.choice() for add_on in add_ons),
            price_minor=self.vehicle_price_minor,
            down_payment_minor=self.down_payment_minor,
            first_due_on=self.first_due_on,
        )


def reply(body: QuoteBody, quoted: Sequence[Quoted]) -> Mapping[str, object]:
    """The plan that was asked for, or all of several with what differs."""
    if body.plans is None:
        return quote(quoted[0])
    compared = compare([one.priced for one in quoted])
    return {
        "market": body.market,
        "currency": body.currency,
        "is_indicative": True,
        "plans": [quote(one) for one in quoted],
        "comparison": [_compared(index, one) for index, one in enumerate(compared)],
    }


def quote(quoted: Quoted) -> dict[str, object]:
    """One price with its plan and every cost; the rate is indicative until the risk is known."""
    priced, profile = quoted.priced, quoted.profile
    rest, totals = agreed(priced, quoted.product, profile.rate_basis), priced.schedule.totals
    rates = priced.all_in.rates
    return {
        "market": profile.market,
        "product_id": quoted.product.product_id,
        "currency": profile.currency,
        "amount_minor": priced.asked.amount_minor,
        "principal_minor": priced.principal_minor,
        "payout_minor": priced.payout_minor,
        "term_months": priced.asked.term_months,
        "plan": priced.asked.plan,
        "parameters": shown.parameters(priced.asked.parameters),
        "annual_rate_bps": priced.annual_rate_bps,
        "is_indicative": True,
        "apr_bps": priced.all_in.nominal_bps,
        "rates": {
            "nominal_pct": rate_text(rates.nominal_pct),
            "effective_pct": rate_text(rates.effective_pct),
        },
        "apr_cap_bps": profile.apr_cap_bps,
        "instalment_minor": regular_instalment_minor(priced),
        "first_instalment_minor": rest.first_instalment_minor,
        "last_instalment_minor": rest.last_instalment_minor,
        "highest_instalment_minor": rest.highest_instalment_minor,
        "total_interest_minor": totals.interest_minor,
        "total_fees_minor": priced.total_fees_minor,
        "total_cost_minor": priced.total_cost_minor,
        "total_paid_minor": rest.total_paid_minor,
        "upfront_minor": priced.upfront_minor,
        "deposit_minor": priced.deposit_minor,
        "fees": [shown.fee(one) for one in rest.fees],
        "contingent_fees": [shown.contingent_fee(one) for one in rest.contingent_fees],
        "early_settlement": asdict(rest.early_settlement),
        "add_ons": [shown.add_on(one) for one in rest.add_ons],
        "cost_sheet": shown.cost_sheet(_sheet(quoted, rest)),
        "plan_rows": [shown.instalment(row) for row in priced.instalments],
    }


def _sheet(quoted: Quoted, rest: Agreed) -> CostSheet:
    priced, profile = quoted.priced, quoted.profile
    return sheet(
        priced.schedule,
        rest,
        profile.currency,
        priced.annual_rate_bps,
        profile.apr_cap_bps,
        priced.asked.first_due_on,
    )


def _compared(index: int, one: Compared) -> dict[str, object]:
    """One plan's figures, and each less the first plan's."""
    return {
        "index": index,
        "rank": one.rank,
        **asdict(one.figures),
        "difference": asdict(one.difference),
    }
