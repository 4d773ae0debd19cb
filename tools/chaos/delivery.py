"""How the product's events travel: stream to `publish`, bus to queue, queue to `notify`, clock.

Each delivery is a seam: it may fail, come twice, late, in another order. What the service does
then (again from the failed record, invisible for two minutes, dead letters) is done here.
"""

import ast
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from lending.adapters.dynamodb.keys import OUTBOX_PREFIX

from tools.chaos.engine import LONG_MS, SKEW_S
from tools.chaos.machines import ACCOUNT, REGION, ROOT
from tools.chaos.plan import Mode
from tools.chaos.seams import Kind
from tools.chaos.state import Message, Published
from tools.chaos.store import LENDING
from tools.localcloud.pump.queues import sqs_record

if TYPE_CHECKING:
    from tools.chaos.world import World

BATCH: Final = 100
QUEUE_BATCH: Final = 10
STREAM_ATTEMPTS: Final = 100
RECEIVES_MAX: Final = 5
INVISIBLE_MS: Final = 120_000
RETRY_MS: Final = 1_000
RETRY_DOUBLED: Final = 6
SOON_MS: Final = 5_000
HOUR_MS: Final = 3_600_000
QUEUE_ARN: Final = f"arn:aws:sqs:{REGION}:{ACCOUNT}:notify"
TASK_RETRIES: Final = 2  # of an asynchronous invocation


@dataclass(frozen=True, slots=True)
class Repeat:
    """Agenda: the same event reaches a function once more."""

    function: str
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tick:
    """Agenda: a schedule is due."""

    name: str
    attempt: int = 0
    skew_s: int = 0


class Stream:
    """The lending table's stream to `publish`: new outbox rows only, in order."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def pending(self) -> bool:
        """Whether a record waits, be it for another attempt."""
        self._skip_others()
        return self._world.state.outbox.position < self._length()

    def ready(self) -> bool:
        """Whether a record can be delivered now."""
        outbox = self._world.state.outbox
        return (
            not outbox.busy and outbox.not_before_ms <= self._world.state.now_ms and self.pending()
        )

    def deliver(self) -> None:
        """One batch."""
        world, outbox = self._world, self._world.state.outbox
        records = self._records()
        mode = world.seams.reach("deliver", "publish", Kind.STREAM)
        if mode in (Mode.REFUSED, Mode.DELAY, Mode.DELAY_LONG):
            waits_ms = {Mode.REFUSED: RETRY_MS, Mode.DELAY: SOON_MS, Mode.DELAY_LONG: LONG_MS}
            outbox.not_before_ms = world.state.now_ms + waits_ms[mode]
            return
        # Order holds for each item only, and every outbox row is an item of its own.
        told = records[::-1] if mode is Mode.REVERSED else records
        event = {"Records": [_json_ready(record) for _, record in told]}
        outbox.busy = True
        outcome = world.invoke("publish", event)
        outbox.busy = False
        if mode is Mode.AGAIN_LATE:
            world.later(HOUR_MS, Repeat("publish", event))
        failed = {
            one["itemIdentifier"] for one in (outcome.result or {}).get("batchItemFailures", [])
        }
        first_failed = min(
            (at for at, record in records if record["dynamodb"]["SequenceNumber"] in failed),
            default=None,
        )
        if outcome.error or mode is Mode.AGAIN or (failed and mode is Mode.REVERSED):
            first_failed = records[0][0]
        if first_failed is None:
            outbox.position, outbox.attempts = records[-1][0] + 1, 0
            return
        outbox.position, outbox.attempts = first_failed, outbox.attempts + 1
        backoff_ms = RETRY_MS * 2 ** min(outbox.attempts - 1, RETRY_DOUBLED)
        outbox.not_before_ms = world.state.now_ms + backoff_ms
        if outbox.attempts > STREAM_ATTEMPTS:  # given up: the sweeper tells what is left
            outbox.position, outbox.attempts = records[-1][0] + 1, 0

    def _length(self) -> int:
        return len(self._world.store.table(LENDING).stream_shard.items)

    def _skip_others(self) -> None:
        items = self._world.store.table(LENDING).stream_shard.items
        outbox = self._world.state.outbox
        while outbox.position < len(items) and not _is_outbox(items[outbox.position].record):
            outbox.position += 1

    def _records(self) -> list[tuple[int, dict[str, Any]]]:
        items = self._world.store.table(LENDING).stream_shard.items
        found = [
            (at, items[at].record)
            for at in range(self._world.state.outbox.position, len(items))
            if _is_outbox(items[at].record)
        ]
        return found[:BATCH]


def _is_outbox(record: Mapping[str, Any]) -> bool:
    key: str = record["dynamodb"]["Keys"]["sk"]["S"]
    return record["eventName"] == "INSERT" and key.startswith(OUTBOX_PREFIX)


def _json_ready(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _json_ready(value) for key, value in node.items()}
    if isinstance(node, datetime):
        return node.timestamp()
    return base64.b64encode(node).decode() if isinstance(node, bytes) else node


class Bus:
    """The event bus with its one rule: what customers are told goes to the queue."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def put(self, event_id: str, entry: Mapping[str, Any]) -> None:
        """Accept one entry of PutEvents."""
        state = self._world.state
        detail = json.loads(entry["Detail"])
        state.published.append(Published(entry["DetailType"], detail, state.now_ms))
        if entry["DetailType"] not in told_kinds():
            return
        body = {
            "version": "0",
            "id": event_id,
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": ACCOUNT,
            "time": self._world.text(state.now_ms),
            "region": REGION,
            "resources": [],
            "detail": detail,
        }
        text = json.dumps(body, ensure_ascii=False)
        message_id = f"message-{self._world.serial()}"
        state.queue.append(Message(message_id, text, state.now_ms, state.now_ms))


class Queue:
    """The notification queue to `notify`."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def ready(self) -> bool:
        """Whether a message can be received now."""
        now_ms = self._world.state.now_ms
        return any(one.visible_ms <= now_ms for one in self._world.state.queue)

    def deliver(self) -> None:
        """One batch; what fails stays invisible, then comes again, or goes to the dead letters."""
        world, state = self._world, self._world.state
        batch = [one for one in state.queue if one.visible_ms <= state.now_ms][:QUEUE_BATCH]
        mode = world.seams.reach("deliver", "notify", Kind.QUEUE)
        if mode in (Mode.DELAY, Mode.DELAY_LONG):
            for one in batch:
                one.visible_ms = state.now_ms + (LONG_MS if mode is Mode.DELAY_LONG else SOON_MS)
            return
        for one in batch:
            one.received += 1
            one.first_received_ms = one.first_received_ms or state.now_ms
            one.visible_ms = state.now_ms + INVISIBLE_MS
        if mode is Mode.AGAIN_LATE:
            state.queue += [
                Message(one.message_id, one.body, one.sent_ms, state.now_ms + HOUR_MS)
                for one in batch
            ]
        told = batch[::-1] if mode is Mode.REVERSED else batch
        done = batch
        if mode is Mode.REFUSED:
            done = []
        else:
            outcome = world.invoke("notify", {"Records": [_sqs_event(one) for one in told]})
            answer = outcome.result or {}
            failed = {one["itemIdentifier"] for one in answer.get("batchItemFailures", [])}
            done = [one for one in batch if one.message_id not in failed]
            if outcome.error or mode is Mode.AGAIN:
                done = []
        gone = {id(one) for one in done}
        over = [one for one in batch if id(one) not in gone and one.received >= RECEIVES_MAX]
        state.dead += over
        gone |= {id(one) for one in over}
        state.queue = [one for one in state.queue if id(one) not in gone]

    def redrive(self) -> bool:
        """An operator answers the alarm, once a run; False when there is nothing to redrive."""
        state = self._world.state
        if not state.dead or state.is_redriven:
            return False
        state.is_redriven = True
        for message in state.dead:
            message.received, message.visible_ms = 0, state.now_ms
        state.queue, state.dead = state.queue + state.dead, []
        return True


def _sqs_event(message: Message) -> dict[str, Any]:
    received = {
        "MessageId": message.message_id,
        "ReceiptHandle": f"receipt-{message.message_id}-{message.received}",
        "Body": message.body,
        "Attributes": {
            "ApproximateReceiveCount": str(message.received),
            "SentTimestamp": str(message.sent_ms),
            "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
        },
    }
    return sqs_record(received, QUEUE_ARN)


@cache
def told_kinds() -> frozenset[str]:
    """The rule's detail types, read from the stack that deploys it (importing it starts jsii)."""
    source = (ROOT / "infra/stacks/messaging.py").read_text("utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TOLD":
            return frozenset(ast.literal_eval(node.value))
    raise LookupError("infra/stacks/messaging.py has no TOLD")


class Schedules:
    """The sweep of every minute and what a day brings, as far as a scenario asks for it."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def fire(self, tick: Tick) -> None:
        """Deliver one occurrence."""
        world = self._world
        mode = world.seams.reach("deliver", tick.name, Kind.SCHEDULE)
        if mode is Mode.DELAY_LONG:
            world.later(LONG_MS, tick)
            return
        failed = mode is Mode.REFUSED
        if not failed:
            skews_s = {Mode.AHEAD: SKEW_S, Mode.BEHIND: -SKEW_S}
            skew_s = skews_s.get(mode, 0) if mode else 0
            at = world.text(world.state.now_ms + skew_s * 1000)
            failed = not self._deliver(tick.name, at) or mode is Mode.AGAIN
        if mode is Mode.AGAIN_LATE:
            world.later(HOUR_MS, Tick(tick.name, TASK_RETRIES))
        if failed and tick.attempt < TASK_RETRIES:
            world.later(60_000 * (tick.attempt + 1), Tick(tick.name, tick.attempt + 1))

    def _deliver(self, name: str, at: str) -> bool:
        world = self._world
        if name == "servicing":
            world.engine.start(name, f"scheduled-{world.serial()}", {"scheduled_at": at})
            return True
        if name == "anchor":
            world.engine.start("closing", f"closing-{world.serial()}", {"at": at})
            return True
        if name not in ("sweep", "boot"):
            return not world.invoke(name, {"at": at}).error
        world.state.sweeps += 1
        outcome = world.invoke(
            "sweep", {"reason": "boot" if name == "boot" else "schedule", "at": at}
        )
        return not outcome.error
