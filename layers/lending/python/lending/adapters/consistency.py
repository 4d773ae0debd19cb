"""What every implementation of a book refuses to write, whatever the use case asked for."""

from lending.domain.faults import Permanent
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import TransactionKind
from lending.ports.book import Change


def check_change(change: Change) -> None:
    """Hold a change against the invariants that need no stored row (I6: no gap in versions).

    Raises:
        Permanent: it is inconsistent in itself.
    """
    versions = (
        (change.application, change.application_was),
        (change.contract, change.contract_was),
        (change.amendment, change.amendment_was),
        (change.disbursement, change.disbursement_was),
        (change.loan, change.loan_was),
        (change.release, change.release_was),
        (change.review, change.review_was),
        (change.fraud_case, change.fraud_case_was),
    )
    for record, was in versions:
        if record is None and was:
            raise Permanent("a change names a version without its record")
        if record is not None and record.version <= was:
            raise Permanent("a change does not raise the version of its record")
    if change.application is None:
        if change.transitions:
            raise Permanent("transitions without their application")
    else:
        expected = range(change.application_was + 1, change.application.version + 1)
        if [one.seq for one in change.transitions] != list(expected):
            raise Permanent("transitions do not lead to the application's version")
    _check_opening(change)


def _check_opening(change: Change) -> None:
    """A ledger is opened with its loan, for all that the loan lends (I1, I7)."""
    opening, loan = change.ledger, change.loan
    if opening is None:
        return
    if loan is None or change.loan_was:
        raise Permanent("a ledger is opened without its new loan")
    of_terms = (opening.terms.loan_id, opening.terms.currency, opening.terms.principal_minor)
    if of_terms != (loan.loan_id, loan.currency, loan.principal_minor):
        raise Permanent(f"{loan.loan_id}: the terms of its ledger are another loan's")
    books = LoanBooks()
    for booking in opening.bookings:
        check_booking(loan.loan_id, books, booking)
        books = booking.after


def check_booking(loan_id: str, before: LoanBooks, booking: Booking) -> None:
    """Hold a booking against the books it was made on: its entries follow their head (I4).

    Raises:
        Permanent: it is inconsistent in itself.
    """
    head = before.head
    for entry in booking.entries:
        if (entry.loan_id, entry.seq, entry.previous_sha256) != (
            loan_id,
            head.seq + 1,
            head.sha256,
        ):
            raise Permanent(f"{loan_id}: entry {entry.seq} does not follow entry {head.seq}")
        head = entry.head
    if booking.after.head != head:
        raise Permanent(f"{loan_id}: the books after a booking have another head than its entries")


def check_plan(loan_id: str, booking: Booking, plan: AccountTerms | None) -> None:
    """A new plan is kept with the fact that brings it into force, and only with that.

    Raises:
        Permanent: one is there without the other, or they do not belong together.
    """
    made = booking.transaction
    wanted = made.plan if made is not None and made.kind is TransactionKind.REPLAN else 0
    if plan is None:
        if wanted:
            raise Permanent(f"{loan_id}: plan {wanted} comes into force and is not kept")
        return
    if (plan.loan_id, plan.number) != (loan_id, wanted):
        raise Permanent(f"{loan_id}: a plan is kept that does not come into force")
