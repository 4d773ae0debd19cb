"""`autolend replay` and `autolend verify-ledger`: run, prove, show."""

import argparse
import resource
import time
from pathlib import Path

from lending.adapters.profiles import newest
from lending.domain.computable import NotComputable
from lending.domain.ledger.chain import Broken
from lending.ports.ledger import LedgerReader
from lending.usecases.verify_ledger import Verified, VerifyLedger
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tools.replay import files
from tools.replay.files import BadRow
from tools.replay.report import show, violations
from tools.replay.run import OtherData, Replay, Violation
from tools.replay.store import FILE, SqliteLedger

WANTED_PER_SECOND = 300
REFRESH_PER_SECOND = 4


def state_of(root: Path, given: Path | None) -> Path:
    """Where a replay keeps its ledger."""
    return given or root / ".autolend" / "replay"


def replay(root: Path, options: argparse.Namespace) -> int:
    """Replay the files to their end; 0 when every check held."""
    console = Console()
    ledger = SqliteLedger(state_of(root, options.state))
    try:
        return _replay(ledger, options, console)
    except (OSError, BadRow, NotComputable, OtherData, Violation) as trouble:
        console.print(f"[red]{trouble}[/red]", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from here")
        return 1
    finally:
        ledger.close()


def _replay(ledger: SqliteLedger, options: argparse.Namespace, console: Console) -> int:
    run = Replay(ledger, options.loans, options.data, options.limit)
    rows = files.months_of_loans(options.data, options.limit)
    done = run.rows_done
    if done:
        console.print(f"going on after {done:,} of {rows:,} months", highlight=False)
    began = time.perf_counter()
    with _bar(console) as bar:
        task = bar.add_task("months", total=rows)
        run.run(lambda number: bar.update(task, completed=number))
    seconds = time.perf_counter() - began
    proved = _prove(ledger, console)
    show(run, newest("us").chart, console)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rate = run.booked / seconds if seconds else 0
    console.print(
        f"{run.booked:,} postings in {seconds:.1f} s: {rate:,.0f} a second "
        f"(wanted {WANTED_PER_SECOND}); memory at most {memory} MB",
        highlight=False,
    )
    wrong = violations(run)
    if isinstance(proved, Broken):
        wrong.append(str(proved))
    for one in wrong:
        console.print(f"[red]violation: {one}[/red]", highlight=False)
    console.print(f"ledger sha256 {run.root()}", highlight=False, soft_wrap=True)
    console.print(_verdict(run, wrong), highlight=False, soft_wrap=True)
    return 1 if wrong else 0


def _verdict(run: Replay, wrong: list[str]) -> str:
    loans = run.tallies("opened").get("loans", (0, 0))[0]
    what = f"{loans:,} loans, {run.rows_done:,} months"
    return (
        f"replay: {what}: {len(wrong)} violations" if wrong else f"replay: {what}: books balanced"
    )


def verify(root: Path, options: argparse.Namespace) -> int:
    """Prove a stored ledger; 1 and the first broken link when it is not whole."""
    console = Console()
    state = state_of(root, options.state)
    if not (state / FILE).exists():
        console.print(f"no ledger in {state}", highlight=False)
        return 1
    ledger = SqliteLedger(state)
    try:
        return prove_and_tell(ledger, console)
    finally:
        ledger.close()


def prove_and_tell(ledger: LedgerReader, console: Console) -> int:
    """Prove a ledger, wherever it is kept; 1 and the first broken link when it is not whole."""
    proved = _prove(ledger, console)
    if isinstance(proved, Broken):
        console.print(f"broken: {proved}", highlight=False, soft_wrap=True)
        return 1
    console.print(
        f"whole: {proved.loans:,} loans, {proved.transactions:,} transactions, "
        f"{proved.entries:,} entries, {proved.anchors} anchors",
        highlight=False,
    )
    console.print(f"ledger sha256 {proved.root_sha256}", highlight=False, soft_wrap=True)
    return 0


def _prove(ledger: LedgerReader, console: Console) -> Verified | Broken:
    total = sum(1 for _ in ledger.loan_ids())
    with _bar(console) as bar:
        task = bar.add_task("proving", total=total)
        return VerifyLedger(ledger)(lambda _: bar.advance(task))


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        refresh_per_second=REFRESH_PER_SECOND,
    )
