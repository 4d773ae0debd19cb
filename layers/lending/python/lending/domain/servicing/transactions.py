"""Value-dated facts about a loan's money, and the one order in which they count."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from lending.domain.allocation import Component
from lending.domain.ledger.accounts import Account


class TransactionKind(StrEnum):
    """What happened. Money kinds name the other account; see `Transaction`."""

    DISBURSEMENT = "disbursement"
    CHARGE = "charge"
    WAIVER = "waiver"
    PAYMENT = "payment"
    SETTLEMENT = "settlement"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    REFUND = "refund"
    TRANSFER = "transfer"
    REVERSAL = "reversal"
    REPLAN = "replan"


# Within one value date: what is owed before what is paid, so that a fee and the payment of it on
# the same day meet whichever was booked first. Ranks are stored with the books: new kinds come
# last, and a new plan does, so that what is paid on its day is paid under the plan before it.
_RANK: Final = {kind: rank for rank, kind in enumerate(TransactionKind)}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One fact; `transaction_id` is derived from its source (bank reference, schedule date).

    `amount_minor` > 0 always; of a write-off it is what the decision saw (the books decide).
    charge, waiver: `component` is the fee, penalty or (waiver) interest meant.
    reversal: `of` names the transaction that is as if it had never been: a returned debit, a
    chargeback, a returned payout.
    disbursement, refund: `credit` is where the money leaves from (None = cash clearing).
    payment, settlement, recovery: `debit` is where it arrives (None = cash clearing).
    transfer: `debit` and `credit`, between accounts that the borrower does not owe.
    settlement: `early_fee_minor` of the amount is the fee for settling early.
    replan: from here on plan number `plan` of the loan is in force; the amount is the principal
    that it lays out anew.
    """

    transaction_id: str
    kind: TransactionKind
    value_on: date
    booked_at: datetime
    currency: str
    amount_minor: int
    component: Component | None = None
    of: str | None = None
    debit: Account | None = None
    credit: Account | None = None
    early_fee_minor: int = 0
    plan: int = 0


# Where a transaction stands among the others of its loan, whenever it was booked.
type Place = tuple[date, int, str]


def place(transaction: Transaction) -> Place:
    """By value date, then kind, then id: the same whatever the order of booking."""
    return transaction.value_on, _RANK[transaction.kind], transaction.transaction_id


def effective(transactions: Iterable[Transaction]) -> list[Transaction]:
    """What counts, in order: all but reversals and what they undo."""
    given = list(transactions)
    undone = {one.of for one in given if one.kind is TransactionKind.REVERSAL}
    return sorted(
        (
            one
            for one in given
            if one.kind is not TransactionKind.REVERSAL and one.transaction_id not in undone
        ),
        key=place,
    )


def is_same_fact(one: Transaction, other: Transaction) -> bool:
    """Whether a repeated id brings the same fact; when it was booked does not matter."""
    return _fact(one) == _fact(other)


def _fact(transaction: Transaction) -> tuple[object, ...]:
    return (
        transaction.transaction_id,
        transaction.kind,
        transaction.value_on,
        transaction.currency,
        transaction.amount_minor,
        transaction.component,
        transaction.of,
        transaction.debit,
        transaction.credit,
        transaction.early_fee_minor,
        transaction.plan,
    )
