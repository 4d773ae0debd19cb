"""The product's own state machine files, with their holes filled, and their expressions."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import yaml
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException

from tools.localcloud import sfnjsonata

ROOT: Final = Path(__file__).resolve().parents[2]
ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
LAMBDA: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
MACHINE: Final = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"
EXECUTION: Final = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:"
SERVICES: Final = {
    "LambdaInvoke": "invoke",
    "LambdaInvokeWait": "invoke.waitForTaskToken",
    "StartExecution": "startExecution",
    "StartSyncExecution": "startSyncExecution",
}
# What the walker of `engine` can do; anything else in a definition stops the harness.
FIELDS: Final[dict[str, frozenset[str]]] = {
    "Task": frozenset(
        {"Resource", "Arguments", "TimeoutSeconds", "Retry", "Catch", "Assign", "Output"}
    ),
    "Choice": frozenset({"Choices", "Default"}),
    "Pass": frozenset({"Assign", "Output"}),
    "Wait": frozenset({"Seconds"}),
    "Map": frozenset(
        {"Items", "ItemSelector", "ItemProcessor", "MaxConcurrency", "Label", "Catch", "Output"}
    ),
    "Succeed": frozenset({"Output"}),
    "Fail": frozenset({"Error", "Cause"}),
}
_COMMON: Final = frozenset({"Type", "Comment", "Next", "End"})
_HOLE: Final = re.compile(r"\$\{([A-Za-z]+)\}")
_EXPRESSION: Final = re.compile(r"\{%(.*)%\}", re.DOTALL)


class NotWalkable(Exception):
    """A definition uses what the walker does not do: teach it, or the harness tests a fiction."""


class ExpressionFailed(Exception):
    """A JSONata expression failed or selected nothing: States.QueryEvaluationError."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One definition; the processors of its maps are machines of their own."""

    name: str
    start_at: str
    states: Mapping[str, Mapping[str, Any]]
    timeout_s: int | None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return MACHINE + self.name


@cache
def machines() -> dict[str, Machine]:
    """Every machine of the product by name; processors as `<machine>/<state>`.

    Raises:
        NotWalkable: a state or field that the walker does not know.
    """
    found: dict[str, Machine] = {}
    files = sorted((ROOT / "statemachines").glob("*.asl.yaml"))
    names = {path.name.removesuffix(".asl.yaml") for path in files}
    for path in files:
        text = _HOLE.sub(lambda hole: _filling(hole[1], names), path.read_text("utf-8"))
        _add(found, path.name.removesuffix(".asl.yaml"), yaml.safe_load(text))
    return found


def _filling(hole: str, machine_names: set[str]) -> str:
    if hole in SERVICES:
        return SERVICES[hole]
    name = hole.removesuffix("Arn").lower()
    return (MACHINE if name in machine_names else LAMBDA) + name


def _add(found: dict[str, Machine], name: str, definition: Mapping[str, Any]) -> None:
    states: Mapping[str, Mapping[str, Any]] = definition["States"]
    for label, state in states.items():
        known = FIELDS.get(state["Type"])
        if known is None or not set(state) <= known | _COMMON:
            raise NotWalkable(f"{name}.{label}: {sorted(set(state) - (known or set()) - _COMMON)}")
        if state["Type"] == "Map":
            _add(found, f"{name}/{label}", state["ItemProcessor"])
    found[name] = Machine(name, definition["StartAt"], states, definition.get("TimeoutSeconds"))


def evaluated(node: Any, bindings: dict[str, Any]) -> Any:
    """`node` with each `{% expression %}` replaced by its value. Raises ExpressionFailed."""
    if isinstance(node, str):
        found = _EXPRESSION.fullmatch(node)
        return node if found is None else _value(found[1].strip(), bindings)
    if isinstance(node, Mapping):
        return {key: evaluated(value, bindings) for key, value in node.items()}
    if isinstance(node, list):
        return [evaluated(value, bindings) for value in node]
    return node


def _value(expression: str, bindings: dict[str, Any]) -> Any:
    # As text: an expression must not change what it looks at, nor anybody what it gave.
    return json.loads(_value_text(expression, json.dumps(bindings)))


@lru_cache(maxsize=4_096)  # the runs of a scenario ask the same; no machine draws or tells time
def _value_text(expression: str, bindings: str) -> str:
    try:
        value = sfnjsonata.evaluate(expression, json.loads(bindings))
    except JSONataException as error:
        raise ExpressionFailed(f"{expression}: {error.details}") from error
    if value is sfnjsonata.UNDEFINED:
        raise ExpressionFailed(f"{expression}: nothing")
    return json.dumps(value)
