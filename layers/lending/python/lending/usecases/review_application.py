"""A person decides what the machine referred, or looks again because the customer asked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lending.domain.application import Move, advance
from lending.domain.faults import Permanent
from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import (
    Actor,
    Application,
    DecisionRecord,
    Offer,
    Refusal,
    Scored,
    State,
    StoredReply,
)
from lending.domain.review import (
    OverrideCode,
    ReviewCase,
    authority_of,
    ended,
    law_breaks,
    needs_second_person,
    proposed,
    sent_back,
)
from lending.domain.underwriting.assessment import Case, assess
from lending.domain.underwriting.decided import NOTHING_OPEN, Alternative, Override
from lending.domain.underwriting.offering import offers_of
from lending.domain.underwriting.policy import CreditPolicy
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.policies import Policies
from lending.ports.profiles import Profiles
from lending.ports.system import Workflow
from lending.usecases.decide_application import (
    decision_event,
    decision_id,
    notice_of,
    offer_ids,
)
from lending.usecases.loading import file_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state, invalid
from lending.usecases.resumption import nudge

REASONS_MAX = 4
NO_AUTHORITY = NotAllowed("forbidden", "no_authority", "This is beyond what your role may decide.")
type Answer = Callable[[Application | ReviewCase], StoredReply]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the underwriter says; `reasons` are needed for a "no" and refused with a "yes".

    `override_code` is needed for a "yes" beyond their own limits or against the machine's "no".
    """

    outcome: Literal["APPROVED", "DECLINED"]
    reasons: tuple[str, ...]
    note: str
    override_code: str = ""


@dataclass(frozen=True, slots=True)
class Officer:
    """Who decides, with the staff groups of their token."""

    subject: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Desk:
    """What both steps of a review need."""

    book: Book
    profiles: Profiles
    policies: Policies
    workflow: Workflow

    def rules(self, file: ApplicationFile, at: datetime) -> tuple[MarketProfile, CreditPolicy]:
        """The market's rules and the policy in force."""
        market = file.application.request.market
        return rules_at(self.profiles, market, at), self.policies.active(market, at)

    def finish(
        self,
        file: ApplicationFile,
        verdict: Verdict,
        officer: Officer,
        at: datetime,
        reply: Answer,
        override: Override | None = None,
    ) -> Application | NotAllowed:
        """One commit: decision, offers, move, event, and the end of what waited for it."""
        application, earlier = file.application, decision_of(file)
        profile, policy = self.rules(file, at)
        number = earlier.number + 1
        offers, alternatives = _offers(application, earlier, verdict, profile, policy, at, number)
        if verdict.outcome == "APPROVED" and not offers:
            return NotAllowed(
                "conflict", "no_price_for_risk", "No price band and rate cap cover this risk."
            )
        actor = Actor("officer", officer.subject)
        basis = earlier.basis and replace(
            earlier.basis,
            policy_version=policy.version,
            policy_sha256=policy.sha256,
            alternatives=alternatives,
            counter_offers=() if verdict.outcome == "APPROVED" else earlier.basis.counter_offers,
            verdict_sha256="",
            profile_sha256=profile.sha256,
            notice=None if verdict.outcome == "APPROVED" else notice_of(profile, policy, at),
            override=override,
        )
        record = DecisionRecord(
            decision_id=decision_id(application.application_id, number),
            application_id=application.application_id,
            number=number,
            outcome=verdict.outcome,
            reasons=verdict.reasons,
            queue=None,
            findings=earlier.findings,
            scored=earlier.scored,
            profile_version=profile.version,
            decided_by=actor,
            decided_at=at,
            note=verdict.note,
            basis=basis,
        )
        trigger = "review" if application.state == State.MANUAL_REVIEW else "reconsider"
        move = Move(State(verdict.outcome), trigger, actor, verdict.reasons)
        reviewed, transitions = advance(application, [move], at, profile.state_timeouts)
        case = file.review if file.review is not None and file.review.is_waiting else None
        over = case and ended(case, verdict.outcome == "APPROVED", officer.subject, at)
        self.book.commit(
            Change(
                application=reviewed,
                application_was=application.version,
                transitions=transitions,
                decision=record,
                offers=offers,
                events=(decision_event(reviewed, record, offers, at),),
                review=over,
                review_was=case.version if case else 0,
                reply=reply(reviewed),
            )
        )
        nudge(self.book, self.workflow, reviewed, "review")
        return reviewed


@dataclass(frozen=True, slots=True)
class ReviewApplication:
    """MANUAL_REVIEW, or DECLINED when the customer asked, to APPROVED or DECLINED.

    A "yes" beyond the officer's limits, or against rows that declined, becomes a proposal that a
    second person confirms; rules of the market itself are nobody's to override.
    """

    desk: Desk

    def __call__(
        self,
        application_id: str,
        verdict: Verdict,
        officer: Officer,
        at: datetime,
        reply: Answer,
    ) -> Application | ReviewCase | NotAllowed:
        """Record or propose it. Raises NotFound, StaleVersion, Retryable."""
        file = file_of(self.desk.book, application_id)
        if found := _problems(verdict):
            return invalid(*found)
        if (refused := _not_reviewable(file)) is not None:
            return refused
        _, policy = self.desk.rules(file, at)
        authority = authority_of(policy, officer.roles)
        if authority is None:
            return NO_AUTHORITY
        earlier, lent_minor = decision_of(file), file.application.request.lent_minor
        if verdict.outcome == "DECLINED":
            return self.desk.finish(file, verdict, officer, at, reply)
        if law_breaks(earlier):
            return NotAllowed("conflict", "hard_rule", "A rule of the market forbids this loan.")
        if not needs_second_person(authority, earlier, lent_minor, policy.unscored_pd_ppm):
            if verdict.override_code:
                return invalid(Problem("/override_code", "not needed: you may decide this alone"))
            return self.desk.finish(file, verdict, officer, at, reply)
        if not authority.may_override:
            return NO_AUTHORITY
        if not verdict.override_code:
            detail = "beyond your limits or against the rules: say why, a second person confirms"
            return invalid(Problem("/override_code", detail))
        case = proposed(
            file.review, application_id, verdict.override_code, verdict.note, officer.subject, at
        )
        was = file.review.version if file.review else 0
        self.desk.book.commit(Change(review=case, review_was=was, reply=reply(case)))
        return case


@dataclass(frozen=True, slots=True)
class ConfirmOverride:
    """A second person's word on a proposed override: approved with both names, or sent back."""

    desk: Desk

    def __call__(
        self,
        application_id: str,
        approved: bool,
        officer: Officer,
        at: datetime,
        reply: Answer,
    ) -> Application | ReviewCase | NotAllowed:
        """Confirm or send back. Raises NotFound, StaleVersion, Retryable."""
        file = file_of(self.desk.book, application_id)
        application, case = file.application, file.review
        if case is None or case.status != "PROPOSED":
            return illegal_state(application.state, "no override waits for a second person")
        if case.proposed_by == officer.subject:
            return NotAllowed("forbidden", "four_eyes", "A second person must confirm this.")
        _, policy = self.desk.rules(file, at)
        authority = authority_of(policy, officer.roles)
        earlier = decision_of(file)
        pd_ppm = earlier.scored.pd_ppm if earlier.scored else policy.unscored_pd_ppm
        if authority is None or not authority.may_confirm:
            return NO_AUTHORITY
        if not approved or application.state not in {State.MANUAL_REVIEW, State.DECLINED}:
            back = sent_back(case, officer.subject, at)
            self.desk.book.commit(Change(review=back, review_was=case.version, reply=reply(back)))
            return back
        if application.request.lent_minor > authority.approve_max_minor:
            return NO_AUTHORITY
        if pd_ppm > authority.approve_max_pd_ppm:
            return NO_AUTHORITY
        verdict = Verdict("APPROVED", (), case.note, case.code)
        override = Override(case.code, case.proposed_by, officer.subject)
        return self.desk.finish(file, verdict, officer, at, reply, override)


def decision_of(file: ApplicationFile) -> DecisionRecord:
    """The newest decision. Raises Permanent: there is none in a state that has one."""
    if file.decision is None:
        raise Permanent(f"{file.application.application_id}: in review without a decision")
    return file.decision


def _not_reviewable(file: ApplicationFile) -> NotAllowed | None:
    state, case = file.application.state, file.review
    if case is not None and case.status == "PROPOSED":
        return illegal_state(state, "an override waits for a second person")
    is_asked_for = state == State.DECLINED and case is not None and case.status == "OPEN"
    if state != State.MANUAL_REVIEW and not is_asked_for:
        return illegal_state(state, "nothing waits for a review")
    return None


def _problems(verdict: Verdict) -> list[Problem]:
    codes = {one.value for one in OverrideCode}
    found = []
    if verdict.override_code and verdict.override_code not in codes:
        found.append(Problem("/override_code", f"one of {', '.join(sorted(codes))}"))
    if verdict.outcome == "APPROVED":
        if verdict.reasons:
            found.append(Problem("/reasons", "none with an approval"))
        return found
    known = {refusal.value for refusal in Refusal}
    found += [
        Problem(f"/reasons/{index}", "not a reason we give")
        for index, reason in enumerate(verdict.reasons)
        if reason not in known
    ]
    if not 1 <= len(verdict.reasons) <= REASONS_MAX:
        found.append(Problem("/reasons", f"1 to {REASONS_MAX} true reasons"))
    return found


def _offers(
    application: Application,
    earlier: DecisionRecord,
    verdict: Verdict,
    profile: MarketProfile,
    policy: CreditPolicy,
    at: datetime,
    number: int,
) -> tuple[tuple[Offer, ...], tuple[Alternative, ...]]:
    """Offers at the price of the scored risk; unscored, at the riskiest the machine approves.

    A car that nobody valued counts at its price: the person who approves vouches for it.
    """
    request = application.request
    product = profile.products.get(request.product_id)
    if verdict.outcome != "APPROVED" or product is None:
        return (), ()
    findings = earlier.findings
    if findings.valuation_minor is None and request.vehicle is not None:
        findings = replace(findings, valuation_minor=request.vehicle.price_minor)
    scored = earlier.scored or Scored("none", policy.unscored_pd_ppm, 0, ())
    exposure = earlier.basis.exposure if earlier.basis else NOTHING_OPEN
    today = policy.on(profile.local_date(at))
    case = Case(request, findings, scored, exposure, profile, product, today, at)
    ids = offer_ids(application.application_id, number)
    return offers_of(case, assess(case, request), application.application_id, ids, "decline")
