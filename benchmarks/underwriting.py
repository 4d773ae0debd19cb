"""The whole underwriting on the local cloud, each partner taking 20 ms: p50 and processor time.

Timed is what the origination waits for: `StartSyncExecution` of the machine `underwriting`, with
Identify (six sources asked at once, links, watch-list), Score and Decide. Every application is
another person, so nothing is answered from the cache. Target: p50 of 150 ms.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.whole_flow import client, told
from tools.demo.journey import DECIDED, Api
from tools.demo.people import Person, cn_people
from tools.localcloud.cloud import Platform, platform

ROOT = Path(__file__).resolve().parents[1]
PARTNER_S, P50_MAX_MS = 0.020, 150.0
SOURCES = ("identity", "bureau", "valuation", "income", "device", "employer")


def decide(booted: Platform, api: Api, person: Person) -> None:
    """One application, up to its decision and until nothing moves any more."""
    subject = {"id_no": person.body["applicant"]["id_no"], "report": person.flows or {}}
    api.partner("income", "POST", "/_control/subjects", subject)
    path = "/v1/applications"
    status, answer = api.call(person.sub, "POST", path, person.body, f"{person.sub}-bench")
    if status != 202:
        raise SystemExit(f"refused: {status} {answer}")
    booted.idle()
    _, view = api.call(person.sub, "GET", f"{path}/{answer['application_id']}")
    if view["state"] not in DECIDED:
        raise SystemExit(f"not decided: {view['state']}")


def watch(booted: Platform) -> list[float]:
    """Milliseconds of each run of the machine from now on, as the local cloud answers them."""
    edge: Any = booted.cloud.core.edge
    perform, taken = edge._perform, list[float]()

    def timed(call: Any, *rest: Any) -> Any:
        began_s = time.perf_counter()
        answer = perform(call, *rest)
        if call.action == "StartSyncExecution":
            taken.append((time.perf_counter() - began_s) * 1000)
        return answer

    edge._perform = timed
    return taken


def processor_s() -> float:
    """Processor seconds of this process and all it started."""
    me = psutil.Process()
    times = [one.cpu_times() for one in (me, *me.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def main() -> int:
    """Run; 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="applications that are timed")
    options = parser.parse_args()
    with platform(ROOT, None, printer=lambda _: None) as booted:
        api = client(booted)
        for name in SOURCES:
            slow = {"mode": "slow", "seconds": PARTNER_S}
            api.partner(name, "POST", "/_control/mode", slow)
        for person in cn_people(21, 15):
            decide(booted, api, person)
        taken, began_s = watch(booted), processor_s()
        for person in cn_people(22, options.count):
            decide(booted, api, person)
        used_ms = (processor_s() - began_s) * 1000 / options.count
    p95_ms = statistics.quantiles(taken, n=20)[-1]
    print(f"{len(taken)} underwritings: fastest {min(taken):.0f} ms, p95 {p95_ms:.0f} ms")
    print(f"processor time to the decision: {used_ms:.0f} ms an application, all processes")
    return 0 if told("underwriting, p50", statistics.median(taken), P50_MAX_MS, "ms") else 1


if __name__ == "__main__":
    sys.exit(main())
