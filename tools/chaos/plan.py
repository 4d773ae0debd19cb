"""What goes wrong in one run: faults by the name of the call they meet. JSON in and out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Mode(StrEnum):
    """One way to go wrong. What the SDK's own retries would have mended is not here."""

    CRASH_BEFORE = "crash_before"  # the worker dies; the call never left
    CRASH_AFTER = "crash_after"  # the call was done; the worker dies before it knows
    LOST = "lost"  # the call was done; its answer never came
    REPEATED = "repeated"  # the SDK or the network sent it twice; the second answer counts
    THROTTLE = "throttle"
    ERROR = "error"  # 5xx, nothing done
    CONFLICT = "conflict"  # another transaction holds the item
    PARTIAL = "partial"  # a batch is done in part
    STORM = "storm"  # this service throttles everybody for five minutes
    DISABLED = "disabled"  # no key can be used for five minutes
    STALE = "stale"  # an eventually consistent read misses the last write
    STALE_LONG = "stale_long"  # ... misses the last five minutes
    TWIN = "twin"  # the same event was delivered twice: the other worker runs here, to its end
    PAUSE = "pause"  # the worker stands still; everybody else goes on, the sweeper too
    UNREACHED = "unreached"  # the request timed out before it reached the partner
    LATE = "late"  # ... and reaches the partner a minute and a half later
    NONSENSE = "nonsense"  # an answer of the wrong shape
    UNSURE = "unsure"  # the bank cannot say what became of a payment
    REFUSED = "refused"  # the invocation never began
    AGAIN = "again"  # done, but the caller never heard: delivered again
    AGAIN_LATE = "again_late"  # ... and once more an hour later
    DELAY = "delay"  # delivered after everything else that waits
    DELAY_LONG = "delay_long"  # delivered eleven minutes later
    REVERSED = "reversed"  # the batch in the opposite order
    AHEAD = "ahead"  # the sender's clock is ten minutes ahead
    BEHIND = "behind"  # ... ten minutes behind


@dataclass(frozen=True, slots=True)
class Fault:
    """`do` happens at the seam `at`: "<function> <service>.<Operation> <n-th time>"."""

    at: str
    do: Mode

    def __str__(self) -> str:
        return f"{self.at} = {self.do.value}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, exactly repeatable. `mutation` names a guard that is taken away for it."""

    scenario: str
    faults: tuple[Fault, ...] = ()
    seed: int = 1
    mutation: str | None = None

    def __str__(self) -> str:
        told = "; ".join(map(str, self.faults)) or "nothing goes wrong"
        without = f" without {self.mutation}" if self.mutation else ""
        return f"{self.scenario}{without}: {told}"

    def to_json(self) -> str:
        """One line, for `autolend chaos --replay` and for tests/faults/plans."""
        document: dict[str, Any] = {
            "scenario": self.scenario,
            "seed": self.seed,
            "faults": [{"at": one.at, "do": one.do.value} for one in self.faults],
        }
        if self.mutation:
            document["mutation"] = self.mutation
        return json.dumps(document)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The plan of a document; other keys (a comment) are ignored.

        Raises:
            ValueError: not a plan.
        """
        try:
            document: Mapping[str, Any] = json.loads(text)
            return cls(
                scenario=str(document["scenario"]),
                faults=tuple(
                    Fault(str(one["at"]), Mode(one["do"])) for one in document.get("faults", [])
                ),
                seed=int(document.get("seed", 1)),
                mutation=document.get("mutation"),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not a plan: {error!r}") from error
