"""The customer signs: the right code for exactly the document that was shown."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.application import Move, advance
from lending.domain.events import application_event
from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Application, Contract, State, StoredReply
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles
from lending.ports.system import Otp, Workflow
from lending.usecases.loading import own_file, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.resumption import nudge


@dataclass(frozen=True, slots=True)
class Signature:
    """The one-time password and the hash of the document the customer saw."""

    otp_id: str
    code: str
    document_sha256: str


@dataclass(frozen=True, slots=True)
class ConfirmSignature:
    """CONTRACTING to CONDITIONS_PENDING; the origination goes on from its wait."""

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
        file = own_file(self.book, application_id, owner)
        application, contract = file.application, file.contract
        if application.state != State.CONTRACTING or contract is None:
            return illegal_state(application.state, "there is nothing to sign")
        profile = rules_at(self.profiles, application.request.market, at)
        if refused := _refused(contract, signature, profile, at):
            return refused
        is_right = self.otp.verify(
            contract.otp_mac,
            code=signature.code,
            document_sha256=contract.document_sha256,
            otp_id=contract.otp_id,
        )
        if not is_right:
            return self._count_wrong(contract)
        signed = replace(contract, status="SIGNED", signed_at=at, version=contract.version + 1)
        move = Move(State.CONDITIONS_PENDING, "sign", Actor("applicant", owner))
        moved, transitions = advance(application, [move], at, profile.state_timeouts)
        event = application_event(
            "ContractSigned",
            moved,
            at,
            contract_id=signed.contract_id,
            offer_id=signed.offer_id,
            document_sha256=signed.document_sha256,
            terms_sha256=signed.terms_sha256,
        )
        self.book.commit(
            Change(
                application=moved,
                application_was=application.version,
                transitions=transitions,
                contract=signed,
                contract_was=contract.version,
                events=(event,),
                reply=reply(moved),
            )
        )
        nudge(self.book, self.workflow, moved, "customer")
        return moved

    def _count_wrong(self, contract: Contract) -> NotAllowed:
        counted = replace(contract, attempts=contract.attempts + 1, version=contract.version + 1)
        self.book.commit(Change(contract=counted, contract_was=contract.version))
        problem = Problem("/code", "the code is wrong")
        return NotAllowed("invalid", "otp_wrong", "The code is wrong.", (problem,))


def _refused(
    contract: Contract, signature: Signature, profile: MarketProfile, at: datetime
) -> NotAllowed | None:
    if signature.otp_id != contract.otp_id:
        return NotAllowed("conflict", "otp_replaced", "A newer code was sent.")
    if signature.document_sha256 != contract.document_sha256:
        return NotAllowed("conflict", "document_changed", "The document shown is not this one.")
    if contract.attempts >= profile.otp.attempts_max:
        return NotAllowed("conflict", "otp_locked", "Too many wrong codes; ask for a new one.")
    if contract.otp_expires_at <= at:
        return NotAllowed("conflict", "otp_expired", "The code has expired; ask for a new one.")
    return None
