"""Past-tense facts for the outbox, with ids that a repeat reproduces. Tokens only, no person."""

from datetime import datetime

from lending.domain.records import Application, DomainEvent, Loan, Reminder

APPLICATION_KINDS = frozenset(
    {
        "ApplicationSubmitted",
        "ApplicationApproved",
        "ApplicationDeclined",
        "ApplicationReferred",
        "OfferAccepted",
        "ContractSigned",
        "DisbursementRequested",
        "DisbursementFailed",
        "ApplicationExpired",
        "ApplicationWithdrawn",
    }
)


def application_event(
    kind: str, application: Application, at: datetime, **data: object
) -> DomainEvent:
    """A fact about an application; its sequence is the version that the fact made.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in APPLICATION_KINDS:
        raise ValueError(f"no such event: {kind}")
    return DomainEvent(
        event_id=f"{application.application_id}-{kind}-{application.version}",
        kind=kind,
        entity_id=application.application_id,
        occurred_at=at,
        data={
            "application_id": application.application_id,
            "customer_id": application.customer_id,
            "market": application.request.market,
            **data,
        },
    )


def loan_funded(loan: Loan, at: datetime) -> DomainEvent:
    """A loan was paid out and opened."""
    return DomainEvent(
        event_id=f"{loan.loan_id}-LoanFunded-{loan.version}",
        kind="LoanFunded",
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "application_id": loan.application_id,
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "principal_minor": loan.principal_minor,
            "currency": loan.currency,
        },
    )


def instalment_reminder_due(loan: Loan, reminder: Reminder, at: datetime) -> DomainEvent:
    """An instalment comes due; unique by loan, kind and due date."""
    return DomainEvent(
        event_id=f"{loan.loan_id}-InstalmentReminderDue-{reminder.kind}-{reminder.due_on}",
        kind="InstalmentReminderDue",
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "kind": reminder.kind,
            "due_on": reminder.due_on.isoformat(),
            "amount_minor": reminder.amount_minor,
            "currency": reminder.currency,
        },
    )
