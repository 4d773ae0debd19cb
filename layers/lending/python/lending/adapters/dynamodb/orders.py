"""Rows of our orders at the bank about a loan, and back: debits, and payouts after the first."""

from dataclasses import fields

from pynamodb.attributes import UnicodeAttribute

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.attributes import DayAttribute, InstantAttribute, IntegerAttribute
from lending.adapters.dynamodb.rows import TimedRow
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.auto_debit import Collection, CollectionState
from lending.domain.loan_payouts import LoanPayout, PayoutState


class CollectionRow(TimedRow):
    """pk=LOAN#id sk=COLLECTION#number#attempt; in `timers` while its fate is open."""

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


def collection_row(one: Collection) -> CollectionRow:
    """The row of an attempt; listed while it is open."""
    key = keys.collection(one.loan_id, one.number, one.attempt)
    timer = keys.collection_timer(one.loan_id, one.intended_at) if one.is_open else None
    return CollectionRow(
        pk=key.pk,
        sk=key.sk,
        timer_shard=timer.shard if timer else None,
        timer_at=timer.at if timer else None,
        **{name: getattr(one, name) for name in _OF_COLLECTION},
        state=one.state.value,
    )


_OF_COLLECTION = tuple(one.name for one in fields(Collection) if one.name != "state")


def collection(row: CollectionRow) -> Collection:
    """The attempt of a row. Raises RowCorrupt."""
    try:
        state = CollectionState(row.state)
    except ValueError as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: state") from error
    return Collection(state=state, **{name: getattr(row, name) for name in _OF_COLLECTION})


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
