"""The MoneyBook port in memory: the ledger of one process with its receipts and loans."""

from lending.domain.faults import StaleVersion
from lending.domain.receipts import Receipt
from lending.domain.records import Loan
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.ports.money import Beside

from tests.fakes.book import FakeBook
from tests.fakes.ledger import FakeLedger


class FakeMoney(FakeLedger):
    """All or nothing, under the same conditions as the table; `stale` fails that many commits."""

    def __init__(self, book: FakeBook) -> None:
        super().__init__(book.events, book.replies)
        self.loans: dict[str, Loan] = book.loans
        self.receipts: dict[str, Receipt] = {}
        self.stale = 0

    def commit_with(
        self, loan_id: str, before: LoanBooks, booking: Booking, beside: Beside
    ) -> None:
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
        loan = beside.loan
        if loan is not None and self.loans[loan.loan_id].version != beside.loan_was:
            raise StaleVersion("fake: loan")
        if beside.reply is not None and beside.reply.key in self.replies:
            raise StaleVersion("fake: reply")
        if any(event.event_id in self.events for event in beside.events):
            raise StaleVersion("fake: event")

    def _put(self, beside: Beside) -> None:
        if beside.receipt is not None:
            self.receipts[beside.receipt.receipt_id] = beside.receipt
        if beside.closed_case is not None:
            self.receipts[beside.closed_case.receipt_id] = beside.closed_case
        if beside.loan is not None:
            self.loans[beside.loan.loan_id] = beside.loan
        if beside.reply is not None:
            self.replies[beside.reply.key] = beside.reply
        self.events |= {event.event_id: event for event in beside.events}
