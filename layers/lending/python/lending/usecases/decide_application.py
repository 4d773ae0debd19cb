"""Decide: one commit from SUBMITTED to the outcome, or the stored outcome when it is decided."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from lending.domain.application import TERMINAL, Move, advance
from lending.domain.decision import Judged, decide
from lending.domain.events import application_event
from lending.domain.fraud import FraudCase, opened
from lending.domain.profile import MarketProfile
from lending.domain.records import (
    Actor,
    Application,
    Approved,
    Basis,
    Decision,
    DecisionRecord,
    Declined,
    DomainEvent,
    Findings,
    FraudFinding,
    Offer,
    ReferralQueue,
    Referred,
    Request,
    Scored,
    State,
)
from lending.domain.underwriting.assessment import Rescore
from lending.domain.underwriting.decided import Exposure, Notice
from lending.domain.underwriting.policy import CreditPolicy
from lending.ports.book import Book, Change
from lending.ports.policies import Policies
from lending.ports.profiles import Profiles
from lending.ports.scoring import Scoring
from lending.usecases.exposure import exposure_of
from lending.usecases.loading import application_of, rules_at

MACHINE = Actor("system", "decide")
OFFERS_MAX = 4
# The moves still to make before the outcome, by the state the application is found in.
WAY_THERE: dict[State, tuple[State, ...]] = {
    State.SUBMITTED: (State.SCREENING, State.DECISIONING),
    State.SCREENING: (State.DECISIONING,),
    State.DECISIONING: (),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the workflow routes by: APPROVED, DECLINED, REFERRED, or a state that ended it."""

    application_id: str
    outcome: str
    deadline_at: datetime | None


@dataclass(frozen=True, slots=True)
class DecideApplication:
    """Re-entrant: a workflow that runs twice finds the same outcome twice."""

    book: Book
    profiles: Profiles
    policies: Policies
    scoring: Scoring

    def __call__(
        self,
        application_id: str,
        findings: Findings | None,
        scored: Scored | None,
        failed: tuple[str, ...],
        at: datetime,
    ) -> Outcome:
        """Decide once and commit decision, offers, transitions and event together.

        Raises:
            NotFound: no such application.  StaleVersion: it changed meanwhile (e.g. withdrawn).
        """
        application = application_of(self.book, application_id)
        if application.state not in WAY_THERE:
            return self._known(application)
        profile = rules_at(self.profiles, application.request.market, at)
        if findings is not None and (fraud := _alert(application, findings)) is not None:
            case = opened(application_id, fraud, findings, at)
            return self._suspect(application, case, profile, at)
        policy = self.policies.active(application.request.market, at)
        exposure = exposure_of(self.book, application)
        judged = decide(
            application_id,
            application.request,
            findings,
            scored,
            failed,
            profile,
            policy,
            at,
            offer_ids(application_id, 1),
            exposure=exposure,
            rescore=rescorer(self.scoring, scored),
        )
        verdict, told = judged.decision, _told(judged.decision)
        record = DecisionRecord(
            decision_id=decision_id(application_id, 1),
            application_id=application_id,
            number=1,
            outcome=told.outcome,
            reasons=told.reasons,
            queue=told.queue,
            findings=findings or _without(failed),
            scored=scored,
            profile_version=profile.version,
            decided_by=MACHINE,
            decided_at=at,
            basis=basis_of(application.request, failed, policy, exposure, judged, profile, at),
        )
        moves = [Move(state, "underwrite", MACHINE) for state in WAY_THERE[application.state]]
        moves.append(Move(told.target, "decide", MACHINE, told.reasons))
        decided, transitions = advance(application, moves, at, profile.state_timeouts)
        offers = verdict.offers if isinstance(verdict, Approved) else ()
        self.book.commit(
            Change(
                application=decided,
                application_was=application.version,
                transitions=transitions,
                decision=record,
                offers=offers,
                events=(decision_event(decided, record, offers, at),),
            )
        )
        return Outcome(application_id, record.outcome, decided.deadline_at)

    def _suspect(
        self, application: Application, case: FraudCase, profile: MarketProfile, at: datetime
    ) -> Outcome:
        """To the fraud desk, before anything is decided; clearing it asks and decides anew."""
        causes = tuple(case.hits)
        target = State.FRAUD_REVIEW
        ways = {State.SUBMITTED: (State.SCREENING, target), State.SCREENING: (target,)}
        moves = [
            Move(state, "screen", MACHINE, causes if state is target else ())
            for state in ways[application.state]
        ]
        held, transitions = advance(application, moves, at, profile.state_timeouts)
        queue = ReferralQueue.FRAUD.value
        event = application_event("ApplicationReferred", held, at, queue=queue, causes=list(causes))
        self.book.commit(
            Change(
                application=held,
                application_was=application.version,
                transitions=transitions,
                fraud_case=case,
                events=(event,),
            )
        )
        return Outcome(application.application_id, target.value, held.deadline_at)

    def _known(self, application: Application) -> Outcome:
        record = self.book.decision(application.application_id)
        ended = application.state in TERMINAL - {State.FUNDED}
        outcome = record.outcome if record and not ended else application.state.value
        return Outcome(application.application_id, outcome, application.deadline_at)


def rescorer(scoring: Scoring, scored: Scored | None) -> Rescore | None:
    """The model that scored, to be asked about other terms."""
    if scored is None:
        return None
    model = scored.model

    def again(features: Mapping[str, int | str | None]) -> int | None:
        return scoring.pd_ppm(model, features)

    return again


def basis_of(
    request: Request,
    failed: tuple[str, ...],
    policy: CreditPolicy,
    exposure: Exposure,
    judged: Judged,
    profile: MarketProfile,
    at: datetime,
) -> Basis:
    """What a decision was made from and by. The vehicle's number and consents are not needed."""
    is_declined = isinstance(judged.decision, Declined)
    vehicle = request.vehicle
    return Basis(
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        request=replace(
            request, consent_ids=(), vehicle=None if vehicle is None else replace(vehicle, vin="")
        ),
        failed=failed,
        exposure=exposure,
        hits=judged.hits,
        price=judged.price,
        alternatives=judged.alternatives,
        counter_offers=judged.counter_offers,
        verdict_sha256=judged.sha256,
        profile_sha256=profile.sha256,
        notice=notice_of(profile, policy, at) if is_declined else None,
    )


def notice_of(profile: MarketProfile, policy: CreditPolicy, at: datetime) -> Notice:
    """What a declined customer is owed under market and policy."""
    send_by = at + timedelta(days=profile.adverse_action.send_within_days)
    review_until = at + timedelta(days=policy.review.ask_within_days)
    return Notice(
        rights=profile.adverse_action.rights,
        send_by=send_by.isoformat(),
        review_until=review_until.isoformat(),
        answer_within_hours=policy.review.answer_within_hours,
    )


def _alert(application: Application, findings: Findings) -> FraudFinding | None:
    """The alert that sends it to the fraud desk; an application that comes from there has none."""
    fraud = findings.fraud
    if fraud is None or not fraud.is_alert or application.state == State.DECISIONING:
        return None
    return fraud


def decision_id(application_id: str, number: int) -> str:
    """Deterministic, so that a repeat writes the same row."""
    return f"dec_{application_id.removeprefix('app_')}-{number}"


def offer_ids(application_id: str, number: int) -> list[str]:
    """Ids for the offers of one decision, best offer first in id order."""
    return [f"off_{application_id.removeprefix('app_')}-{number}-{n}" for n in range(OFFERS_MAX)]


def decision_event(
    application: Application, record: DecisionRecord, offers: tuple[Offer, ...], at: datetime
) -> DomainEvent:
    """The fact that a decision was made, by its outcome."""
    deadline_at = application.deadline_at
    match record.outcome:
        case "APPROVED":
            return application_event(
                "ApplicationApproved",
                application,
                at,
                decision_id=record.decision_id,
                offer_ids=[offer.offer_id for offer in offers],
                deadline_at=deadline_at.isoformat() if deadline_at else None,
            )
        case "DECLINED":
            return application_event(
                "ApplicationDeclined",
                application,
                at,
                decision_id=record.decision_id,
                reasons=list(record.reasons),
            )
        case "REFERRED":
            return application_event(
                "ApplicationReferred",
                application,
                at,
                decision_id=record.decision_id,
                queue=record.queue,
                causes=list(record.reasons),
            )


def _without(failed: tuple[str, ...]) -> Findings:
    return Findings(None, None, None, None, None, None, {}, missing=failed)


@dataclass(frozen=True, slots=True)
class _Told:
    """A decision as it is recorded and moved by."""

    outcome: Literal["APPROVED", "DECLINED", "REFERRED"]
    target: State
    reasons: tuple[str, ...] = ()
    queue: str | None = None


def _told(verdict: Decision) -> _Told:
    match verdict:
        case Approved():
            return _Told("APPROVED", State.APPROVED)
        case Declined(reasons):
            return _Told("DECLINED", State.DECLINED, tuple(reason.value for reason in reasons))
        case Referred(queue, causes):
            return _Told("REFERRED", State.MANUAL_REVIEW, causes, queue.value)
