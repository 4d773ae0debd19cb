"""Ask for an extension of a running loan, approve it, take it back: nothing of the loan changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from lending.domain.amending import Amendment, amendment_id_of, open_one
from lending.domain.application import TERMINAL
from lending.domain.events import amendment_changed
from lending.domain.faults import NotFound
from lending.domain.problem import Problem
from lending.domain.records import LIVE, Actor, State, StoredReply
from lending.ports.book import ApplicationFile, Book, Change
from lending.usecases.loading import own_file
from lending.usecases.refusal import NotAllowed, invalid
from lending.usecases.running_loan import RunningLoan, RunningLoans, amendment_named, ended
from lending.usecases.signing_file import amendment_of, filed

MONTHS_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many more months, for a reason of the market's list."""

    months: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's word on what was proposed."""

    approved: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProposeExtension:
    """The customer asks, or staff propose; more months than policy says need a second person."""

    book: Book
    loans: RunningLoans

    def __call__(
        self,
        loan_id: str,
        actor: Actor,
        wanted: Wanted,
        at: datetime,
        reply: Callable[[Amendment], StoredReply],
    ) -> Amendment | NotAllowed:
        """Check everything, commit. Raises NotFound, StaleVersion, Retryable."""
        running = self.loans.of_loan(loan_id, at)
        if actor.kind == "applicant" and running.loan.owner != actor.id:
            raise NotFound(loan_id)
        process = running.profile.extension
        if wanted.reason not in process.reasons:
            return invalid(Problem("/reason", f"one of {', '.join(process.reasons)}"))
        if not 1 <= wanted.months <= MONTHS_MAX:
            return invalid(Problem("/months", f"1 to {MONTHS_MAX}"))
        refused = _ineligible(running) or self._busy(running)
        if refused is not None:
            return refused
        drawn = running.drawn(wanted.months)
        if isinstance(drawn, NotAllowed):
            return drawn
        limit = process.approval_above_months
        is_free = limit is None or wanted.months <= limit
        application_id = running.file.application.application_id
        number = len(running.file.amendments) + 1
        amendment = Amendment(
            amendment_id=amendment_id_of(application_id, number),
            application_id=application_id,
            loan_id=loan_id,
            number=number,
            months=wanted.months,
            reason=wanted.reason,
            status="APPROVED" if is_free else "PROPOSED",
            version=1,
            proposed_by=actor,
            proposed_at=at,
            expires_at=at + timedelta(days=process.expires_days),
            decided_by="policy" if is_free else "",
        )
        event = amendment_changed(running.loan, amendment, at)
        self.book.commit(Change(amendment=amendment, events=(event,), reply=reply(amendment)))
        return amendment

    def _busy(self, running: RunningLoan) -> NotAllowed | None:
        """One amendment at a time, and none while the person asks for another loan."""
        if open_one(running.file.amendments) is not None:
            return NotAllowed("conflict", "amendment_open", "Another amendment is open.")
        for other in self.book.applications_of(running.loan.customer_id):
            if other.state not in TERMINAL and other.state is not State.FUNDED:
                detail = "Another application of the customer is open."
                return NotAllowed("conflict", "application_open", detail)
        return None


@dataclass(frozen=True, slots=True)
class DecideAmendment:
    """A person approves or declines; never who proposed it."""

    book: Book
    loans: RunningLoans

    def __call__(
        self,
        amendment_id: str,
        officer: str,
        ruling: Ruling,
        at: datetime,
        reply: Callable[[Amendment], StoredReply],
    ) -> Amendment | NotAllowed:
        """Commit the decision; what is approved is checked anew. Raises NotFound, Retryable."""
        file, amendment = amendment_named(self.book, amendment_id)
        if amendment.status != "PROPOSED":
            return _not(amendment, "nothing is to be decided")
        if amendment.proposed_by.id == officer:
            return NotAllowed("forbidden", "four_eyes", "A second person must decide this.")
        running = self.loans.of_file(file, at)
        if ruling.approved:
            refused = _ineligible(running) or _forbidden(running, amendment.months)
            if refused is not None:
                return refused
        days = running.profile.extension.expires_days
        decided = replace(
            amendment,
            status="APPROVED" if ruling.approved else "DECLINED",
            decided_by=officer,
            note=ruling.note,
            expires_at=at + timedelta(days=days) if ruling.approved else amendment.expires_at,
            ended_at=None if ruling.approved else at,
            version=amendment.version + 1,
        )
        event = amendment_changed(running.loan, decided, at)
        change = Change(amendment=decided, amendment_was=amendment.version, events=(event,))
        self.book.commit(replace(change, reply=reply(decided)))
        return decided


@dataclass(frozen=True, slots=True)
class WithdrawAmendment:
    """The customer takes it back, until the last signature."""

    book: Book
    loans: RunningLoans

    def __call__(
        self,
        amendment_id: str,
        owner: str,
        at: datetime,
        reply: Callable[[Amendment], StoredReply],
    ) -> Amendment | NotAllowed:
        """End it. Raises NotFound, StaleVersion, Retryable."""
        file, amendment = _own(self.book, amendment_id, owner)
        if not amendment.is_open or amendment.is_signed:
            return _not(amendment, "it cannot be taken back")
        running = self.loans.of_file(file, at)
        done, change = ended(running.loan, amendment, "WITHDRAWN", at)
        self.book.commit(replace(change, reply=reply(done)))
        return done


@dataclass(frozen=True, slots=True)
class ViewAmendments:
    """Amendments of a loan, for its owner or for staff (`owner` None)."""

    book: Book

    def __call__(self, loan_id: str, owner: str | None) -> tuple[Amendment, ...]:
        """All of them, in the order in which they were asked for. Raises NotFound."""
        loan = self.book.loan(loan_id)
        if loan is None or (owner is not None and loan.owner != owner):
            raise NotFound(loan_id)
        file = self.book.file(loan.application_id)
        return () if file is None else file.amendments


def _own(book: Book, amendment_id: str, owner: str) -> tuple[ApplicationFile, Amendment]:
    """The borrower's amendment; for anybody else there is none. Raises NotFound."""
    application_id, number = filed(amendment_id)
    if number is None:
        raise NotFound(amendment_id)
    file = own_file(book, application_id, owner)
    return file, amendment_of(file, number)


def _ineligible(running: RunningLoan) -> NotAllowed | None:
    """Only a live loan without arrears is extended."""
    if running.loan.status not in LIVE:
        return NotAllowed("conflict", "loan_not_live", f"The loan is {running.loan.status}.")
    late, most = running.delinquent_days(), running.profile.extension.max_delinquent_days
    if late > most:
        return NotAllowed("conflict", "extension_arrears", f"It is {late} days late.")
    return None


def _forbidden(running: RunningLoan, months: int) -> NotAllowed | None:
    drawn = running.drawn(months)
    return drawn if isinstance(drawn, NotAllowed) else None


def _not(amendment: Amendment, what: str) -> NotAllowed:
    return NotAllowed("conflict", "illegal_state", f"The amendment is {amendment.status}; {what}.")
