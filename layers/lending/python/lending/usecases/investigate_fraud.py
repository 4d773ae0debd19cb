"""What staff do about fraud: look at a case, close it, keep the watch-list."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from lending.domain.application import Move, advance
from lending.domain.faults import NotFound, Retryable
from lending.domain.fraud import Around, FraudCase, LinkKind, WatchEntry, cleared, confirmed
from lending.domain.fraud.cases import RulePrecision, precision, to_watch
from lending.domain.problem import Problem
from lending.domain.records import (
    Actor,
    Application,
    DecisionRecord,
    Refusal,
    State,
    StoredReply,
)
from lending.ports.answers import BlindTokens
from lending.ports.book import Book, Change
from lending.ports.fraud import FraudDesk, LinkIndex
from lending.ports.profiles import Profiles
from lending.ports.system import Workflow
from lending.ports.vault import Vault
from lending.usecases.decide_application import decision_event, decision_id
from lending.usecases.loading import application_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state, invalid
from lending.usecases.resumption import nudge
from lending.usecases.screen_fraud import own_edge

CASES_MAX: Final = 1000
WATCHED_MAX: Final = 200
SHOWN_TAIL: Final = 4
REASONS: Final = (Refusal.APPLICATION_NOT_VERIFIED.value,)
type Outcome = Literal["confirmed", "cleared"]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as staff see it: masked person, neighbours and what they share."""

    case: FraudCase
    application: Application
    customer: dict[str, str]
    around: Around
    neighbours: tuple[Application, ...]


@dataclass(frozen=True, slots=True)
class ViewCase:
    """Reads only."""

    book: Book
    vault: Vault
    index: LinkIndex
    desk: FraudDesk

    def __call__(self, application_id: str, at: datetime) -> CaseFile:
        """The case of an application. Raises NotFound, Erased, Retryable."""
        case = self.desk.case(application_id)
        if case is None:
            raise NotFound(application_id)
        application = application_of(self.book, application_id)
        links = self.index.links_of((application_id,)).get(application_id, {})
        found = (self.book.application(one) for one in case.linked)
        return CaseFile(
            case=case,
            application=application,
            customer=self.vault.masked(application.customer_id),
            around=self.index.around(links, at),
            neighbours=tuple(one for one in found if one is not None),
        )

    def precision(self, month: str) -> tuple[RulePrecision, ...]:
        """How right each rule was in a month like 2026-11."""
        return precision(self.desk.closed_cases(month, CASES_MAX))


@dataclass(frozen=True, slots=True)
class CloseCase:
    """FRAUD_REVIEW to DECLINED (confirmed, with watch-list) or DECISIONING (cleared)."""

    book: Book
    profiles: Profiles
    workflow: Workflow
    index: LinkIndex
    desk: FraudDesk

    def __call__(
        self,
        application_id: str,
        outcome: Outcome,
        note: str,
        officer: str,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Record what a person found out. Raises NotFound, StaleVersion, Retryable."""
        application = application_of(self.book, application_id)
        if not note.strip():
            return invalid(Problem("/note", "say what was found out"))
        if application.state != State.FRAUD_REVIEW:
            return illegal_state(application.state, "no fraud case waits for anybody")
        case = self.desk.case(application_id)
        if case is None:
            raise NotFound(application_id)
        profile = rules_at(self.profiles, application.request.market, at)
        actor = Actor("officer", officer)
        if outcome == "cleared":
            move = Move(State.DECISIONING, "clear_fraud", actor)
            moved, transitions = advance(application, [move], at, profile.state_timeouts)
            change = Change(fraud_case=cleared(case, officer, note, at))
            links: dict[LinkKind, str] = {}
        else:
            links = self.index.links_of((application_id,)).get(application_id, {})
            move = Move(State.DECLINED, "confirm_fraud", actor, REASONS)
            moved, transitions = advance(application, [move], at, profile.state_timeouts)
            record = _declined(case, profile.version, actor, note, at)
            change = Change(
                fraud_case=confirmed(case, officer, note, at),
                watched=to_watch(case, links, officer, at, profile.fraud.watch_days),
                decision=record,
                events=(decision_event(moved, record, (), at),),
            )
        self.book.commit(
            replace(
                change,
                application=moved,
                application_was=application.version,
                transitions=transitions,
                fraud_case_was=case.version,
                reply=reply(moved),
            )
        )
        self._mark_dealer(application, links)
        nudge(self.book, self.workflow, moved, "review")
        return moved

    def _mark_dealer(self, application: Application, links: dict[LinkKind, str]) -> None:
        """A hint for later applications of the same dealer; without it they are judged alone."""
        dealer = links.get(LinkKind.DEALER)
        if dealer is None:
            return
        try:
            self.index.join(own_edge(application), {LinkKind.DEALER_FRAUD: dealer})
        except Retryable:
            return


def _declined(
    case: FraudCase, profile_version: str, officer: Actor, note: str, at: datetime
) -> DecisionRecord:
    """The decision of a confirmed fraud: the customer gets a true reason and a notice."""
    return DecisionRecord(
        decision_id=decision_id(case.application_id, 1),
        application_id=case.application_id,
        number=1,
        outcome="DECLINED",
        reasons=REASONS,
        queue=None,
        findings=case.findings,
        scored=None,
        profile_version=profile_version,
        decided_by=officer,
        decided_at=at,
        note=note,
    )


@dataclass(frozen=True, slots=True)
class KeepWatchList:
    """Add and remove; each with who, when and why. The value is hashed and forgotten."""

    book: Book
    tokens: BlindTokens
    desk: FraudDesk

    def add(
        self,
        kind: LinkKind,
        value: str,
        reason: str,
        officer: str,
        expires_at: datetime | None,
        at: datetime,
        reply: Callable[[WatchEntry], StoredReply],
    ) -> WatchEntry | NotAllowed:
        """Watch a value from now on. Raises StaleVersion, Retryable."""
        if expires_at is not None and expires_at <= at:
            return invalid(Problem("/expires_at", "in the future"))
        entry = WatchEntry(
            kind=kind,
            token=self.tokens.token(kind.value, value),
            shown=value[-SHOWN_TAIL:] if len(value) > 2 * SHOWN_TAIL else "",
            reason=reason,
            added_by=officer,
            added_at=at,
            expires_at=expires_at,
        )
        self.book.commit(Change(watched=(entry,), reply=reply(entry)))
        return entry

    def remove(
        self,
        kind: LinkKind,
        token: str,
        reason: str,
        officer: str,
        at: datetime,
        reply: Callable[[WatchEntry], StoredReply],
    ) -> WatchEntry | NotAllowed:
        """Watch it no more; the entry stays as a record. Raises NotFound, StaleVersion."""
        entry = self.desk.watch_entry(kind, token)
        if entry is None:
            raise NotFound(token)
        if entry.removed_at is not None:
            return NotAllowed("conflict", "already_removed", "The entry was removed before.")
        gone = replace(entry, removed_at=at, removed_by=officer, removed_because=reason)
        self.book.commit(Change(watched=(gone,), reply=reply(gone)))
        return gone

    def entries(self, kind: LinkKind) -> tuple[WatchEntry, ...]:
        """What is watched, oldest first."""
        return self.desk.watch_list(kind, WATCHED_MAX)
