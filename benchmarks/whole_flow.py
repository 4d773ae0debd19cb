"""The whole flow on the local cloud: hops, latency, growth, throughput, memory.

Counted: sequential service hops from submission to decision, from the call log. Timed within one
run: submission to payout (p50), and the 2,000th application against the 100th (`--growth`).
Targets: 6 hops, 0.5 s, 1.2 times, 200 applications in 60 s, 3 GiB.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tools.demo.journey import Api, Ride, ride
from tools.demo.people import Person, cn_people
from tools.localcloud.calllog import Call
from tools.localcloud.cloud import Platform, platform

ROOT = Path(__file__).resolve().parents[1]
HOPS_MAX, P50_MAX_S, GROWTH_MAX, MEMORY_MAX_GIB = 6, 0.5, 1.2, 3.0
SERVICE_HOPS = {
    ("stepfunctions", "StartExecution"),
    ("stepfunctions", "StartSyncExecution"),
    ("lambda", "Invoke"),
}


def client(booted: Platform) -> Api:
    """A signed-in client with both desks."""
    api = Api(booted.api_url, booted.partners)
    api.sign_in("officer-1", ["underwriter"])
    api.sign_in("operator-1", ["operations"])
    return api


def hops(booted: Platform, api: Api, person: Person) -> list[str]:
    """Service calls one after the other between the submission and its decision."""
    booted.idle()
    log = booted.cloud.core.edge.calls
    before = len(log)
    ride(api, person)
    calls = log.since(before)
    decided = next(n for n, one in enumerate(calls) if one.action == "StartSyncExecution")
    counted = [one for one in calls[: decided + 1] if _is_hop(one)]
    return ["front door -> apply", *(f"{one.action} {one.resources[0]}" for one in counted)]


def _is_hop(call: Call) -> bool:
    if (call.service, call.action) not in SERVICE_HOPS:
        return False
    return call.caller == "stepfunctions" or call.caller.endswith("-apply")


def straight_s(trip: Ride) -> float:
    """Seconds from submission to payout."""
    return sum(trip.took_s.get(step, 0.0) for step in ("decide", "sign", "fund"))


def memory_gib() -> float:
    """What this process and all it started occupy together.

    Workers are forked and share most of their pages: Linux counts such a page in shares; elsewhere
    it counts each time.
    """
    me = psutil.Process()
    found = [one.memory_full_info() for one in (me, *me.children(recursive=True))]
    return sum(getattr(one, "pss", one.rss) for one in found) / 2**30


def told(name: str, value: float, target: float, unit: str) -> bool:
    """Print one figure against its target; True when it is reached."""
    reached = value <= target
    verdict = "ok" if reached else "MISSED"
    print(f"{name}: {value:.2f} {unit}, target {target:g}: {verdict}")
    return reached


def growth(api: Api, many: int) -> float:
    """Median time of the last 50 of `many` applications against that of the 51st to 100th.

    Both windows go one at a time; what lies between goes four at a time.
    """
    people = list(cn_people(31, many))
    one_by_one(api, people[:50])
    early = one_by_one(api, people[50:100])
    with ThreadPoolExecutor(4) as pool:
        for number, _ in enumerate(pool.map(lambda one: ride(api, one), people[100:-50]), 101):
            if number % 200 == 0:
                print(f"  {number} applications, {memory_gib():.2f} GiB")
    return one_by_one(api, people[-50:]) / early


def one_by_one(api: Api, people: Sequence[Person]) -> float:
    """Median seconds of one application in this window."""
    taken = []
    for person in people:
        began = time.perf_counter()
        ride(api, person)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> int:
    """Run; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--growth", type=int, default=0, metavar="N", help="such as 2000")
    options = parser.parse_args()
    reached = []
    with platform(ROOT, None, printer=lambda _: None) as booted:
        api = client(booted)
        for person in cn_people(11, 8):
            ride(api, person)
        steps = hops(booted, api, next(cn_people(12, 1)))
        print("\n".join(f"  {step}" for step in steps))
        reached.append(told("hops to the decision", len(steps), HOPS_MAX, ""))
        rides = [ride(api, person) for person in cn_people(13, 40)]
        funded = [trip for trip in rides if trip.state == "FUNDED" and not trip.reviewed]
        p50 = statistics.median(map(straight_s, funded))
        reached.append(told("submission to payout, p50", p50, P50_MAX_S, "s"))
        began = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            stuck = [one.trouble for one in pool.map(lambda p: ride(api, p), cn_people(14, 200))]
        reached.append(told("200 applications, 4 at a time", time.perf_counter() - began, 60, "s"))
        reached.append(told("applications in trouble", sum(map(bool, stuck)), 0, ""))
        if options.growth:
            ratio = growth(api, options.growth)
            reached.append(told(f"the {options.growth}th to the 100th", ratio, GROWTH_MAX, "times"))
        reached.append(told("memory of all processes", memory_gib(), MEMORY_MAX_GIB, "GiB"))
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
