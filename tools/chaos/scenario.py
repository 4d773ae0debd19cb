"""What a scenario is: who does what before and while things go wrong, and where it may end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.chaos.actors import applications
from tools.chaos.plan import Mode
from tools.chaos.seams import Kind

if TYPE_CHECKING:
    from tools.chaos.world import World


@dataclass(frozen=True, slots=True)
class Scenario:
    """`ends_in`: application states that are a good end. `only` further conditions of one."""

    name: str
    text: str
    ends_in: frozenset[str]
    prepare: Callable[["World"], None]
    begin: Callable[["World"], None] = lambda _: None
    also: Callable[["World"], bool] = lambda _: True
    # What no protocol of one side alone can survive here; or the only calls that may fail.
    excluded: frozenset[tuple[Kind, Mode]] = field(default_factory=frozenset)
    only: frozenset[Kind] = frozenset(Kind)
    # Workers, or calls of theirs to one service, whose single faults another scenario meets.
    elsewhere: frozenset[str] = frozenset()
    orders_by: str = "http"  # the channel of our orders to the bank

    def can_happen(self, kind: Kind, mode: Mode) -> bool:
        """Whether this may go wrong here."""
        return kind in self.only and (kind, mode) not in self.excluded

    def is_over(self, world: "World") -> bool:
        """Every application came to an end, and what else there is to happen happened."""
        found = applications(world)
        return (
            bool(found)
            and all(row["state"] in self.ends_in for row in found)
            and all(actor.wakes_ms <= world.state.now_ms for actor in world.state.actors)
            and self.also(world)
        )
