"""What people see of many runs: progress, each bad plan with the way to repeat it, a verdict."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools.chaos.plan import Plan
from tools.chaos.runner import Result
from tools.chaos.workers import Tally

NAMES = {0: "without fault", 1: "singles", 2: "pairs", 3: "triples"}
SHOWN_BEFORE = 6
SHOWN_MAX = 160


@dataclass(slots=True)
class Report:
    """Collects tallies; prints as they come."""

    console: Console
    workers: int
    tally: Tally = field(default_factory=Tally)
    scenarios: set[str] = field(default_factory=set)
    began_s: float = field(default_factory=time.monotonic)

    def follow(self, title: str, total: int | None, tallies: Iterable[Tally]) -> None:
        """A bar for one part of the work; None = nobody knows how much it is."""
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task(title, total=total)
            for tally in tallies:
                progress.advance(bar, tally.total)
                self.add(tally)

    def add(self, tally: Tally) -> None:
        """Print what is bad."""
        for plan, found in tally.bad:
            self.bad(plan, found)
        for plan in tally.missed:
            self.console.print(f"[yellow]never came to its fault:[/] {plan}", highlight=False)
        self.tally.add(tally)

    def bad(self, plan: Plan, found: Iterable[str]) -> None:
        """One plan that breaks something, and how to run it again."""
        self.console.print(f"[red]violated[/] {plan}", highlight=False)
        for what in found:
            self.console.print(f"  {what}", highlight=False, markup=False)
        text = f"  repeat: autolend chaos --replay '{plan.to_json()}'"
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def told(self, result: Result) -> None:
        """One run call by call, from a little before its first fault."""
        marks = dict(zip(result.fired_at, (f.do.value for f in result.plan.faults), strict=False))
        first = min(result.fired_at, default=1)
        lines: list[str] = []
        before = ""
        for number, seam in enumerate(result.seams, start=1):
            place = seam.name.rpartition(" ")[0]
            if number < first - SHOWN_BEFORE or (place == before and number not in marks):
                continue  # the sweeper alone asks 50 times in a row
            before = place
            lines.append(f"{number:5} {seam.name}" + f"   <- {marks.get(number, '')}".rstrip(" <-"))
        for line in lines[:SHOWN_MAX]:
            self.console.print(line, highlight=False, markup=False)

    def verdict(self) -> int:
        """The last line, and the exit status."""
        took_s = max(time.monotonic() - self.began_s, 0.001)
        runs = self.tally.total
        kinds = ", ".join(
            f"{count:,} {NAMES.get(faults, f'with {faults} faults')}"
            for faults, count in sorted(self.tally.runs.items())
        )
        bad = len(self.tally.bad)
        words = "violation" if bad == 1 else "violations"
        self.console.print(
            f"chaos: {bad} {words} in {runs:,} runs ({kinds or 'none'}) of "
            f"{len(self.scenarios)} scenarios, {runs / took_s * 60:,.0f} runs/min "
            f"on {self.workers} workers",
            highlight=False,
            soft_wrap=True,
        )
        return 1 if bad or not runs else 0


def counts(plans: Mapping[str, list[Plan]]) -> str:
    """How many runs there will be."""
    return ", ".join(f"{name} {len(found)}" for name, found in plans.items())
