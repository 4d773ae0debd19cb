"""What became of everything a bank ever told us: one receipt a booking, kept for ever (I15).

A receipt is credited, reversed, resolved, noted or parked as a named case; there is no other
end, and none before it is stored. Its id comes from the bank's own id of the booking, so the
same money told again, by whatever channel, meets its receipt; another content under the same id
is a case of its own. What the payer wrote may hold a name and is not kept.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from lending.domain.bank_facts import CollectionStatus, Credit, Fact, PayoutStatus, Return
from lending.domain.ledger.journal import canonical_json

_PLAIN: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LOAN_ID: Final = re.compile(r"loan_[A-Za-z0-9]{1,70}")
_COLLECTION: Final = re.compile(r"c-([A-Za-z0-9]{1,26})-([0-9]{3})-([0-9])")
_LOAN_PAYOUT: Final = re.compile(r"(?:rf|rp|tr)([0-9]{2})-([A-Za-z0-9]{1,26})")
_DIGEST_CHARS: Final = 16
PAYOUT_PREFIX: Final = "dis-"  # references of payouts begin so
DEBIT_PREFIX: Final = "debit-"  # ids of transactions and receipts of collected attempts begin so
ENTRY_PREFIX: Final = "ent_"  # ids of entries by hand begin so
# Kinds of receipts that say something and move nothing.
_NO_MOVEMENT: Final = frozenset(
    {"refund", "payout_rejected", "payout_pending", "collection_failed", "collection_pending"}
    | {"control", "suspense"}
    # About orders: the case of one that came back or is in doubt, those entered by hand.
    | {"payout_returned", "payout_unknown", "debit_unknown", "payout", "cancellation"}
)
_TAKEN_BACK: Final = frozenset({"credit_return", "collection_return", "reversal"})


class ReceiptOutcome(StrEnum):
    """How a booking of the bank ended with us."""

    CREDITED = "credited"
    REVERSED = "reversed"
    RESOLVED = "resolved"  # the fate of an order of ours
    REFUNDED = "refunded"
    PAID = "paid"  # an order of ours after the first payout, accepted and booked
    NOTED = "noted"  # moves no money of ours: a failed collection
    PARKED = "parked"  # a case: a person decides
    CLOSED = "closed"  # a case that a person or a later booking ended
    OUTSIDE = "outside"  # explained outside the loan ledger: charges, own funds


_BOOKED: Final = frozenset({ReceiptOutcome.CREDITED, ReceiptOutcome.REVERSED, ReceiptOutcome.PAID})


@dataclass(frozen=True, slots=True)
class Receipt:
    """One booking of the bank and its end with us; `sha256` is that of the booking's content.

    `case` names why it is parked ("" otherwise); `detail` names fields, never values. Amount 0
    and no currency: the bank's message had none that could be read. `of`, `for_case` and
    `entered_by` are those of an entry by hand, which has no content of a bank; on a case,
    `entered_by` is who wants it ended and waits for a second person. `stated_on` is the day of
    the statement that showed the booking (None: none has yet).
    """

    receipt_id: str
    sha256: str
    source: str
    kind: str
    outcome: ReceiptOutcome
    received_at: datetime
    version: int = 1
    case: str = ""
    detail: str = ""
    amount_minor: int = 0
    currency: str = ""
    value_on: date | None = None
    bank_reference: str = ""
    loan_id: str = ""
    transaction_id: str = ""
    closed_by: str = ""
    of: str = ""
    for_case: str = ""
    entered_by: str = ""
    stated_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether a person still has to decide."""
        return self.outcome is ReceiptOutcome.PARKED

    @property
    def moved_minor(self) -> int:
        """What it moved on the bank's account, > 0 came in; 0 when it is no movement."""
        if self.kind in _NO_MOVEMENT:
            return 0
        if self.kind == "unreadable":
            return self.amount_minor  # signed as the statement's line was
        is_payout = self.kind == "reversal" and self.of.startswith(PAYOUT_PREFIX)
        if self.kind == "payout_accepted" or (self.kind in _TAKEN_BACK and not is_payout):
            return -self.amount_minor
        return self.amount_minor

    @property
    def is_in_books(self) -> bool:
        """Whether its money is in the clearing account; that of a case is there with the entry."""
        if self.outcome is ReceiptOutcome.CLOSED:
            return self.closed_by.startswith(ENTRY_PREFIX) and not self.entered_by
        return self.outcome in _BOOKED and not self.for_case

    @property
    def awaits_statement(self) -> bool:
        """Whether it is booked and no statement has shown it."""
        return self.is_in_books and self.stated_on is None


def receipt_id_of(fact: Fact) -> str:
    """The bank's id of the booking, or of an order's fate without one; the same in all channels."""
    if isinstance(fact, CollectionStatus) and fact.status == "collected":
        # An order of ours is one attempt: its own reference stands for it in every channel.
        return collection_transaction_id(fact.reference)
    is_payout = isinstance(fact, PayoutStatus)
    if fact.bank_reference and not (is_payout and loan_payout_of(fact.reference)):
        return booking_id(fact.bank_reference)
    status = fact.status if isinstance(fact, PayoutStatus | CollectionStatus) else "returned"
    return f"ref-{_plain(fact.reference)}-{status}"


def booking_id(bank_reference: str) -> str:
    """The id of a booking of the bank: of its receipt and of its transaction."""
    return f"bank-{_plain(bank_reference)}"


def collection_transaction_id(reference: str) -> str:
    """The transaction of one collected attempt."""
    return f"{DEBIT_PREFIX}{_plain(reference)}"


def fact_sha256(fact: Fact, target: str) -> str:
    """The content that a repeat must bring again; `target` is what the reference named.

    The fate of an order is the same on whatever day a channel dates it.
    """
    dated = isinstance(fact, Credit | Return)
    value_on = fact.value_on.isoformat() if dated and fact.value_on else ""
    told = [kind_of(fact), fact.amount_minor, fact.currency, value_on, target]
    return hashlib.sha256(canonical_json(told)).hexdigest()


def kind_of(fact: Fact) -> str:
    """`credit`, `payout_accepted`, `credit_return` and so on."""
    match fact:
        case Credit():
            return "credit"
        case Return():
            return f"{fact.of}_return"
        case PayoutStatus():
            return f"payout_{fact.status}"
        case CollectionStatus():
            return f"collection_{fact.status}"


def loan_of_reference(reference: str) -> str:
    """The one loan id in what a payer typed; "" when there is none or more than one."""
    found = set(_LOAN_ID.findall(reference))
    return found.pop() if len(found) == 1 else ""


def collection_reference(loan_id: str, number: int, attempt: int) -> str:
    """The only reference ever used for one attempt at instalment `number`: 34 characters."""
    return f"c-{loan_id.removeprefix('loan_')}-{number:03d}-{attempt}"


def loan_of_payout(application_id: str) -> str:
    """The loan that an application's payout opens."""
    return f"loan_{application_id.removeprefix('app_')}"


def loan_of_collection(reference: str) -> str:
    """The loan of an attempt's reference; "" for a reference that is none of ours."""
    found = _COLLECTION.fullmatch(reference)
    return f"loan_{found[1]}" if found else ""


def attempt_of_collection(reference: str) -> tuple[str, int, int] | None:
    """Loan, instalment and attempt of a reference; None for one that is none of ours."""
    found = _COLLECTION.fullmatch(reference)
    return (f"loan_{found[1]}", int(found[2]), int(found[3])) if found else None


def loan_payout_of(reference: str) -> tuple[str, int] | None:
    """Loan and number of a payout after the first; None for another reference."""
    found = _LOAN_PAYOUT.fullmatch(reference)
    return (f"loan_{found[2]}", int(found[1])) if found else None


def case_id(receipt_id: str, sha256: str) -> str:
    """The id of another content that came under a known id."""
    return f"{receipt_id}~{sha256[:_DIGEST_CHARS]}"


def _plain(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return "sha256-" + hashlib.sha256(text.encode()).hexdigest()[: 2 * _DIGEST_CHARS]
