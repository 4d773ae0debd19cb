"""`autolend cost`: what one loan costs on AWS, from the operations of a real local run.

Counted: every API request (the demo asks often whether it is decided), invocation, read, write,
key use, event and state transition.
Not counted: storage, logs, traces, data transfer, WAF, the duration of functions (local times
are not Lambda's) and the messages and reports that partners bill.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.cli.demo import SEED
from tools.demo.journey import Api, ride
from tools.demo.people import cn_people
from tools.localcloud.calllog import Call
from tools.localcloud.cloud import Platform, platform

PRICES = Path(__file__).with_name("prices.json")
READS = {"GetItem", "Query", "BatchGetItem"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
TRANSACTED = 2  # a write in a transaction is billed twice


def cost(root: Path, loans: int) -> int:
    """Boot a platform of its own, take customers through, count, multiply, print."""
    console = Console()
    with platform(root, None, printer=lambda _: None) as booted:
        api = Api(booted.api_url, booted.partners)
        api.sign_in("officer-1", ["underwriter"])
        api.sign_in("operator-1", ["operations"])
        rides = [ride(api, person) for person in cn_people(SEED, loans)]
        booted.idle()
        edge = booted.cloud.core.edge
        counts = count(edge.calls.since(), _transitions(booted)) + edge.counts
    _print(counts, len(rides), console)
    return 0 if all(not trip.trouble for trip in rides) else 1


def count(calls: Iterable[Call], transitions: int) -> Counter[str]:
    """Billable operations of a call log by the names of the price list."""
    counts: Counter[str] = Counter(standard_transition=transitions)
    for call in calls:
        match call.service, call.action:
            case "dynamodb", "TransactWriteItems":
                counts["dynamodb_write_unit"] += TRANSACTED * len(call.items)
            case "dynamodb", action if action in WRITES:
                counts["dynamodb_write_unit"] += 1
            case "dynamodb", action if action in READS:
                counts["dynamodb_read_unit"] += 1
            case "kms", _:
                counts["kms_request"] += 1
            case "events", "PutEvents":
                counts["eventbridge_event"] += 1
            case "sqs", _:
                counts["sqs_request"] += 1
            case "stepfunctions", "StartSyncExecution":
                counts["express_request"] += 1
            case _:
                continue
    return counts


def _transitions(booted: Platform) -> int:
    """States entered by executions of standard machines, from their histories."""
    engine = booted.cloud.core.deployer.boto("stepfunctions")
    entered = 0
    for machine in booted.cloud.core.deployer.state_machines.values():
        if machine.kind != "STANDARD":
            continue
        found = engine.list_executions(stateMachineArn=machine.arn)["executions"]
        for execution in found:
            history = engine.get_execution_history(executionArn=execution["executionArn"])
            entered += sum("StateEntered" in event["type"] for event in history["events"])
    return entered


def _print(counts: Counter[str], rides: int, console: Console) -> None:
    prices: dict[str, Any] = json.loads(PRICES.read_text("utf-8"))
    sheet = Table(title=f"One application, averaged over {rides}")
    for column in ("operation", "count", "US$ each", "US$"):
        sheet.add_column(column, justify="left" if column == "operation" else "right")
    total = 0.0
    for name, number in sorted(counts.items()):
        each = number / rides
        price = prices[name] * each
        total += price
        sheet.add_row(name, f"{each:.1f}", f"{prices[name]:.9f}", f"{price:.6f}")
    console.print(sheet)
    console.print(f"sum US$ {total:.5f} an application. {prices['note']}")
