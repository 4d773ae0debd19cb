"""Money that goes out on a loan after its first payout: tranches, refunds, one that came back.

Each is one order with one reference, for ever. A loan has at most one whose fate is open; its
number is the next free one, so two who order at once take the same number and one of them fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

from lending.domain.auto_debit import Collection, CollectionState
from lending.domain.ledger.accounts import Account
from lending.domain.servicing.transactions import Transaction, TransactionKind

NUMBER_MAX: Final = 99
type PayoutKind = Literal["refund", "payout", "tranche"]
# What is owed by us, and to whom; a payout again lends anew.
_OWED_ON: Final[dict[PayoutKind, Account]] = {
    "refund": Account.REFUND_PAYABLE,
    "tranche": Account.DEALER_PAYABLE,
}
_PREFIX: Final[dict[PayoutKind, str]] = {"refund": "rf", "payout": "rp", "tranche": "tr"}


class PayoutState(StrEnum):
    """Where one order stands."""

    INTENT = "INTENT"  # written down, perhaps sent
    UNKNOWN = "UNKNOWN"  # sent without a clear answer: asked about first
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"  # accepted, and it came back


OPEN: Final = frozenset({PayoutState.INTENT, PayoutState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class LoanPayout:
    """One order. `account` names the payee in the vault; "" is the first payout's."""

    loan_id: str
    number: int
    kind: PayoutKind
    reference: str
    amount_minor: int
    currency: str
    account: str
    state: PayoutState
    version: int
    intended_at: datetime
    resolved_at: datetime | None = None
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether its fate is not known yet."""
        return self.state in OPEN


def ordered(
    loan_id: str,
    kind: PayoutKind,
    amount_minor: int,
    currency: str,
    account: str,
    before: Sequence[LoanPayout],
    at: datetime,
) -> LoanPayout | None:
    """The next order of a loan; None while another is open, or when there are too many."""
    number = len(before) + 1
    if any(one.is_open for one in before) or number > NUMBER_MAX:
        return None
    return LoanPayout(
        loan_id=loan_id,
        number=number,
        kind=kind,
        reference=f"{_PREFIX[kind]}{number:02d}-{loan_id.removeprefix('loan_')}",
        amount_minor=amount_minor,
        currency=currency,
        account=account,
        state=PayoutState.INTENT,
        version=1,
        intended_at=at,
    )


def held_back(held_back_minor: int, before: Sequence[LoanPayout]) -> int:
    """What is left of the money held back from the dealer; a tranche that failed took nothing."""
    taken = [
        one.amount_minor
        for one in before
        if one.kind == "tranche" and (one.is_open or one.state is PayoutState.ACCEPTED)
    ]
    return held_back_minor - sum(taken)


def transaction_of(payout: LoanPayout, value_on: date, at: datetime) -> Transaction:
    """An accepted order as it is booked: lent anew, or paid of what is owed to somebody."""
    owed = _OWED_ON.get(payout.kind)
    return Transaction(
        transaction_id=payout.reference,
        kind=TransactionKind.DISBURSEMENT if owed is None else TransactionKind.TRANSFER,
        value_on=value_on,
        booked_at=at,
        currency=payout.currency,
        amount_minor=payout.amount_minor,
        debit=owed,
        credit=None if owed is None else Account.CASH_CLEARING,
    )


def verified_account(attempts: Sequence[Collection], mandate_id: str | None) -> str | None:
    """An account of the customer that the bank drew from under its mandate; None = none is known.

    The one in use wins over older ones.
    """
    drawn = [one for one in attempts if one.state is CollectionState.COLLECTED]
    drawn.sort(key=lambda one: (one.mandate_id == mandate_id, one.intended_at))
    return drawn[-1].mandate_id if drawn else None
