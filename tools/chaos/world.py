"""The platform in one thread: real handlers, adapters and use cases over an AWS in memory.

`World.run` is the deterministic scheduler: it does whatever is due, in a fixed order, and lets
virtual time pass when nothing is. One world a process; `save` and `restore` make a run cheap.
"""

import heapq
import importlib
import json
import os
import pickle
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Protocol
from unittest import mock

import boto3
from lending.adapters import trust_store
from lending.adapters.dynamodb import keys
from lending.domain.application import TERMINAL
from lending.domain.faults import LendingFault
from lending.domain.records import State as Lifecycle
from lending.domain.waiting import wait_of
from moto import mock_aws

from tools.chaos import machines
from tools.chaos.actors import applications
from tools.chaos.aws import Aws, forget_clients
from tools.chaos.delivery import Bus, Queue, Repeat, Schedules, Stream, Tick
from tools.chaos.determinism import deterministic
from tools.chaos.engine import Engine, Execution, GiveUp, Resume, Step
from tools.chaos.partners import Late, Partners
from tools.chaos.seams import Crash, Seams
from tools.chaos.state import State
from tools.chaos.store import CONTRACTS, CUSTOMERS, ENGAGEMENT, LENDING, Store, without_sizes
from tools.localcloud import motofast
from tools.localcloud.clock import VirtualClock
from tools.partners.bank_statement import ACCOUNT

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.type_defs import CreateKeyResponseTypeDef

BANK_SECRET_ID: Final = "chaos/bank-webhook"
BANK_SECRET: Final = "a-secret-that-only-the-chaos-bank-and-we-know"
STEPS_MAX: Final = 5_000
SWEEPS_MAX: Final = 14
# So many sweeps that found nothing, and only a wait of hours is left: the next day is looked at.
SWEEPS_OF_A_WAIT: Final = 4
# How long after the last sweep the next one is worth its price; in production it is a minute.
SWEEP_GAPS_MS: Final = (150_000, 150_000, 150_000, 660_000)
# Over, or (refused by the bank) over as soon as a deadline says so.
AT_REST: Final = frozenset(one.value for one in TERMINAL | {Lifecycle.FUNDING_FAILED})
NEVER_MS: Final = 2**62


class Stuck(Exception):
    """Liveness L1: nothing goes wrong any more, and still something does not finish."""


class Scenario(Protocol):
    """When a run is over."""

    def is_over(self, world: "World") -> bool: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation gave back: a result, or the name of its error."""

    result: Any = None
    error: str = ""
    cause: str = ""


@dataclass(slots=True)
class Invocation:
    """One invocation at work."""

    function: str
    event: Any


@dataclass(slots=True)
class World:
    """See the module; made by `open_world` only."""

    state: State
    seams: Seams = field(default_factory=Seams)
    at_work: list[Invocation] = field(default_factory=list)
    checkpoints: list[tuple[int, bytes]] = field(default_factory=list)
    store: Store = field(init=False)
    partners: Partners = field(init=False)
    engine: Engine = field(init=False)
    aws: Aws = field(init=False)
    bus: Bus = field(init=False)
    stream: Stream = field(init=False)
    queue: Queue = field(init=False)
    schedules: Schedules = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(VirtualClock(lambda: self.state.now_ms / 1000))
        self.partners = Partners(self)
        self.engine = Engine(self)
        self.aws = Aws(self)
        self.bus, self.stream, self.queue = Bus(self), Stream(self), Queue(self)
        self.schedules = Schedules(self)

    # Time and numbers

    def now(self) -> datetime:
        """The virtual time."""
        return datetime.fromtimestamp(self.state.now_ms / 1000, UTC)

    def text(self, at_ms: int) -> str:
        """A time as AWS writes it."""
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def serial(self) -> int:
        """A number that was not given before."""
        self.state.serial += 1
        return self.state.serial

    def soon(self, item: Any) -> None:
        """Put on the agenda, behind what is due."""
        self.later(0, item)

    def later(self, delay_ms: int, item: Any) -> None:
        """Put on the agenda."""
        heapq.heappush(self.state.agenda, (self.state.now_ms + delay_ms, self.serial(), item))

    # Work

    @property
    def worker(self) -> str:
        """The function at work, for the names of seams."""
        return self.at_work[-1].function if self.at_work else "harness"

    def invoke(self, function: str, event: Any) -> Outcome:
        """Run a function's handler as Lambda would; every worker is a cold one."""
        handler = importlib.import_module(f"functions.{function}.handler").handler
        payload = json.loads(json.dumps(event, ensure_ascii=False))
        self.at_work.append(Invocation(function, payload))
        wiring = self._cold(function)
        try:
            result = handler(payload, SimpleNamespace(aws_request_id=f"run-{self.serial()}"))
            return Outcome(json.loads(json.dumps(result, ensure_ascii=False)))
        except Crash:
            return Outcome(error="Runtime.ExitError", cause="the worker died")
        except Exception as error:  # noqa: BLE001  # Lambda reports the class of whatever it is
            if not isinstance(error, LendingFault):
                self.state.mistakes.append(f"{function} raised {type(error).__name__}")
            return Outcome(error=type(error).__name__, cause=str(error))
        finally:
            self.at_work.pop()
            if wiring is not None:
                wiring.cache_clear()

    def _cold(self, function: str) -> Any:
        """Forget what an earlier invocation made (keys it had opened, connections)."""
        module = sys.modules.get(f"functions.{function}.wiring")
        if module is None:
            return None
        module.wiring.cache_clear()
        return module.wiring

    def run_twin(self) -> None:
        """Another worker handles the same event, from beginning to end, right now."""
        if self.at_work:
            self.invoke(self.at_work[-1].function, self.at_work[-1].event)

    def pause(self, milliseconds: int) -> None:
        """The worker at work stands still; all others go on for so long, a sweep among them."""
        until_ms = self.state.now_ms + milliseconds
        self.schedules.fire(Tick("sweep"))
        while self._one(until_ms):
            pass
        self.state.now_ms = max(self.state.now_ms, until_ms)

    # The scheduler

    def run(self, scenario: Scenario) -> None:
        """Until the scenario is over and nothing moves any more.

        Raises:
            Stuck: it does not come to that.
        """
        self.state.quiet_sweeps = 0
        for _ in range(STEPS_MAX):
            if self.seams.probing:
                self.checkpoints.append((len(self.seams.log), self.save()))
            if self.step():
                continue
            over = scenario.is_over(self)
            if over and not self.in_motion() and not self._waits_for_time():
                if not self.queue.redrive():
                    return
                continue
            self.let_time_pass(over)
        raise Stuck(f"still at work after {STEPS_MAX} steps")

    def step(self) -> bool:
        """Do one thing that is due now; False when nothing is."""
        return self._one(self.state.now_ms)

    def in_motion(self) -> bool:
        """Whether anything goes on, or should, that needs no person and no calendar day."""
        parked = {one.input["application_id"] for one in self.engine.running() if self._waits(one)}
        return bool(
            self.stream.pending()
            or self.state.queue
            or any(not self._waits(one) for one in self.engine.running())
            or any(
                row["state"] not in AT_REST and row["application_id"] not in parked
                for row in applications(self)
            )
            or self._is_unpublished()
        )

    def _waits(self, execution: Execution) -> bool:
        """Whether it waits for a person, as its application does."""
        if execution.token is None or execution.answer is not None:
            return False
        application_id = execution.input["application_id"]
        application = self.store.item(LENDING, keys.application(application_id))
        name = None if application is None else wait_of(Lifecycle(application["state"]["S"]))
        wait = self.store.item(LENDING, keys.wait(application_id, str(name)))
        return wait is not None and wait["token"]["S"] == execution.token

    def _is_unpublished(self) -> bool:
        table = self.store.table(LENDING)
        return any(
            key.value.startswith(keys.OUTBOX_PREFIX) and "timer_shard" in item.attrs
            for rows in table.items.values()
            for key, item in rows.items()
        )

    def _one(self, until_ms: int) -> bool:
        """Do one thing that is due until then; False when nothing is."""
        state = self.state
        if state.agenda and state.agenda[0][0] <= until_ms:
            at_ms, _, item = heapq.heappop(state.agenda)
            state.now_ms = max(state.now_ms, at_ms)
            self._do(item)
            return True
        if self.stream.ready():
            self.stream.deliver()
            return True
        if self.queue.ready():
            self.queue.deliver()
            return True
        news_ms = self.partners.news_ms()
        if news_ms is not None and news_ms <= state.now_ms and not self.partners.is_telling:
            self.partners.tell_news()
            return True
        for actor in state.actors:
            if not actor.busy and actor.wants(self):
                actor.busy = True
                try:
                    actor.act(self)
                finally:
                    actor.busy = False
                return True
        return False

    def _do(self, item: Any) -> None:
        match item:
            case Step(arn):
                self.engine.step(arn)
            case Resume():
                self.engine.resume(item)
            case GiveUp(arn):
                self.engine.give_up(arn)
            case Late():
                self.partners.arrive(item)
            case Repeat(function, event):
                self.invoke(function, event)
            case Tick():
                self.schedules.fire(item)
            case _:
                item.do(self)

    def _waits_for_time(self) -> bool:
        """Whether the agenda holds something that comes whatever happens."""
        agenda = (one for _, _, one in self.state.agenda)
        comes = any(not isinstance(one, Step | Resume | GiveUp) for one in agenda)
        wakes = any(self.state.now_ms < one.wakes_ms < NEVER_MS for one in self.state.actors)
        return comes or wakes or self.partners.news_ms() is not None

    def let_time_pass(self, over: bool = False) -> None:
        """To the next thing that is due, or to a sweep. Raises Stuck after too many."""
        state = self.state
        due = [at for at, _, one in state.agenda if not isinstance(one, GiveUp)]
        due += [one.visible_ms for one in state.queue]
        due += [one.wakes_ms for one in state.actors if one.wakes_ms > state.now_ms]
        if self.stream.pending():
            due.append(state.outbox.not_before_ms)
        if (news_ms := self.partners.news_ms()) is not None:
            due.append(news_ms)
        next_ms = min((at for at in due if at > state.now_ms), default=NEVER_MS)
        # Calm, and only the calendar to wait for: no sweep would find anything.
        calm = not self.in_motion() and self._waits_for_time()
        if not calm and state.sweep_at_ms <= state.now_ms:
            state.sweep_at_ms = state.now_ms + SWEEP_GAPS_MS[0]
        if calm or next_ms < state.sweep_at_ms:
            state.now_ms = next_ms
            return
        if state.quiet_sweeps >= SWEEPS_OF_A_WAIT and self._next_day():
            return
        if state.quiet_sweeps >= SWEEPS_MAX:
            moving = [f"{one.name} in {one.state}" for one in self.engine.running()]
            what = "the scenario is over but " if over else ""
            raise Stuck(f"{what}after {SWEEPS_MAX} sweeps still: {moving or 'nothing runs'}")
        state.now_ms = state.sweep_at_ms
        gap = SWEEP_GAPS_MS[min(state.quiet_sweeps, len(SWEEP_GAPS_MS) - 1)]
        state.sweep_at_ms += gap
        state.quiet_sweeps += 1
        self.schedules.fire(Tick("sweep"))

    def _next_day(self) -> bool:
        """Once a run: go to where a wait is asked for anew; False when there is none."""
        state = self.state
        due = [at for at, _, one in state.agenda if isinstance(one, Resume) and one.output is None]
        if state.slept or not due or min(due) > state.now_ms + 25 * 3_600_000:
            return False
        state.slept, state.quiet_sweeps = True, 0
        state.now_ms = max(state.now_ms, min(due))
        state.sweep_at_ms = state.now_ms
        return True

    # Saving

    def save(self) -> bytes:
        """The whole world as it is now."""
        seams = (self.seams.log, self.seams.counts)
        return pickle.dumps((self.state, self.store.save(), self.partners.save(), seams))

    def restore(self, saved: bytes) -> None:
        """Back to what was saved; every worker is cold."""
        self.state, tables, partners, (log, counts) = pickle.loads(saved)
        self.store.restore(tables)
        self.partners.restore(partners)
        self._forget()
        self.seams.log, self.seams.counts = log, counts

    def reset(self, seed: int) -> None:
        """An empty world."""
        self.state = State(random.Random(seed))
        trust = json.dumps({"key_id": os.environ["SEAL_KEY_ID"]}).encode()
        self.state.objects[f"{CONTRACTS}/{trust_store.NAME}"] = trust
        self.store.clear()
        self.partners.clear()
        self._forget()

    def _forget(self) -> None:
        self.at_work.clear()
        self.seams = Seams()


def environment(partners: Partners, keys: dict[str, str]) -> dict[str, str]:
    """Every variable that a function's settings may demand."""
    return {
        "LENDING_TABLE": LENDING,
        "CUSTOMERS_TABLE": CUSTOMERS,
        "ENGAGEMENT_TABLE": ENGAGEMENT,
        "EVENT_BUS": "chaos-bus",
        "BANK_WEBHOOK_SECRET_ID": BANK_SECRET_ID,
        "ANCHOR_BUCKET": "chaos-anchors",
        "BANK_FILES_BUCKET": "chaos-bank-files",
        "BANK_ACCOUNT": ACCOUNT,
        "BANK_ACCOUNT_NAME": "Autolend",
        "BANK_BIC": "",
        "BANK_TIMEZONE": "Asia/Shanghai",
        "ORDERS_BY": "http",
        "MARKETS": "cn",
        "DOCUMENTS_BUCKET": "chaos-documents",
        "CONTRACTS_BUCKET": CONTRACTS,
        "TSA_URL": partners.url("authority"),
        "READING": "enforced",
        "ORIGINATION_ARN": machines.MACHINE + "origination",
        "DISBURSEMENT_ARN": machines.MACHINE + "disbursement",
        "AMENDMENT_ARN": machines.MACHINE + "amendment",
        "RAIL_URL": partners.url("bank_rail"),
        "IDENTITY_URL": partners.url("identity"),
        "BUREAU_URL": partners.url("bureau"),
        "VALUATION_URL": partners.url("valuation"),
        "INCOME_URL": partners.url("income"),
        "DEVICE_URL": partners.url("device"),
        "EMPLOYER_URL": partners.url("employer"),
        "MESSAGES_URL": partners.url("messages"),
        **keys,
    }


def _mac_key(kms: "KMSClient") -> "CreateKeyResponseTypeDef":
    return kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")


def _signing_key(kms: "KMSClient") -> "CreateKeyResponseTypeDef":
    return kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")


@contextmanager
def open_world() -> Iterator[World]:
    """The one world of this process; it patches moto and the product's adapters meanwhile."""
    base = {
        "AWS_REGION": machines.REGION,
        "AWS_DEFAULT_REGION": machines.REGION,
        "POWERTOOLS_SERVICE_NAME": "chaos",
    }
    hidden = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE")
    with mock.patch.dict(os.environ, base), mock_aws(), without_sizes():
        for name in hidden:
            os.environ.pop(name, None)
        motofast.install()
        kms = boto3.client("kms", region_name=machines.REGION)
        keys = {
            name: str(made["KeyMetadata"]["KeyId"])
            for name, made in (
                ("VAULT_KEY_ID", kms.create_key()),
                ("INDEX_KEY_ID", _mac_key(kms)),
                ("OTP_KEY_ID", _mac_key(kms)),
                ("ANCHOR_KEY_ID", _signing_key(kms)),
                ("SEAL_KEY_ID", _signing_key(kms)),
            )
        }
        secret = json.dumps({"active": [BANK_SECRET]})
        boto3.client("secretsmanager", region_name=machines.REGION).create_secret(
            Name=BANK_SECRET_ID, SecretString=secret
        )
        world = World(State(random.Random(0)))
        os.environ.update(environment(world.partners, keys))
        try:
            with deterministic(world):
                yield world
        finally:
            forget_clients()
