"""Runs plans: one at a time in a world, exhaustively or sampled, in one process or several."""

import os
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from unittest import mock

from tools.chaos import mutations
from tools.chaos.evidence import Evidence
from tools.chaos.invariants import Violation, violations
from tools.chaos.plan import Fault, Plan
from tools.chaos.scenarios import SCENARIOS
from tools.chaos.seams import Chooser, Planned, Sampled, Seam
from tools.chaos.world import Stuck, World


@dataclass(frozen=True, slots=True)
class Result:
    """One run: what went wrong (as a plan that repeats it), and what did not hold."""

    plan: Plan
    violations: tuple[Violation, ...]
    seams: tuple[Seam, ...]
    fired_at: tuple[int, ...] = ()
    missed: tuple[Fault, ...] = ()  # planned, but the run never came there

    @property
    def is_good(self) -> bool:
        """Everything holds."""
        return not self.violations


@dataclass(slots=True)
class Known:
    """A scenario's run without faults: what every other run of it begins with."""

    result: Result
    start: bytes
    checkpoints: list[tuple[int, bytes]]
    position: dict[str, int]  # of each seam in the log

    def before(self, call: int) -> tuple[int, bytes]:
        """(calls made, world) at the last moment before so many calls were made."""
        index = bisect_right(self.checkpoints, call, key=lambda one: one[0]) - 1
        return self.checkpoints[index]


@dataclass(slots=True)
class Runner:
    """Runs plans in one world. What a run shares with the one without faults is not run again."""

    world: World
    _known: dict[tuple[str, int], Known] = field(default_factory=dict)

    def run(self, plan: Plan, *, from_start: bool = False) -> Result:
        """Exactly the faults of `plan`. Raises ValueError: no such scenario, or a wrong mode."""
        known = self._know(plan.scenario, plan.seed)
        if from_start or plan.mutation or not plan.faults:
            return self._run(plan, Planned(plan.faults), (0, known.start))
        first = min(known.position.get(fault.at, 10**9) for fault in plan.faults)
        return self._run(plan, Planned(plan.faults), known.before(first))

    def run_sampled(self, scenario: str, seed: int, faults: int) -> Result:
        """Up to so many random faults; the result's plan repeats them."""
        known = self._know(scenario, 1)
        calls = len(known.result.seams)
        chooser = Sampled(seed, faults, calls, SCENARIOS[scenario].can_happen)
        return self._run(Plan(scenario), chooser, known.before(chooser.first))

    def minimal(self, plan: Plan) -> Plan:
        """As few of a bad plan's faults as still give a violation."""
        faults = list(plan.faults)
        for fault in plan.faults:
            rest = tuple(one for one in faults if one is not fault)
            if len(faults) > 1 and not self.run(replace(plan, faults=rest)).is_good:
                faults = list(rest)
        return replace(plan, faults=tuple(faults))

    def without_faults(self, scenario: str) -> Result:
        """The run in which nothing goes wrong."""
        return self._know(scenario, 1).result

    def singles(self, scenario: str) -> list[Plan]:
        """Every single fault of a scenario."""
        return [
            Plan(scenario, (fault,))
            for seam in self.without_faults(scenario).seams
            for fault in self._possible(scenario, seam)
        ]

    def seconds(self, first: Result) -> Iterator[Plan]:
        """Every pair that begins with the one fault of a single's result."""
        plan = first.plan
        for seam in first.seams[first.fired_at[-1] if first.fired_at else 0 :]:
            for fault in self._possible(plan.scenario, seam):
                yield Plan(plan.scenario, (*plan.faults, fault), plan.seed)

    def _possible(self, scenario: str, seam: Seam) -> list[Fault]:
        possible = SCENARIOS[scenario].can_happen
        if any(seam.is_of(part) for part in SCENARIOS[scenario].elsewhere):
            return []
        return [fault for fault in seam.faults() if possible(seam.kind, fault.do)]

    def _know(self, name: str, seed: int) -> Known:
        if (name, seed) not in self._known:
            if name not in SCENARIOS:
                raise ValueError(f"no scenario {name}: one of {', '.join(SCENARIOS)}")
            world = self.world
            world.reset(seed)
            SCENARIOS[name].prepare(world)
            SCENARIOS[name].begin(world)
            start = world.save()
            world.checkpoints = []
            result = self._run(Plan(name, seed=seed), Planned(()), (0, start), probing=True)
            positions = {seam.name: at for at, seam in enumerate(result.seams)}
            self._known[name, seed] = Known(result, start, world.checkpoints, positions)
        return self._known[name, seed]

    def _run(
        self, plan: Plan, chooser: Chooser, at: tuple[int, bytes], *, probing: bool = False
    ) -> Result:
        scenario, world = SCENARIOS[plan.scenario], self.world
        calls, saved = at
        world.restore(saved)
        chooser.skip(calls)
        seams = world.seams
        seams.chooser, seams.muted, seams.probing = chooser, False, probing
        stuck = ""
        with ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, {"ORDERS_BY": scenario.orders_by}))
            if plan.mutation:
                stack.enter_context(mutations.MUTATIONS[plan.mutation].applied())
            try:
                world.run(scenario)
            except Stuck as told:
                stuck = str(told)
        seams.muted, seams.probing = True, False
        fired = tuple(fault for _, fault in seams.fired)
        done = Plan(plan.scenario, plan.faults or fired, plan.seed, plan.mutation)
        ended_ms = world.state.now_ms
        found = violations(Evidence.of(world, scenario, stuck))
        world.state.now_ms = ended_ms  # looking takes no time
        missed = tuple(fault for fault in plan.faults if fault not in fired)
        at_calls = tuple(number for number, _ in seams.fired)
        return Result(done, tuple(found), tuple(seams.log), at_calls, missed)
