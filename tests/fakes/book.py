"""The Book port in memory."""

from dataclasses import replace
from datetime import UTC, date, datetime

from lending.adapters.consistency import check_change
from lending.adapters.dynamodb.keys import (
    holding_timer,
    holding_timer_shard,
    loan_timer,
    loan_timer_shard,
)
from lending.domain.amending import Amendment
from lending.domain.application import TERMINAL
from lending.domain.faults import StaleVersion
from lending.domain.fraud import FraudCase, WatchEntry
from lending.domain.loan_end import as_its_books_say
from lending.domain.records import (
    LIVE,
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
from lending.ports.book import ApplicationFile, Change

from tests.fakes.documents import FakeRegister
from tests.fakes.ledger import FakeLedger


class FakeBook:
    """All-or-nothing commits with the same conditions as the real table."""

    def __init__(self) -> None:
        self.applications: dict[str, Application] = {}
        self.contracts: dict[str, Contract] = {}
        self.amendments: dict[str, Amendment] = {}
        self.disbursements: dict[str, Disbursement] = {}
        self.loans: dict[str, Loan] = {}
        self.reviews: dict[str, ReviewCase] = {}
        self.releases: dict[str, Release] = {}
        self.watched: dict[str, Watch] = {}
        self.moves: dict[tuple[str, int], Transition] = {}
        self.decisions: dict[tuple[str, int], DecisionRecord] = {}
        self.offered: dict[tuple[str, str], Offer] = {}
        self.reminders: dict[tuple[str, str, date], Reminder] = {}
        self.documents = FakeRegister()
        self.events: dict[str, DomainEvent] = {}
        self.acknowledged: set[str] = set()
        self.replies: dict[ReplyKey, StoredReply] = {}
        self.waits: dict[tuple[str, str], Wait] = {}
        self.fraud_cases: dict[str, FraudCase] = {}
        self.watch_list: dict[tuple[str, str], WatchEntry] = {}
        self.ledger = FakeLedger(self.events, self.replies)
        self.kept_by: FakeLedger = self.ledger  # whose books are the loans'
        self.commits = 0

    def application(self, application_id: str) -> Application | None:
        return self.applications.get(application_id)

    def file(self, application_id: str) -> ApplicationFile | None:
        application = self.application(application_id)
        if application is None:
            return None
        return ApplicationFile(
            application=application,
            decision=self.decision(application_id),
            offers=self.offers(application_id),
            contract=self.contract(application_id),
            disbursement=self.disbursement(application_id),
            release=self.releases.get(application_id),
            review=self.reviews.get(application_id),
            amendments=tuple(
                sorted(
                    (a for a in self.amendments.values() if a.application_id == application_id),
                    key=lambda one: one.number,
                )
            ),
        )

    def applications_of(self, customer_id: str) -> tuple[Application, ...]:
        mine = [one for one in self.applications.values() if one.customer_id == customer_id]
        return tuple(sorted(mine, key=lambda one: one.application_id))

    def principal_owed_minor(self, loan_id: str) -> int:
        known = self.ledger.kept_books.get(loan_id)
        return 0 if known is None else known.account.principal_minor

    def transitions(self, application_id: str) -> tuple[Transition, ...]:
        mine = [move for (entity, _), move in self.moves.items() if entity == application_id]
        return tuple(sorted(mine, key=lambda move: move.seq))

    def decision(self, application_id: str) -> DecisionRecord | None:
        mine = [one for (entity, _), one in self.decisions.items() if entity == application_id]
        return max(mine, key=lambda one: one.number, default=None)

    def decision_numbered(self, application_id: str, number: int) -> DecisionRecord | None:
        return self.decisions.get((application_id, number))

    def decisions_on(self, market: str, on: date, limit: int) -> tuple[DecisionRecord, ...]:
        found = [
            one
            for one in self.decisions.values()
            if one.basis is not None
            and one.basis.request.market == market
            and one.decided_at.astimezone(UTC).date() == on
        ]
        return tuple(sorted(found, key=lambda one: one.decided_at)[:limit])

    def review(self, application_id: str) -> ReviewCase | None:
        return self.reviews.get(application_id)

    def open_reviews(self, limit: int) -> tuple[ReviewCase, ...]:
        latest = datetime.max.replace(tzinfo=UTC)
        waiting = [one for one in self.reviews.values() if one.is_waiting]
        return tuple(
            sorted(waiting, key=lambda one: one.answer_by or one.proposed_at or latest)[:limit]
        )

    def offers(self, application_id: str) -> tuple[Offer, ...]:
        mine = [one for (entity, _), one in self.offered.items() if entity == application_id]
        return tuple(sorted(mine, key=lambda one: one.offer_id))

    def contract(self, application_id: str) -> Contract | None:
        return self.contracts.get(application_id)

    def open_amendments(self, limit: int) -> tuple[Amendment, ...]:
        found = [one for one in self.amendments.values() if one.is_open]
        return tuple(sorted(found, key=lambda one: one.expires_at)[:limit])

    def disbursement(self, application_id: str) -> Disbursement | None:
        return self.disbursements.get(application_id)

    def watches(self, keys: tuple[str, ...]) -> tuple[Watch, ...]:
        return tuple(self.watched.get(key, Watch(key)) for key in keys)

    def loan(self, loan_id: str) -> Loan | None:
        row = self.loan_row(loan_id)
        books = self.kept_by.kept_books.get(loan_id)
        return row if row is None or books is None else as_its_books_say(row, books.account)

    def loan_row(self, loan_id: str) -> Loan | None:
        return self.loans.get(loan_id)

    def reply(self, key: ReplyKey) -> StoredReply | None:
        return self.replies.get(key)

    def commit(self, change: Change) -> None:
        check_change(change)
        self._check(change)
        self.commits += 1
        if change.application is not None:
            self.applications[change.application.application_id] = change.application
        if change.contract is not None:
            self.contracts[change.contract.application_id] = change.contract
        if change.amendment is not None:
            self.amendments[change.amendment.amendment_id] = change.amendment
        if change.disbursement is not None:
            self.disbursements[change.disbursement.application_id] = change.disbursement
        if change.loan is not None:
            self.loans[change.loan.loan_id] = change.loan
        if change.review is not None:
            self.reviews[change.review.application_id] = change.review
        if change.release is not None:
            self.releases[change.release.application_id] = change.release
        self.watched |= {watch.key: watch for watch in change.watches}
        if change.fraud_case is not None:
            self.fraud_cases[change.fraud_case.application_id] = change.fraud_case
        self.watch_list |= {(one.kind, one.token): one for one in change.watched}
        if change.ledger is not None:
            self.ledger.open_with(change.ledger)
        if change.decision is not None:
            one = change.decision
            self.decisions[one.application_id, one.number] = one
        if change.reply is not None:
            self.replies[change.reply.key] = change.reply
        self.moves |= {(move.application_id, move.seq): move for move in change.transitions}
        self.offered |= {(one.application_id, one.offer_id): one for one in change.offers}
        self.reminders |= {(r.loan_id, r.kind, r.due_on): r for r in change.reminders}
        for document in change.documents:
            self.documents.add(document)
        self.events |= {event.event_id: event for event in change.events}

    def wait(self, application_id: str, name: str) -> Wait | None:
        return self.waits.get((application_id, name))

    def park(self, wait: Wait) -> None:
        self.waits[wait.application_id, wait.name] = wait

    def unpark(self, wait: Wait) -> None:
        known = self.waits.get((wait.application_id, wait.name))
        if known is not None and known.token == wait.token:
            del self.waits[wait.application_id, wait.name]

    def overdue_applications(self, before: datetime, limit: int) -> tuple[Application, ...]:
        late = [
            one
            for one in self.applications.values()
            if one.state not in TERMINAL and one.deadline_at and one.deadline_at < before
        ]
        return tuple(sorted(late, key=_by_deadline)[:limit])

    def applications_in(self, state: State, limit: int) -> tuple[Application, ...]:
        there = [one for one in self.applications.values() if one.state == state]
        return tuple(sorted(there, key=_by_deadline)[:limit])

    def pending_events(self, before: datetime, limit: int) -> tuple[DomainEvent, ...]:
        left = [
            event
            for event in self.events.values()
            if event.event_id not in self.acknowledged and event.occurred_at < before
        ]
        return tuple(sorted(left, key=lambda event: event.occurred_at)[:limit])

    def acknowledge(self, events: tuple[DomainEvent, ...]) -> None:
        self.acknowledged |= {event.event_id for event in events}

    def loans_due(self, due_from: date, due_to: date, shard: int) -> tuple[Loan, ...]:
        wanted = loan_timer_shard(shard)
        due = [
            (loan.next_due_on, loan.loan_id)
            for loan in filter(None, map(self.loan, self.loans))
            if loan.next_due_on is not None
            and loan.status in LIVE
            and due_from <= loan.next_due_on <= due_to
            and loan_timer(loan.loan_id, loan.next_due_on).shard == wanted
        ]
        return tuple(self.loans[loan_id] for _, loan_id in sorted(due))

    def loans_holding(self, shard: int, limit: int) -> tuple[Loan, ...]:
        wanted = holding_timer_shard(shard)
        found = [
            loan_id
            for loan_id, loan in self.loans.items()
            if loan.holds_money and holding_timer(loan_id).shard == wanted
        ]
        return tuple(self.loans[loan_id] for loan_id in sorted(found)[:limit])

    def _check(self, change: Change) -> None:
        versions = (
            (change.application, change.application_was, self.applications, "application_id"),
            (change.contract, change.contract_was, self.contracts, "application_id"),
            (change.amendment, change.amendment_was, self.amendments, "amendment_id"),
            (change.disbursement, change.disbursement_was, self.disbursements, "application_id"),
            (change.loan, change.loan_was, self.loans, "loan_id"),
            (change.release, change.release_was, self.releases, "application_id"),
            (change.review, change.review_was, self.reviews, "application_id"),
            *((one, one.version - 1, self.watched, "key") for one in change.watches),
            (change.fraud_case, change.fraud_case_was, self.fraud_cases, "application_id"),
        )
        for record, was, stored, key in versions:
            if record is not None:
                known = stored.get(getattr(record, key))
                if (0 if known is None else known.version) != was:
                    raise StaleVersion("fake: version")
        fresh = (
            *((move.application_id, move.seq) in self.moves for move in change.transitions),
            *((one.application_id, one.offer_id) in self.offered for one in change.offers),
            *((r.loan_id, r.kind, r.due_on) in self.reminders for r in change.reminders),
            *((d.customer_id, d.document_id) in self.documents.kept for d in change.documents),
            *(event.event_id in self.events for event in change.events),
            change.reply is not None and change.reply.key in self.replies,
            change.decision is not None
            and (change.decision.application_id, change.decision.number) in self.decisions,
        )
        if any(fresh):
            raise StaleVersion("fake: exists")
        if change.ledger is not None:
            self.ledger.check_opening(change.ledger)


def aged(book: FakeBook, application_id: str, updated_at: datetime) -> None:
    """Pretend that an application was last touched then."""
    known = book.applications[application_id]
    book.applications[application_id] = replace(known, updated_at=updated_at)


def _by_deadline(application: Application) -> datetime:
    return application.deadline_at or datetime.max.replace(tzinfo=UTC)
