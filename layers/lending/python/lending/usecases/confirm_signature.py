"""A signer confirms: the right code for exactly the document that was shown to this person."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Application, Contract, StoredReply
from lending.domain.signing import SentOtp, Signer, turn_of, with_signer
from lending.ports.book import Book
from lending.ports.profiles import Profiles
from lending.ports.system import Otp, Workflow
from lending.usecases.loading import file_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.release_for_funding import approvers
from lending.usecases.resumption import nudge
from lending.usecases.signing_file import OPEN, Paper, confirmed, contract_file, turn


@dataclass(frozen=True, slots=True)
class Signature:
    """The one-time password, the hash of the document that was seen, and from where it came."""

    otp_id: str
    code: str
    document_sha256: str
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Codes:
    """What makes a signature: the code that was sent for this paper to this person, in time."""

    book: Book
    otp: Otp

    def proved(
        self,
        paper: Paper,
        signer: Signer,
        signature: Signature,
        profile: MarketProfile,
        at: datetime,
    ) -> Signer | NotAllowed:
        """The signer, confirmed; a wrong code is counted. Raises StaleVersion, Retryable."""
        contract, otp = paper.contract, signer.otp
        if otp is None:
            return NotAllowed("conflict", "otp_missing", "No code was sent yet.")
        if refused := _refused(contract, otp, signature, profile, at):
            return refused
        is_right = self.otp.verify(
            otp.mac,
            code=signature.code,
            purpose=paper.purpose,
            person=signer.customer_id,
            document_sha256=contract.document_sha256,
            otp_id=otp.otp_id,
        )
        if not is_right:
            return self._count_wrong(paper, signer, otp)
        return replace(signer, confirmed_at=at, address=signature.address, agent=signature.agent)

    def _count_wrong(self, paper: Paper, signer: Signer, otp: SentOtp) -> NotAllowed:
        contract = paper.contract
        wrong = replace(signer, otp=replace(otp, attempts=otp.attempts + 1))
        counted = replace(
            contract,
            signers=with_signer(contract.signers, wrong),
            version=contract.version + 1,
        )
        self.book.commit(paper.kept(counted))
        problem = Problem("/code", "the code is wrong")
        return NotAllowed("invalid", "otp_wrong", "The code is wrong.", (problem,))


@dataclass(frozen=True, slots=True)
class ConfirmSignature:
    """With the last signature to CONDITIONS_PENDING; the origination goes on to seal."""

    book: Book
    profiles: Profiles
    otp: Otp
    workflow: Workflow

    def __call__(
        self,
        application_id: str,
        owner: str,
        signature: Signature,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Verify and commit; a wrong code is counted. Raises NotFound, StaleVersion, Retryable."""
        file = contract_file(self.book, application_id, owner)
        found = turn(file, application_id, owner)
        if isinstance(found, NotAllowed):
            return found
        paper, signer = found
        profile = rules_at(self.profiles, file.application.request.market, at)
        done = Codes(self.book, self.otp).proved(paper, signer, signature, profile, at)
        if isinstance(done, NotAllowed):
            return done
        change, moved = confirmed(
            file.application, paper.contract, done, Actor("applicant", owner), profile, at
        )
        self.book.commit(replace(change, reply=reply(moved)))
        nudge(self.book, self.workflow, moved, "customer")
        return moved


@dataclass(frozen=True, slots=True)
class CounterSign:
    """The lender signs last where policy wants it; never the person who approved."""

    book: Book
    profiles: Profiles
    workflow: Workflow

    def __call__(
        self,
        application_id: str,
        officer: str,
        document_sha256: str,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Confirm for the lender. Raises NotFound, StaleVersion, Retryable."""
        file = file_of(self.book, application_id)
        application, contract = file.application, file.contract
        signer = None if contract is None else turn_of(contract.signers)
        if contract is None or contract.status not in OPEN or signer is None:
            return illegal_state(application.state, "there is nothing to countersign")
        if signer.role != "lender":
            return NotAllowed("conflict", "not_your_turn", "Somebody else signs first.")
        if file.decision is not None and officer in approvers(file.decision):
            return NotAllowed("forbidden", "four_eyes", "A second person must sign this.")
        if document_sha256 != contract.document_sha256:
            return NotAllowed("conflict", "document_changed", "The document shown is not this one.")
        profile = rules_at(self.profiles, application.request.market, at)
        done = replace(signer, owner=officer, confirmed_at=at)
        whole = replace(
            contract,
            signers=tuple(done if one.role == "lender" else one for one in contract.signers),
        )
        change, moved = confirmed(
            application, whole, done, Actor("operations", officer), profile, at
        )
        self.book.commit(replace(change, reply=reply(moved)))
        nudge(self.book, self.workflow, moved, "customer")
        return moved


def _refused(
    contract: Contract, otp: SentOtp, signature: Signature, profile: MarketProfile, at: datetime
) -> NotAllowed | None:
    if signature.otp_id != otp.otp_id or not otp.mac:
        return NotAllowed("conflict", "otp_replaced", "This code is not valid any more.")
    if signature.document_sha256 != contract.document_sha256:
        return NotAllowed("conflict", "document_changed", "The document shown is not this one.")
    if otp.attempts >= profile.otp.attempts_max:
        return NotAllowed("conflict", "otp_locked", "Too many wrong codes; ask for a new one.")
    if otp.expires_at <= at:
        return NotAllowed("conflict", "otp_expired", "The code has expired; ask for a new one.")
    return None
