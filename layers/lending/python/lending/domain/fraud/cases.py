"""Fraud cases and the watch-list: what a person found out, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from lending.domain.fraud.links import WATCHED, LinkKind
from lending.domain.records import Findings, FraudFinding


@dataclass(frozen=True, slots=True)
class FraudCase:
    """One alert on one application, until a person closed it.

    `hits` are the rules by code with their points, as they were when it was opened; `findings`
    are what else was known then.
    """

    application_id: str
    status: Literal["OPEN", "CONFIRMED", "CLEARED"]
    score: int
    hits: Mapping[str, int]
    linked: tuple[str, ...]
    rules_version: str
    opened_at: datetime
    version: int
    findings: Findings
    closed_at: datetime | None = None
    closed_by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class WatchEntry:
    """One token that is watched. The value itself is not kept: `shown` is its last characters."""

    kind: LinkKind
    token: str
    shown: str
    reason: str
    added_by: str
    added_at: datetime
    expires_at: datetime | None = None
    removed_at: datetime | None = None
    removed_by: str | None = None
    removed_because: str = ""

    def is_active(self, at: datetime) -> bool:
        """Whether it still counts."""
        return self.removed_at is None and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class RulePrecision:
    """How often a rule was right among the closed cases in which it was hit."""

    code: str
    confirmed: int
    cleared: int

    @property
    def precision_bps(self) -> int:
        """Confirmed of all, in basis points, rounded down."""
        return self.confirmed * 10_000 // (self.confirmed + self.cleared)


def opened(
    application_id: str, finding: FraudFinding, findings: Findings, at: datetime
) -> FraudCase:
    """A new case of an alert."""
    return FraudCase(
        application_id=application_id,
        status="OPEN",
        score=finding.score,
        hits=dict(finding.hits),
        linked=finding.linked,
        rules_version=finding.rules_version,
        opened_at=at,
        version=1,
        findings=findings,
    )


def confirmed(case: FraudCase, by: str, note: str, at: datetime) -> FraudCase:
    """It is fraud."""
    return replace(case, status="CONFIRMED", closed_by=by, closed_at=at, note=note, version=2)


def cleared(case: FraudCase, by: str, note: str, at: datetime) -> FraudCase:
    """It is not."""
    return replace(case, status="CLEARED", closed_by=by, closed_at=at, note=note, version=2)


def to_watch(
    case: FraudCase, links: Mapping[LinkKind, str], by: str, at: datetime, days: int
) -> tuple[WatchEntry, ...]:
    """What a confirmed fraud leaves on the watch-list."""
    return tuple(
        WatchEntry(
            kind=kind,
            token=links[kind],
            shown="",
            reason=f"confirmed fraud {case.application_id}",
            added_by=by,
            added_at=at,
            expires_at=at + timedelta(days=days),
        )
        for kind in WATCHED
        if kind in links
    )


def precision(cases: Iterable[FraudCase]) -> tuple[RulePrecision, ...]:
    """How right each rule was, by code; the code `alert` is about all of them together."""
    counts: dict[str, list[int]] = {}
    for case in cases:
        if case.status == "OPEN":
            continue
        for code in ("alert", *case.hits):
            counts.setdefault(code, [0, 0])[case.status == "CLEARED"] += 1
    return tuple(RulePrecision(code, *counts[code]) for code in sorted(counts))
