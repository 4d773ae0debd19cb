"""A deterministic walker of the state machines: one state a step, virtual time, no thread.

Retry and Catch are followed exactly; jitter is none (the longest delay), so that a run can be
repeated. Executions are plain data: a world can be saved and restored between two steps.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from tools.chaos import machines
from tools.chaos.plan import Mode
from tools.chaos.seams import Kind

if TYPE_CHECKING:
    from tools.chaos.world import World

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
SKEW_S: Final = 600
LONG_MS: Final = 11 * 60_000
_ATTEMPTS: Final = 3  # of a Retry without MaxAttempts
# What AWS does not let `States.ALL` of a Retry or Catch match.
_UNCAUGHT: Final = frozenset({"States.DataLimitExceeded", "States.Runtime"})


@dataclass(frozen=True, slots=True)
class Step:
    """Agenda: run the current state of an execution."""

    arn: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Agenda: the token of an execution was answered, or its time is up (no output)."""

    arn: str
    token: str
    output: str | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Agenda: the machine's own TimeoutSeconds."""

    arn: str


@dataclass(slots=True)
class Execution:
    """One execution; `token` or `children` is what it waits for."""

    arn: str
    machine: str
    name: str
    input: Any
    started_ms: int
    state: str
    state_input: Any
    parent: str | None = None
    item: Any = None
    status: Status = "RUNNING"
    entered_ms: int | None = None
    skew_s: int = 0
    variables: dict[str, Any] = field(default_factory=dict)
    retries: dict[int, int] = field(default_factory=dict)
    token: str | None = None
    tokens: list[str] = field(default_factory=list)
    answer: str | None = None
    children: list[str] = field(default_factory=list)
    output: Any = None
    error: str = ""
    cause: str = ""


class TaskFailed(Exception):
    """A state failed under an error name."""

    def __init__(self, name: str, cause: str = "") -> None:
        super().__init__(name)
        self.name = name
        self.cause = cause


class Engine:
    """Runs the executions of a world."""

    def __init__(self, world: "World") -> None:
        self._world = world

    @property
    def _all(self) -> dict[str, Execution]:
        return self._world.state.executions

    def running(self) -> list[Execution]:
        """Executions that did not end, without the parts of others."""
        return [one for one in self._all.values() if one.status == "RUNNING" and not one.parent]

    def find(self, arn: str) -> Execution | None:
        """An execution by its ARN."""
        return self._all.get(arn)

    def by_token(self, token: str) -> tuple[Execution | None, bool]:
        """(who waits on a token, whether anybody ever did)."""
        for one in self._all.values():
            if one.status == "RUNNING" and one.token == token and one.answer is None:
                return one, True
        return None, any(token in one.tokens for one in self._all.values())

    def start(
        self, machine: str, name: str, given: Any, parent: str | None = None, item: Any = None
    ) -> Execution:
        """A new execution, its first state on the agenda."""
        definition = machines.machines()[machine]
        arn = f"{machines.EXECUTION}{machine}:{name}"
        execution = Execution(
            arn=arn,
            machine=machine,
            name=name,
            input=given,
            started_ms=self._world.state.now_ms,
            state=definition.start_at,
            state_input=given,
            parent=parent,
            item=item,
        )
        self._all[arn] = execution
        self._world.soon(Step(arn))
        if definition.timeout_s is not None:
            self._world.later(definition.timeout_s * 1000, GiveUp(arn))
        return execution

    def forget_everything(self) -> None:
        """The engine's memory is gone, as after a restart of the local cloud."""
        self._all.clear()
        self._world.state.agenda = [
            entry
            for entry in self._world.state.agenda
            if not isinstance(entry[2], Step | Resume | GiveUp)
        ]

    def step(self, arn: str) -> None:
        """Run the current state of an execution, or give it what it waited for."""
        execution = self._all.get(arn)
        if execution is None or execution.status != "RUNNING":
            return
        state = machines.machines()[execution.machine].states[execution.state]
        if execution.entered_ms is None:
            execution.entered_ms = self._world.state.now_ms
        try:
            match state["Type"]:
                case "Task":
                    self._task(execution, state)
                case "Choice":
                    self._go(execution, self._chosen(execution, state), execution.state_input)
                case "Wait":
                    self._wait(execution, state)
                case "Map":
                    self._map(execution, state)
                case "Pass":
                    self._done(execution, state, execution.state_input)
                case "Succeed":
                    output = self._of(execution, state.get("Output"), {})
                    self._end(
                        execution, "SUCCEEDED", execution.state_input if output is None else output
                    )
                case "Fail":
                    self._end(execution, "FAILED", None, state["Error"], state.get("Cause", ""))
        except TaskFailed as failure:
            self._fail(execution, state, failure)
        except machines.ExpressionFailed as failure:
            self._fail(execution, state, TaskFailed("States.QueryEvaluationError", str(failure)))

    def resume(self, event: Resume) -> None:
        """The token's answer, or its timeout."""
        execution = self._all.get(event.arn)
        if execution is None or execution.status != "RUNNING" or execution.token != event.token:
            return
        state = machines.machines()[execution.machine].states[execution.state]
        execution.token, execution.answer = None, None
        if event.output is None:
            self._fail(execution, state, TaskFailed("States.Timeout"))
        else:
            self._done(execution, state, json.loads(event.output))

    def give_up(self, arn: str) -> None:
        """The machine's time is up."""
        execution = self._all.get(arn)
        if execution is not None and execution.status == "RUNNING":
            self._end(execution, "TIMED_OUT", None, "States.Timeout")

    def _task(self, execution: Execution, state: Mapping[str, Any]) -> None:
        if execution.children:  # a started execution that ended
            self._done(execution, state, self._child_result(execution))
            return
        began_ms = self._world.state.now_ms
        match state["Resource"]:
            case "invoke" | "invoke.waitForTaskToken" as resource:
                self._invoke(execution, state, resource != "invoke", began_ms)
            case "startExecution":
                arguments = self._of(execution, state["Arguments"], {})
                self._done(execution, state, self._start_other(execution.machine, arguments))
            case "startSyncExecution":
                arguments = self._of(execution, state["Arguments"], {})
                machine = arguments["StateMachineArn"].rsplit(":", 1)[-1]
                name = f"{execution.name}.{self._world.serial()}"
                child = self.start(machine, name, json.loads(arguments["Input"]), execution.arn)
                execution.children = [child.arn]

    def _invoke(
        self, execution: Execution, state: Mapping[str, Any], waits: bool, began_ms: int
    ) -> None:
        world = self._world
        arguments_of = state["Arguments"]
        function = arguments_of["FunctionName"].removeprefix(machines.LAMBDA)
        mode = world.seams.reach("deliver", function, Kind.TASK)
        if mode in (Mode.REFUSED, Mode.CRASH_BEFORE):
            refused = mode is Mode.REFUSED
            raise TaskFailed("Lambda.TooManyRequestsException" if refused else "Runtime.ExitError")
        if mode is Mode.DELAY_LONG:
            world.later(LONG_MS, Step(execution.arn))
            return
        if mode in (Mode.AHEAD, Mode.BEHIND):
            execution.skew_s = SKEW_S if mode is Mode.AHEAD else -SKEW_S
        if waits:
            execution.token = f"token-{world.serial()}-{execution.name}"
            execution.tokens.append(execution.token)
            execution.answer = None
        payload = self._of(execution, arguments_of["Payload"], {})
        outcome = world.invoke(function, payload)
        if execution.status != "RUNNING":
            return  # its time was up meanwhile
        if waits and execution.answer is not None:
            return  # answered while it was parked: `Resume` is on the agenda
        failed = outcome.error
        if mode is Mode.AGAIN:
            failed = "Lambda.SdkClientException"
        if world.state.now_ms - began_ms > state.get("TimeoutSeconds", 10**9) * 1000:
            failed = "States.Timeout"
        if failed:
            execution.token = None
            raise TaskFailed(failed, outcome.cause)
        if not waits:
            self._done(execution, state, {"Payload": outcome.result, "StatusCode": 200})
        elif execution.token is not None:
            timeout_ms = state.get("TimeoutSeconds", 10**9) * 1000
            world.later(timeout_ms, Resume(execution.arn, execution.token, None))

    def _start_other(self, who: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        mode = self._world.seams.reach(who, "stepfunctions.StartExecution", Kind.START)
        if mode is Mode.ERROR:
            raise TaskFailed("StepFunctions.SdkClientException")
        given = arguments["Input"]
        answer = self._world.aws.perform(
            "stepfunctions",
            "StartExecution",
            {
                "stateMachineArn": arguments["StateMachineArn"],
                "name": arguments["Name"],
                "input": given if isinstance(given, str) else json.dumps(given),
            },
        )
        if mode is Mode.LOST:
            raise TaskFailed("StepFunctions.SdkClientException")
        if "Error" in answer:
            raise TaskFailed(f"StepFunctions.{answer['Error']['Code']}Exception")
        return {"ExecutionArn": answer["executionArn"]}

    def _child_result(self, execution: Execution) -> dict[str, Any]:
        child = self._all[execution.children[0]]
        execution.children = []
        status = child.status if child.status in ("SUCCEEDED", "TIMED_OUT") else "FAILED"
        result = {"Status": status, "ExecutionArn": child.arn}
        if status == "SUCCEEDED":
            return {**result, "Output": json.dumps(child.output)}
        return {**result, "Error": child.error, "Cause": child.cause}

    def _chosen(self, execution: Execution, state: Mapping[str, Any]) -> str:
        for choice in state["Choices"]:
            if self._of(execution, choice["Condition"], {}) is True:
                return str(choice["Next"])
        if "Default" not in state:
            raise TaskFailed("States.NoChoiceMatched")
        return str(state["Default"])

    def _wait(self, execution: Execution, state: Mapping[str, Any]) -> None:
        entered_ms = execution.entered_ms or 0
        due_ms = entered_ms + int(self._of(execution, state["Seconds"], {}) * 1000)
        if self._world.state.now_ms < due_ms:
            self._world.later(due_ms - self._world.state.now_ms, Step(execution.arn))
            return
        self._done(execution, state, execution.state_input)

    def _map(self, execution: Execution, state: Mapping[str, Any]) -> None:
        if not execution.children:
            items = self._of(execution, state["Items"], {})
            for index, item in enumerate(items):
                mapped = {"Map": {"Item": {"Index": index, "Value": item}}}
                given = self._of(execution, state.get("ItemSelector"), {}, mapped)
                name = f"{execution.name}.{self._world.serial()}"
                child = self.start(
                    f"{execution.machine}/{execution.state}",
                    name,
                    item if given is None else given,
                    execution.arn,
                )
                execution.children.append(child.arn)
            if items:
                return
        children = [self._all[arn] for arn in execution.children]
        failed = [one for one in children if one.status not in ("RUNNING", "SUCCEEDED")]
        if failed:
            for one in children:
                if one.status == "RUNNING":
                    one.status = "ABORTED"
            execution.children = []
            raise TaskFailed("States.ExceedToleratedFailureThreshold", failed[0].error)
        if all(one.status == "SUCCEEDED" for one in children):
            execution.children = []
            self._done(execution, state, [one.output for one in children])

    def _done(self, execution: Execution, state: Mapping[str, Any], result: Any) -> None:
        """The state succeeded: assign, make the output, go on."""
        bound = {"result": result}
        assigned = self._of(execution, state.get("Assign"), bound) or {}
        output = self._of(execution, state["Output"], bound) if "Output" in state else result
        execution.variables |= assigned
        if state.get("End"):
            self._end(execution, "SUCCEEDED", output)
        else:
            self._go(execution, state["Next"], output)

    def _go(self, execution: Execution, target: str, given: Any) -> None:
        execution.state, execution.state_input = target, given
        execution.entered_ms, execution.skew_s, execution.retries = None, 0, {}
        execution.token, execution.answer, execution.children = None, None, []
        self._world.soon(Step(execution.arn))

    def _fail(self, execution: Execution, state: Mapping[str, Any], failure: TaskFailed) -> None:
        """Retry, else catch, else end."""
        for index, retrier in enumerate(state.get("Retry", [])):
            if not _matches(retrier["ErrorEquals"], failure.name):
                continue
            made = execution.retries.get(index, 0)
            if made >= retrier.get("MaxAttempts", _ATTEMPTS):
                break  # the first retrier that matches is the only one
            execution.retries[index] = made + 1
            delay_s = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2) ** made
            delay_s = min(delay_s, retrier.get("MaxDelaySeconds", delay_s))
            self._world.later(int(delay_s * 1000), Step(execution.arn))
            return
        for catcher in state.get("Catch", []):
            if _matches(catcher["ErrorEquals"], failure.name):
                error = {"Error": failure.name, "Cause": failure.cause}
                bound = {"errorOutput": error}
                assigned = self._of(execution, catcher.get("Assign"), bound) or {}
                output = self._of(execution, catcher.get("Output"), bound)
                execution.variables |= assigned
                self._go(execution, catcher["Next"], error if output is None else output)
                return
        self._end(execution, "FAILED", None, failure.name, failure.cause)

    def _end(
        self, execution: Execution, status: Status, output: Any, error: str = "", cause: str = ""
    ) -> None:
        execution.status, execution.output = status, output
        execution.error, execution.cause = error, cause
        execution.token = None
        for arn in execution.children:
            self._all[arn].status = "ABORTED"
        parent = self._all.get(execution.parent) if execution.parent else None
        if parent is not None and execution.arn in parent.children:
            self._world.soon(Step(parent.arn))

    def _of(
        self,
        execution: Execution,
        node: Any,
        bound: Mapping[str, Any],
        more_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """A field of the current state with its expressions evaluated; None stays None."""
        if node is None:
            return None
        entered_ms = (execution.entered_ms or 0) + execution.skew_s * 1000
        context = {
            "Execution": {
                "Id": execution.arn,
                "Name": execution.name,
                "Input": execution.input,
                "StartTime": self._world.text(execution.started_ms),
            },
            "State": {
                "Name": execution.state,
                "EnteredTime": self._world.text(entered_ms),
                "RetryCount": sum(execution.retries.values()),
            },
            "Task": {"Token": execution.token},
            **(more_context or {}),
        }
        states = {"input": execution.state_input, "context": context, **bound}
        return machines.evaluated(copy.copy(node), {**execution.variables, "states": states})


def _matches(wanted: list[str], name: str) -> bool:
    if name in wanted:
        return True
    if "States.ALL" in wanted:
        return name not in _UNCAUGHT
    return "States.TaskFailed" in wanted and name not in ("States.Timeout", *_UNCAUGHT)
