"""Let a signed application go to payout: by rule, or by a second person above the limit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lending.domain.application import Move, advance
from lending.domain.faults import Permanent
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Application, State, StoredReply
from lending.domain.waiting import RELEASED_STATES
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.profiles import Profiles
from lending.ports.system import Workflow
from lending.usecases.loading import accepted_offer, file_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.resumption import nudge

RULE = Actor("system", "release")


@dataclass(frozen=True, slots=True)
class ReleaseForFunding:
    """CONDITIONS_PENDING to READY_TO_FUND unless a second person must look."""

    book: Book
    profiles: Profiles

    def __call__(self, application_id: str, at: datetime) -> str:
        """READY, HELD (a person must release), or the state that ended the application.

        Raises:
            Permanent: the signed contract is not of the accepted terms (invariant I11).
            NotFound, StaleVersion, Retryable.
        """
        file = file_of(self.book, application_id)
        application = file.application
        if application.state in RELEASED_STATES:
            return "READY"
        if application.state != State.CONDITIONS_PENDING:
            return application.state.value
        check_signed_terms(file)
        profile = rules_at(self.profiles, application.request.market, at)
        if needs_second_person(application, profile):
            return "HELD"
        commit_release(self.book, application, profile, RULE, at, None)
        return "READY"


@dataclass(frozen=True, slots=True)
class ReleaseHeld:
    """Operations release or revoke what policy holds; never the person who approved it."""

    book: Book
    profiles: Profiles
    workflow: Workflow

    def __call__(
        self,
        application_id: str,
        approved: bool,
        operator: str,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Release or revoke. Raises NotFound, Permanent, StaleVersion, Retryable."""
        file = file_of(self.book, application_id)
        application, decision = file.application, file.decision
        profile = rules_at(self.profiles, application.request.market, at)
        held = application.state == State.CONDITIONS_PENDING
        if not held or not needs_second_person(application, profile):
            return illegal_state(application.state, "nothing is held for release")
        if decision is not None and decision.decided_by == Actor("officer", operator):
            return NotAllowed("forbidden", "four_eyes", "A second person must release this.")
        check_signed_terms(file)
        person = Actor("operations", operator)
        done = commit_release(self.book, application, profile, person, at, reply, approved)
        nudge(self.book, self.workflow, done, "release")
        return done


def needs_second_person(application: Application, profile: MarketProfile) -> bool:
    """Policy: four eyes above an amount."""
    return application.request.lent_minor > profile.four_eyes_above_minor


def check_signed_terms(file: ApplicationFile) -> None:
    """Invariant I11: what is paid out was signed, and what was signed was accepted.

    Raises:
        Permanent: it was not; nothing may be paid.
    """
    contract, offer = file.contract, accepted_offer(file)
    if (
        contract is None
        or contract.status != "SIGNED"
        or (contract.offer_id, contract.terms_sha256) != (offer.offer_id, offer.terms_sha256)
    ):
        raise Permanent(f"{file.application.application_id}: the accepted terms are not signed")


def commit_release(
    book: Book,
    application: Application,
    profile: MarketProfile,
    actor: Actor,
    at: datetime,
    reply: Callable[[Application], StoredReply] | None,
    approved: bool = True,
) -> Application:
    """Move to READY_TO_FUND (or REVOKED) in one commit. Raises StaleVersion, Retryable."""
    move = Move(State.READY_TO_FUND if approved else State.REVOKED, "release", actor)
    moved, transitions = advance(application, [move], at, profile.state_timeouts)
    book.commit(
        Change(
            application=moved,
            application_was=application.version,
            transitions=transitions,
            reply=None if reply is None else reply(moved),
        )
    )
    return moved
