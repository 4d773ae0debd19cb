"""The sweeper: what nobody came back for is expired, restarted, resumed or published again.

It makes nothing happen that would not have happened anyway, so running it twice, late or
on several machines changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lending.domain.amending import Amendment
from lending.domain.application import Move, advance
from lending.domain.events import application_event
from lending.domain.faults import LendingFault, Retryable
from lending.domain.records import Actor, Application, State
from lending.domain.waiting import WaitName, wait_of
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles, RulesArchive
from lending.ports.system import Workflow
from lending.usecases.confirm_amendment import start
from lending.usecases.loading import rules_at
from lending.usecases.publish_events import PublishEvents
from lending.usecases.resumption import nudge, resume_if_past
from lending.usecases.running_loan import ended

TIMER = Actor("timer", "sweep")
PER_STATE = 200
EVENTS_MAX = 200
SETTLED_AFTER = timedelta(minutes=2)  # a healthy workflow is long done by then
WATCHED_FOR = timedelta(hours=1)  # how long a moved-on wait is looked for
RESTART_EVERY = timedelta(minutes=10)
# Workflows park anew each day (TimeoutSeconds of their waits): an older token wakes nobody.
WAIT_ASKED_ANEW = timedelta(days=1)
EXPIRES = {
    State.INFO_REQUIRED: State.EXPIRED,
    State.COUNTER_OFFERED: State.EXPIRED,
    State.APPROVED: State.EXPIRED,
    State.OFFER_ACCEPTED: State.EXPIRED,
    State.CONTRACTING: State.EXPIRED,
    State.CONDITIONS_PENDING: State.EXPIRED,
    State.FUNDING_FAILED: State.REVOKED,  # the rail refused for good: no money moved
}
# A workflow should be at work in these states, or waiting in the named one.
AT_WORK = (
    State.SUBMITTED,
    State.SCREENING,
    State.DECISIONING,
    State.CONDITIONS_PENDING,
)
# A payout should be at work. Its first execution has a name that is used up once it failed, so
# the origination, which would start it by that name, is no help here.
PAYING = (State.READY_TO_FUND, State.FUNDING)
PARKED = (
    State.MANUAL_REVIEW,
    State.FRAUD_REVIEW,
    State.APPROVED,
    State.OFFER_ACCEPTED,
    State.CONTRACTING,
)
# Every wait that an application in this state has left behind: a customer may have gone two
# steps further before anybody noticed that the first of them woke nobody.
LEFT_BEHIND: dict[State, tuple[WaitName, ...]] = {
    State.DECISIONING: ("review",),  # cleared of fraud
    State.APPROVED: ("review",),
    State.OFFER_ACCEPTED: ("review",),
    State.CONTRACTING: ("review",),
    State.CONDITIONS_PENDING: ("review", "customer"),
    State.READY_TO_FUND: ("review", "customer", "release"),
}


@dataclass(slots=True)
class Swept:
    """How many of each were done; `failed` names applications left for the next run.

    `late_reviews` customers asked for a person and should have been answered by now.
    """

    expired: int = 0
    resumed: int = 0
    restarted: int = 0
    published: int = 0
    late_reviews: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Listed:
    """The applications of each live state, asked for once in a run however often they are used."""

    book: Book
    _of: dict[State, tuple[Application, ...]] = field(default_factory=dict)

    def all(
        self, states: tuple[State, ...], quiet_since: datetime | None = None
    ) -> Iterator[Application]:
        for state in states:
            if state not in self._of:
                self._of[state] = self.book.applications_in(state, PER_STATE)
            for application in self._of[state]:
                if quiet_since is None or application.updated_at <= quiet_since:
                    yield application

    def forget(self, gone: Application) -> None:
        """Leave it out from now on."""
        self._of[gone.state] = tuple(one for one in self._of[gone.state] if one is not gone)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run over everything that has a timer."""

    book: Book
    profiles: Profiles
    workflow: Workflow
    publish: PublishEvents
    archive: RulesArchive

    def __call__(self, at: datetime, *, after_restart: bool = False) -> Swept:
        """Sweep once. `after_restart`: the engine forgot its executions, so start all anew."""
        swept, listed = Swept(), _Listed(self.book)
        for overdue in self._overdue(listed, at):
            listed.forget(overdue)  # whatever comes of it, it is no longer what was listed
            self._each(swept, [overdue], lambda one: self._expire(one, at, swept))
        self._each(swept, self._moved_on(listed, at), lambda one: self._resume(one, swept))
        self._amendments(at, swept)
        stuck = listed.all(AT_WORK + PARKED) if after_restart else self._stuck(listed, at)
        self._each(swept, stuck, lambda one: self._restart(one, at, swept, after_restart))
        funding = listed.all(PAYING, None if after_restart else at - SETTLED_AFTER)
        self._each(swept, funding, lambda one: self._pay_again(one, at, swept))
        self._publish(at if after_restart else at - SETTLED_AFTER, swept)
        self._count_late(at, swept)
        self._keep_rules(at, swept)
        return swept

    def _keep_rules(self, at: datetime, swept: Swept) -> None:
        """What decisions are made by today, so that they can be made again by another release."""
        for market in self.profiles.markets:
            try:
                self.archive.keep(rules_at(self.profiles, market, at))
            except LendingFault as fault:
                swept.failed.append(f"rules of {market}: {type(fault).__name__}")

    def _count_late(self, at: datetime, swept: Swept) -> None:
        """A customer's request for a person is to be answered in time: say so when it is not."""
        try:
            swept.late_reviews = sum(one.is_late(at) for one in self.book.open_reviews(PER_STATE))
        except LendingFault as fault:
            swept.failed.append(f"reviews: {type(fault).__name__}")

    def _each(
        self, swept: Swept, found: Iterable[Application], work: Callable[[Application], None]
    ) -> None:
        """One application's trouble does not stop the others."""
        for application in found:
            try:
                work(application)
            except LendingFault as fault:
                swept.failed.append(f"{application.application_id}: {type(fault).__name__}")

    def _overdue(self, listed: "_Listed", at: datetime) -> Iterator[Application]:
        for application in listed.all(tuple(EXPIRES)):
            if application.deadline_at is not None and application.deadline_at <= at:
                yield application

    def _moved_on(self, listed: "_Listed", at: datetime) -> Iterator[Application]:
        for application in listed.all(tuple(LEFT_BEHIND)):
            if application.updated_at >= at - WATCHED_FOR:
                yield application

    def _stuck(self, listed: "_Listed", at: datetime) -> Iterator[Application]:
        """Applications that a workflow should have moved, and that no wait explains."""
        for application in listed.all(AT_WORK, at - SETTLED_AFTER):
            name = wait_of(application.state)
            wait = None if name is None else self.book.wait(application.application_id, name)
            if wait is None or wait.parked_at <= at - WAIT_ASKED_ANEW - SETTLED_AFTER:
                yield application

    def _expire(self, application: Application, at: datetime, swept: Swept) -> None:
        profile = rules_at(self.profiles, application.request.market, at)
        move = Move(EXPIRES[application.state], "deadline", TIMER)
        moved, transitions = advance(application, [move], at, profile.state_timeouts)
        event = application_event(
            "ApplicationExpired", moved, at, from_state=application.state.value
        )
        self.book.commit(
            Change(
                application=moved,
                application_was=application.version,
                transitions=transitions,
                events=(event,),
            )
        )
        swept.expired += 1
        if (name := wait_of(application.state)) is not None:
            nudge(self.book, self.workflow, moved, name)

    def _resume(self, application: Application, swept: Swept) -> None:
        for name in LEFT_BEHIND[application.state]:
            swept.resumed += resume_if_past(self.book, self.workflow, application, name)

    def _restart(
        self, application: Application, at: datetime, swept: Swept, after_restart: bool
    ) -> None:
        application_id = application.application_id
        if self.workflow.is_running("origination", application_id):
            return
        attempt = None if after_restart else round_of(at)
        self.workflow.start_origination(application_id, attempt)
        swept.restarted += 1

    def _pay_again(self, application: Application, at: datetime, swept: Swept) -> None:
        """Pay, or ask the rail again; there is one intent and one reference, whoever comes."""
        self.workflow.start_disbursement(application.application_id, round_of(at))
        swept.restarted += 1

    def _amendments(self, at: datetime, swept: Swept) -> None:
        """Amendments nobody signed in time end; signed ones that did not come on go on."""
        for amendment in self.book.open_amendments(PER_STATE):
            try:
                if not amendment.is_signed:
                    swept.expired += self._expire_amendment(amendment, at)
                elif _last_signed(amendment) <= at - SETTLED_AFTER:
                    start(self.workflow, amendment, round_of(at))
                    swept.restarted += 1
            except LendingFault:
                swept.failed.append(amendment.amendment_id)

    def _expire_amendment(self, amendment: Amendment, at: datetime) -> bool:
        if amendment.expires_at > at:
            return False
        loan = self.book.loan(amendment.loan_id)
        if loan is None:
            return False
        _, change = ended(loan, amendment, "EXPIRED", at)
        self.book.commit(change)
        return True

    def _publish(self, before: datetime, swept: Swept) -> None:
        pending = self.book.pending_events(before, EVENTS_MAX)
        try:
            done = self.publish(pending)
            swept.published += done.told
            swept.failed += [f"outbox: {event_id} has no effect yet" for event_id in done.behind]
        except Retryable as fault:
            swept.failed.append(f"outbox: {type(fault).__name__}")


def _last_signed(amendment: Amendment) -> datetime:
    signers = () if amendment.paper is None else amendment.paper.signers
    times = [one.confirmed_at for one in signers if one.confirmed_at is not None]
    return max(times, default=amendment.proposed_at)


def round_of(at: datetime) -> int:
    """A number that grows every ten minutes: at most one restart of an execution in each."""
    return int(at.timestamp()) // int(RESTART_EVERY.total_seconds())
