"""An underwriter decides what the machine referred."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lending.domain.application import Move, advance
from lending.domain.faults import Permanent
from lending.domain.offer import make_offers
from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import (
    Actor,
    Application,
    DecisionRecord,
    Offer,
    Refusal,
    State,
    StoredReply,
)
from lending.ports.book import Book, Change
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
        offers = _offers(application, earlier, verdict, profile, at, number)
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
    at: datetime,
    number: int,
) -> tuple[Offer, ...]:
    """Offers at the price of the scored risk; unscored, at the riskiest the machine approves."""
    if verdict.outcome != "APPROVED":
        return ()
    pd_ppm = earlier.scored.pd_ppm if earlier.scored else profile.pd_refer_ppm
    ids = offer_ids(application.application_id, number)
    return make_offers(application.request, application.application_id, pd_ppm, profile, at, ids)
