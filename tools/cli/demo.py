"""The demo: customers ride through the platform before the user's eyes."""

import argparse
import contextlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools.cli.running import Running, find, let_days_pass
from tools.demo.journey import Api, Ride, ride
from tools.demo.people import Person, cn_people
from tools.demo.report import summary, table
from tools.demo.us_loans import us_people
from tools.localcloud.cloud import platform

SEED = 2026
DAYS_TO_FIRST_INSTALMENT = 31


def demo(root: Path, options: argparse.Namespace) -> int:
    """The `demo` command: on the running platform, or on one of its own."""
    console = Console()
    people = _people(options)
    if people is None:
        console.print("market us needs --data with a CSV of car loans")
        return 2
    with _platform(root, console) as running:
        done = run_demo(running, people, options.clients, console)
    return 0 if done else 1


def run_demo(running: Running, people: Sequence[Person], clients: int, console: Console) -> bool:
    """Take everybody through, let a month pass, and count; True when all arrived."""
    api = Api(running.api_url, running.partners)
    api.sign_in("officer-1", ["underwriter"])
    api.sign_in("operator-1", ["operations"])
    began = time.perf_counter()
    rides = _ride_all(api, people, clients, console)
    took_s = time.perf_counter() - began
    table(rides, console)
    console.print(f"{len(rides)} applications in {took_s:.1f} s with {clients} at a time")
    console.print(f"{DAYS_TO_FIRST_INSTALMENT} days pass…")
    let_days_pass(running, DAYS_TO_FIRST_INSTALMENT)
    return summary(rides, _reminded(api, rides), console)


def _people(options: argparse.Namespace) -> list[Person] | None:
    seed = options.seed if options.seed is not None else int(time.time())
    if options.market == "cn":
        return list(cn_people(seed, options.limit))
    if options.data is None:
        return None
    return list(us_people(options.data, options.limit, seed))


def _ride_all(api: Api, people: Sequence[Person], clients: int, console: Console) -> list[Ride]:
    """Several at a time, with a bar; in the order of `people`."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    with bar, ThreadPoolExecutor(max_workers=clients) as pool:
        task = bar.add_task("customers", total=len(people))
        started = [pool.submit(ride, api, person) for person in people]
        for _ in as_completed(started):
            bar.advance(task)
    return [one.result() for one in started]


def _reminded(api: Api, rides: Sequence[Ride]) -> set[str]:
    """Loans whose borrower got a reminder on the phone."""
    reminded = set()
    for trip in rides:
        if trip.loan_id:
            path = f"/messages?to={trip.person.mobile}"
            inbox = api.partner("messages", "GET", path)["messages"]
            if any(message["template"] == "InstalmentReminderDue" for message in inbox):
                reminded.add(trip.loan_id)
    return reminded


@contextlib.contextmanager
def _platform(root: Path, console: Console) -> Iterator[Running]:
    running = find(root)
    if running is not None:
        yield running
        return
    console.print("booting a platform for this demo…")
    with (
        platform(root, None) as booted,
    ):
        yield Running(0, booted.url, booted.api_url, booted.partners)
