"""A signer confirms the paper of an amendment; with the last one it is sealed and applied."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.amending import Amendment
from lending.domain.faults import Permanent, Retryable
from lending.domain.records import Contract, StoredReply
from lending.domain.signing import Signer, turn_of
from lending.ports.book import Book
from lending.ports.system import Otp, Workflow
from lending.usecases.confirm_signature import Codes, Signature
from lending.usecases.refusal import NotAllowed
from lending.usecases.running_loan import CHANGED, RunningLoans, amendment_named, void
from lending.usecases.signing_file import (
    Paper,
    amendment_file,
    countersigned,
    nothing_to_sign,
    open_paper,
    turn,
)


@dataclass(frozen=True, slots=True)
class ConfirmAmendment:
    """The right code for exactly this document, while the loan is what it was drawn up from."""

    book: Book
    loans: RunningLoans
    otp: Otp
    workflow: Workflow

    def __call__(
        self,
        amendment_id: str,
        owner: str,
        signature: Signature,
        at: datetime,
        reply: Callable[[Amendment], StoredReply],
    ) -> Amendment | NotAllowed:
        """Verify and commit; a wrong code is counted. Raises NotFound, StaleVersion, Retryable."""
        file, _ = amendment_file(self.book, amendment_id, owner)
        found = turn(file, amendment_id, owner)
        if isinstance(found, NotAllowed):
            return found
        paper, signer = found
        refused = still_fits(self.book, self.loans, paper, at)
        if refused is not None:
            return refused
        profile = self.loans.of_file(file, at).profile
        done = Codes(self.book, self.otp).proved(paper, signer, signature, profile, at)
        if isinstance(done, NotAllowed):
            return done
        return _commit(self.book, self.workflow, paper, countersigned(paper.contract, done), reply)


@dataclass(frozen=True, slots=True)
class CounterSignAmendment:
    """The lender signs last where policy wants it; never the person who approved."""

    book: Book
    loans: RunningLoans
    workflow: Workflow

    def __call__(
        self,
        amendment_id: str,
        officer: str,
        document_sha256: str,
        at: datetime,
        reply: Callable[[Amendment], StoredReply],
    ) -> Amendment | NotAllowed:
        """Confirm for the lender. Raises NotFound, StaleVersion, Retryable."""
        file, amendment = amendment_named(self.book, amendment_id)
        paper = open_paper(file, amendment_id)
        if isinstance(paper, NotAllowed):
            return paper
        signer = turn_of(paper.contract.signers)
        if signer is None or signer.role != "lender":
            return NotAllowed("conflict", "not_your_turn", "Somebody else signs first.")
        if officer in (amendment.decided_by, amendment.proposed_by.id):
            return NotAllowed("forbidden", "four_eyes", "A second person must sign this.")
        if document_sha256 != paper.contract.document_sha256:
            return NotAllowed("conflict", "document_changed", "The document shown is not this one.")
        refused = still_fits(self.book, self.loans, paper, at)
        if refused is not None:
            return refused
        done = replace(signer, owner=officer, confirmed_at=at)
        return _commit(self.book, self.workflow, paper, _signed_by(paper.contract, done), reply)


def still_fits(book: Book, loans: RunningLoans, paper: Paper, at: datetime) -> NotAllowed | None:
    """None, or why the paper is void from now on: the loan changed, or time is over."""
    amendment = paper.amendment
    if amendment is None:
        raise Permanent("no amendment")
    if amendment.expires_at <= at:
        return nothing_to_sign(amendment)
    running = loans.of_file(paper.file, at)
    if not running.has_moved_on(amendment):
        return None
    book.commit(void(running, amendment, CHANGED))
    detail = "The loan changed since the paper was drawn up; it is to be rendered again."
    return NotAllowed("conflict", CHANGED, detail)


def _signed_by(contract: Contract, lender: Signer) -> Contract:
    """The lender's place gets the name of the officer who signs for it."""
    whole = replace(
        contract,
        signers=tuple(lender if one.role == "lender" else one for one in contract.signers),
    )
    return countersigned(whole, lender)


def _commit(
    book: Book,
    workflow: Workflow,
    paper: Paper,
    confirmed: Contract,
    reply: Callable[[Amendment], StoredReply],
) -> Amendment:
    change = paper.kept(confirmed)
    amended = change.amendment
    if amended is None:
        raise Permanent("no amendment")
    book.commit(replace(change, reply=reply(amended)))
    if confirmed.status == "CONFIRMED":
        start(workflow, amended)
    return amended


def start(workflow: Workflow, amendment: Amendment, attempt: int | None = None) -> None:
    """Seal and apply. The signature stands whatever happens here: the sweeper starts it anew."""
    rendering = 0 if amendment.paper is None else amendment.paper.round
    try:
        workflow.start_amendment(amendment.amendment_id, rendering, attempt)
    except Retryable:
        return
