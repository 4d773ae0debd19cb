"""Let a signed application go to payout: by rule, or by a second person where policy holds it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.application import Move, advance
from lending.domain.faults import Permanent
from lending.domain.profile import MarketProfile
from lending.domain.records import (
    Actor,
    Application,
    DecisionRecord,
    Release,
    State,
    StoredReply,
    Watch,
)
from lending.domain.release import RELEASABLE, holds, watch_key, watched
from lending.domain.waiting import RELEASED_STATES
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.partners import Payee, PayeeCheck
from lending.ports.profiles import Profiles
from lending.ports.system import Workflow
from lending.ports.vault import Vault
from lending.usecases.loading import accepted_offer, file_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.resumption import nudge

RULE = Actor("system", "release")


@dataclass(frozen=True, slots=True)
class ReleaseRulesOf:
    """What holds an application at a moment, with all that is read for it."""

    book: Book
    vault: Vault

    def watches(self, file: ApplicationFile, profile: MarketProfile) -> tuple[Watch, ...]:
        """Those that an amount just below the limit counts in; none for any other amount."""
        application, limit_minor = file.application, profile.four_eyes_above_minor
        if not profile.release.is_near(application.request.lent_minor, limit_minor):
            return ()
        payee = payee_of(self.vault, file)
        tokens = {
            "borrower": application.customer_id,
            "payee": self.vault.token("payee_account_no", payee.account_no),
        }
        if application.request.vehicle is not None:
            tokens["vehicle"] = application.request.vehicle.vin
        return self.book.watches(tuple(watch_key(kind, one) for kind, one in tokens.items()))

    def holds(
        self,
        file: ApplicationFile,
        release: Release,
        watches: tuple[Watch, ...],
        profile: MarketProfile,
        at: datetime,
    ) -> tuple[str, ...]:
        """Why it is not released at this moment."""
        amount_minor, limit = file.application.request.lent_minor, profile.four_eyes_above_minor
        return holds(release, watches, amount_minor, limit, profile.release, at)


@dataclass(frozen=True, slots=True)
class ReleaseForFunding:
    """CONDITIONS_PENDING to READY_TO_FUND unless a named reason holds it."""

    book: Book
    profiles: Profiles
    vault: Vault
    bank: PayeeCheck

    def __call__(self, application_id: str, at: datetime) -> str:
        """READY, HELD (a person must release), or the state that ended the application.

        Raises:
            Permanent: the signed contract is not of the accepted terms (invariant I11).
            NotFound, StaleVersion, Retryable (the bank cannot say whose account it is).
        """
        file = file_of(self.book, application_id)
        application = file.application
        if application.state in RELEASED_STATES:
            return "READY"
        if application.state != State.CONDITIONS_PENDING:
            return application.state.value
        check_signed_terms(file)
        profile = rules_at(self.profiles, application.request.market, at)
        known = release_of(file)
        release = known
        if not known.payee_check:
            answer = self.bank.check(payee_of(self.vault, file))
            release = replace(known, payee_check=answer)
        rules = ReleaseRulesOf(self.book, self.vault)
        watches = rules.watches(file, profile)
        release = replace(release, holds=rules.holds(file, release, watches, profile, at))
        if release.holds:
            self._hold(known, release)
            return "HELD"
        commit_release(self.book, file, release, watches, profile, RULE, at, None)
        return "READY"

    def _hold(self, known: Release, release: Release) -> None:
        """Say why, where operations look for it."""
        if release == known:
            return
        held = replace(release, version=known.version + 1)
        self.book.commit(Change(release=held, release_was=known.version))


def approvers(decision: DecisionRecord) -> frozenset[str]:
    """Everybody who had a hand in an approval: officer, and both names of an override."""
    names = {decision.decided_by.id} if decision.decided_by.kind == "officer" else set()
    override = decision.basis.override if decision.basis else None
    if override is not None:
        names |= {override.proposed_by, override.confirmed_by}
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class ReleaseHeld:
    """Operations release or revoke what policy holds; never the person who approved it.

    Whom the money goes to is not for them to decide: an unverified or fresh payee stays held.
    """

    book: Book
    profiles: Profiles
    vault: Vault
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
        if application.state != State.CONDITIONS_PENDING:
            return illegal_state(application.state, "nothing is held for release")
        release, rules = release_of(file), ReleaseRulesOf(self.book, self.vault)
        watches = rules.watches(file, profile)
        left = rules.holds(file, release, watches, profile, at)
        if not left:
            return illegal_state(application.state, "nothing is held for release")
        if file.contract is not None and file.contract.status == "CONFIRMED":
            return NotAllowed("conflict", "not_sealed_yet", "The contract is being sealed.")
        if decision is not None and operator in approvers(decision):
            return NotAllowed("forbidden", "four_eyes", "A second person must release this.")
        check_signed_terms(file)
        payee_holds = [one for one in left if one not in RELEASABLE]
        if approved and payee_holds:
            return NotAllowed("conflict", payee_holds[0], "The payee may not be paid yet.")
        person = Actor("operations", operator)
        counted = watches if approved else ()
        done = commit_release(
            self.book, file, release, counted, profile, person, at, reply, approved
        )
        nudge(self.book, self.workflow, done, "release")
        return done


def release_of(file: ApplicationFile) -> Release:
    """What is known of its release; fresh (version 0) before anybody looked."""
    application = file.application
    fresh = Release(application.application_id, application.payee_id or "", 0)
    return file.release or fresh


def payee_of(vault: Vault, file: ApplicationFile) -> Payee:
    """Whom its release names, from the vault at this moment. Raises NotFound, Erased, Permanent."""
    payee_id = release_of(file).payee_id
    suffix = f".{payee_id}" if payee_id else ""
    names = (f"payee_name{suffix}", f"payee_account_no{suffix}")
    fields = vault.read(file.application.customer_id, "disbursement", names)
    if len(fields) != len(names):
        raise Permanent(f"{file.application.application_id}: no payee in the vault")
    return Payee(fields[names[0]], fields[names[1]])


def check_signed_terms(file: ApplicationFile) -> None:
    """Invariant I11: what is paid out was signed, and what was signed was accepted.

    Raises:
        Permanent: it was not; nothing may be paid.
    """
    contract, offer = file.contract, accepted_offer(file)
    if (
        contract is None
        or contract.status != "SIGNED"
        or contract.archived is None
        or (contract.offer_id, contract.terms_sha256) != (offer.offer_id, offer.terms_sha256)
    ):
        raise Permanent(f"{file.application.application_id}: the accepted terms are not signed")


def check_payee(file: ApplicationFile, at: datetime) -> None:
    """Invariant I11: who is paid is the verified payee of the release, nobody else.

    Raises:
        Permanent: it is not; nothing may be paid.
    """
    release = file.release
    if release is None and file.application.payee_id is None:
        return  # released before payees had names
    if (
        release is None
        or release.payee_check != "match"
        or release.wanted_payee_id
        or (release.pays_from is not None and at < release.pays_from)
    ):
        raise Permanent(f"{file.application.application_id}: its payee is not verified")


def commit_release(  # everything that one commit holds
    book: Book,
    file: ApplicationFile,
    release: Release,
    watches: tuple[Watch, ...],
    profile: MarketProfile,
    actor: Actor,
    at: datetime,
    reply: Callable[[Application], StoredReply] | None,
    approved: bool = True,
) -> Application:
    """Move to READY_TO_FUND (or REVOKED) in one commit. Raises StaleVersion, Retryable."""
    application = file.application
    move = Move(State.READY_TO_FUND if approved else State.REVOKED, "release", actor)
    moved, transitions = advance(application, [move], at, profile.state_timeouts)
    was = 0 if file.release is None else file.release.version
    amount_minor, name = application.request.lent_minor, application.application_id
    book.commit(
        Change(
            application=moved,
            application_was=application.version,
            transitions=transitions,
            release=replace(release, version=was + 1),
            release_was=was,
            watches=tuple(watched(one, name, amount_minor, at) for one in watches),
            reply=None if reply is None else reply(moved),
        )
    )
    return moved
