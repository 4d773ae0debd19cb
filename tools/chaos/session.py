"""The `chaos` command: which runs, in which order."""

import argparse
import random
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from rich.console import Console

from tools.chaos import workers
from tools.chaos.plan import Plan
from tools.chaos.report import Report
from tools.chaos.runner import Runner
from tools.chaos.scenarios import SCENARIOS
from tools.chaos.seams import Unmodelled
from tools.chaos.workers import Workers, in_chunks
from tools.chaos.world import open_world

PAIRS = 500


def chaos(options: argparse.Namespace) -> int:
    """Run what is asked for; the exit status is 0 when everything holds."""
    console = Console()
    report = Report(console, options.workers)
    if options.replay is not None:
        return _replay(report, options.replay)
    names = options.scenario or list(SCENARIOS)
    if unknown := [name for name in names if name not in SCENARIOS]:
        console.print(f"no scenario {', '.join(unknown)}: one of {', '.join(SCENARIOS)}")
        return 2
    report.scenarios |= set(names)
    try:
        _run(report, options, names)
    except BrokenProcessPool:
        console.print("a worker was killed from outside: what it had not told is not counted")
        report.verdict()
        return 1
    return report.verdict()


def _run(report: Report, options: argparse.Namespace, names: list[str]) -> None:
    nothing_named = not options.singles and options.pairs is None
    with Workers(options.workers) as pool:
        singles: list[Plan] = []
        if options.singles or nothing_named or options.pairs == "all":
            for name in names:
                found = pool.plans_of(name)
                singles += found
                if options.singles or nothing_named:
                    report.follow(f"{name}: singles", len(found), pool.run(in_chunks(found)))
        if options.pairs == "all":
            # The widest first: nobody can say how many there are before they were met.
            random.Random(options.seed).shuffle(singles)
            report.follow("all pairs", None, pool.run(in_chunks(singles, seconds=True)))
        elif options.pairs is not None or nothing_named:
            count = PAIRS if options.pairs is None else int(options.pairs)
            work = workers.samples(names, count, options.seed, options.faults)
            report.follow(f"{options.faults} random faults", count, pool.run(work))


def _replay(report: Report, given: str) -> int:
    """One plan, call by call; `given` is the plan itself or a file with one."""
    text = given if given.lstrip().startswith("{") else Path(given).read_text("utf-8")
    report.workers = 1
    try:
        plan = Plan.from_json(text)
    except ValueError as error:
        report.console.print(f"{error}", markup=False)
        return 2
    report.scenarios.add(plan.scenario)
    with open_world() as world:
        runner = Runner(world)
        try:
            result = runner.run(plan, from_start=True)
        except (ValueError, Unmodelled) as error:
            report.console.print(f"{error}", markup=False)
            return 2
        report.told(result)
        tally = workers.Tally()
        tally.count(result, runner)
        report.add(tally)
    return report.verdict()
