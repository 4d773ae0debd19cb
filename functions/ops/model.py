"""Wire shapes of the operations desk. Staff see tokens here, never personal data."""

from typing import Annotated, Literal

from lending.domain.amending import Amendment
from lending.domain.records import Application, DecisionRecord, Release
from lending.domain.review import ReviewCase, broken_rules
from lending.entrypoint.http import WireModel
from lending.entrypoint.shapes import Months
from lending.entrypoint.shown import amendment as shown
from lending.usecases.amend_loan import Ruling, Wanted
from lending.usecases.review_application import Verdict
from pydantic import Field


class ReviewBody(WireModel):
    """An underwriter's decision."""

    outcome: Literal["APPROVED", "DECLINED"]
    reasons: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=10)]
    note: Annotated[str, Field(max_length=2000)] = ""
    override_code: Annotated[str, Field(max_length=64)] = ""

    def verdict(self) -> Verdict:
        """The body as the use case takes it."""
        return Verdict(self.outcome, tuple(self.reasons), self.note, self.override_code)


class ConfirmBody(WireModel):
    """A second person's word on an override."""

    approved: bool


class CountersignBody(WireModel):
    """The lender's signature under exactly this document."""

    document_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ExtensionBody(WireModel):
    """So many more months, for a reason of the market's list."""

    months: Months
    reason: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]

    def wanted(self) -> Wanted:
        """The body as the use case takes it."""
        return Wanted(self.months, self.reason)


class AmendmentDecisionBody(WireModel):
    """A person's word on an amendment that somebody else proposed."""

    approved: bool
    note: Annotated[str, Field(max_length=2000)] = ""

    def ruling(self) -> Ruling:
        """The body as the use case takes it."""
        return Ruling(self.approved, self.note)


class ReleaseBody(WireModel):
    """A second person's word on a held payout."""

    approved: bool


class PayeeBody(WireModel):
    """Who is to be paid instead, as their bank knows them."""

    name: Annotated[str, Field(min_length=1, max_length=140)]
    account_no: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{4,34}$")]


class TranchesBody(WireModel):
    """What the first payout leaves for later tranches; 0 = it pays all."""

    held_back_minor: Annotated[int, Field(ge=0, le=10**15)]


def release(found: Release) -> dict[str, object]:
    """Whether it may be paid out; payees by their token only."""
    return {
        "application_id": found.application_id,
        "holds": list(found.holds),
        "payee_id": found.payee_id,
        "payee_check": found.payee_check or None,
        "wanted_payee_id": found.wanted_payee_id or None,
        "pays_from": found.pays_from.isoformat() if found.pays_from else None,
        "held_back_minor": found.held_back_minor,
    }


def amendment(one: Amendment) -> dict[str, object]:
    """An amendment with who asked for it and who decided."""
    return {
        **shown(one),
        "proposed_by": {"kind": one.proposed_by.kind, "id": one.proposed_by.id},
        "decided_by": one.decided_by or None,
        "note": one.note,
    }


def moved(application: Application) -> dict[str, object]:
    """The application's new state."""
    return {"application_id": application.application_id, "state": application.state.value}


def row(application: Application) -> dict[str, object]:
    """One line of a work list."""
    request = application.request
    deadline_at = application.deadline_at
    return {
        "application_id": application.application_id,
        "customer_id": application.customer_id,
        "state": application.state.value,
        "version": application.version,
        "market": request.market,
        "product_id": request.product_id,
        "currency": request.currency,
        "amount_minor": request.amount_minor,
        "term_months": request.term_months,
        "submitted_at": application.submitted_at.isoformat(),
        "deadline_at": deadline_at.isoformat() if deadline_at else None,
    }


def review_case(case: ReviewCase) -> dict[str, object]:
    """What waits, or waited, for a person."""
    return {
        "application_id": case.application_id,
        "status": case.status,
        "grounds": list(case.grounds),
        "requested_at": case.requested_at.isoformat() if case.requested_at else None,
        "answer_by": case.answer_by.isoformat() if case.answer_by else None,
        "override_code": case.code or None,
        "note": case.note,
        "proposed_by": case.proposed_by or None,
    }


def overridden(record: DecisionRecord) -> dict[str, object]:
    """One line of the log of overrides."""
    override = record.basis.override if record.basis else None
    return {
        "decision_id": record.decision_id,
        "application_id": record.application_id,
        "outcome": record.outcome,
        "code": override.code if override else None,
        "note": record.note,
        "proposed_by": override.proposed_by if override else None,
        "confirmed_by": override.confirmed_by if override else None,
        "against": list(broken_rules(record)),
        "pd_ppm": record.scored.pd_ppm if record.scored else None,
        "decided_at": record.decided_at.isoformat(),
    }
