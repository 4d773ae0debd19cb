"""Which facts a loan's books take: what a transaction, its effect or a reversal is refused for."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from lending.domain.allocation import Component
from lending.domain.ledger.accounts import Account
from lending.domain.servicing.account import LoanAccount
from lending.domain.servicing.fold import Effect, Outcome
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind


class BookingRefusal(StrEnum):
    """Why a fact is not booked; nothing of it is lost, its sender is told or it is parked."""

    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    WRONG_CURRENCY = "wrong_currency"
    VALUE_DATE_IN_FUTURE = "value_date_in_future"
    BEFORE_OPENING = "before_opening"
    NOT_DISBURSED = "not_disbursed"
    ABOVE_PLAN = "above_plan"
    NOT_OPEN = "not_open"
    NOT_WRITTEN_OFF = "not_written_off"
    NOTHING_OWED = "nothing_owed"
    AMOUNT_DIFFERS = "amount_differs"
    MORE_THAN_OWED = "more_than_owed"
    MORE_THAN_HELD = "more_than_held"
    UNKNOWN_TRANSACTION = "unknown_transaction"
    ALREADY_REVERSED = "already_reversed"
    NOT_REVERSIBLE = "not_reversible"
    UNFIT = "unfit"  # accounts or component that the kind does not have
    OTHER_DISBURSEMENT = "other_disbursement"  # a drawdown after it would find no room


_REFUSED: Final[dict[tuple[TransactionKind, Outcome], BookingRefusal]] = {
    (TransactionKind.DISBURSEMENT, Outcome.NOT_OPEN): BookingRefusal.NOT_OPEN,
    (TransactionKind.DISBURSEMENT, Outcome.ABOVE_PLAN): BookingRefusal.ABOVE_PLAN,
    (TransactionKind.CHARGE, Outcome.NOT_OPEN): BookingRefusal.NOT_OPEN,
    (TransactionKind.WAIVER, Outcome.EXCEEDS): BookingRefusal.MORE_THAN_OWED,
    (TransactionKind.SETTLEMENT, Outcome.NOT_OPEN): BookingRefusal.NOT_OPEN,
    (TransactionKind.WRITE_OFF, Outcome.NOTHING_OWED): BookingRefusal.NOTHING_OWED,
    (TransactionKind.WRITE_OFF, Outcome.DIFFERS): BookingRefusal.AMOUNT_DIFFERS,
    (TransactionKind.RECOVERY, Outcome.NOT_WRITTEN_OFF): BookingRefusal.NOT_WRITTEN_OFF,
    (TransactionKind.REFUND, Outcome.EXCEEDS): BookingRefusal.MORE_THAN_HELD,
    (TransactionKind.PAYMENT, Outcome.EXCEEDS): BookingRefusal.MORE_THAN_HELD,
    (TransactionKind.TRANSFER, Outcome.EXCEEDS): BookingRefusal.MORE_THAN_HELD,
    (TransactionKind.REPLAN, Outcome.NOT_OPEN): BookingRefusal.NOT_OPEN,
}


def refused_by_effect(effect: Effect) -> BookingRefusal | None:
    """Money that came in is never refused; what we do ourselves must fit the account.

    A payment out of a deposit is ours to make, and at most what is held.
    """
    return _REFUSED.get((effect.transaction.kind, effect.outcome))


def refused_at_first_sight(
    terms: AccountTerms, account: LoanAccount, transaction: Transaction, today: date
) -> BookingRefusal | None:
    """What the transaction alone, or beside the loan's state, is refused for."""
    kind = transaction.kind
    if transaction.amount_minor <= 0 or transaction.early_fee_minor < 0:
        return BookingRefusal.AMOUNT_NOT_POSITIVE
    if transaction.currency != terms.currency:
        return BookingRefusal.WRONG_CURRENCY
    if transaction.value_on > today:
        return BookingRefusal.VALUE_DATE_IN_FUTURE
    if transaction.value_on < terms.opened_on:
        return BookingRefusal.BEFORE_OPENING
    if not _fits(transaction):
        return BookingRefusal.UNFIT
    if kind is TransactionKind.REPLAN and transaction.plan != account.plan + 1:
        return BookingRefusal.UNFIT
    is_first = account.last is None
    if is_first and kind in _AFTER_DISBURSEMENT:
        return BookingRefusal.NOT_DISBURSED
    return None


_AFTER_DISBURSEMENT: Final = frozenset(TransactionKind) - {
    TransactionKind.DISBURSEMENT,
    TransactionKind.PAYMENT,
    TransactionKind.REFUND,
    TransactionKind.TRANSFER,
    TransactionKind.REVERSAL,
}
_IN: Final = frozenset(
    {TransactionKind.PAYMENT, TransactionKind.SETTLEMENT, TransactionKind.RECOVERY}
)
_OUT: Final = frozenset({TransactionKind.DISBURSEMENT, TransactionKind.REFUND})
# Accounts that hold money rather than the borrower's debt or our result.
_HOLDING: Final = frozenset(
    {
        Account.CASH_CLEARING,
        Account.FUNDING,
        Account.DEALER_PAYABLE,
        Account.REFUND_PAYABLE,
        Account.LEASE_DEPOSIT,
    }
)
_CHARGED: Final = frozenset({Component.FEE, Component.PENALTY})


def _fits(made: Transaction) -> bool:
    """Whether the transaction says what its kind wants said, and nothing else."""
    kind = made.kind
    if kind is TransactionKind.TRANSFER:
        holding = _HOLDING | {Account.SUSPENSE}
        accounts_fit = made.debit != made.credit and {made.debit, made.credit} <= holding
    else:
        accounts_fit = made.debit is None or (kind in _IN and made.debit in _HOLDING)
        accounts_fit &= made.credit is None or (kind in _OUT and made.credit in _HOLDING)
    match kind:
        case TransactionKind.CHARGE:
            component_fits = made.component in _CHARGED
        case TransactionKind.WAIVER:
            component_fits = made.component in {*_CHARGED, Component.INTEREST}
        case _:
            component_fits = made.component is None
    reversal_fits = (kind is TransactionKind.REVERSAL) == (made.of is not None)
    fee_fits = not made.early_fee_minor or kind is TransactionKind.SETTLEMENT
    plan_fits = (kind is TransactionKind.REPLAN) == (made.plan > 0)
    return accounts_fit and component_fits and reversal_fits and fee_fits and plan_fits


def refused_reversal(
    reversal: Transaction, transactions: Iterable[Transaction]
) -> BookingRefusal | None:
    """Why a reversal cannot undo what it names."""
    undone = None
    for one in transactions:
        if one.of == reversal.of:
            return BookingRefusal.ALREADY_REVERSED
        if one.transaction_id == reversal.of:
            undone = one
    if undone is None:
        return BookingRefusal.UNKNOWN_TRANSACTION
    if undone.kind in (TransactionKind.REVERSAL, TransactionKind.REPLAN):
        return BookingRefusal.NOT_REVERSIBLE
    if undone.amount_minor != reversal.amount_minor:
        return BookingRefusal.AMOUNT_DIFFERS
    return None if undone.value_on <= reversal.value_on else BookingRefusal.UNFIT
