"""An underwriter decides what the machine referred."""

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
from lending.domain.underwriting.assessment import Case, assess
from lending.domain.underwriting.decided import NOTHING_OPEN
from lending.domain.underwriting.offering import offers_of
from lending.domain.underwriting.policy import CreditPolicy
from lending.ports.book import Book, Change
from lending.ports.policies import Policies
from lending.ports.profiles import Profiles
from lending.ports.system import Workflow
from lending.usecases.decide_application import decision_event, decision_id, offer_ids
from lending.usecases.loading import application_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state, invalid
from lending.usecases.resumption import nudge

REASONS_MAX = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the underwriter says; `reasons` are needed for a "no" and refused with a "yes"."""

    outcome: Literal["APPROVED", "DECLINED"]
    reasons: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ReviewApplication:
    """MANUAL_REVIEW to APPROVED (with priced offers) or DECLINED (with true reasons)."""

    book: Book
    profiles: Profiles
    policies: Policies
    workflow: Workflow

    def __call__(
        self,
        application_id: str,
        verdict: Verdict,
        reviewer: str,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Record the person's decision. Raises NotFound, StaleVersion, Retryable."""
        application = application_of(self.book, application_id)
        if found := _problems(verdict):
            return invalid(*found)
        if application.state != State.MANUAL_REVIEW:
            return illegal_state(application.state, "nothing waits for a review")
        earlier = self.book.decision(application_id)
        if earlier is None:
            raise Permanent(f"{application_id}: in review without a decision")
        profile = rules_at(self.profiles, application.request.market, at)
        number = earlier.number + 1
        policy = self.policies.active(application.request.market, at)
        offers = _offers(application, earlier, verdict, profile, policy, at, number)
        if verdict.outcome == "APPROVED" and not offers:
            return NotAllowed(
                "conflict", "no_price_for_risk", "No price band and rate cap cover this risk."
            )
        officer = Actor("officer", reviewer)
        record = DecisionRecord(
            decision_id=decision_id(application_id, number),
            application_id=application_id,
            number=number,
            outcome=verdict.outcome,
            reasons=verdict.reasons,
            queue=None,
            findings=earlier.findings,
            scored=earlier.scored,
            profile_version=profile.version,
            decided_by=officer,
            decided_at=at,
            note=verdict.note,
        )
        move = Move(State(verdict.outcome), "review", officer, verdict.reasons)
        reviewed, transitions = advance(application, [move], at, profile.state_timeouts)
        self.book.commit(
            Change(
                application=reviewed,
                application_was=application.version,
                transitions=transitions,
                decision=record,
                offers=offers,
                events=(decision_event(reviewed, record, offers, at),),
                reply=reply(reviewed),
            )
        )
        nudge(self.book, self.workflow, reviewed, "review")
        return reviewed


def _problems(verdict: Verdict) -> list[Problem]:
    if verdict.outcome == "APPROVED":
        return [Problem("/reasons", "none with an approval")] if verdict.reasons else []
    known = {refusal.value for refusal in Refusal}
    found = [
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
) -> tuple[Offer, ...]:
    """Offers at the price of the scored risk; unscored, at the riskiest the machine approves.

    A car that nobody valued counts at its price: the person who approves vouches for it.
    """
    request = application.request
    product = profile.products.get(request.product_id)
    if verdict.outcome != "APPROVED" or product is None:
        return ()
    findings = earlier.findings
    if findings.valuation_minor is None and request.vehicle is not None:
        findings = replace(findings, valuation_minor=request.vehicle.price_minor)
    scored = earlier.scored or Scored("none", policy.unscored_pd_ppm, 0, ())
    exposure = earlier.basis.exposure if earlier.basis else NOTHING_OPEN
    today = policy.on(profile.local_date(at))
    case = Case(request, findings, scored, exposure, profile, product, today, at)
    ids = offer_ids(application.application_id, number)
    return offers_of(case, assess(case, request), application.application_id, ids, "decline")[0]
