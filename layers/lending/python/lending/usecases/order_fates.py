"""How the bank's word on an order of ours ends it, beside what is booked.

An order is an attempt at a debit, or a payout after the first. `Ending` adds the end to what a
booking commits; it reads the order anew at each try of the commit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from lending.domain.auto_debit import Collection, CollectionState, next_attempt_on
from lending.domain.events import auto_debit_failed, payout_returned
from lending.domain.loan_payouts import LoanPayout, PayoutState
from lending.domain.receipts import (
    Receipt,
    ReceiptOutcome,
    attempt_of_collection,
    loan_payout_of,
)
from lending.domain.records import Loan
from lending.ports.book import Book
from lending.ports.money import Beside, MoneyBook
from lending.ports.profiles import Profiles
from lending.usecases.loading import rules_at

PAYOUT_RETURNED: Final = "payout_returned"
type Ending = Callable[[Beside], Beside]


@dataclass(frozen=True, slots=True)
class OrderFates:
    """Reads orders by their references, and ends them."""

    book: Book
    money: MoneyBook
    profiles: Profiles

    def attempt(self, reference: str) -> Collection | None:
        """The attempt of a reference; None for a reference that is none of ours."""
        named = attempt_of_collection(reference)
        return None if named is None else self.money.collection(*named)

    def payout(self, reference: str) -> LoanPayout | None:
        """The payout of a reference; as `attempt`."""
        named = loan_payout_of(reference)
        return None if named is None else self.money.payout(*named)

    def collected(self, reference: str, at: datetime) -> Ending:
        """The attempt drew its money."""

        def ends(beside: Beside) -> Beside:
            attempt = self.attempt(reference)
            if attempt is None or attempt.state is CollectionState.COLLECTED:
                return beside
            return _with(beside, attempt, CollectionState.COLLECTED, at, "")

        return ends

    def failed(
        self, loan: Loan, attempt: Collection, noted: Receipt, reason: str, at: datetime
    ) -> Beside:
        """The attempt drew nothing: its end, with what the customer is told."""
        beside = _with(Beside(receipt=noted), attempt, CollectionState.FAILED, at, reason)
        return self._told(beside, loan, at)

    def taken_back(self, reference: str, loan: Loan, reason: str, at: datetime) -> Ending:
        """What was drawn went back to the payer."""

        def ends(beside: Beside) -> Beside:
            attempt = self.attempt(reference)
            if attempt is None or attempt.state is CollectionState.RETURNED:
                return beside
            ended = _with(beside, attempt, CollectionState.RETURNED, at, reason)
            return self._told(ended, loan, at)

        return ends

    def paid(self, reference: str, at: datetime) -> Ending:
        """The payout arrived; one that lends anew makes the loan live again."""

        def ends(beside: Beside) -> Beside:
            payout = self.payout(reference)
            if payout is None or payout.state is PayoutState.ACCEPTED:
                return beside
            done = _ended(beside, payout, PayoutState.ACCEPTED, at, "")
            if payout.kind != "payout":
                return done
            return self._loan(done, payout.loan_id, status="ACTIVE_CURRENT")

        return ends

    def rejected(self, payout: LoanPayout, parked: Receipt, reason: str, at: datetime) -> Beside:
        """The bank refused the payout: its end, with the case."""
        return _ended(Beside(receipt=parked), payout, PayoutState.REJECTED, at, reason)

    def came_back(self, reference: str, loan_id: str, reason: str, at: datetime) -> Ending:
        """A payout came back: nothing is lent any more, or its money is still owed."""

        def ends(beside: Beside) -> Beside:
            payout = self.payout(reference)
            if payout is not None and payout.state is not PayoutState.RETURNED:
                beside = _ended(beside, payout, PayoutState.RETURNED, at, reason)
            if payout is None or payout.kind == "payout":
                beside = self._loan(beside, loan_id, status="PAYOUT_RETURNED")
            loan = beside.loan or self.book.loan(loan_id)
            if loan is None:
                return beside
            event = payout_returned(loan, reference, reason, at)
            case = _returned_case(beside, loan_id, reason, at)
            return replace(beside, events=(*beside.events, event), opened_case=case)

        return ends

    def _loan(self, beside: Beside, loan_id: str, status: str) -> Beside:
        loan = self.book.loan(loan_id)
        if loan is None:
            return beside
        changed = replace(loan, status=status, next_due_on=None, bucket=None)  # type: ignore[arg-type]
        changed = replace(changed, version=loan.version + 1)
        return replace(beside, loan=changed, loan_was=loan.version)

    def _told(self, beside: Beside, loan: Loan, at: datetime) -> Beside:
        ended = beside.collection
        if ended is None:
            return beside
        event = auto_debit_failed(loan, ended, self._next_on(loan, ended, at), at)
        return replace(beside, events=(*beside.events, event))

    def _next_on(self, loan: Loan, failed: Collection, at: datetime) -> date | None:
        if loan.mandate_id != failed.mandate_id:
            return None
        rules = rules_at(self.profiles, loan.market, at).auto_debit
        worked = self.profiles.calendar(loan.market)
        return next_attempt_on(rules, worked, failed, failed.reason)


def _returned_case(beside: Beside, loan_id: str, reason: str, at: datetime) -> Receipt | None:
    """A person decides what becomes of it: paid again, perhaps to another account, or cancelled."""
    told = beside.receipt
    if told is None:
        return None
    return Receipt(
        receipt_id=f"returned-{told.receipt_id}",
        sha256="",
        source=told.source,
        kind=PAYOUT_RETURNED,
        outcome=ReceiptOutcome.PARKED,
        received_at=at,
        case=PAYOUT_RETURNED,
        detail=reason,
        amount_minor=told.amount_minor,
        currency=told.currency,
        loan_id=loan_id,
    )


def _with(
    beside: Beside, attempt: Collection, state: CollectionState, at: datetime, reason: str
) -> Beside:
    ended = replace(
        attempt, state=state, version=attempt.version + 1, resolved_at=at, reason=reason
    )
    return replace(beside, collection=ended, collection_was=attempt.version)


def _ended(
    beside: Beside, payout: LoanPayout, state: PayoutState, at: datetime, reason: str
) -> Beside:
    ended = replace(payout, state=state, version=payout.version + 1, resolved_at=at, reason=reason)
    return replace(beside, payout=ended, payout_was=payout.version)
