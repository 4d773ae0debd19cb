"""An order whose fate the bank does not tell: after its time it is a case for a person."""

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from lending.domain.faults import StaleVersion
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.ports.money import Beside, Receipts

type InDoubt = Literal["payout_unknown", "debit_unknown"]
PAYOUT_UNKNOWN: Final[InDoubt] = "payout_unknown"
DEBIT_UNKNOWN: Final[InDoubt] = "debit_unknown"


def case_of(reference: str) -> str:
    """The id of the case of one order."""
    return f"unknown-{reference}"


def open_order_case(
    receipts: Receipts,
    reference: str,
    amount_minor: int,
    currency: str,
    loan_id: str,
    at: datetime,
    kind: InDoubt = PAYOUT_UNKNOWN,
) -> None:
    """Once, however often the bank is asked. Raises Retryable."""
    if receipts.receipt(case_of(reference)) is not None:
        return
    case = Receipt(
        receipt_id=case_of(reference),
        sha256="",
        source="query",
        kind=kind,
        outcome=ReceiptOutcome.PARKED,
        received_at=at,
        case=kind,
        detail=reference,
        amount_minor=amount_minor,
        currency=currency,
        loan_id=loan_id,
    )
    try:
        receipts.keep(Beside(receipt=case))
    except StaleVersion:
        return  # opened meanwhile


def close_order_case(receipts: Receipts, reference: str) -> None:
    """The bank told the fate after all; nothing when there was no case. Raises Retryable."""
    case = receipts.receipt(case_of(reference))
    if case is None or not case.is_open:
        return
    closed = replace(
        case, outcome=ReceiptOutcome.CLOSED, version=case.version + 1, closed_by=reference
    )
    try:
        receipts.keep(Beside(receipt=closed, receipt_was=case.version))
    except StaleVersion:
        return  # a person was faster
