"""A person looks again: the customer's right to it, overrides, and who may decide what alone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from lending.domain.records import DecisionRecord
from lending.domain.underwriting.policy import Authority, CreditPolicy

MARKET: Final = "market"


class Grounds(StrEnum):
    """Why a customer asks for a person; no free text, so that nothing personal is kept here."""

    AUTOMATED_DECISION = "automated_decision"
    DATA_WRONG = "data_wrong"
    CIRCUMSTANCES_CHANGED = "circumstances_changed"
    REASONS_UNCLEAR = "reasons_unclear"


class OverrideCode(StrEnum):
    """Why a person decides against the machine, or above their own limit."""

    DATA_CORRECTED = "data_corrected"
    NEW_FACTS = "new_facts"
    COMPENSATING_STRENGTH = "compensating_strength"
    POLICY_EXCEPTION = "policy_exception"
    HARDSHIP = "hardship"


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """What waits for a person at one application besides its state; `version` grows by one.

    OPEN: the customer asked, and is answered by `answer_by`. PROPOSED: an underwriter wants an
    override, and a second person must agree. UPHELD and OVERTURNED end a request, CLOSED an
    override of what no customer asked about.
    """

    application_id: str
    version: int
    status: Literal["OPEN", "PROPOSED", "UPHELD", "OVERTURNED", "CLOSED"]
    grounds: tuple[str, ...] = ()
    requested_at: datetime | None = None
    answer_by: datetime | None = None
    code: str = ""
    note: str = ""
    proposed_by: str = ""
    proposed_at: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether somebody must still do something."""
        return self.status in {"OPEN", "PROPOSED"}

    def is_late(self, at: datetime) -> bool:
        """Whether the customer should have been answered by now."""
        return self.is_waiting and self.answer_by is not None and at > self.answer_by


def asked(
    application_id: str, grounds: Iterable[str], within_hours: int, at: datetime
) -> ReviewCase:
    """A customer's request; the clock runs from now."""
    answer_by = at + timedelta(hours=within_hours)
    return ReviewCase(
        application_id,
        1,
        "OPEN",
        grounds=tuple(grounds),
        requested_at=at,
        answer_by=answer_by,
    )


def proposed(
    known: ReviewCase | None, application_id: str, code: str, note: str, by: str, at: datetime
) -> ReviewCase:
    """An override that waits for a second person."""
    before = known or ReviewCase(application_id, 0, "OPEN")
    return replace(
        before,
        version=before.version + 1,
        status="PROPOSED",
        code=code,
        note=note,
        proposed_by=by,
        proposed_at=at,
    )


def ended(known: ReviewCase, approved: bool, by: str, at: datetime) -> ReviewCase:
    """The end: the customer's request was upheld or overturned, or a proposal closed."""
    status: Literal["UPHELD", "OVERTURNED", "CLOSED"] = "CLOSED"
    if known.requested_at is not None:
        status = "OVERTURNED" if approved else "UPHELD"
    return replace(known, version=known.version + 1, status=status, ended_by=by, ended_at=at)


def sent_back(known: ReviewCase, by: str, at: datetime) -> ReviewCase:
    """The second person did not agree: a customer's request waits on, a mere proposal is over."""
    if known.requested_at is None:
        return ended(known, approved=False, by=by, at=at)
    return replace(known, version=known.version + 1, status="OPEN", code="", note="")


def authority_of(policy: CreditPolicy, roles: Iterable[str]) -> Authority | None:
    """The widest authority among somebody's roles; None: they decide nothing."""
    mine = [one for one in policy.authority if one.role in set(roles)]
    return max(mine, key=lambda one: (one.approve_max_minor, one.may_confirm), default=None)


def needs_second_person(
    authority: Authority, decision: DecisionRecord, lent_minor: int, unscored_pd_ppm: int
) -> bool:
    """Whether an approval is beyond one's own limits, or against what the machine declined."""
    pd_ppm = decision.scored.pd_ppm if decision.scored else unscored_pd_ppm
    beyond = lent_minor > authority.approve_max_minor or pd_ppm > authority.approve_max_pd_ppm
    return beyond or decision.outcome == "DECLINED" or bool(broken_rules(decision))


def broken_rules(decision: DecisionRecord) -> tuple[str, ...]:
    """Rows that declined it."""
    hits = decision.basis.hits if decision.basis else ()
    return tuple(f"{hit.table}/{hit.row}" for hit in hits if hit.effect == "decline")


def law_breaks(decision: DecisionRecord) -> bool:
    """Whether a rule of the market itself is broken: nobody overrides that."""
    return any(one.startswith(f"{MARKET}/") for one in broken_rules(decision))
