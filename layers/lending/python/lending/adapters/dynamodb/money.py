"""The MoneyBook port: the ledger on the lending table, with receipts beside its bookings."""

import heapq
from dataclasses import fields
from itertools import islice

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from lending.adapters.consistency import check_plan
from lending.adapters.dynamodb import keys, ledger_mappers, mappers, orders
from lending.adapters.dynamodb.attributes import DayAttribute, InstantAttribute, IntegerAttribute
from lending.adapters.dynamodb.ledger import DynamoLedger, Write
from lending.adapters.dynamodb.rows import TimedRow
from lending.adapters.dynamodb.table import RowCorrupt, Table, Work, new_row, read
from lending.domain.auto_debit import Collection
from lending.domain.loan_payouts import LoanPayout
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.ports.money import Beside


class ReceiptRow(TimedRow):
    """pk=RECEIPT#id sk=RECEIPT: kept for ever.

    In `timers` while it is an open case, or booked and on no statement, or (for ever) explained
    outside the loan ledger.
    """

    receipt_id = UnicodeAttribute()
    sha256 = UnicodeAttribute()
    source = UnicodeAttribute()
    kind = UnicodeAttribute()
    outcome = UnicodeAttribute()
    received_at = InstantAttribute()
    version = IntegerAttribute()
    case = UnicodeAttribute()
    detail = UnicodeAttribute()
    amount_minor = IntegerAttribute()
    currency = UnicodeAttribute()
    value_on = DayAttribute(null=True)
    bank_reference = UnicodeAttribute()
    loan_id = UnicodeAttribute()
    transaction_id = UnicodeAttribute()
    closed_by = UnicodeAttribute()
    of = UnicodeAttribute()
    for_case = UnicodeAttribute()
    entered_by = UnicodeAttribute()
    stated_on = DayAttribute(null=True)


class DynamoMoney(DynamoLedger):
    """See `lending.ports.money.MoneyBook`."""

    def __init__(self, table_name: str) -> None:
        super().__init__(table_name)
        self._rows = Table(table_name)

    def receipt(self, receipt_id: str) -> Receipt | None:
        """What became of a booking of the bank. Raises RowCorrupt."""
        row = self._rows.get(ReceiptRow, keys.receipt(receipt_id))
        return None if row is None else receipt_of(row)

    def keep(self, beside: Beside) -> None:
        """Store a receipt that books nothing. Raises StaleVersion, Retryable."""
        work = Work()
        work.puts.extend(self._rows.put(row, condition) for row, condition in _writes(beside))
        self._rows.commit(work)

    def open_cases(self, limit: int) -> tuple[Receipt, ...]:
        """Parked receipts, oldest first (eventually consistent)."""
        shards = (self._rows.timers(shard, None, limit) for shard in keys.case_timer_shards())
        merged = heapq.merge(*shards, key=lambda item: str(item["timer_at"]["S"]))
        return tuple(receipt_of(read(ReceiptRow, item)) for item in islice(merged, limit))

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
        items = self._rows.timers(keys.collection_timer_shard(shard), None, limit)
        return tuple(orders.collection(read(orders.CollectionRow, item)) for item in items)

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
        self.commit_beside(loan_id, before, booking, _writes(beside))


def _writes(beside: Beside) -> list[Write]:
    """Each row with the condition under which it may be written."""
    found: list[Write] = [(mappers.outbox_row(event), new_row()) for event in beside.events]
    if beside.receipt is not None:
        found.append((_receipt_row(beside.receipt), _was(beside.receipt_was)))
    if beside.closed_case is not None:
        was = beside.closed_case.version - 1
        found.append((_receipt_row(beside.closed_case), Path("version") == {"N": str(was)}))
    if beside.opened_case is not None:
        found.append((_receipt_row(beside.opened_case), new_row()))
    if beside.loan is not None:
        loan_row = mappers.loan_row(beside.loan)
        found.append((loan_row, Path("version") == {"N": str(beside.loan_was)}))
    if beside.plan is not None:
        found.append((ledger_mappers.terms_row(beside.plan), new_row()))
        if beside.loan is not None:
            found.append((mappers.plan_row(beside.loan), Path("pk").exists()))
    if beside.collection is not None:
        found.append((orders.collection_row(beside.collection), _was(beside.collection_was)))
    if beside.payout is not None:
        found.append((orders.payout_row(beside.payout), _was(beside.payout_was)))
    if beside.reply is not None:
        found.append((mappers.reply_row(beside.reply), new_row()))
    return found


def _was(version: int) -> Condition:
    """The row holds `version`, or (0) does not exist."""
    return Path("version") == {"N": str(version)} if version else new_row()


def _receipt_row(receipt: Receipt) -> ReceiptRow:
    key = keys.receipt(receipt.receipt_id)
    timer = _timer(receipt)
    return ReceiptRow(
        pk=key.pk,
        sk=key.sk,
        timer_shard=timer.shard if timer else None,
        timer_at=timer.at if timer else None,
        **{name: getattr(receipt, name) for name in _PLAIN},
        outcome=receipt.outcome.value,
    )


def _timer(receipt: Receipt) -> keys.Timer | None:
    if receipt.is_open:
        return keys.case_timer(receipt.receipt_id, receipt.received_at)
    if receipt.awaits_statement:
        return keys.unstated_timer(receipt.receipt_id, receipt.received_at)
    if receipt.outcome is ReceiptOutcome.OUTSIDE:
        return keys.outside_timer(receipt.currency, receipt.received_at)
    return None


_PLAIN = tuple(one.name for one in fields(Receipt) if one.name != "outcome")


def receipt_of(row: ReceiptRow) -> Receipt:
    """The receipt of a row. Raises RowCorrupt."""
    try:
        outcome = ReceiptOutcome(row.outcome)
    except ValueError as error:
        raise RowCorrupt(f"{row.pk}: outcome") from error
    return Receipt(outcome=outcome, **{name: getattr(row, name) for name in _PLAIN})
