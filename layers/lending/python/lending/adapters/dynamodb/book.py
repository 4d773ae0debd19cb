"""The Book port on one DynamoDB table."""

import heapq
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from itertools import batched, chain, islice
from typing import Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from lending.adapters.consistency import check_change
from lending.adapters.dynamodb import amendments as amended
from lending.adapters.dynamodb import fraud_mappers, keys, ledger_mappers, mappers
from lending.adapters.dynamodb.issued_documents import document_row
from lending.adapters.dynamodb.rows import (
    ApplicationRow,
    BooksRow,
    ContractRow,
    DecisionRow,
    DisbursementRow,
    LoanRow,
    OfferRow,
    OutboxRow,
    PersonRow,
    PlanRow,
    ReleaseRow,
    ReplyRow,
    ReviewRow,
    TransitionRow,
    WaitRow,
    WatchRow,
)
from lending.adapters.dynamodb.table import (
    TRANSACTION_ITEMS_MAX,
    Item,
    Operation,
    RowCorrupt,
    Table,
    Work,
    new_row,
    read,
)
from lending.domain.amending import Amendment
from lending.domain.application import LEGAL_MOVES, TERMINAL
from lending.domain.faults import StaleVersion
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
    ReplyKey,
    State,
    StoredReply,
    Transition,
    Wait,
    Watch,
)
from lending.domain.review import ReviewCase
from lending.ports.book import ApplicationFile, Change

_LOANS_PAGE: Final = 100  # one BatchGetItem reads their plans
_LOANS_MAX: Final = 10_000
_OF_LOAN: Final = (keys.loan, keys.plan, keys.books)


def _live_states() -> tuple[State, ...]:
    """States that a submitted application can be in and leave again."""
    reached, frontier = set[State](), {State.SUBMITTED}
    while frontier:
        reached |= frontier
        frontier = set(chain.from_iterable(LEGAL_MOVES[s] for s in frontier)) - reached
    return tuple(sorted(reached - TERMINAL))


_LIVE_STATES: Final = _live_states()


class DynamoBook:
    """See `lending.ports.book.Book`. Rows are laid out in `keys` and `rows`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def application(self, application_id: str) -> Application | None:
        """The application's current state."""
        row = self._table.get(ApplicationRow, keys.application(application_id))
        return None if row is None else mappers.application(row)

    def file(self, application_id: str) -> ApplicationFile | None:
        """The application with all that is kept beside it. Raises RowCorrupt."""
        partition = keys.application_partition(application_id)
        items = {
            str(item["sk"]["S"]): item
            for item in self._table.query(partition, Path("sk").startswith(keys.FILE_PREFIX))
        }
        state = items.get(keys.application(application_id).sk)
        if state is None:
            return None
        # A query answers in the order of sort keys: the newest decision comes last.
        decisions = [item for sk, item in items.items() if sk.startswith(keys.DECISION_PREFIX)]
        offers = [item for sk, item in items.items() if sk.startswith(keys.OFFER_PREFIX)]
        changes = [item for sk, item in items.items() if sk.startswith(keys.AMENDMENT_PREFIX)]
        contract = items.get(keys.contract(application_id).sk)
        payout = items.get(keys.disbursement(application_id).sk)
        review = items.get(keys.review(application_id).sk)
        release = items.get(keys.release(application_id).sk)
        return ApplicationFile(
            application=mappers.application(read(ApplicationRow, state)),
            decision=mappers.decision(read(DecisionRow, decisions[-1])) if decisions else None,
            offers=tuple(mappers.offer(read(OfferRow, item)) for item in offers),
            contract=mappers.contract(read(ContractRow, contract)) if contract else None,
            disbursement=mappers.disbursement(read(DisbursementRow, payout)) if payout else None,
            release=mappers.release(read(ReleaseRow, release)) if release else None,
            review=mappers.review(read(ReviewRow, review)) if review else None,
            amendments=tuple(
                amended.amendment(read(amended.AmendmentRow, item)) for item in changes
            ),
        )

    def applications_of(self, customer_id: str) -> tuple[Application, ...]:
        """Every application of one person, oldest id first."""
        items = list(self._table.query(keys.person_partition(customer_id)))
        found = (self.application(read(PersonRow, item).application_id) for item in items)
        return tuple(one for one in found if one is not None)

    def principal_owed_minor(self, loan_id: str) -> int:
        """What of a loan's principal is not repaid, by its books; 0 for one without books."""
        row = self._table.get(BooksRow, keys.books(loan_id))
        return 0 if row is None else ledger_mappers.books(row).account.principal_minor

    def transitions(self, application_id: str) -> tuple[Transition, ...]:
        """Every transition in order. Raises RowCorrupt when one is missing between."""
        partition = keys.application_partition(application_id)
        items = self._table.query(partition, Path("sk").startswith(keys.EVENT_PREFIX))
        found = tuple(mappers.transition(read(TransitionRow, item)) for item in items)
        if [one.seq for one in found] != list(range(1, len(found) + 1)):
            raise RowCorrupt(f"{partition}: the numbers of its transitions have a gap")
        return found

    def decision(self, application_id: str) -> DecisionRecord | None:
        """The newest decision."""
        items = self._table.query(
            keys.application_partition(application_id),
            Path("sk").startswith(keys.DECISION_PREFIX),
            newest_first=True,
            limit=1,
        )
        found = [mappers.decision(read(DecisionRow, item)) for item in items]
        return found[0] if found else None

    def decision_numbered(self, application_id: str, number: int) -> DecisionRecord | None:
        """One decision by its number, from 1."""
        row = self._table.get(DecisionRow, keys.decision(application_id, number))
        return None if row is None else mappers.decision(row)

    def decisions_on(self, market: str, on: date, limit: int) -> tuple[DecisionRecord, ...]:
        """Decisions of a UTC day, oldest first (eventually consistent)."""
        items = self._table.timers(keys.decision_timer_shard(market, on), None, limit)
        return tuple(mappers.decision(read(DecisionRow, item)) for item in items)

    def review(self, application_id: str) -> ReviewCase | None:
        """What waits, or waited, for a person at an application."""
        row = self._table.get(ReviewRow, keys.review(application_id))
        return None if row is None else mappers.review(row)

    def open_reviews(self, limit: int) -> tuple[ReviewCase, ...]:
        """Review cases that wait for a person, most urgent first (eventually consistent)."""
        items = self._table.timers(keys.REVIEW_TIMER_SHARD, None, limit)
        return tuple(mappers.review(read(ReviewRow, item)) for item in items)

    def offers(self, application_id: str) -> tuple[Offer, ...]:
        """Every offer by id. Raises RowCorrupt when one was altered."""
        items = self._table.query(
            keys.application_partition(application_id), Path("sk").startswith(keys.OFFER_PREFIX)
        )
        return tuple(mappers.offer(read(OfferRow, item)) for item in items)

    def contract(self, application_id: str) -> Contract | None:
        """The newest contract."""
        row = self._table.get(ContractRow, keys.contract(application_id))
        return None if row is None else mappers.contract(row)

    def open_amendments(self, limit: int) -> tuple[Amendment, ...]:
        """Open amendments, soonest end first (eventually consistent)."""
        items = self._timers(keys.amendment_timer_shards(), None, limit)
        return tuple(amended.amendment(read(amended.AmendmentRow, item)) for item in items)

    def disbursement(self, application_id: str) -> Disbursement | None:
        """The payout intent."""
        row = self._table.get(DisbursementRow, keys.disbursement(application_id))
        return None if row is None else mappers.disbursement(row)

    def watches(self, watched: tuple[str, ...]) -> tuple[Watch, ...]:
        """One for each key, fresh when there is none yet. Raises RowCorrupt."""
        found = self._table.get_many([keys.watch(key) for key in watched])
        items = ((key, found.get(keys.watch(key))) for key in watched)
        return tuple(
            Watch(key) if item is None else mappers.watch(read(WatchRow, item))
            for key, item in items
        )

    def loan(self, loan_id: str) -> Loan | None:
        """The loan with its plan; over as soon as its books say so."""
        loans = self._loans([loan_id])
        return loans[0] if loans else None

    def loan_row(self, loan_id: str) -> Loan | None:
        """The loan as its row has it, which may be behind its books."""
        found = self._table.get_many([keys.loan(loan_id), keys.plan(loan_id)])
        return _loan(loan_id, found)

    def reply(self, key: ReplyKey) -> StoredReply | None:
        """The first answer stored under an idempotency key."""
        row = self._table.get(ReplyRow, keys.reply(key))
        return None if row is None else mappers.reply(row)

    def commit(self, change: Change) -> None:
        """Write all of `change` in one transaction.

        Raises:
            StaleVersion: a version or a must-not-exist condition failed.
            Retryable: throttled or the answer was lost.
            Permanent: the change itself is inconsistent.
        """
        self._table.commit(self._work(change))

    def wait(self, application_id: str, name: str) -> Wait | None:
        """A parked task token."""
        row = self._table.get(WaitRow, keys.wait(application_id, name))
        return None if row is None else mappers.wait(row)

    def park(self, wait: Wait) -> None:
        """Store or replace the task token of a wait."""
        self._table.write(mappers.wait_row(wait))

    def unpark(self, wait: Wait) -> None:
        """Remove exactly this token; a newer one stays."""
        try:
            self._table.delete(
                keys.wait(wait.application_id, wait.name), Path("token") == wait.token
            )
        except StaleVersion:
            return  # replaced or removed meanwhile: not ours to take away

    def overdue_applications(self, before: datetime, limit: int) -> tuple[Application, ...]:
        """Applications whose deadline passed, oldest first (eventually consistent)."""
        shards = chain.from_iterable(map(keys.application_timer_shards, _LIVE_STATES))
        return self._applications(shards, Path("timer_at") < keys.instant_text(before), limit)

    def applications_in(self, state: State, limit: int) -> tuple[Application, ...]:
        """Applications in one live state, oldest deadline first (eventually consistent)."""
        return self._applications(keys.application_timer_shards(state), None, limit)

    def pending_events(self, before: datetime, limit: int) -> tuple[DomainEvent, ...]:
        """Unacknowledged events that occurred before then, oldest first."""
        until = Path("timer_at") < keys.instant_text(before)
        items = self._timers(keys.outbox_timer_shards(), until, limit)
        return tuple(mappers.event(read(OutboxRow, item)) for item in items)

    def acknowledge(self, events: tuple[DomainEvent, ...]) -> None:
        """Mark outbox rows as published; repeating it is harmless."""
        for chunk in batched(events, TRANSACTION_ITEMS_MAX, strict=False):
            work = Work()
            work.updates += [self._acknowledged(event) for event in chunk]
            try:
                self._table.commit(work)
            except StaleVersion:
                self._acknowledge_what_is_there(chunk)

    def _acknowledge_what_is_there(self, events: tuple[DomainEvent, ...]) -> None:
        for event in events:
            work = Work()
            work.updates.append(self._acknowledged(event))
            with suppress(StaleVersion):
                self._table.commit(work)

    def _acknowledged(self, event: DomainEvent) -> Operation:
        # Without the condition a row that has been swept away would come back empty.
        return self._table.touch(
            keys.outbox(event.entity_id, event.event_id),
            actions=[Path("timer_shard").remove(), Path("timer_at").remove()],
            condition=Path("pk").exists(),
        )

    def loans_due(self, due_from: date, due_to: date, shard: int) -> tuple[Loan, ...]:
        """Live loans of a shard due in the closed range, with plans, by due date."""
        items = self._table.timers(
            keys.loan_timer_shard(shard),
            Path("timer_at").between(due_from.isoformat(), due_to.isoformat()),
            _LOANS_MAX,
        )
        ids = [read(LoanRow, item).loan_id for item in items]
        pages = [ids[start : start + _LOANS_PAGE] for start in range(0, len(ids), _LOANS_PAGE)]
        loans = chain.from_iterable(map(self._loans, pages))
        # The index may lag behind the rows: what moved on meanwhile is not due any more.
        return tuple(
            loan
            for loan in loans
            if loan.next_due_on is not None
            and due_from <= loan.next_due_on <= due_to
            and loan.status in LIVE
        )

    def loans_holding(self, shard: int, limit: int) -> tuple[Loan, ...]:
        """Loans of a shard that owe nothing and hold money of their customers."""
        items = self._table.timers(keys.holding_timer_shard(shard), None, limit)
        loans = self._loans([read(LoanRow, item).loan_id for item in items])
        return tuple(loan for loan in loans if loan.holds_money)

    def _loans(self, loan_ids: list[str]) -> list[Loan]:
        found: dict[keys.Key, Item] = {}
        for some in batched(loan_ids, _LOANS_PAGE // len(_OF_LOAN), strict=False):
            wanted = [key(loan_id) for loan_id in some for key in _OF_LOAN]
            found |= self._table.get_many(wanted)
        loans = (_loan(loan_id, found) for loan_id in loan_ids)
        return [
            self._as_its_books_say(loan, found.get(keys.books(loan.loan_id)))
            for loan in loans
            if loan is not None
        ]

    def _as_its_books_say(self, loan: Loan, books: Item | None) -> Loan:
        if books is None or _by_books(loan, books) == loan:
            return loan
        # Read together is read in any order; only books that were read after the row tell.
        again = self._table.get_many([keys.books(loan.loan_id)])
        return _by_books(loan, again[keys.books(loan.loan_id)])

    def _applications(
        self, shards: Iterable[str], at: Condition | None, limit: int
    ) -> tuple[Application, ...]:
        items = self._timers(shards, at, limit)
        return tuple(mappers.application(read(ApplicationRow, item)) for item in items)

    def _timers(self, shards: Iterable[str], at: Condition | None, limit: int) -> list[Item]:
        """The oldest `limit` rows over several shards."""
        sorted_shards = (list(self._table.timers(shard, at, limit)) for shard in shards)
        merged = heapq.merge(*sorted_shards, key=lambda item: str(item["timer_at"]["S"]))
        return list(islice(merged, limit))

    def _work(self, change: Change) -> Work:
        check_change(change)
        table, work = self._table, Work()
        if change.application is not None:
            row = mappers.application_row(change.application)
            work.puts.append(table.put(row, _was(change.application_was)))
            if not change.application_was:
                work.puts.append(table.put(mappers.person_row(change.application), new_row()))
        if change.contract is not None:
            contract_row = mappers.contract_row(change.contract)
            work.puts.append(table.put(contract_row, _was(change.contract_was)))
        if change.amendment is not None:
            amendment_row = amended.amendment_row(change.amendment)
            work.puts.append(table.put(amendment_row, _was(change.amendment_was)))
        if change.disbursement is not None:
            payout_row = mappers.disbursement_row(change.disbursement)
            work.puts.append(table.put(payout_row, _was(change.disbursement_was)))
        if change.review is not None:
            review_row = mappers.review_row(change.review)
            work.puts.append(table.put(review_row, _was(change.review_was)))
        if change.release is not None:
            release_row = mappers.release_row(change.release)
            work.puts.append(table.put(release_row, _was(change.release_was)))
        for watch in change.watches:
            work.puts.append(table.put(mappers.watch_row(watch), _was(watch.version - 1)))
        if change.loan is not None:
            loan_row = mappers.loan_row(change.loan)
            work.puts.append(table.put(loan_row, _was(change.loan_was)))
            work.puts.append(table.put(mappers.plan_row(change.loan)))
        if change.fraud_case is not None:
            case_row = fraud_mappers.case_row(change.fraud_case)
            work.puts.append(table.put(case_row, _was(change.fraud_case_was)))
        for entry in change.watched:
            work.puts.append(table.put(fraud_mappers.watch_row(entry)))
        opening = () if change.ledger is None else ledger_mappers.opening_rows(change.ledger)
        new_rows = chain(
            opening,
            map(mappers.transition_row, change.transitions),
            map(mappers.decision_row, () if change.decision is None else (change.decision,)),
            map(mappers.offer_row, change.offers),
            map(mappers.reminder_row, change.reminders),
            map(document_row, change.documents),
            map(mappers.outbox_row, change.events),
            map(mappers.reply_row, () if change.reply is None else (change.reply,)),
        )
        work.puts.extend(table.put(row, new_row()) for row in new_rows)
        return work


def _loan(loan_id: str, found: Mapping[keys.Key, Item]) -> Loan | None:
    """The loan among the rows that were read. Raises RowCorrupt."""
    state, plan = found.get(keys.loan(loan_id)), found.get(keys.plan(loan_id))
    if state is None:
        return None
    return mappers.loan(read(LoanRow, state), None if plan is None else read(PlanRow, plan))


def _by_books(loan: Loan, books: Item) -> Loan:
    if loan.status not in LIVE:
        return loan
    return as_its_books_say(loan, ledger_mappers.books(read(BooksRow, books)).account)


def _was(version: int) -> Condition:
    """The row holds `version`, or (0) does not exist."""
    return new_row() if version == 0 else Path("version") == {"N": str(version)}
