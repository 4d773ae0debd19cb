"""Past-tense facts for the outbox, with ids that a repeat reproduces. Tokens only, no person."""

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from lending.domain.allocation import Component
from lending.domain.amending import Amendment
from lending.domain.auto_debit import Collection
from lending.domain.control import Waiting
from lending.domain.delinquency import Delinquency
from lending.domain.records import Application, DomainEvent, Loan, Reminder
from lending.domain.servicing.booking import Booking
from lending.domain.servicing.transactions import Transaction, TransactionKind

MONEY_IN = frozenset(
    {TransactionKind.PAYMENT, TransactionKind.SETTLEMENT, TransactionKind.RECOVERY}
)

# What every event about money on a loan says.
_OF_MONEY: Final = (
    "loan_id",
    "customer_id",
    "market",
    "transaction_id",
    "amount_minor",
    "currency",
    "value_on",
)

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
            "is_debited": loan.mandate_id is not None,
        },
    )


def delinquency_changed(loan: Loan, late: Delinquency, on: date, at: datetime) -> DomainEvent:
    """A loan came into another bucket, or is current again (no bucket)."""
    return DomainEvent(
        event_id=f"{loan.loan_id}-LoanDelinquencyChanged-{loan.version}",
        kind="LoanDelinquencyChanged",
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "on": on.isoformat(),
            "bucket": late.bucket,
            "past_due_days": late.past_due_days,
            "overdue_minor": late.overdue_minor,
            "currency": loan.currency,
        },
    )


def money_events(loan: Loan, booking: Booking, at: datetime) -> tuple[DomainEvent, ...]:
    """What one booking of a loan is told as: the money, and what it did to the loan.

    Money that ends the loan says so itself, in one row of the outbox; see `told_as`.
    """
    made = booking.transaction
    if made is None:
        return ()
    found = []
    if made.kind in MONEY_IN:
        found.append(_payment_received(loan, booking, made, at))
    elif made.kind is TransactionKind.REVERSAL:
        found.append(_money_event("PaymentReversed", loan, made, at, of=made.of))
    if booking.closed and made.kind not in MONEY_IN:
        found.append(_money_event("LoanClosed", loan, made, at))
    if booking.reopened:
        found.append(_money_event("LoanReopened", loan, made, at))
    return tuple(found)


def _payment_received(loan: Loan, booking: Booking, made: Transaction, at: datetime) -> DomainEvent:
    """What of the money went where; the rest waits in suspense for the customer."""
    effect = booking.effect
    parts = {f"{one.value}_minor": effect.taken_minor(one) if effect else 0 for one in Component}
    data: dict[str, object] = {**parts, "suspense_minor": made.amount_minor - sum(parts.values())}
    if booking.closed:
        data["closes_loan"] = True
    return _money_event("PaymentReceived", loan, made, at, **data)


def told_as(event: DomainEvent) -> tuple[DomainEvent, ...]:
    """What one row of the outbox tells the world: a payment that ends its loan tells that too."""
    if event.kind != "PaymentReceived" or not event.data.get("closes_loan"):
        return (event,)
    loan_id, transaction_id = event.data["loan_id"], event.data["transaction_id"]
    closed = replace(
        event,
        event_id=f"{loan_id}-LoanClosed-{transaction_id}",
        kind="LoanClosed",
        data={name: event.data[name] for name in _OF_MONEY},
    )
    return event, closed


def _money_event(
    kind: str, loan: Loan, made: Transaction, at: datetime, **data: object
) -> DomainEvent:
    return DomainEvent(
        event_id=f"{loan.loan_id}-{kind}-{made.transaction_id}",
        kind=kind,
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "transaction_id": made.transaction_id,
            "amount_minor": made.amount_minor,
            "currency": made.currency,
            "value_on": made.value_on.isoformat(),
            **data,
        },
    )


def mandate_changed(kind: str, loan: Loan, mandate_id: str, at: datetime) -> DomainEvent:
    """`MandateGiven` or `MandateRevoked`; each names a consent, which has one of them once."""
    return DomainEvent(
        event_id=f"{loan.loan_id}-{kind}-{mandate_id}",
        kind=kind,
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "mandate_id": mandate_id,
        },
    )


def auto_debit_failed(
    loan: Loan, attempt: Collection, next_on: date | None, at: datetime
) -> DomainEvent:
    """An attempt drew nothing (FAILED), or what it drew went back (RETURNED)."""
    return DomainEvent(
        event_id=f"{loan.loan_id}-AutoDebitFailed-{attempt.reference}-{attempt.state.value}",
        kind="AutoDebitFailed",
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "reference": attempt.reference,
            "reason": attempt.reason,
            "due_on": attempt.due_on.isoformat(),
            "amount_minor": attempt.amount_minor,
            "currency": attempt.currency,
            "next_on": None if next_on is None else next_on.isoformat(),
        },
    )


def payout_returned(loan: Loan, reference: str, reason: str, at: datetime) -> DomainEvent:
    """Money that we paid out came back to us."""
    return _loan_event("PayoutReturned", loan, reference, at, reference=reference, reason=reason)


def loan_cancelled(loan: Loan, at: datetime) -> DomainEvent:
    """The loan was never lent in the end; nothing is owed."""
    return _loan_event("LoanCancelled", loan, str(loan.version), at)


def loan_extended(loan: Loan, amendment: Amendment, at: datetime) -> DomainEvent:
    """A signed extension came into force; `loan` is the loan under its new plan."""
    return _loan_event(
        "LoanExtended",
        loan,
        amendment.amendment_id,
        at,
        amendment_id=amendment.amendment_id,
        months=amendment.months,
        last_due_on=loan.plan[-1].due_on.isoformat(),
        instalment_minor=loan.instalment_minor,
        currency=loan.currency,
    )


def amendment_changed(loan: Loan, amendment: Amendment, at: datetime) -> DomainEvent:
    """An amendment was asked for, approved, or ended without coming into force."""
    number = f"{amendment.amendment_id}-{amendment.version}"
    return _loan_event(
        "AmendmentChanged",
        loan,
        number,
        at,
        amendment_id=amendment.amendment_id,
        status="STALE" if amendment.stale and amendment.is_open else amendment.status,
        months=amendment.months,
        reason=amendment.stale,
    )


def _loan_event(kind: str, loan: Loan, number: str, at: datetime, **data: object) -> DomainEvent:
    return DomainEvent(
        event_id=f"{loan.loan_id}-{kind}-{number}",
        kind=kind,
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            **data,
        },
    )


def payment_parked(
    loan: Loan, receipt_id: str, case: str, amount_minor: int, currency: str, at: datetime
) -> DomainEvent:
    """Money for a loan is here, and a person must say what it is."""
    return DomainEvent(
        event_id=f"{loan.loan_id}-PaymentParked-{receipt_id}",
        kind="PaymentParked",
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "receipt_id": receipt_id,
            "case": case,
            "amount_minor": amount_minor,
            "currency": currency,
        },
    )


def suspense_aged(loan: Loan, waiting: Waiting, at: datetime) -> DomainEvent:
    """Money of a loan waits longer than the market allows; unique by loan and day it came."""
    return DomainEvent(
        event_id=f"{loan.loan_id}-SuspenseAged-{waiting.item_id}",
        kind="SuspenseAged",
        entity_id=loan.loan_id,
        occurred_at=at,
        data={
            "loan_id": loan.loan_id,
            "customer_id": loan.customer_id,
            "market": loan.market,
            "since": waiting.since.isoformat(),
            "amount_minor": waiting.amount_minor,
            "currency": loan.currency,
        },
    )
