"""The MoneyBook port in memory: the ledger of one process with its receipts and loans."""

from dataclasses import replace

from lending.adapters.consistency import check_plan
from lending.adapters.dynamodb.keys import (
    collection_timer,
    collection_timer_shard,
    loan_payout_timer,
    loan_payout_timer_shard,
)
from lending.domain.amending import Amendment
from lending.domain.auto_debit import Collection
from lending.domain.faults import StaleVersion
from lending.domain.loan_payouts import LoanPayout
from lending.domain.receipts import Receipt, collection_transaction_id
from lending.domain.records import Loan
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.ports.money import Beside

from tests.fakes.book import FakeBook
from tests.fakes.ledger import FakeLedger


class FakeMoney(FakeLedger):
    """All or nothing, under the same conditions as the table; `stale` fails that many commits."""

    def __init__(self, book: FakeBook) -> None:
        super().__init__(book.events, book.replies)
        book.kept_by = self
        self.loans: dict[str, Loan] = book.loans
        self.amendments: dict[str, Amendment] = book.amendments
        self.documents = book.documents
        self.receipts: dict[str, Receipt] = {}
        self.attempts: dict[tuple[str, int, int], Collection] = {}
        self.orders: dict[tuple[str, int], LoanPayout] = {}
        self.stale = 0

    def beside_the_loans(self, opened: FakeLedger) -> None:
        """Go on with the ledgers that the book opened with its loans: both are one table."""
        self.kept_terms, self.kept_books = opened.kept_terms, opened.kept_books
        self.facts, self.entries = opened.facts, opened.entries

    def commit_with(
        self, loan_id: str, before: LoanBooks, booking: Booking, beside: Beside
    ) -> None:
        check_plan(loan_id, booking, beside.plan)
        self._check(beside)
        self.commit(loan_id, before, booking, beside.events, beside.reply)
        self._put(beside)

    def receipt(self, receipt_id: str) -> Receipt | None:
        return self.receipts.get(receipt_id)

    def keep(self, beside: Beside) -> None:
        self._check(beside)
        self.commits += 1
        self._put(beside)

    def open_cases(self, limit: int) -> tuple[Receipt, ...]:
        found = [one for one in self.receipts.values() if one.is_open]
        return tuple(sorted(found, key=lambda one: one.received_at)[:limit])

    def collection(self, loan_id: str, number: int, attempt: int) -> Collection | None:
        return self.attempts.get((loan_id, number, attempt))

    def collections(self, loan_id: str) -> tuple[Collection, ...]:
        return tuple(self.attempts[key] for key in sorted(self.attempts) if key[0] == loan_id)

    def open_collections(self, shard: int, limit: int) -> tuple[Collection, ...]:
        wanted = collection_timer_shard(shard)
        found = [
            one
            for one in self.attempts.values()
            if one.is_open and collection_timer(one.loan_id, one.intended_at).shard == wanted
            if not self._is_case(one)
        ]
        return tuple(sorted(found, key=lambda one: one.intended_at)[:limit])

    def _is_case(self, one: Collection) -> bool:
        told = self.receipts.get(collection_transaction_id(one.reference))
        return told is not None and told.is_open

    def payout(self, loan_id: str, number: int) -> LoanPayout | None:
        return self.orders.get((loan_id, number))

    def payouts(self, loan_id: str) -> tuple[LoanPayout, ...]:
        return tuple(self.orders[key] for key in sorted(self.orders) if key[0] == loan_id)

    def open_payouts(self, shard: int, limit: int) -> tuple[LoanPayout, ...]:
        wanted = loan_payout_timer_shard(shard)
        found = [
            one
            for one in self.orders.values()
            if one.is_open and loan_payout_timer(one.loan_id, one.intended_at).shard == wanted
        ]
        return tuple(sorted(found, key=lambda one: one.intended_at)[:limit])

    def _check(self, beside: Beside) -> None:
        if self.stale:
            self.stale -= 1
            raise StaleVersion("fake: told to")
        if beside.receipt is not None:
            known = self.receipts.get(beside.receipt.receipt_id)
            if (0 if known is None else known.version) != beside.receipt_was:
                raise StaleVersion("fake: receipt")
        case = beside.closed_case
        if case is not None and self.receipts[case.receipt_id].version != case.version - 1:
            raise StaleVersion("fake: case")
        opened = beside.opened_case
        if opened is not None and opened.receipt_id in self.receipts:
            raise StaleVersion("fake: opened case")
        loan = beside.loan
        if loan is not None and self.loans[loan.loan_id].version != beside.loan_was:
            raise StaleVersion("fake: loan")
        change = beside.amendment
        if change is not None:
            known_change = self.amendments.get(change.amendment_id)
            if (known_change.version if known_change else 0) != beside.amendment_was:
                raise StaleVersion("fake: amendment")
        attempt = beside.collection
        if attempt is not None:
            known_attempt = self.attempts.get(_key(attempt))
            if (known_attempt.version if known_attempt else 0) != beside.collection_was:
                raise StaleVersion("fake: collection")
        order = beside.payout
        if order is not None:
            known_order = self.orders.get((order.loan_id, order.number))
            if (known_order.version if known_order else 0) != beside.payout_was:
                raise StaleVersion("fake: payout")
        if beside.reply is not None and beside.reply.key in self.replies:
            raise StaleVersion("fake: reply")
        if any(event.event_id in self.events for event in beside.events):
            raise StaleVersion("fake: event")

    def _put(self, beside: Beside) -> None:
        if beside.plan is not None:
            first = self.kept_terms[beside.plan.loan_id]
            terms = replace(first, later=(*first.later, beside.plan))
            self.kept_terms[beside.plan.loan_id] = terms
        if beside.receipt is not None:
            self.receipts[beside.receipt.receipt_id] = beside.receipt
        if beside.closed_case is not None:
            self.receipts[beside.closed_case.receipt_id] = beside.closed_case
        if beside.opened_case is not None:
            self.receipts[beside.opened_case.receipt_id] = beside.opened_case
        if beside.loan is not None:
            self.loans[beside.loan.loan_id] = beside.loan
        for document in beside.retained:
            self.documents.kept[document.customer_id, document.document_id] = document
        if beside.amendment is not None:
            self.amendments[beside.amendment.amendment_id] = beside.amendment
        if beside.collection is not None:
            self.attempts[_key(beside.collection)] = beside.collection
        if beside.payout is not None:
            self.orders[beside.payout.loan_id, beside.payout.number] = beside.payout
        if beside.reply is not None:
            self.replies[beside.reply.key] = beside.reply
        self.events |= {event.event_id: event for event in beside.events}


def _key(one: Collection) -> tuple[str, int, int]:
    return one.loan_id, one.number, one.attempt
