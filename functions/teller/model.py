"""Wire shapes of entries and cases. Staff see ids and amounts here, never personal data."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Literal

from lending.domain.control import ClearingProof, SuspenseAgeing
from lending.domain.receipts import Receipt
from lending.domain.reconciliation import Reconciliation
from lending.domain.submission import PayeeAccount
from lending.entrypoint.http import WireModel
from lending.entrypoint.shapes import AccountBody
from lending.usecases.enter_money import Entry
from lending.usecases.order_payout import OrderEntry
from pydantic import Field

Amount = Annotated[int, Field(gt=0, le=10**15)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:~-]{1,100}$")]


class PaymentBody(WireModel):
    """Money that came in another way, or the money of a case."""

    amount_minor: Amount
    currency: Currency
    value_on: date
    case_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:~-]{0,100}$")] = ""

    def entry(self, loan_id: str) -> Entry:
        """The body as the use case takes it."""
        money = (self.amount_minor, self.currency)
        return Entry("payment", loan_id, self.value_on, *money, case_id=self.case_id)


class ReversalBody(WireModel):
    """A payment that was none; its amount is that of the payment."""

    transaction_id: Id
    value_on: date

    def entry(self, loan_id: str) -> Entry:
        """The body as the use case takes it."""
        return Entry("reversal", loan_id, self.value_on, of=self.transaction_id)


class RefundBody(WireModel):
    """Money in suspense that goes back to the customer."""

    amount_minor: Amount
    currency: Currency
    value_on: date

    def entry(self, loan_id: str) -> Entry:
        """The body as the use case takes it."""
        return Entry("refund", loan_id, self.value_on, self.amount_minor, self.currency)


class PayoutBody(WireModel):
    """What came back, or what is owed to the customer, is to be paid: to whom, if not as before."""

    payee: AccountBody | None = None
    case_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:~-]{0,100}$")] = ""

    def entry(self, loan_id: str) -> OrderEntry:
        """The body as the use case takes it."""
        payee = None if self.payee is None else PayeeAccount(**self.payee.model_dump())
        return OrderEntry("payout", loan_id, payee, self.case_id)


class TrancheBody(WireModel):
    """A part of what was held back from the dealer is to be paid, to the payee of the release."""

    amount_minor: Amount
    case_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:~-]{0,100}$")] = ""

    def entry(self, loan_id: str) -> OrderEntry:
        """The body as the use case takes it."""
        return OrderEntry("tranche", loan_id, None, self.case_id, self.amount_minor)


class CancellationBody(WireModel):
    """The loan whose payout came back is cancelled."""

    case_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:~-]{0,100}$")] = ""

    def entry(self, loan_id: str) -> OrderEntry:
        """The body as the use case takes it."""
        return OrderEntry("cancellation", loan_id, case_id=self.case_id)


class ConfirmationBody(WireModel):
    """The second person's word."""

    approved: bool


class ClosingBody(WireModel):
    """Why a case ends without a booking on a loan."""

    reason: Literal["looked_into", "outside_ledger"]


def suspense(ageing: SuspenseAgeing) -> dict[str, object]:
    """One day's money in suspense and in cases; `days` null: older than every bound."""
    return {
        "on": ageing.on.isoformat(),
        "currency": ageing.currency,
        "total_minor": ageing.total_minor,
        "buckets": [asdict(bucket) for bucket in ageing.buckets],
        "overdue": ageing.overdue,
        "made_at": ageing.made_at.isoformat(),
    }


def _clearing(proof: ClearingProof) -> dict[str, object]:
    """The balance against the ledger's: what explains the difference, what does not."""
    return {
        "bank_minor": proof.bank_minor,
        "ledger_minor": proof.ledger_minor,
        "base_minor": proof.base_minor,
        "unstated": asdict(proof.unstated),
        "held": asdict(proof.held),
        "outside": asdict(proof.outside),
        "difference_minor": proof.difference_minor,
        "is_settled": proof.is_settled,
    }


def reconciliation(done: Reconciliation, proof: ClearingProof | None) -> dict[str, object]:
    """One bank day; tallies are lines and their sum."""
    return {
        "on": done.on.isoformat(),
        "currency": done.currency,
        "statement_id": done.statement_id,
        "opening_minor": done.opening_minor,
        "closing_minor": done.closing_minor,
        "matched": asdict(done.matched),
        "explained": asdict(done.explained),
        "unexplained": asdict(done.unexplained),
        "balances": done.balances,
        "reconciled_at": done.reconciled_at.isoformat(),
        "account": done.account,
        "source": done.source,
        "clearing": None if proof is None else _clearing(proof),
    }


def entry(receipt: Receipt) -> dict[str, object]:
    """An entry or a case."""
    return {
        "id": receipt.receipt_id,
        "kind": receipt.kind,
        "source": receipt.source,
        "outcome": receipt.outcome.value,
        "case": receipt.case,
        "detail": receipt.detail,
        "loan_id": receipt.loan_id or None,
        "amount_minor": receipt.amount_minor,
        "currency": receipt.currency or None,
        "value_on": receipt.value_on.isoformat() if receipt.value_on else None,
        "bank_reference": receipt.bank_reference or None,
        "transaction_id": receipt.transaction_id or None,
        "of": receipt.of or None,
        "received_at": receipt.received_at.isoformat(),
    }
