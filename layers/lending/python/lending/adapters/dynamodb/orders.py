"""Rows of our orders at the bank about a loan, and back: debits, and payouts after the first."""

from dataclasses import fields

from pynamodb.attributes import UnicodeAttribute

from lending.adapters.dynamodb import keys, receipts
from lending.adapters.dynamodb.attributes import (
    DayAttribute,
    InstantAttribute,
    IntegerAttribute,
    JsonAttribute,
)
from lending.adapters.dynamodb.rows import TimedRow
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.auto_debit import Collection, CollectionState
from lending.domain.loan_payouts import LoanPayout, PayoutState
from lending.domain.receipts import Receipt


class CollectionRow(TimedRow):
    """pk=LOAN#id sk=COLLECTION#number#attempt, with the receipt of what it drew.

    In `timers` at one place from its intent until a statement shows its money (or it drew none):
    so its end is no move in the index. While its money is a case it is listed as one.
    """

    loan_id = UnicodeAttribute()
    number = IntegerAttribute()
    attempt = IntegerAttribute()
    reference = UnicodeAttribute()
    mandate_id = UnicodeAttribute()
    due_on = DayAttribute()
    collect_on = DayAttribute()
    amount_minor = IntegerAttribute()
    currency = UnicodeAttribute()
    state = UnicodeAttribute()
    version = IntegerAttribute()
    intended_at = InstantAttribute()
    resolved_at = InstantAttribute(null=True)
    reason = UnicodeAttribute()
    receipt = JsonAttribute(null=True)
    receipt_version = IntegerAttribute(null=True)


class LoanPayoutRow(TimedRow):
    """pk=LOAN#id sk=PAYOUT#number; in `timers` while its fate is open."""

    loan_id = UnicodeAttribute()
    number = IntegerAttribute()
    kind = UnicodeAttribute()
    reference = UnicodeAttribute()
    amount_minor = IntegerAttribute()
    currency = UnicodeAttribute()
    account = UnicodeAttribute()
    state = UnicodeAttribute()
    version = IntegerAttribute()
    intended_at = InstantAttribute()
    resolved_at = InstantAttribute(null=True)
    reason = UnicodeAttribute()


def collection_row(one: Collection, receipt: Receipt | None = None) -> CollectionRow:
    """The row of an attempt and its receipt."""
    key = keys.collection(one.loan_id, one.number, one.attempt)
    timer = _timer(one, receipt)
    return CollectionRow(
        pk=key.pk,
        sk=key.sk,
        timer_shard=timer.shard if timer else None,
        timer_at=timer.at if timer else None,
        **{name: getattr(one, name) for name in _OF_COLLECTION},
        state=one.state.value,
        receipt=receipts.document(receipt) if receipt else None,
        receipt_version=receipt.version if receipt else None,
    )


def _timer(one: Collection, receipt: Receipt | None) -> keys.Timer | None:
    listed = keys.collection_timer(one.loan_id, one.intended_at)
    if receipt is not None and receipt.awaits_statement:
        return listed
    told = None if receipt is None else receipts.receipt_timer(receipt)
    return told or (listed if one.is_open else None)


_OF_COLLECTION = tuple(one.name for one in fields(Collection) if one.name != "state")


def collection(row: CollectionRow) -> Collection:
    """The attempt of a row. Raises RowCorrupt."""
    try:
        state = CollectionState(row.state)
    except ValueError as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: state") from error
    return Collection(state=state, **{name: getattr(row, name) for name in _OF_COLLECTION})


def receipt_in(row: CollectionRow) -> Receipt | None:
    """The receipt in an attempt's row. Raises RowCorrupt."""
    if row.receipt is None:
        return None
    return receipts.of_document(row.receipt, f"{row.pk} {row.sk}")


def payout_row(one: LoanPayout) -> LoanPayoutRow:
    """The row of a payout; listed while it is open."""
    key = keys.loan_payout(one.loan_id, one.number)
    timer = keys.loan_payout_timer(one.loan_id, one.intended_at) if one.is_open else None
    return LoanPayoutRow(
        pk=key.pk,
        sk=key.sk,
        timer_shard=timer.shard if timer else None,
        timer_at=timer.at if timer else None,
        **{name: getattr(one, name) for name in _OF_PAYOUT},
        state=one.state.value,
    )


_OF_PAYOUT = tuple(one.name for one in fields(LoanPayout) if one.name != "state")


def payout(row: LoanPayoutRow) -> LoanPayout:
    """The payout of a row. Raises RowCorrupt."""
    try:
        state = PayoutState(row.state)
    except ValueError as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: state") from error
    return LoanPayout(state=state, **{name: getattr(row, name) for name in _OF_PAYOUT})
