"""Cases that our own checks open and end: one id a finding, so that a repeat opens none."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lending.domain.faults import StaleVersion
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import DomainEvent
from lending.ports.money import Beside, Receipts

CONTROL: Final = "control"


def finding(  # a case is made of what it says
    case_id: str,
    case: str,
    amount_minor: int,
    currency: str,
    at: datetime,
    *,
    detail: str = "",
    loan_id: str = "",
    kind: str = CONTROL,
) -> Receipt:
    """A case of our own; `amount_minor` says by how much (signed)."""
    return Receipt(
        receipt_id=case_id,
        sha256="",
        source=CONTROL,
        kind=kind,
        outcome=ReceiptOutcome.PARKED,
        received_at=at,
        case=case,
        detail=detail,
        amount_minor=amount_minor,
        currency=currency,
        loan_id=loan_id,
    )


@dataclass(frozen=True, slots=True)
class Cases:
    """Raises Retryable; somebody else at the same case is not an error."""

    money: Receipts

    def open(self, case: Receipt, *events: DomainEvent) -> bool:
        """Open it, or again after a check ended it; False when it is open or persons ended it.

        Events are told when the case is new, once.
        """
        known = self.money.receipt(case.receipt_id)
        if known is not None and (known.is_open or known.entered_by):
            return False  # told already, or persons have decided
        was = 0 if known is None else known.version
        told = events if known is None else ()
        try:
            self.money.keep(Beside(replace(case, version=was + 1), was, told))
        except StaleVersion:
            return False
        return True

    def end(self, case_id: str, by: str) -> bool:
        """End it because what it said is no longer so; False when it is not open."""
        known = self.money.receipt(case_id)
        if known is None or not known.is_open:
            return False
        ended = replace(
            known, outcome=ReceiptOutcome.CLOSED, version=known.version + 1, closed_by=by
        )
        try:
            self.money.keep(Beside(ended, known.version))
        except StaleVersion:
            return False
        return True
