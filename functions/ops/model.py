"""Wire shapes of the operations desk. Staff see tokens here, never personal data."""

from typing import Annotated, Literal

from lending.domain.records import Application, Release
from lending.entrypoint.http import WireModel
from lending.usecases.review_application import Verdict
from pydantic import Field


class ReviewBody(WireModel):
    """An underwriter's decision."""

    outcome: Literal["APPROVED", "DECLINED"]
    reasons: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=10)]
    note: Annotated[str, Field(max_length=2000)] = ""

    def verdict(self) -> Verdict:
        """The body as the use case takes it."""
        return Verdict(self.outcome, tuple(self.reasons), self.note)


class ReleaseBody(WireModel):
    """A second person's word on a held payout."""

    approved: bool


class PayeeBody(WireModel):
    """Who is to be paid instead, as their bank knows them."""

    name: Annotated[str, Field(min_length=1, max_length=140)]
    account_no: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{4,34}$")]


def release(found: Release) -> dict[str, object]:
    """Whether it may be paid out; payees by their token only."""
    return {
        "application_id": found.application_id,
        "holds": list(found.holds),
        "payee_id": found.payee_id,
        "payee_check": found.payee_check or None,
        "wanted_payee_id": found.wanted_payee_id or None,
        "pays_from": found.pays_from.isoformat() if found.pays_from else None,
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
