"""Completes moto's Step Functions interpreter.

Adds JSONata, the casing of `states:startExecution`, virtual time, token lookup by dictionary,
cached clients and programs, and eviction of finished executions. `StartSyncExecution`, which moto
does not have, is `start_sync_execution` here.
"""

import datetime as dt
import functools
import threading
import types
import uuid
import weakref
from collections import deque
from typing import Any

import boto3
from botocore.config import Config
from moto.core.utils import get_service_model
from moto.stepfunctions.exceptions import ExecutionAlreadyExists
from moto.stepfunctions.parser import models as sfn_models
from moto.stepfunctions.parser.api import InvalidToken, StateMachineDoesNotExist, TaskTimedOut
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state import state as state_module
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service as service_tasks,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback_tasks,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval import environment
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.eval.event import event_manager
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.backend import execution as execution_module
from moto.stepfunctions.parser.backend import execution_worker
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.utils import TMP_THREADS, camel_to_snake_case

from tools.localcloud import backoff, sfnjsonata
from tools.localcloud.backoff import Backoffs
from tools.localcloud.clock import VirtualClock
from tools.localcloud.shortcut import Shortcut

FINISHED_KEPT = 500
"""Finished executions that `DescribeExecution` and the history still know."""

ACCESS_KEY = "LCSTEPFUNCTIONS"
_SYNC_POLL_S = 0.05
_NAMES_KEPT = 100_000


def install(clock: VirtualClock, url: str, shortcut: Shortcut, backoffs: Backoffs) -> None:
    """Patches moto in this process; tasks call the edge at `url`. Repeating it rebinds all."""
    _install_clients(url, shortcut)
    _install_casing()
    sfnjsonata.install()
    _install_time(clock)
    backoff.install(backoffs, retrier_decl)
    _install_tokens()
    _install_executions()
    # Parsing takes some 50 ms of CPU; states keep their progress in the environment, not in
    # themselves (inline maps already run one parsed state from many threads).
    parse = functools.lru_cache(maxsize=256)(_original_parse)
    execution_worker.AmazonStateLanguageParser = types.SimpleNamespace(parse=parse)


_original_parse = execution_worker.AmazonStateLanguageParser.parse
_original_program_eval = Program.eval
_original_evaluate = execute_state.ExecutionState._evaluate_with_timeout
_original_add = callback.CallbackPoolManager.add
_original_start = sfn_models.StepFunctionsParserBackend.start_execution
_original_terminated = BaseExecutionWorkerCommunication.terminated


# Clients


def _install_clients(url: str, shortcut: Shortcut) -> None:
    made: dict[tuple[str, str], Any] = {}
    lock = threading.Lock()

    def client(*, service_name: str, region_name: str, config: Config, **_: Any) -> Any:
        with lock:
            key = (service_name, region_name)
            if key not in made:
                one = boto3.client(
                    service_name,  # type: ignore[call-overload]
                    region_name=region_name,
                    endpoint_url=url,
                    aws_access_key_id=ACCESS_KEY,
                    aws_secret_access_key="local",
                    config=config.merge(Config(max_pool_connections=256, inject_host_prefix=False)),
                )
                made[key] = shortcut.install(one)
            return made[key]

    boto_client.boto3 = types.SimpleNamespace(client=client)


# Casing of services whose API uses camelCase


@functools.cache
def _camel_operation(service: str, action: str) -> Any | None:
    """Operation model of `action` when the service has camelCase members, else None."""
    model = get_service_model(service)
    for name in model.operation_names:
        if camel_to_snake_case(name) == camel_to_snake_case(action):
            operation = model.operation_model(name)
            shape = operation.input_shape
            camel = shape is not None and any(m[:1].islower() for m in shape.members)
            return operation if camel else None
    return None


def _install_casing() -> None:
    def operation_of(task: Any, service: str | None, action: str | None) -> Any | None:
        name = task._get_boto_service_name(service)
        known = {"stepfunctions", "scheduler", "ecs", "batch"}
        if name not in known:
            return None
        return _camel_operation(name, task._get_boto_service_action(action))

    def normalise_parameters(
        self: Any,
        parameters: dict[str, Any],
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        operation = operation_of(self, boto_service_name, service_action_name)
        if operation is not None and operation.input_shape is not None:
            self._to_boto_request(parameters, operation.input_shape)

    def normalise_response(
        self: Any,
        response: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        operation = operation_of(self, boto_service_name, service_action_name)
        if operation is not None and operation.output_shape is not None:
            self._from_boto_response(response, operation.output_shape)

    service_tasks.StateTaskService._normalise_parameters = normalise_parameters
    service_tasks.StateTaskService._normalise_response = normalise_response


# Virtual time


def _waits_for_callback(state: Any) -> bool:
    resource = getattr(state, "resource", None)
    return getattr(resource, "condition", None) is not None


def _install_time(clock: VirtualClock) -> None:
    class VirtualDatetime(dt.datetime):
        """`datetime` whose `now` follows the virtual clock."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            """The virtual time; naive values are UTC, as the interpreter's timestamps are."""
            moment = dt.datetime.fromtimestamp(clock.now(), tz or dt.UTC)
            return moment if tz is not None else moment.replace(tzinfo=None)

    virtual = types.SimpleNamespace(
        datetime=VirtualDatetime, timezone=dt.timezone, timedelta=dt.timedelta, UTC=dt.UTC
    )
    for module in (sfn_models, execution_module, state_module, event_manager, timestamp):
        module.datetime = virtual
    callback_tasks._DELAY_SECONDS_SYNC_CONDITION_CHECK = _SYNC_POLL_S
    callback.Event = clock.event
    environment.threading = types.SimpleNamespace(RLock=threading.RLock, Event=clock.event)

    # A task that runs a function keeps real time, or moving the clock would time out work that is
    # in flight; one that waits for a token or a child execution follows the virtual clock.
    current = threading.local()

    def event() -> Any:
        return clock.event() if getattr(current, "virtual", False) else threading.Event()

    execute_state.threading = types.SimpleNamespace(Event=event)

    def evaluate_with_timeout(self: Any, env: Any) -> None:
        current.virtual = _waits_for_callback(self)
        _renew_token(self, env)
        _original_evaluate(self, env)

    execute_state.ExecutionState._evaluate_with_timeout = evaluate_with_timeout

    def wait_interval(_self: Any, env: Any, wait_seconds: float) -> None:
        deadline_s = clock.now() + wait_seconds
        while env.is_running() and (left_s := deadline_s - clock.now()) > 0:
            env.program_state_event.wait(left_s)

    WaitFunction._wait_interval = wait_interval
    Program.eval = functools.partialmethod(_evaluate_program, clock)


def _renew_token(state: Any, env: Any) -> None:
    """Gives a retried `.waitForTaskToken` attempt a token of its own, as AWS does."""
    if getattr(getattr(state, "resource", None), "condition", None) != (
        ResourceCondition.WaitForTaskToken
    ):
        return
    context = env.states.context_object
    if context.context_object_data["State"]["RetryCount"]:
        env.callback_pool_manager.add(context.update_task_token())


def _evaluate_program(self: Any, clock: VirtualClock, env: Any) -> None:
    """`Program.eval` whose `TimeoutSeconds` passes in virtual time."""
    if self.timeout_seconds is None:
        _original_program_eval(self, env)
        return
    limit_s = self.timeout_seconds.timeout_seconds
    ended = clock.event()
    env.next_state_name = self.start_at.start_at_name

    def run() -> None:
        try:
            super(Program, self).eval(env)
        finally:
            ended.set()

    threading.Thread(target=run, daemon=True).start()
    if not ended.wait(limit_s):
        env.set_timed_out()


# Task tokens

_endpoints: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
_endpoints_lock = threading.Lock()


def _ended() -> TaskTimedOut:
    """What AWS says of a token whose task has an outcome; moto raises it without its text."""
    return TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'", "TaskTimedOut")


def _install_tokens() -> None:
    def add(self: Any, callback_id: str) -> Any:
        endpoint = _original_add(self, callback_id)
        with _endpoints_lock:
            _endpoints[callback_id] = endpoint
        return endpoint

    def finish(token: str, outcome: Any) -> None:
        with _endpoints_lock:
            endpoint = _endpoints.get(token)
            if endpoint is None:
                raise InvalidToken
            if endpoint.consumer_error is not None or endpoint._notify_event.is_set():
                raise _ended()
            endpoint.notify(outcome)

    def success(_self: Any, task_token: str, outcome: str) -> None:
        finish(task_token, callback.CallbackOutcomeSuccess(task_token, outcome))

    def failure(
        _self: Any, task_token: str, error: str | None = None, cause: str | None = None
    ) -> None:
        finish(task_token, callback.CallbackOutcomeFailure(task_token, error, cause))

    def heartbeat(_self: Any, task_token: str) -> None:
        endpoint = _endpoints.get(task_token)
        if endpoint is None:
            raise InvalidToken
        if endpoint.consumer_error is not None or endpoint._notify_event.is_set():
            raise _ended()
        endpoint.notify_heartbeat()

    callback.CallbackPoolManager.add = add
    backend = sfn_models.StepFunctionsParserBackend
    backend.send_task_success = success
    backend.send_task_failure = failure
    backend.send_task_heartbeat = heartbeat


# Executions

_finished: deque[Any] = deque()
_finished_lock = threading.Lock()
_done: dict[int, threading.Event] = {}


def _install_executions() -> None:
    def start(
        self: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Any:
        # moto would call every unnamed execution "None" and refuse the second one.
        name = name or str(uuid.uuid4())
        machine = self.describe_state_machine(state_machine_arn)
        used: dict[str, str] = machine.__dict__.setdefault("_evicted_names", {})
        if name in used:
            raise ExecutionAlreadyExists(f"Execution Already Exists: '{used[name]}'")
        return _original_start(self, state_machine_arn, name, execution_input, trace_header)

    def terminated(self: Any) -> None:
        _original_terminated(self)
        execution = self.execution
        done = _done.get(id(execution))
        if done is not None:
            done.set()
        _evict(execution)

    sfn_models.StepFunctionsParserBackend.start_execution = start
    BaseExecutionWorkerCommunication.terminated = terminated


def _evict(execution: Any) -> None:
    """Keeps the newest finished executions; older ones leave only their name behind."""
    with _finished_lock:
        TMP_THREADS.clear()
        _finished.append(execution)
        while len(_finished) > FINISHED_KEPT:
            old = _finished.popleft()
            # The clone of the machine an execution holds shares its backend with the original.
            machine = old.state_machine.backend.describe_state_machine(old.state_machine.arn)
            machine.executions = [e for e in machine.executions if e is not old]
            used: dict[str, str] = machine.__dict__.setdefault("_evicted_names", {})
            used[old.name] = old.exec_arn
            if len(used) > _NAMES_KEPT:
                del used[next(iter(used))]


def start_sync_execution(
    backend: Any, machine_arn: str, name: str | None, execution_input: str, wait_s: float = 300.0
) -> dict[str, Any]:
    """Runs one execution and returns the body of a `StartSyncExecution` answer (times as datetime).

    Raises StateMachineDoesNotExist, and TimeoutError after `wait_s` real seconds.
    """
    label = name or str(uuid.uuid4())
    if not any(machine.arn == machine_arn for machine in backend.state_machines):
        raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{machine_arn}'")
    # Express names may repeat, so the interpreter gets one of its own.
    execution = backend.start_execution(machine_arn, f"{label}.{uuid.uuid4().hex}", execution_input)
    done = _done.setdefault(id(execution), threading.Event())
    try:
        if execution.stop_date is None and not done.wait(wait_s):
            raise TimeoutError(execution.exec_arn)
    finally:
        _done.pop(id(execution), None)
    described = execution.to_describe_output()
    status = described["status"]
    return {
        key: value
        for key, value in {
            "executionArn": machine_arn.replace(":stateMachine:", ":express:")
            + f":{label}:{uuid.uuid4()}",
            "stateMachineArn": machine_arn,
            "name": label,
            "startDate": described["startDate"],
            "stopDate": described["stopDate"],
            "status": status if status in ("SUCCEEDED", "TIMED_OUT") else "FAILED",
            "input": described["input"],
            "inputDetails": {"included": True},
            "output": described.get("output"),
            "error": described.get("error"),
            "cause": described.get("cause"),
        }.items()
        if value is not None
    }
