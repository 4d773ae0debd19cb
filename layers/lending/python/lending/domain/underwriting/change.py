"""How a policy changes: a draft, its back-test, a second person's yes, a day from which it holds.

A timeline is a list that only grows. What was written last and holds by then is in force, so
that going back is one more line, and what was planned for later than it is void.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

type Status = Literal["DRAFT", "APPROVED", "REJECTED"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a version, by whom (a staff subject) and when."""

    what: Literal["drafted", "back_tested", "approved", "rejected", "activated", "rolled_back"]
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version with its document, which never changes, and what was done to it.

    `back_test` is the newest report on exactly this document, JSON-ready; None: not yet.
    """

    market: str
    version: str
    document: dict[str, object]
    sha256: str
    status: Status
    row_version: int
    history: tuple[Step, ...]
    back_test: dict[str, object] | None = None

    @property
    def drafted_by(self) -> str:
        """Who wrote it: never the one who approves it."""
        return self.history[0].by


@dataclass(frozen=True, slots=True)
class Activation:
    """From when on a version holds."""

    version: str
    effective_from: datetime
    by: str
    at: datetime
    kind: Literal["activated", "rolled_back"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every activation of a market, in the order in which they were written."""

    market: str
    activations: tuple[Activation, ...] = ()
    row_version: int = 0

    def in_force(self, at: datetime, first: str) -> str:
        """The version that holds then; `first` before any was activated."""
        for entry in reversed(self.activations):
            if entry.effective_from <= at:
                return entry.version
        return first

    def before(self, at: datetime, first: str) -> str | None:
        """The version to go back to; None: the present one is the first.

        Going back undoes the newest activation that is not undone yet, so that going back twice
        leads two versions back.
        """
        path = [first]
        for entry in self.activations:
            if entry.effective_from > at:
                continue
            if entry.kind == "rolled_back":
                path.pop()
            elif entry.version != path[-1]:
                path.append(entry.version)
        return path[-2] if len(path) > 1 else None
