"""Rows of receipts, and back.

The receipt of a debit that we ordered lies in the row of that order: the order is its own record
of having been told. Any other receipt has a row of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

from pynamodb.attributes import UnicodeAttribute

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.attributes import DayAttribute, InstantAttribute, IntegerAttribute
from lending.adapters.dynamodb.rows import TimedRow
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.receipts import (
    DEBIT_PREFIX,
    ENTRY_PREFIX,
    Receipt,
    ReceiptOutcome,
    attempt_of_collection,
)


class ReceiptRow(TimedRow):
    """pk=RECEIPT#id sk=RECEIPT: kept for ever.

    In `timers` while it is an open case, or booked and on no statement, or (for ever) explained
    outside the loan ledger. An entry by hand is listed at one place while it is open and until a
    statement shows it, so its confirmation is no move in the index.
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


_PLAIN: Final = tuple(one.name for one in fields(Receipt) if one.name != "outcome")
_DEFAULTS: Final = {one.name: one.default for one in fields(Receipt)}


def receipt_row(receipt: Receipt) -> ReceiptRow:
    """The row of a receipt that is none of an order's."""
    key = keys.receipt(receipt.receipt_id)
    timer = receipt_timer(receipt)
    return ReceiptRow(
        pk=key.pk,
        sk=key.sk,
        timer_shard=timer.shard if timer else None,
        timer_at=timer.at if timer else None,
        **{name: getattr(receipt, name) for name in _PLAIN},
        outcome=receipt.outcome.value,
    )


def receipt_timer(receipt: Receipt) -> keys.Timer | None:
    """Where a receipt is listed."""
    is_entry = receipt.receipt_id.startswith(ENTRY_PREFIX)
    if is_entry and (receipt.is_open or receipt.awaits_statement):
        return keys.entry_timer(receipt.received_at)
    if receipt.is_open:
        return keys.case_timer(receipt.receipt_id, receipt.received_at)
    if receipt.awaits_statement:
        return keys.unstated_timer(receipt.receipt_id, receipt.received_at)
    if receipt.outcome is ReceiptOutcome.OUTSIDE:
        return keys.outside_timer(receipt.currency, receipt.received_at)
    return None


def receipt_of(row: ReceiptRow) -> Receipt:
    """The receipt of a row. Raises RowCorrupt."""
    try:
        outcome = ReceiptOutcome(row.outcome)
    except ValueError as error:
        raise RowCorrupt(f"{row.pk}: outcome") from error
    return Receipt(outcome=outcome, **{name: getattr(row, name) for name in _PLAIN})


def order_of(receipt_id: str) -> keys.Key | None:
    """The row of the order that a receipt of this id is about; None: it has a row of its own."""
    if not receipt_id.startswith(DEBIT_PREFIX):
        return None
    named = attempt_of_collection(receipt_id.removeprefix(DEBIT_PREFIX))
    return None if named is None else keys.collection(*named)


def document(receipt: Receipt) -> dict[str, str | int]:
    """A receipt inside an order's row: what differs from the defaults."""
    found: dict[str, str | int] = {}
    for name, default in _DEFAULTS.items():
        value = getattr(receipt, name)
        if value != default:
            found[name] = value.isoformat() if isinstance(value, date) else value
    return found


def of_document(told: Mapping[str, Any], where: str) -> Receipt:
    """The receipt of a document. Raises RowCorrupt."""
    try:
        found: dict[str, Any] = {
            name: _READ[name](value) if name in _READ else value for name, value in told.items()
        }
        return Receipt(**found)
    except (AttributeError, TypeError, ValueError) as error:
        raise RowCorrupt(f"{where}: receipt") from error


_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "outcome": ReceiptOutcome,
    "received_at": datetime.fromisoformat,
    "value_on": date.fromisoformat,
    "stated_on": date.fromisoformat,
}
