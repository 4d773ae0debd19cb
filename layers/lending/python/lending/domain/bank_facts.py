"""What a bank tells us, whatever the channel: webhook, status file, notification, statement.

A fact is what the bank says, not yet what we believe: amounts and references are compared with
our own records before anything is booked. `bank_reference` is the bank's own unique id of one
booking; it is the same in every channel, so the same money told three times is one transaction.
`reference` comes from outside (a payer types it) and may even hold a name: it is for matching,
not for keys, logs or journals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal


class LineKind(StrEnum):
    """What a booking on our account was, as far as the bank's codes say."""

    PAYOUT = "payout"
    PAYOUT_RETURN = "payout_return"
    COLLECTION = "collection"  # a direct debit (auto-debit) that we drew
    COLLECTION_RETURN = "collection_return"
    CREDIT = "credit"  # somebody paid us on their own
    CREDIT_RETURN = "credit_return"  # the bank took such a payment back
    OTHER = "other"  # charges, interest, cash pooling: never guessed


@dataclass(frozen=True, slots=True)
class PayoutStatus:
    """The fate of one payout order. `pending` is not final; amount None = the bank left it out."""

    reference: str
    status: Literal["accepted", "rejected", "pending"]
    amount_minor: int | None = None
    currency: str | None = None
    bank_reference: str = ""
    value_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """The fate of one auto-debit order."""

    reference: str
    status: Literal["collected", "failed", "pending"]
    amount_minor: int | None = None
    currency: str | None = None
    bank_reference: str = ""
    value_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that came in by the payer's own hand; `reference` may be wrong or empty."""

    bank_reference: str
    reference: str
    amount_minor: int
    currency: str
    value_on: date


@dataclass(frozen=True, slots=True)
class Return:
    """Money that went back: a payout returned, a collection or a credit taken from us again.

    `reference` is that of the original, which names a payout or a collection but not always one
    credit; `original` is the bank reference of the original booking, "" when the bank is silent.
    `reason` is an ISO 20022 external return reason code (AC04 = account closed, MD06 = refund
    asked for by the debtor).
    """

    bank_reference: str
    reference: str
    of: Literal["payout", "collection", "credit"]
    amount_minor: int
    currency: str
    value_on: date
    reason: str
    original: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One booking of a statement; `amount_minor` is positive when our balance grew.

    `entry` is the position in the file (1 = first), `is_booked` False for a pending entry that
    is shown but moves no balance.
    """

    statement_id: str
    entry: int
    kind: LineKind
    bank_reference: str
    reference: str
    amount_minor: int
    currency: str
    booked_on: date
    value_on: date
    is_booked: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """The end of one statement whose lines all came before; balances may be negative."""

    statement_id: str
    account: str
    currency: str
    opened_on: date
    closed_on: date
    opening_minor: int
    closing_minor: int
    lines: int


@dataclass(frozen=True, slots=True)
class FileHead:
    """The first item of a bank file: which message it is and the bank's id of it."""

    kind: str
    message_id: str


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """A verdict on a whole file or batch of orders that we sent, without naming each order."""

    message_id: str
    batch_id: str
    status: Literal["accepted", "rejected", "pending"]
    reason: str = ""


class Flaw(StrEnum):
    """Why a file, an entry or an event cannot be taken as it is; the name of its case."""

    # Of a whole file: none of it is used.
    EMPTY = "empty"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    FORBIDDEN_MARKUP = "forbidden_markup"
    TOO_LARGE = "too_large"
    WRONG_MESSAGE = "wrong_message"
    TOTALS_MISMATCH = "totals_mismatch"
    SAME_ID_OTHER_BODY = "same_id_other_body"
    OTHER_ACCOUNT = "other_account"
    FUTURE_DATED = "future_dated"
    # Of one entry or event: the others are used.
    MISSING_FIELD = "missing_field"
    MALFORMED_FIELD = "malformed_field"
    UNKNOWN_CURRENCY = "unknown_currency"
    CURRENCY_MISMATCH = "currency_mismatch"
    MALFORMED_AMOUNT = "malformed_amount"
    INEXACT_AMOUNT = "inexact_amount"
    NEGATIVE_AMOUNT = "negative_amount"
    ZERO_AMOUNT = "zero_amount"
    DETAILS_MISMATCH = "details_mismatch"
    DUPLICATE_ENTRY = "duplicate_entry"
    UNKNOWN_CODE = "unknown_code"
    UNCLASSIFIED = "unclassified"
    # For whoever compares facts with our records.
    UNKNOWN_REFERENCE = "unknown_reference"
    AMOUNT_MISMATCH = "amount_mismatch"
    BATCH_REJECTED = "batch_rejected"
    OTHER_STATEMENT = "other_statement"  # a second one of a day that has one


@dataclass(frozen=True, slots=True)
class Problem:
    """A named case for operations. `at` says where ("line 3, column 20", "entry 17").

    `is_whole` True: nothing of the file may be used. `detail` names fields, never values.
    """

    flaw: Flaw
    at: str
    detail: str = ""
    is_whole: bool = False
    bank_reference: str = ""
    reference: str = ""


type Fact = PayoutStatus | CollectionStatus | Credit | Return

_RETURN_OF: Final[Mapping[LineKind, Literal["payout", "collection", "credit"]]] = {
    LineKind.PAYOUT_RETURN: "payout",
    LineKind.COLLECTION_RETURN: "collection",
    LineKind.CREDIT_RETURN: "credit",
}


def fact_of(line: StatementLine) -> Fact | None:
    """What a booked statement line proves, for facts whose webhook never came; None for others."""
    if not line.is_booked:
        return None
    reference, amount_minor, currency = line.reference, abs(line.amount_minor), line.currency
    booking, value_on, reason = line.bank_reference, line.value_on, line.reason
    told = (amount_minor, currency, booking, value_on, reason)
    match line.kind:
        case LineKind.PAYOUT:
            return PayoutStatus(reference, "accepted", *told)
        case LineKind.COLLECTION:
            return CollectionStatus(reference, "collected", *told)
        case LineKind.CREDIT:
            return Credit(booking, reference, amount_minor, currency, value_on)
        case LineKind.OTHER:
            return None
    of = _RETURN_OF[line.kind]
    return Return(booking, reference, of, amount_minor, currency, value_on, reason)
