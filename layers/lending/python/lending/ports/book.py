"""The lending book: applications, decisions, contracts, loans, outbox, idempotency."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from lending.domain.amending import Amendment
from lending.domain.documents.record import DocumentRecord
from lending.domain.fraud import FraudCase, WatchEntry
from lending.domain.records import (
    Application,
    Contract,
    DecisionRecord,
    Disbursement,
    DomainEvent,
    Loan,
    Offer,
    Release,
    Reminder,
    ReplyKey,
    State,
    StoredReply,
    Transition,
    Wait,
    Watch,
)
from lending.domain.review import ReviewCase
from lending.ports.ledger import LedgerOpening


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one use case commits, in one TransactWriteItems or not at all.

    `application_was` / `contract_was` / `amendment_was` / `disbursement_was` / `release_was` /
    `loan_was` / `review_was` / `fraud_case_was` are the versions that must be stored now (0 = must
    not exist yet); each is required with its record.
    Each watch has the version after the one that must be stored now.
    Transitions, decisions, offers, reminders, documents, events, replies and the ledger of a new
    loan must not exist yet; entries of the fraud desk's watch-list replace what was there.
    """

    application: Application | None = None
    application_was: int = 0
    transitions: tuple[Transition, ...] = ()
    decision: DecisionRecord | None = None
    offers: tuple[Offer, ...] = ()
    contract: Contract | None = None
    contract_was: int = 0
    amendment: Amendment | None = None
    amendment_was: int = 0
    disbursement: Disbursement | None = None
    disbursement_was: int = 0
    loan: Loan | None = None
    loan_was: int = 0
    ledger: LedgerOpening | None = None
    release: Release | None = None
    release_was: int = 0
    watches: tuple[Watch, ...] = ()
    review: ReviewCase | None = None
    review_was: int = 0
    reminders: tuple[Reminder, ...] = ()
    fraud_case: FraudCase | None = None
    fraud_case_was: int = 0
    watched: tuple[WatchEntry, ...] = ()
    documents: tuple[DocumentRecord, ...] = ()
    events: tuple[DomainEvent, ...] = ()
    reply: StoredReply | None = None


@dataclass(frozen=True, slots=True)
class ApplicationFile:
    """An application with its newest decision and contract, its offers by id and its payout.

    `amendments` of its loan are in the order in which they were asked for.
    """

    application: Application
    decision: DecisionRecord | None = None
    offers: tuple[Offer, ...] = ()
    contract: Contract | None = None
    disbursement: Disbursement | None = None
    release: Release | None = None
    review: ReviewCase | None = None
    amendments: tuple[Amendment, ...] = ()


class Book(Protocol):
    """Reads are strongly consistent unless they say otherwise; unknown ids give None or ()."""

    def application(self, application_id: str) -> Application | None: ...
    def file(self, application_id: str) -> ApplicationFile | None:
        """Everything a use case needs of one application, in one read."""
        ...

    def applications_of(self, customer_id: str) -> tuple[Application, ...]:
        """Every application of one person, oldest id first."""
        ...

    def principal_owed_minor(self, loan_id: str) -> int:
        """What of a loan's principal is not repaid, by its books; 0 for one without books."""
        ...

    def transitions(self, application_id: str) -> tuple[Transition, ...]: ...
    def decision(self, application_id: str) -> DecisionRecord | None:
        """The newest decision."""
        ...

    def decision_numbered(self, application_id: str, number: int) -> DecisionRecord | None: ...

    def decisions_on(self, market: str, on: date, limit: int) -> tuple[DecisionRecord, ...]:
        """Decisions of a UTC day, oldest first (eventually consistent)."""
        ...

    def review(self, application_id: str) -> ReviewCase | None: ...

    def open_reviews(self, limit: int) -> tuple[ReviewCase, ...]:
        """Review cases that wait for a person, most urgent first (eventually consistent)."""
        ...

    def offers(self, application_id: str) -> tuple[Offer, ...]: ...
    def contract(self, application_id: str) -> Contract | None: ...
    def open_amendments(self, limit: int) -> tuple[Amendment, ...]:
        """Amendments that may still come into force, soonest end first (eventually consistent)."""
        ...

    def disbursement(self, application_id: str) -> Disbursement | None: ...
    def watches(self, keys: tuple[str, ...]) -> tuple[Watch, ...]:
        """One for each key, fresh when there is none yet."""
        ...

    def loan(self, loan_id: str) -> Loan | None:
        """The loan with its plan; over as soon as its books say so."""
        ...

    def loan_row(self, loan_id: str) -> Loan | None:
        """The loan as its row has it, which may be behind its books."""
        ...

    def reply(self, key: ReplyKey) -> StoredReply | None: ...

    def commit(self, change: Change) -> None:
        """Write all of `change` atomically.

        Raises:
            StaleVersion: a version or a must-not-exist condition failed.
            Retryable: throttled or the answer was lost.
        """
        ...

    def wait(self, application_id: str, name: str) -> Wait | None: ...
    def park(self, wait: Wait) -> None:
        """Store or replace the task token of a wait."""
        ...

    def unpark(self, wait: Wait) -> None:
        """Remove exactly this token; a newer one stays."""
        ...

    def overdue_applications(self, before: datetime, limit: int) -> tuple[Application, ...]:
        """Applications whose deadline passed (eventually consistent index)."""
        ...

    def applications_in(self, state: State, limit: int) -> tuple[Application, ...]:
        """Applications in one live state, oldest deadline first (eventually consistent)."""
        ...

    def pending_events(self, before: datetime, limit: int) -> tuple[DomainEvent, ...]:
        """Outbox rows not yet acknowledged that occurred before then (eventually consistent)."""
        ...

    def acknowledge(self, events: tuple[DomainEvent, ...]) -> None:
        """Mark outbox rows as published; repeating it is harmless."""
        ...

    def loans_due(self, due_from: date, due_to: date, shard: int) -> tuple[Loan, ...]:
        """Live loans of one shard, `next_due_on` in the closed range (eventually consistent).

        One that is over by its books is none of them, whatever the index still says.
        """
        ...

    def loans_holding(self, shard: int, limit: int) -> tuple[Loan, ...]:
        """Loans of one shard that owe nothing and hold money (eventually consistent)."""
        ...
