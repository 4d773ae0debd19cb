"""A sealed amendment comes into force: once, in one commit, on the loan it was signed for.

The new plan is computed again from the facts. What differs from what was signed is never put
into force: the paper is void, the loan as it was, and the customer may sign a new one.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.amending import Amendment, DrawnUp, extended_loan, replan_fact
from lending.domain.documents.record import DocumentRecord, kept_longer
from lending.domain.documents.signed import account_of
from lending.domain.events import loan_extended
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.booking import Booking, book
from lending.ports.book import Book
from lending.ports.documents import DocumentRegister
from lending.ports.money import Beside, MoneyBook
from lending.usecases.refusal import NotAllowed
from lending.usecases.running_loan import (
    CHANGED,
    RunningLoan,
    RunningLoans,
    amendment_named,
    void,
)

APPLIED = "APPLIED"
STALE = "STALE"


@dataclass(frozen=True, slots=True)
class ApplyAmendment:
    """Plan, books, loan, amendment and event in one transaction of the store, or nothing."""

    book: Book
    money: MoneyBook
    loans: RunningLoans
    register: DocumentRegister

    def __call__(self, amendment_id: str, at: datetime) -> str:
        """APPLIED; STALE when the loan had changed; or how the amendment ended.

        Raises:
            StaleVersion: somebody booked on the loan at that moment; run it again.
            NotFound, Retryable, Permanent.
        """
        file, amendment = amendment_named(self.book, amendment_id)
        paper = amendment.paper
        if amendment.status != "APPROVED" or paper is None or paper.status != "SIGNED":
            return amendment.status if amendment.stale == "" else STALE
        running = self.loans.of_file(file, at)
        drawn = self._drawn(running, amendment)
        if isinstance(drawn, str):
            return self._void(running, amendment, drawn)
        booking = self._booking(running, amendment, drawn, at)
        if isinstance(booking, BookingRefusal):
            return self._void(running, amendment, booking.value)
        loan = extended_loan(running.loan, drawn)
        applied = replace(amendment, status="APPLIED", ended_at=at, version=amendment.version + 1)
        self.money.commit_with(
            loan.loan_id,
            running.books,
            booking,
            Beside(
                plan=drawn.terms,
                loan=loan,
                loan_was=running.loan.version,
                amendment=applied,
                amendment_was=amendment.version,
                events=(loan_extended(loan, applied, at),),
                retained=self._retained(running, applied),
            ),
        )
        return APPLIED

    def _retained(self, running: RunningLoan, amendment: Amendment) -> tuple[DocumentRecord, ...]:
        """What was signed before is kept as long after the new end as it was after the old."""
        if amendment.paper is None or amendment.ends_on is None:
            return ()
        until = running.profile.documents.retain_until(amendment.ends_on)
        signers = amendment.paper.signers
        people = dict.fromkeys(account_of(one) for one in signers if one.role != "lender")
        found = [one for person in people for one in self.register.of_customer(person)]
        return kept_longer(found, amendment.application_id, until)

    def _drawn(self, running: RunningLoan, amendment: Amendment) -> DrawnUp | str:
        """The plan that was signed, or why it is not the plan of today's loan."""
        if running.has_moved_on(amendment) or amendment.effective_on is None:
            return CHANGED
        # Drawn up as of the day that the paper names: nothing happened since.
        drawn = running.drawn(amendment.months, amendment.effective_on)
        if isinstance(drawn, NotAllowed):
            return drawn.code
        paper = amendment.paper
        is_signed = paper is not None and paper.terms_sha256 == drawn.plan_sha256
        return drawn if is_signed else CHANGED

    def _booking(
        self, running: RunningLoan, amendment: Amendment, drawn: DrawnUp, at: datetime
    ) -> Booking | BookingRefusal:
        terms = replace(running.terms, later=(*running.terms.later, drawn.terms))
        fact = replan_fact(amendment, running.loan, drawn, at)
        return book(terms, running.books, fact, running.profile.local_date(at))

    def _void(self, running: RunningLoan, amendment: Amendment, why: str) -> str:
        self.book.commit(void(running, amendment, why))
        return STALE
