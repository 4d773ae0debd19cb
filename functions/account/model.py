"""What customers see of their own, as JSON. Personal fields are masked."""

from dataclasses import asdict
from datetime import date

from lending.domain.ledger.statement import Statement
from lending.domain.pricing.sheet import sheet_of
from lending.domain.records import Contract, Loan, Offer, Request, State, Transition
from lending.domain.servicing.account import Quote
from lending.entrypoint import shown
from lending.ports.vault import Consent
from lending.usecases.view_application import ApplicationView

MASKED_FIELDS = ("full_name", "id_type", "id_no", "mobile", "email", "locale")


def application(view: ApplicationView) -> dict[str, object]:
    """One application with decision, offers and contract."""
    one = view.application
    return {
        "application_id": one.application_id,
        "state": _shown(one.state),
        "version": one.version,
        "submitted_at": one.submitted_at.isoformat(),
        "updated_at": one.updated_at.isoformat(),
        "deadline_at": one.deadline_at.isoformat() if one.deadline_at else None,
        "request": _request(one.request),
        "decision": _decision(view),
        "offers": [offer(each) for each in view.offers],
        "accepted_offer_id": one.accepted_offer_id,
        "contract": _contract(view.contract) if view.contract else None,
        "loan_id": one.loan_id,
        "customer": masked(view.customer),
    }


def masked(customer: dict[str, str]) -> dict[str, str]:
    """The recognisable part of a person; amounts and accounts stay out."""
    return {name: customer[name] for name in MASKED_FIELDS if name in customer}


def _request(request: Request) -> dict[str, object]:
    vehicle = request.vehicle
    return {
        "market": request.market,
        "product_id": request.product_id,
        "channel": request.channel,
        "currency": request.currency,
        "amount_minor": request.amount_minor,
        "term_months": request.term_months,
        "plan": request.plan,
        "parameters": shown.parameters(request.parameters),
        "add_ons": [asdict(choice) for choice in request.add_ons],
        "purpose": request.purpose,
        "down_payment_minor": request.down_payment_minor,
        "vehicle": None
        if vehicle is None
        else {
            "vin": vehicle.vin,
            "condition": vehicle.condition,
            "power": vehicle.power,
            "price_minor": vehicle.price_minor,
            "model_year": vehicle.model_year,
            "odometer_km": vehicle.odometer_km,
        },
    }


def _decision(view: ApplicationView) -> dict[str, object] | None:
    record = view.decision
    if record is None:
        return None
    scored = record.scored
    return {
        "decision_id": record.decision_id,
        "outcome": record.outcome,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in view.reasons],
        "pd_ppm": scored.pd_ppm if scored else None,
        "score": scored.score if scored else None,
        "model": scored.model if scored else None,
        "rules_version": record.profile_version,
        "decided_by": record.decided_by.kind,
        "decided_at": record.decided_at.isoformat(),
        **_basis(view),
    }


def _basis(view: ApplicationView) -> dict[str, object]:
    """How the offers differ; and to somebody declined: what would be approved, and their rights."""
    record = view.decision
    basis = record.basis if record else None
    if basis is None:
        return {"alternatives": [], "counter_offers": [], "notice": None, "review_request": None}
    notice, review = basis.notice, view.review
    return {
        "alternatives": [asdict(one) for one in basis.alternatives],
        "counter_offers": [
            {**_without_risk(asdict(one)), "changes": list(one.changes)}
            for one in basis.counter_offers
        ],
        "notice": None
        if notice is None
        else {
            "rights": [{"code": right.code, "text": right.text} for right in view.rights],
            "send_by": notice.send_by,
            "review_until": notice.review_until,
            "answer_within_hours": notice.answer_within_hours,
        },
        "review_request": None
        if review is None or review.requested_at is None
        else {
            "status": "OPEN" if review.is_waiting else review.status,
            "grounds": list(review.grounds),
            "requested_at": review.requested_at.isoformat(),
            "answer_by": review.answer_by.isoformat() if review.answer_by else None,
        },
    }


def _without_risk(counter_offer: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in counter_offer.items() if name != "pd_ppm"}


def offer(one: Offer) -> dict[str, object]:
    """One offer with everything that the cost sheet says."""
    return {
        "offer_id": one.offer_id,
        "currency": one.currency,
        "principal_minor": one.principal_minor,
        "term_months": one.term_months,
        "annual_rate_bps": one.annual_rate_bps,
        "apr_bps": one.apr_bps,
        "instalment_minor": one.instalment_minor,
        "total_interest_minor": one.total_interest_minor,
        "total_fees_minor": one.total_fees_minor,
        "plan": one.plan,
        "expires_at": one.expires_at.isoformat(),
        "terms_sha256": one.terms_sha256,
        **_agreed(one),
    }


def _agreed(one: Offer) -> dict[str, object]:
    """The rest of the terms; an offer from before there were any has none."""
    rest, sheet = one.agreed, sheet_of(one)
    if rest is None:
        return {}
    return {
        "amount_minor": rest.amount_minor,
        "payout_minor": rest.payout_minor,
        "parameters": shown.parameters(rest.parameters),
        "first_instalment_minor": rest.first_instalment_minor,
        "last_instalment_minor": rest.last_instalment_minor,
        "highest_instalment_minor": rest.highest_instalment_minor,
        "total_paid_minor": rest.total_paid_minor,
        "effective_pct": rest.effective_pct,
        "fees": [shown.fee(fee) for fee in rest.fees],
        "contingent_fees": [shown.contingent_fee(fee) for fee in rest.contingent_fees],
        "early_settlement": asdict(rest.early_settlement),
        "add_ons": [shown.add_on(add_on) for add_on in rest.add_ons],
        "cost_sheet": None if sheet is None else shown.cost_sheet(sheet),
    }


def _contract(one: Contract) -> dict[str, object]:
    return {
        "contract_id": one.contract_id,
        "offer_id": one.offer_id,
        "status": one.status,
        "document_sha256": one.document_sha256,
        "terms_sha256": one.terms_sha256,
        "signed_at": one.signed_at.isoformat() if one.signed_at else None,
    }


def transition(one: Transition) -> dict[str, object]:
    """One move; staff are shown by their role only."""
    about_fraud = State.FRAUD_REVIEW in {one.from_state, one.to_state}
    is_suspicion = one.to_state == State.FRAUD_REVIEW
    return {
        "seq": one.seq,
        "from": _shown(one.from_state) if one.from_state else None,
        "to": _shown(one.to_state),
        "trigger": "review" if about_fraud else one.trigger,
        "by": one.actor.kind,
        "at": one.at.isoformat(),
        "reason_codes": [] if is_suspicion else list(one.reason_codes),
    }


def _shown(state: State) -> str:
    """A suspicion is not told before somebody looked at it: a person reviews the application."""
    return (State.MANUAL_REVIEW if state == State.FRAUD_REVIEW else state).value


def _delinquency(one: Loan, today: date) -> dict[str, object] | None:
    """How late the loan is, as the daily sweep last found; None = it is not."""
    if one.bucket is None or one.next_due_on is None:
        return None
    since = one.next_due_on
    return {
        "bucket": one.bucket,
        "unpaid_since": since.isoformat(),
        "past_due_days": max(0, (today - since).days),
    }


def loan(one: Loan, today: date) -> dict[str, object]:
    """A loan with its plan; `today` is the market's."""
    return {
        "loan_id": one.loan_id,
        "application_id": one.application_id,
        "status": one.status,
        "currency": one.currency,
        "principal_minor": one.principal_minor,
        "annual_rate_bps": one.annual_rate_bps,
        "term_months": one.term_months,
        "instalment_minor": one.instalment_minor,
        "plan": one.plan_name,
        "opened_on": one.opened_on.isoformat(),
        "next_due_on": one.next_due_on.isoformat() if one.next_due_on else None,
        "delinquency": _delinquency(one, today),
        "is_debited": one.mandate_id is not None,
        "plan_rows": [shown.instalment(row) for row in one.plan],
    }


def statement(one: Statement) -> dict[str, object]:
    """A loan's statement; amounts raise what is owed, or what we hold for the customer."""
    return {
        "opening_owed_minor": one.opening_owed_minor,
        "opening_suspense_minor": one.opening_suspense_minor,
        "rows": [
            {**asdict(row), "value_on": row.value_on.isoformat(), "kind": row.kind.value}
            for row in one.rows
        ],
        "closing_owed_minor": one.closing_owed_minor,
        "closing_suspense_minor": one.closing_suspense_minor,
    }


def quote(loan: Loan, one: Quote) -> dict[str, object]:
    """What closes a loan on a day, and how to pay it."""
    return {
        "loan_id": loan.loan_id,
        "on": one.on.isoformat(),
        "currency": loan.currency,
        "principal_minor": one.owed.principal_minor,
        "interest_minor": one.owed.interest_minor,
        "fee_minor": one.owed.fee_minor,
        "penalty_minor": one.owed.penalty_minor,
        "early_fee_minor": one.early_fee_minor,
        "suspense_minor": one.suspense_minor,
        "total_minor": one.total_minor,
        "payment_reference": loan.loan_id,
    }


def consent(one: Consent) -> dict[str, object]:
    """One recorded consent."""
    return {
        "consent_id": one.consent_id,
        "purpose": one.purpose,
        "version": one.version,
        "given_at": one.given_at.isoformat(),
    }
