"""Changing a credit policy: draft, back-test, a second person's yes, a date, a way back.

Each step is one commit with its reply; a version's document never changes after it was drafted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from lending.domain.faults import NotFound
from lending.domain.problem import Problem
from lending.domain.records import DecisionRecord, StoredReply
from lending.domain.underwriting.backtest import back_test
from lending.domain.underwriting.change import Activation, PolicyVersion, Step, Timeline
from lending.domain.underwriting.check import draft_problems
from lending.domain.underwriting.policy import policy_of, sha256_of
from lending.ports.book import Book
from lending.ports.policies import PolicyStore
from lending.ports.profiles import Profiles
from lending.usecases.loading import rules_at
from lending.usecases.refusal import NotAllowed, invalid

DAYS_MAX: Final = 366
DECISIONS_MAX: Final = 2_000
DOCUMENT: Final = "/document"


@dataclass(frozen=True, slots=True)
class DraftPolicy:
    """A new version, checked against shape, logic, law and fairness; nothing is decided by it."""

    store: PolicyStore
    profiles: Profiles

    def __call__(
        self,
        market: str,
        document: Mapping[str, Any],
        by: str,
        at: datetime,
        reply: Callable[[PolicyVersion], StoredReply],
    ) -> PolicyVersion | NotAllowed:
        """Keep a draft. Raises StaleVersion: there is such a version already, Retryable."""
        if market not in self.profiles.markets:
            return invalid(Problem("/market", f"one of {', '.join(self.profiles.markets)}"))
        profile = rules_at(self.profiles, market, at)
        if found := draft_problems(document, profile):
            return invalid(*(Problem(DOCUMENT + one.pointer, one.detail) for one in found))
        version = str(document["version"])
        is_first = version == self.store.first(market).version
        if is_first or self.store.stored(market, version) is not None:
            return invalid(Problem(f"{DOCUMENT}/version", "there is such a version already"))
        drafted = PolicyVersion(
            market=market,
            version=version,
            document=dict(document),
            sha256=sha256_of(document),
            status="DRAFT",
            row_version=1,
            history=(Step("drafted", by, at),),
        )
        self.store.keep(reply(drafted), version=drafted)
        return drafted


@dataclass(frozen=True, slots=True)
class BackTestPolicy:
    """A draft against the decisions of some days, kept with it."""

    store: PolicyStore
    profiles: Profiles
    book: Book

    def __call__(
        self,
        market: str,
        version: str,
        days: tuple[date, date],
        by: str,
        at: datetime,
        reply: Callable[[PolicyVersion], StoredReply],
    ) -> PolicyVersion | NotAllowed:
        """Decide history once more. Raises NotFound, StaleVersion, Retryable."""
        first, last = days
        if not first <= last <= first + timedelta(days=DAYS_MAX):
            return invalid(Problem("/to", f"from the first day on, at most {DAYS_MAX} days"))
        tested = _stored(self.store, market, version)
        records: list[DecisionRecord] = []
        day = first
        while day <= last and len(records) < DECISIONS_MAX:
            records += self.book.decisions_on(market, day, DECISIONS_MAX - len(records))
            day += timedelta(days=1)
        report = back_test(
            records,
            policy_of(tested.document),
            lambda record, of: rules_at(self.profiles, of, record.decided_at),
        ).told()
        report |= {"from": first.isoformat(), "to": last.isoformat()}
        done = _stepped(replace(tested, back_test=report), Step("back_tested", by, at))
        self.store.keep(reply(done), version=done)
        return done


@dataclass(frozen=True, slots=True)
class ApprovePolicy:
    """A second person's word on a draft whose back-test is there to read."""

    store: PolicyStore
    profiles: Profiles

    def __call__(
        self,
        market: str,
        version: str,
        approved: bool,
        note: str,
        by: str,
        at: datetime,
        reply: Callable[[PolicyVersion], StoredReply],
    ) -> PolicyVersion | NotAllowed:
        """Approve or reject. Raises NotFound, StaleVersion, Retryable."""
        draft = _stored(self.store, market, version)
        if draft.status != "DRAFT":
            return NotAllowed("conflict", "illegal_state", f"The version is {draft.status}.")
        if draft.drafted_by == by:
            return NotAllowed("forbidden", "four_eyes", "A second person must approve this.")
        if approved and draft.back_test is None:
            return NotAllowed("conflict", "not_back_tested", "Back-test it on history first.")
        if approved:
            # The market's own rules may have changed since it was drafted.
            profile = rules_at(self.profiles, market, at)
            if found := draft_problems(draft.document, profile):
                return invalid(*(Problem(DOCUMENT + one.pointer, one.detail) for one in found))
        step = Step("approved" if approved else "rejected", by, at, note)
        ended = replace(draft, status="APPROVED" if approved else "REJECTED")
        done = _stepped(ended, step)
        self.store.keep(reply(done), version=done)
        return done


@dataclass(frozen=True, slots=True)
class ActivatePolicy:
    """From a time on, decisions are made by an approved version."""

    store: PolicyStore

    def __call__(
        self,
        market: str,
        version: str,
        effective_from: datetime,
        by: str,
        at: datetime,
        reply: Callable[[Timeline], StoredReply],
    ) -> Timeline | NotAllowed:
        """Plan it. Raises NotFound, StaleVersion, Retryable."""
        approved = _stored(self.store, market, version)
        if approved.status != "APPROVED":
            return NotAllowed("conflict", "illegal_state", f"The version is {approved.status}.")
        if effective_from < at:
            return invalid(Problem("/effective_from", "not before now: decisions stay as made"))
        timeline = self.store.timeline(market)
        entry = Activation(version, effective_from, by, at, "activated")
        done = _grown(timeline, entry)
        self.store.keep(reply(done), timeline=done)
        return done


@dataclass(frozen=True, slots=True)
class RollBackPolicy:
    """Back to the version before the present one, at once; what was planned for later is void."""

    store: PolicyStore

    def __call__(
        self,
        market: str,
        note: str,
        by: str,
        at: datetime,
        reply: Callable[[Timeline], StoredReply],
    ) -> Timeline | NotAllowed:
        """Go back. Raises StaleVersion, Retryable."""
        timeline = self.store.timeline(market)
        version = timeline.before(at, self.store.first(market).version)
        if version is None:
            return NotAllowed("conflict", "nothing_before", "The first version is in force.")
        done = _grown(timeline, Activation(version, at, by, at, "rolled_back", note))
        self.store.keep(reply(done), timeline=done)
        return done


def _stored(store: PolicyStore, market: str, version: str) -> PolicyVersion:
    found = store.stored(market, version)
    if found is None:
        raise NotFound(f"policy {market} {version}")
    return found


def _stepped(version: PolicyVersion, step: Step) -> PolicyVersion:
    history = (*version.history, step)
    return replace(version, history=history, row_version=version.row_version + 1)


def _grown(timeline: Timeline, entry: Activation) -> Timeline:
    activations = (*timeline.activations, entry)
    return replace(timeline, activations=activations, row_version=timeline.row_version + 1)
