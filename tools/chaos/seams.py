"""Where something can go wrong, which ways are possible there, and what was chosen."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from tools.chaos.plan import Fault, Mode

M = Mode


class Crash(BaseException):
    """The worker's death. Not an `Exception`: no handler of the product can survive it."""


class Unmodelled(BaseException):
    """The harness lacks something; not an `Exception`, or the product would take it for its own."""


class Kind(StrEnum):
    """Calls (and deliveries) by what can go wrong at them."""

    READ = "read"
    INDEX_READ = "index_read"
    BATCH_READ = "batch_read"
    WRITE = "write"
    KEY = "key"
    OBJECT = "object"
    OBJECT_READ = "object_read"
    PUBLISH = "publish"
    WORKFLOW = "workflow"
    START = "start"
    ENQUIRY = "enquiry"
    MESSAGE = "message"
    PAYMENT = "payment"
    PAYMENT_QUERY = "payment_query"
    TASK = "task"
    REQUEST = "request"
    STREAM = "stream"
    QUEUE = "queue"
    SCHEDULE = "schedule"


# What leaves the same behind is listed once. A worker that dies between two effects is one case
# wherever it dies: before the next effect, after the last, or (no effect) as its event arrives.
# An error of a read is an error under any name; names are told apart at writes.
MODES: Final[dict[Kind, tuple[Mode, ...]]] = {
    Kind.READ: (M.ERROR, M.PAUSE),
    Kind.INDEX_READ: (M.ERROR, M.STALE, M.STALE_LONG),
    Kind.BATCH_READ: (M.ERROR, M.PARTIAL, M.PAUSE),
    Kind.WRITE: (
        M.CRASH_BEFORE, M.CRASH_AFTER, M.LOST, M.REPEATED, M.THROTTLE, M.ERROR, M.CONFLICT,
        M.STORM, M.TWIN, M.PAUSE,
    ),
    Kind.KEY: (M.THROTTLE, M.DISABLED),
    Kind.OBJECT: (
        M.CRASH_BEFORE, M.CRASH_AFTER, M.LOST, M.REPEATED, M.THROTTLE, M.ERROR, M.TWIN, M.PAUSE,
    ),
    Kind.OBJECT_READ: (M.THROTTLE, M.ERROR, M.PAUSE),
    Kind.PUBLISH: (
        M.CRASH_BEFORE, M.CRASH_AFTER, M.LOST, M.REPEATED, M.THROTTLE, M.ERROR, M.PARTIAL,
        M.PAUSE,
    ),
    Kind.WORKFLOW: (
        M.CRASH_BEFORE, M.CRASH_AFTER, M.LOST, M.REPEATED, M.THROTTLE, M.ERROR, M.TWIN, M.PAUSE,
    ),
    Kind.START: (M.ERROR, M.LOST),
    Kind.ENQUIRY: (M.UNREACHED, M.ERROR, M.NONSENSE),
    Kind.MESSAGE: (
        M.CRASH_BEFORE, M.CRASH_AFTER, M.LOST, M.REPEATED, M.UNREACHED, M.ERROR, M.TWIN, M.PAUSE,
    ),
    Kind.PAYMENT: (
        M.CRASH_BEFORE, M.CRASH_AFTER, M.LOST, M.REPEATED, M.UNREACHED, M.LATE, M.ERROR,
        M.NONSENSE, M.TWIN, M.PAUSE,
    ),
    Kind.PAYMENT_QUERY: (
        M.CRASH_AFTER, M.UNREACHED, M.UNSURE, M.ERROR, M.NONSENSE, M.TWIN, M.PAUSE,
    ),
    Kind.TASK: (M.REFUSED, M.CRASH_BEFORE, M.AGAIN, M.DELAY_LONG, M.AHEAD, M.BEHIND),
    Kind.REQUEST: (M.REFUSED, M.AGAIN, M.AGAIN_LATE, M.AHEAD, M.BEHIND),
    Kind.STREAM: (M.REFUSED, M.AGAIN, M.AGAIN_LATE, M.DELAY, M.DELAY_LONG, M.REVERSED),
    Kind.QUEUE: (M.REFUSED, M.AGAIN, M.AGAIN_LATE, M.DELAY, M.DELAY_LONG, M.REVERSED),
    Kind.SCHEDULE: (M.REFUSED, M.AGAIN, M.AGAIN_LATE, M.DELAY_LONG, M.AHEAD, M.BEHIND),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seam:
    """One call of one run: its name is stable as long as the caller makes that call."""

    name: str
    kind: Kind
    dull: frozenset[Mode] = frozenset()  # what would change nothing here

    def is_of(self, part: str) -> bool:
        """Whether it is a call of a worker (`ingest`), or of one to a service (`ingest s3`)."""
        return self.name.startswith((f"{part} ", f"{part}."))

    def faults(self) -> tuple[Fault, ...]:
        """Everything that can go wrong here."""
        return tuple(Fault(self.name, mode) for mode in MODES[self.kind] if mode not in self.dull)


class Chooser(Protocol):
    """Decides what goes wrong."""

    def choose(self, seam: Seam) -> Mode | None: ...
    def skip(self, calls: int) -> None: ...


class Planned:
    """Exactly the faults of a plan."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._left = {fault.at: fault.do for fault in faults}

    def choose(self, seam: Seam) -> Mode | None:
        """The fault of this seam; once."""
        return self._left.pop(seam.name, None)

    def skip(self, calls: int) -> None:
        """Faults are found by name."""


class Sampled:
    """`count` random faults: the first anywhere, each next one some calls after the one before."""

    def __init__(
        self,
        seed: int,
        count: int,
        calls: int,
        can_happen: Callable[[Kind, Mode], bool] = lambda *_: True,
    ) -> None:
        """`calls`: how many a run without faults makes."""
        self._draw = random.Random(seed)
        self._can_happen = can_happen
        self._left = count
        self._made = 0
        self._calls = calls
        self.first = self._wait = self._draw.randrange(calls)

    def skip(self, calls: int) -> None:
        """So many calls, all before the first fault, were made already."""
        self._wait -= calls
        self._made += calls

    def choose(self, seam: Seam) -> Mode | None:
        """The fault of this seam, if it is its turn."""
        self._made += 1
        if not self._left:
            return None
        if self._wait:
            self._wait -= 1
            return None
        modes = [one for one in MODES[seam.kind] if self._can_happen(seam.kind, one)]
        if not modes:
            return None
        self._left -= 1
        # What goes wrong soon after a fault meets its repair; what comes later, another part.
        near = self._draw.random() < 0.6
        self._wait = self._draw.randrange(12 if near else max(12, self._calls - self._made))
        return self._draw.choice(modes)


@dataclass(slots=True)
class Seams:
    """Counts the calls of one run; muted while the harness itself works."""

    chooser: Chooser = field(default_factory=lambda: Planned(()))
    log: list[Seam] = field(default_factory=list)
    fired: list[tuple[int, Fault]] = field(default_factory=list)
    muted: bool = True
    probing: bool = False
    counts: Counter[str] = field(default_factory=Counter)

    def is_dull(self, mode: Mode) -> None:
        """The call just reached would go on in the same way with this fault."""
        last = self.log[-1]
        self.log[-1] = Seam(last.name, last.kind, last.dull | {mode})

    def reach(self, who: str, what: str, kind: Kind) -> Mode | None:
        """What goes wrong at this call; None = nothing."""
        if self.muted:
            return None
        place = f"{who} {what}"
        self.counts[place] += 1
        seam = Seam(f"{place} {self.counts[place]}", kind)
        self.log.append(seam)
        mode = self.chooser.choose(seam)
        if mode is not None:
            if mode not in MODES[kind]:
                raise Unmodelled(f"{seam.name} is a {kind.value}: {mode.value} cannot happen there")
            self.fired.append((len(self.log), Fault(seam.name, mode)))
        return mode
