"""Many runs in several processes, each with a world of its own."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import batched, islice
from multiprocessing import get_context
from typing import Any

from tools.chaos.plan import Plan
from tools.chaos.runner import Result, Runner
from tools.chaos.world import World, open_world

CHUNK = 16


@dataclass(frozen=True, slots=True)
class Singles:
    """Work: every single fault of a scenario, to be cut into chunks."""

    scenario: str


@dataclass(frozen=True, slots=True)
class Plans:
    """Work: these plans, and with `seconds` every pair that begins with each."""

    plans: tuple[Plan, ...]
    seconds: bool = False


@dataclass(frozen=True, slots=True)
class Samples:
    """Work: random runs of a scenario, one per seed."""

    scenario: str
    seeds: tuple[int, ...]
    faults: int


type Work = Plans | Samples


@dataclass(slots=True)
class Tally:
    """What runs came to: how many a number of faults, and the bad ones, as few faults as do."""

    runs: Counter[int] = field(default_factory=Counter)
    bad: list[tuple[Plan, list[str]]] = field(default_factory=list)
    missed: list[Plan] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All runs."""
        return self.runs.total()

    def add(self, other: "Tally") -> None:
        """Together."""
        self.runs.update(other.runs)
        self.bad += other.bad
        self.missed += other.missed

    def count(self, result: Result, runner: Runner) -> None:
        """One run more."""
        self.runs[len(result.plan.faults)] += 1
        if result.missed:
            self.missed.append(result.plan)
        if not result.is_good:
            plan = runner.minimal(result.plan)
            again = runner.run(plan, from_start=True)
            found = again.violations or result.violations
            self.bad.append((plan, [str(one) for one in found]))


def work_on(runner: Runner, work: Work) -> Tally:
    """Do it here."""
    tally = Tally()
    match work:
        case Plans(plans, seconds):
            for plan in plans:
                result = runner.run(plan)
                if not seconds:
                    tally.count(result, runner)
                    continue
                for pair in runner.seconds(result):
                    tally.count(runner.run(pair), runner)
        case Samples(scenario, seeds, faults):
            for seed in seeds:
                tally.count(runner.run_sampled(scenario, seed, faults), runner)
    return tally


class Workers:
    """A pool of processes that keep their worlds open."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ProcessPoolExecutor(count, get_context("spawn"), _open)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def plans_of(self, scenario: str) -> list[Plan]:
        """Every single fault of a scenario."""
        return self._pool.submit(_singles, scenario).result()

    def run(self, work: Iterable[Work]) -> Iterator[Tally]:
        """Tallies as they come; `work` is taken as workers become free."""
        left, at_work = iter(work), set[Future[Tally]]()
        while True:
            at_work |= {self._pool.submit(_work, one) for one in islice(left, self._room(at_work))}
            if not at_work:
                return
            done, at_work = wait(at_work, return_when=FIRST_COMPLETED)
            for one in done:
                yield one.result()

    def _room(self, at_work: set[Future[Tally]]) -> int:
        return max(0, 2 * self._count - len(at_work))


def in_chunks(plans: Iterable[Plan], *, seconds: bool = False) -> Iterator[Plans]:
    """Work for several."""
    for chunk in batched(plans, 1 if seconds else CHUNK, strict=False):
        yield Plans(chunk, seconds)


def samples(scenarios: Iterable[str], count: int, seed: int, faults: int) -> Iterator[Samples]:
    """`count` random runs over all scenarios, the same for the same seed."""
    names = list(scenarios)
    for index, name in enumerate(names):
        mine = range(seed * 1_000_003 + index, seed * 1_000_003 + count, len(names))
        for seeds in batched(mine, CHUNK, strict=False):
            yield Samples(name, seeds, faults)


_held: dict[str, Any] = {}


def _open() -> None:
    opened: AbstractContextManager[World] = open_world()
    # Held for as long as the process lives.
    _held["opened"], _held["runner"] = opened, Runner(opened.__enter__())


def _singles(scenario: str) -> list[Plan]:
    runner: Runner = _held["runner"]
    return runner.singles(scenario)


def _work(work: Work) -> Tally:
    return work_on(_held["runner"], work)


def with_seed(plan: Plan, seed: int) -> Plan:
    """The same faults in another world."""
    return replace(plan, seed=seed)
