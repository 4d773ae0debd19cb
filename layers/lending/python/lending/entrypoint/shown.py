"""What several functions show as JSON: plans, rows, fees, add-ons, cost sheets, amendments."""

from dataclasses import asdict

from lending.domain.agreed import AgreedAddOn, AgreedContingentFee, AgreedFee, PlanParameters
from lending.domain.amending import Amendment
from lending.domain.disclosure.cost_sheet import Contingency, CostSheet, Item
from lending.domain.pricing.agreement import rate_text
from lending.domain.products import pct_text
from lending.domain.records import Instalment


def parameters(given: PlanParameters) -> dict[str, object]:
    """The parameters that were given, under the names of the body."""
    told: dict[str, object] = {
        name: value
        for name in ("balloon_minor", "residual_minor", "advance_rents", "deposit_minor")
        if (value := getattr(given, name)) is not None
    }
    if given.steps:
        told["steps"] = [asdict(step) for step in given.steps]
    if given.grace_principal_periods:
        told["grace"] = {
            "principal_periods": given.grace_principal_periods,
            "interest_periods": given.grace_interest_periods,
        }
    return told


def instalment(row: Instalment) -> dict[str, object]:
    """One row of a plan."""
    return {
        "number": row.number,
        "kind": row.kind,
        "due_on": row.due_on.isoformat(),
        "principal_minor": row.principal_minor,
        "interest_minor": row.interest_minor,
        "fee_minor": row.fee_minor,
        "total_minor": row.total_minor,
        "balance_minor": row.balance_minor,
    }


def cost_sheet(sheet: CostSheet) -> dict[str, object]:
    """The all-in cost sheet: every cost with its payee, and the annual cost of all of them."""
    annual = sheet.annual_cost
    return {
        "currency": sheet.currency,
        "principal_minor": sheet.principal_minor,
        "received_minor": sheet.received_minor,
        "items": [_with_pct_as_text(item) for item in sheet.items],
        "contingencies": [_with_pct_as_text(one) for one in sheet.contingencies],
        "total_cost_minor": sheet.total_cost_minor,
        "total_paid_minor": sheet.total_paid_minor,
        "annual_cost": {"basis": annual.basis.value, "pct": rate_text(annual.pct)},
    }


def _with_pct_as_text(line: Item | Contingency) -> dict[str, object]:
    return {**asdict(line), "pct": None if line.pct is None else pct_text(line.pct)}


def fee(one: AgreedFee) -> dict[str, object]:
    """A fee with who charges it."""
    return asdict(one)


def contingent_fee(one: AgreedContingentFee) -> dict[str, object]:
    """What is charged only when something happens."""
    return asdict(one)


def add_on(one: AgreedAddOn) -> dict[str, object]:
    """An add-on at its price."""
    return asdict(one)


def amendment(one: Amendment) -> dict[str, object]:
    """An amendment of a loan: what it wants, where it is, and what came of its paper."""
    paper = one.paper
    return {
        "amendment_id": one.amendment_id,
        "loan_id": one.loan_id,
        "number": one.number,
        "kind": "extension",
        "months": one.months,
        "reason": one.reason,
        "status": one.status,
        "stale": one.stale or None,
        "proposed_at": one.proposed_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "ended_at": None if one.ended_at is None else one.ended_at.isoformat(),
        "effective_on": None if one.effective_on is None else one.effective_on.isoformat(),
        "last_due_on": None if one.ends_on is None else one.ends_on.isoformat(),
        "paper": None
        if paper is None
        else {
            "status": paper.status,
            "round": paper.round,
            "document_sha256": paper.document_sha256,
            "terms_sha256": paper.terms_sha256,
            "signed_at": None if paper.signed_at is None else paper.signed_at.isoformat(),
        },
    }
