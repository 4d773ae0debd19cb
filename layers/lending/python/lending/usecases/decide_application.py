"""Decide: one commit from SUBMITTED to the outcome, or the stored outcome when it is decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lending.domain.application import TERMINAL, Move, advance
from lending.domain.decision import decide
from lending.domain.events import application_event
from lending.domain.records import (
    Actor,
    Application,
    Approved,
    Decision,
    DecisionRecord,
    Declined,
    DomainEvent,
    Findings,
    Offer,
    Referred,
    Scored,
    State,
)
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles
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
        verdict = decide(
            application_id,
            application.request,
            findings,
            scored,
            failed,
            profile,
            at,
            offer_ids(application_id, 1),
        )
        told = _told(verdict)
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

    def _known(self, application: Application) -> Outcome:
        record = self.book.decision(application.application_id)
        ended = application.state in TERMINAL - {State.FUNDED}
        outcome = record.outcome if record and not ended else application.state.value
        return Outcome(application.application_id, outcome, application.deadline_at)


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
