"""The MoneyBook port: the ledger on the lending table, with receipts beside its bookings."""

import heapq
from itertools import islice

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from lending.adapters.consistency import check_plan
from lending.adapters.dynamodb import keys, ledger_mappers, mappers, orders, receipts
from lending.adapters.dynamodb.amendments import amendment_row
from lending.adapters.dynamodb.issued_documents import document_row
from lending.adapters.dynamodb.ledger import DynamoLedger, Write
from lending.adapters.dynamodb.table import Item, RowCorrupt, Table, Work, new_row, read
from lending.domain.auto_debit import Collection
from lending.domain.loan_payouts import LoanPayout
from lending.domain.receipts import Receipt
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.ports.money import Beside


class DynamoMoney(DynamoLedger):
    """See `lending.ports.money.MoneyBook`."""

    def __init__(self, table_name: str) -> None:
        super().__init__(table_name)
        self._rows = Table(table_name)

    def receipt(self, receipt_id: str) -> Receipt | None:
        """What became of a booking of the bank. Raises RowCorrupt."""
        order = self._order_of(receipt_id)
        told = None if order is None else orders.receipt_in(order)
        if told is not None:
            return told
        row = self._rows.get(receipts.ReceiptRow, keys.receipt(receipt_id))
        return None if row is None else receipts.receipt_of(row)

    def keep(self, beside: Beside) -> None:
        """Store a receipt that books nothing. Raises StaleVersion, Retryable."""
        work = Work()
        work.puts.extend(self._rows.put(row, condition) for row, condition in self._writes(beside))
        self._rows.commit(work)

    def open_cases(self, limit: int) -> tuple[Receipt, ...]:
        """Parked receipts, oldest first (eventually consistent)."""
        cases = (self._rows.timers(shard, None, limit) for shard in keys.case_timer_shards())
        # Confirmed ones that no statement has shown are listed among the open entries.
        entries = self._rows.timers(keys.ENTRY_TIMER_SHARD, None, None)
        merged = heapq.merge(entries, *cases, key=lambda item: str(item["timer_at"]["S"]))
        found = (told_in(item) for item in merged)
        return tuple(islice((one for one in found if one.is_open), limit))

    def collection(self, loan_id: str, number: int, attempt: int) -> Collection | None:
        """One attempt at drawing an instalment. Raises RowCorrupt."""
        row = self._rows.get(orders.CollectionRow, keys.collection(loan_id, number, attempt))
        return None if row is None else orders.collection(row)

    def collections(self, loan_id: str) -> tuple[Collection, ...]:
        """Every attempt on a loan, by instalment and attempt. Raises RowCorrupt."""
        prefix = Path("sk").startswith(keys.COLLECTION_PREFIX)
        items = self._rows.query(keys.loan_partition(loan_id), prefix)
        return tuple(orders.collection(read(orders.CollectionRow, item)) for item in items)

    def open_collections(self, shard: int, limit: int) -> tuple[Collection, ...]:
        """Open attempts of a shard, oldest first (eventually consistent)."""
        items = self._rows.timers(keys.collection_timer_shard(shard), None, None)
        # Those whose money no statement has shown are listed with them.
        found = (orders.collection(read(orders.CollectionRow, item)) for item in items)
        return tuple(islice((one for one in found if one.is_open), limit))

    def payout(self, loan_id: str, number: int) -> LoanPayout | None:
        """One payout of a loan after its first. Raises RowCorrupt."""
        row = self._rows.get(orders.LoanPayoutRow, keys.loan_payout(loan_id, number))
        return None if row is None else orders.payout(row)

    def payouts(self, loan_id: str) -> tuple[LoanPayout, ...]:
        """All of a loan, by number. Raises RowCorrupt."""
        prefix = Path("sk").startswith(keys.PAYOUT_PREFIX)
        items = self._rows.query(keys.loan_partition(loan_id), prefix)
        return tuple(orders.payout(read(orders.LoanPayoutRow, item)) for item in items)

    def open_payouts(self, shard: int, limit: int) -> tuple[LoanPayout, ...]:
        """Open payouts of a shard, oldest first (eventually consistent)."""
        items = self._rows.timers(keys.loan_payout_timer_shard(shard), None, limit)
        return tuple(orders.payout(read(orders.LoanPayoutRow, item)) for item in items)

    def commit_with(
        self, loan_id: str, before: LoanBooks, booking: Booking, beside: Beside
    ) -> None:
        """Write a booking and what is beside it. Raises as `commit`."""
        check_plan(loan_id, booking, beside.plan)
        self.commit_beside(loan_id, before, booking, self._writes(beside))

    def _writes(self, beside: Beside) -> list[Write]:
        """Each row with the condition under which it may be written."""
        found: list[Write] = [(mappers.outbox_row(event), new_row()) for event in beside.events]
        found.extend(self._told(beside))
        if beside.closed_case is not None:
            found.append(self._receipt(beside.closed_case, beside.closed_case.version - 1))
        if beside.opened_case is not None:
            found.append(self._receipt(beside.opened_case, 0))
        if beside.loan is not None:
            loan_row = mappers.loan_row(beside.loan)
            found.append((loan_row, Path("version") == {"N": str(beside.loan_was)}))
        if beside.plan is not None:
            found.append((ledger_mappers.terms_row(beside.plan), new_row()))
            if beside.loan is not None:
                found.append((mappers.plan_row(beside.loan), Path("pk").exists()))
        if beside.amendment is not None:
            found.append((amendment_row(beside.amendment), _was(beside.amendment_was)))
        found.extend((document_row(one), Path("pk").exists()) for one in beside.retained)
        if beside.payout is not None:
            found.append((orders.payout_row(beside.payout), _was(beside.payout_was)))
        if beside.reply is not None:
            found.append((mappers.reply_row(beside.reply), new_row()))
        return found

    def _told(self, beside: Beside) -> list[Write]:
        """The receipt and the attempt: one row when the one is about the other."""
        attempt, receipt = beside.collection, beside.receipt
        if attempt is None:
            return [] if receipt is None else [self._receipt(receipt, beside.receipt_was)]
        key = keys.collection(attempt.loan_id, attempt.number, attempt.attempt)
        if receipt is not None and receipts.order_of(receipt.receipt_id) == key:
            as_read = _was(beside.collection_was) & _receipt_was(beside.receipt_was)
            return [(orders.collection_row(attempt, receipt), as_read)]
        found = [] if receipt is None else [self._receipt(receipt, beside.receipt_was)]
        # What it drew before stays in its row.
        row = self._rows.get(orders.CollectionRow, key) if beside.collection_was else None
        kept = None if row is None else orders.receipt_in(row)
        as_read = _was(beside.collection_was) & _receipt_was(kept.version if kept else 0)
        return [*found, (orders.collection_row(attempt, kept), as_read)]

    def _receipt(self, receipt: Receipt, was: int) -> Write:
        """In the row of its order if there is one; those of older releases stay where they are."""
        row = self._order_of(receipt.receipt_id)
        if row is None or (was and row.receipt is None):
            return receipts.receipt_row(receipt), _was(was)
        as_read = _was(row.version) & _receipt_was(was)
        return orders.collection_row(orders.collection(row), receipt), as_read

    def _order_of(self, receipt_id: str) -> orders.CollectionRow | None:
        key = receipts.order_of(receipt_id)
        return None if key is None else self._rows.get(orders.CollectionRow, key)


def _was(version: int) -> Condition:
    """The row holds `version`, or (0) does not exist."""
    return Path("version") == {"N": str(version)} if version else new_row()


def _receipt_was(version: int) -> Condition:
    """The order's row holds `version` of its receipt, or (0) none."""
    told = Path("receipt_version")
    return told == {"N": str(version)} if version else told.does_not_exist()


def told_in(item: Item) -> Receipt:
    """The receipt in a listed row, be it an order's or its own. Raises RowCorrupt."""
    if not item["sk"]["S"].startswith(keys.COLLECTION_PREFIX):
        return receipts.receipt_of(read(receipts.ReceiptRow, item))
    row = read(orders.CollectionRow, item)
    told = orders.receipt_in(row)
    if told is None:
        raise RowCorrupt(f"{row.pk} {row.sk}: no receipt")
    return told
