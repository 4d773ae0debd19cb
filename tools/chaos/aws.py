"""Every AWS call of the product passes here: the fault first, then moto or the harness.

Hooks on the clients that the one factory made (`lending.adapters.aws` and pynamodb's); the
product does not know. A fault is what is left after botocore's own retries.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError, ConnectionClosedError
from lending.adapters import aws as clients
from lending.adapters.dynamodb import table as tables

from tools.chaos import machines
from tools.chaos.engine import Resume
from tools.chaos.objects import Objects, refused
from tools.chaos.plan import Mode
from tools.chaos.seams import Crash, Kind, Unmodelled
from tools.chaos.store import snake_case

if TYPE_CHECKING:
    from tools.chaos.world import World

CALL_MS: Final = 3
PAUSE_MS: Final = 12_000  # shorter than any function's timeout: the worker lives on
STORM_MS: Final = 5 * 60_000  # longer than a state machine repeats a task
STALE_MS: Final = 5 * 60_000
HTTP_ERRORS: Final = 300  # from here on botocore raises
type Answer = dict[str, Any]

_OBJECT_READS: Final = frozenset({"GetObject", "HeadObject", "ListObjectsV2"})
_READS: Final = frozenset({"GetItem", "Query", "Scan", "DescribeExecution"})
# One signature of a text is as good as another; a data key is new each time.
_SAME_ANSWER: Final = frozenset(
    {"Decrypt", "GenerateMac", "VerifyMac", "Sign", "GetPublicKey", "GetSecretValue"}
)
# The factory's clients: every cached function of its module that makes one.
_CLIENTS: Final = tuple(
    getattr(clients, name)
    for name in ("kms", "step_functions", "events", "s3", "secrets_manager")
    if hasattr(clients, name)
)


@dataclass(frozen=True, slots=True)
class _Http:
    """What botocore asks of an HTTP answer."""

    status_code: int


class Aws:
    """The AWS of one world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._plain: dict[str, Any] = {}
        self._known: dict[tuple[str, str] | None, Answer] = {}
        self._objects = Objects(world)
        self.is_short = True  # False: every call goes the usual way, through botocore and moto
        forget_clients()
        made: list[Any] = [make() for make in _CLIENTS]
        for client in (*made, tables.connection().client):
            events = client.meta.events
            events.register_first("before-parameter-build.*.*", self._before_build)
            events.register_first("before-call.*.*", self._before_call)
            self._shorten(client)

    def _shorten(self, client: Any) -> None:
        """botocore's checks and serialization cost a fifth of a run, and nothing leaves this
        process: of a scenario's runs only the one without faults goes through them."""
        usual = client._make_api_call
        service = str(client.meta.service_model.service_name)

        def make_api_call(operation: str, params: Answer) -> Answer:
            if self._is_thorough:
                whole: Answer = usual(operation, params)
                return whole
            answer = self._call(service, operation, dict(params))
            if _status(answer) < HTTP_ERRORS:
                return answer
            code = answer.get("Error", {}).get("Code")
            raise client.exceptions.from_code(code)(answer, operation)

        client._make_api_call = make_api_call

    @property
    def _is_thorough(self) -> bool:
        return self._world.seams.probing or not self.is_short

    def _before_build(self, params: Answer, context: Answer, **_: object) -> None:
        context["chaos_params"] = dict(params)

    def _before_call(self, model: Any, context: Answer, **_: object) -> Any:
        service = str(model.service_model.service_name)
        params = context.pop("chaos_params")
        answer = self._call(service, str(model.name), params)
        return _Http(_status(answer)), answer

    def _call(self, service: str, operation: str, params: Answer) -> Answer:
        world = self._world
        world.state.now_ms += CALL_MS
        kind = kind_of(service, operation, params)
        if kind is Kind.INDEX_READ and world.seams.probing and not world.seams.muted:
            return self._probe(service, operation, params)
        mode = world.seams.reach(world.worker, f"{service}.{operation}", kind)
        if world.state.storms.get(service, 0) > world.state.now_ms and not world.seams.muted:
            return refused("DisabledException" if service == "kms" else _throttle(service))
        match mode:
            case Mode.CRASH_BEFORE:
                raise Crash
            case Mode.THROTTLE:
                return refused(_throttle(service))
            case Mode.ERROR:
                return refused("InternalServerError", 500)
            case Mode.CONFLICT:
                return _conflict(operation, params)
            case Mode.STORM | Mode.DISABLED:
                world.state.storms[service] = world.state.now_ms + STORM_MS
                return refused("DisabledException" if mode is Mode.DISABLED else _throttle(service))
            case Mode.PARTIAL:
                return self._partial(operation, params)
            case Mode.TWIN:
                world.run_twin()
            case Mode.PAUSE:
                world.pause(PAUSE_MS)
            case Mode.STALE | Mode.STALE_LONG:
                since_ms = world.state.now_ms - STALE_MS if mode is Mode.STALE_LONG else None
                with world.store.lagging(since_ms):
                    return self.perform(service, operation, params)
            case Mode.REPEATED:
                self.perform(service, operation, params)
        answer = self.perform(service, operation, params)
        if mode is Mode.CRASH_AFTER:
            raise Crash
        if mode is Mode.LOST:
            raise ConnectionClosedError(endpoint_url=f"https://{service}.invalid")
        return answer

    def _probe(self, service: str, operation: str, params: Answer) -> Answer:
        """Note what would change nothing here.

        A lag of the index that gives the same answer; an error right after another read of an
        index: either ends the invocation, and nothing was done in between.
        """
        world = self._world
        before = world.seams.log[-1] if world.seams.log else None
        place = f"{world.worker} {service}.{operation}"
        world.seams.reach(world.worker, f"{service}.{operation}", Kind.INDEX_READ)
        if before is not None and before.name.rpartition(" ")[0] == place:
            if before.kind is Kind.INDEX_READ:
                world.seams.is_dull(Mode.ERROR)
        answer = self.perform(service, operation, params)
        since = {Mode.STALE: None, Mode.STALE_LONG: world.state.now_ms - STALE_MS}
        for mode, since_ms in since.items():
            with world.store.lagging(since_ms):
                if self.perform(service, operation, params) == answer:
                    world.seams.is_dull(mode)
        return answer

    def perform(self, service: str, operation: str, params: Answer) -> Answer:
        """Do it, without a fault."""
        if service == "dynamodb":
            return self._dynamodb(operation, params)
        if service not in ("events", "stepfunctions", "s3"):
            return self._by_moto(service, operation, params)
        performed: dict[tuple[str, str], Callable[[Answer], Answer]] = {
            ("events", "PutEvents"): self._put_events,
            ("s3", "PutObject"): self._objects.put,
            ("s3", "GetObject"): self._objects.get,
            ("s3", "HeadObject"): self._objects.head,
            ("s3", "ListObjectsV2"): self._objects.listed,
            ("s3", "CopyObject"): self._objects.copy,
            ("s3", "DeleteObject"): self._objects.delete,
            ("stepfunctions", "StartExecution"): self._start_execution,
            ("stepfunctions", "SendTaskSuccess"): self._send_task_success,
            ("stepfunctions", "DescribeExecution"): self._describe_execution,
        }
        if (service, operation) not in performed:
            raise Unmodelled(f"{service}.{operation}")
        return performed[service, operation](params)

    def _dynamodb(self, operation: str, params: Answer) -> Answer:
        store = self._world.store
        if not self._is_thorough:
            return store.call(operation, params)
        answer, short = store.by_moto(operation, params), store.short(operation, params)
        if short not in (None, answer):
            raise Unmodelled(f"dynamodb.{operation}: {short} is not moto's {answer}")
        return answer

    def _by_moto(self, service: str, operation: str, params: Answer) -> Answer:
        """moto's own way. What it keeps is not saved with the world: keys and settings only.

        So what follows from a key and a request alone is asked for once a process.
        """
        question = (operation, repr(params)) if operation in _SAME_ANSWER else None
        if question in self._known:
            return dict(self._known[question])
        if service not in self._plain:
            self._plain[service] = boto3.client(
                service,  # type: ignore[call-overload]  # any service
                region_name=machines.REGION,
            )
        try:
            answer: Answer = getattr(self._plain[service], snake_case(operation))(**params)
        except ClientError as error:
            return dict(error.response)
        if question is not None:
            self._known[question] = dict(answer)
        return answer

    def _partial(self, operation: str, params: Answer) -> Answer:
        if operation == "PutEvents":
            rest = {"ErrorCode": "ThrottlingException", "ErrorMessage": "later"}
            first, *others = params["Entries"]
            if not others:
                return {"FailedEntryCount": 1, "Entries": [rest]}
            done = self._put_events({"Entries": [first]})
            return {
                "FailedEntryCount": len(others),
                "Entries": done["Entries"] + [rest] * len(others),
            }
        return {"Responses": {}, "UnprocessedKeys": params["RequestItems"]}

    def _put_events(self, params: Answer) -> Answer:
        results = []
        for entry in params["Entries"]:
            event_id = f"bus-{self._world.serial()}"
            self._world.bus.put(event_id, entry)
            results.append({"EventId": event_id})
        return {"FailedEntryCount": 0, "Entries": results}

    def _start_execution(self, params: Answer) -> Answer:
        machine = params["stateMachineArn"].rsplit(":", 1)[-1]
        if machine not in machines.machines():
            return refused("StateMachineDoesNotExist")
        given = json.loads(params["input"])
        arn = f"{machines.EXECUTION}{machine}:{params['name']}"
        known = self._world.engine.find(arn)
        if known is not None and (known.status != "RUNNING" or known.input != given):
            return refused("ExecutionAlreadyExists")
        if known is None:
            self._world.engine.start(machine, params["name"], given)
        return {"executionArn": arn, "startDate": self._world.now()}

    def _send_task_success(self, params: Answer) -> Answer:
        token = params["taskToken"]
        waiting, was_known = self._world.engine.by_token(token)
        if waiting is None:
            return refused("TaskTimedOut" if was_known else "InvalidToken")
        waiting.answer = params["output"]
        self._world.soon(Resume(waiting.arn, token, params["output"]))
        return {"ResponseMetadata": {"HTTPStatusCode": 200}}

    def _describe_execution(self, params: Answer) -> Answer:
        execution = self._world.engine.find(params["executionArn"])
        if execution is None:
            return refused("ExecutionDoesNotExist")
        return {"executionArn": execution.arn, "status": execution.status}


def _status(answer: Answer) -> int:
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 200))


def _throttle(service: str) -> str:
    codes = {"dynamodb": "ProvisionedThroughputExceededException", "s3": "SlowDown"}
    return codes.get(service, "ThrottlingException")


def kind_of(service: str, operation: str, params: Answer) -> Kind:
    """What can go wrong at a call."""
    if service in ("kms", "secretsmanager"):
        return Kind.KEY
    if service == "s3":
        return Kind.OBJECT_READ if operation in _OBJECT_READS else Kind.OBJECT
    if service == "events":
        return Kind.PUBLISH
    if operation == "BatchGetItem":
        return Kind.BATCH_READ
    if operation in _READS:
        eventual = service == "dynamodb" and not params.get("ConsistentRead")
        return Kind.INDEX_READ if eventual else Kind.READ
    return Kind.WORKFLOW if service == "stepfunctions" else Kind.WRITE


def _conflict(operation: str, params: Answer) -> Answer:
    if operation != "TransactWriteItems":
        return refused("TransactionConflictException")
    others = [{"Code": "None"}] * (len(params["TransactItems"]) - 1)
    return {
        **refused("TransactionCanceledException"),
        "CancellationReasons": [{"Code": "TransactionConflict", "Message": "injected"}, *others],
    }


def forget_clients() -> None:
    """The next call makes its client anew."""
    for cached in (*_CLIENTS, tables.connection, tables._connected_to):
        cached.cache_clear()
