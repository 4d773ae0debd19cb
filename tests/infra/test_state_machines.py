"""The ASL files: every task bounded, retried and caught; every target there; no data but ids."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonata import Jsonata
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from infra.constructs.asl_state_machine import HolesDoNotMatch, check_holes, definition_of
from tests.infra.conftest import ROOT

NAMES = sorted(path.name.split(".")[0] for path in (ROOT / "statemachines").glob("*.asl.yaml"))
PERSONAL = re.compile(r"full_name|id_no|mobile|email|birth|account_no|payee")


def machines(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and every machine inside its maps."""
    yield definition
    for state in definition["States"].values():
        if state["Type"] == "Map":
            yield from machines(state["ItemProcessor"])


def states(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for machine in machines(definition_of(name)):
        yield from machine["States"].items()


def test_there_are_six() -> None:
    machines = ["amendment", "closing", "disbursement", "origination", "servicing", "underwriting"]
    assert machines == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_task_is_bounded_retried_with_jitter_and_caught(name: str) -> None:
    tasks = [(label, state) for label, state in states(name) if state["Type"] == "Task"]
    assert tasks
    for label, task in tasks:
        assert task["TimeoutSeconds"] > 0, label
        for retry in task["Retry"]:
            assert retry["JitterStrategy"] == "FULL", label
            assert retry["MaxDelaySeconds"] >= retry["IntervalSeconds"], label
            assert retry["MaxAttempts"] >= 1, label
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], label


@pytest.mark.parametrize("name", NAMES)
def test_every_target_exists_and_every_state_is_reached(name: str) -> None:
    for machine in machines(definition_of(name)):
        reached = {machine["StartAt"]}
        for state in machine["States"].values():
            reached |= {state[key] for key in ("Next", "Default") if key in state}
            reached |= {choice["Next"] for choice in state.get("Choices", [])}
            reached |= {catch["Next"] for catch in state.get("Catch", [])}
        assert reached == set(machine["States"])


@pytest.mark.parametrize("name", NAMES)
def test_definitions_are_jsonata_bounded_and_carry_no_personal_data(name: str) -> None:
    definition = definition_of(name)
    assert definition["QueryLanguage"] == "JSONata"
    assert definition["TimeoutSeconds"] > 0
    assert definition["Comment"]
    text = json.dumps(definition)
    assert 'Path":' not in text
    assert PERSONAL.search(text) is None


def test_a_failed_underwriting_run_is_tried_again_before_it_is_stuck() -> None:
    choices = definition_of("origination")["States"]["RouteDecision"]["Choices"]
    failed = [one["Next"] for one in choices if "SUCCEEDED" in one["Condition"]]
    assert failed == ["Pause", "Stuck"]


def test_a_choice_never_fails_on_an_unknown_outcome() -> None:
    for name in NAMES:
        for label, state in states(name):
            if state["Type"] == "Choice":
                assert state["Default"], label


@pytest.mark.parametrize(
    ("filled", "message"),
    [(["A"], "not filled ['B']"), (["A", "B", "C"], "not used ['C']")],
)
def test_holes_and_substitutions_must_match(filled: list[str], message: str) -> None:
    definition = {"States": {"One": {"Resource": "${A}", "Next": "${B}"}}}
    with pytest.raises(HolesDoNotMatch, match=re.escape(message)):
        check_holes("test", definition, filled)
    check_holes("test", definition, ["A", "B"])


SCHEMAS = ROOT / "tests/infra/asl_schemas"
EXAMPLE_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:example"


def _expressions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for item in node.values():
            yield from _expressions(item)
    elif isinstance(node, list):
        for item in node:
            yield from _expressions(item)
    elif isinstance(node, str) and node.startswith("{%"):
        yield node.removeprefix("{%").removesuffix("%}").strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_fits_the_languages_schemas(name: str) -> None:
    loaded = [json.loads(path.read_text("utf-8")) for path in sorted(SCHEMAS.glob("*.json"))]
    registry = Registry().with_resources(
        (one["$id"], DRAFT7.create_resource(one)) for one in loaded
    )
    root = next(one for one in loaded if one["$id"].endswith("/state-machine.json#"))
    definition = definition_of(name)
    for machine in machines(definition):  # as the package itself does before it looks
        for state in machine["States"].values():
            state["QueryLanguage"] = "JSONata"
    text = re.sub(r"\$\{\w+\}", EXAMPLE_ARN, json.dumps(definition))
    errors = list(Draft7Validator(root, registry=registry).iter_errors(json.loads(text)))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_expression_is_jsonata(name: str) -> None:
    found = list(_expressions(definition_of(name)))
    assert found
    for expression in found:
        Jsonata(expression)
