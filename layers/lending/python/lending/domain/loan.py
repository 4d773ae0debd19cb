"""Opening a loan and the reminders its instalments want."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from lending.domain.faults import Permanent
from lending.domain.money import Rounding
from lending.domain.pricing import instalments_of
from lending.domain.pricing.agreement import schedule_of
from lending.domain.records import Application, Loan, Offer, Reminder

ReminderKind = Literal["T-7", "T-3", "T-1", "T0"]
KINDS: dict[int, ReminderKind] = {7: "T-7", 3: "T-3", 1: "T-1", 0: "T0"}


def open_loan(
    application: Application,
    offer: Offer,
    disbursement_reference: str,
    loan_id: str,
    opened_on: date,
    rounding: Rounding,
) -> Loan:
    """The loan account of a paid-out offer, version 1, with its plan of the offer's own terms.

    `rounding` is for offers that do not carry their own.

    Raises:
        Permanent: the offer is another application's or not the accepted one.
    """
    if (offer.application_id, offer.offer_id) != (
        application.application_id,
        application.accepted_offer_id,
    ):
        raise Permanent(f"{application.application_id}: {offer.offer_id} was not accepted")
    schedule = schedule_of(offer, opened_on, rounding)
    plan = instalments_of(schedule)
    return Loan(
        loan_id=loan_id,
        application_id=application.application_id,
        owner=application.owner,
        customer_id=application.customer_id,
        market=application.request.market,
        currency=offer.currency,
        principal_minor=offer.principal_minor,
        annual_rate_bps=offer.annual_rate_bps,
        term_months=offer.term_months,
        instalment_minor=schedule.instalment_minor or plan[0].total_minor,
        opened_on=opened_on,
        next_due_on=plan[0].due_on,
        status="ACTIVE_CURRENT",
        version=1,
        disbursement_reference=disbursement_reference,
        plan=plan,
        plan_name=offer.plan,
        mandate_id=application.request.mandate_id or None,
    )


def reminders_for(
    loan: Loan, business_date: date, days_before: Sequence[int]
) -> tuple[Reminder, ...]:
    """The one reminder wanted on a business date for each instalment near its due date.

    A missed sweep is caught up: the latest reminder whose day has come is chosen, so that
    nobody gets three at once; past the due date there is none (collections take over).
    """
    found: list[Reminder] = []
    for row in loan.plan:
        days_left = (row.due_on - business_date).days
        due = [days for days in days_before if days >= days_left]
        if days_left < 0 or not due:
            continue
        found.append(
            Reminder(
                loan_id=loan.loan_id,
                kind=KINDS[min(due)],
                due_on=row.due_on,
                business_date=business_date,
                amount_minor=row.total_minor,
                currency=loan.currency,
            )
        )
    return tuple(found)
