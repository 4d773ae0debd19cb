"""What the rule packs and linters say about the app that is deployed: nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.acknowledgements import ACKNOWLEDGED, WILDCARD_EXCEPTIONS
from tests.infra.conftest import ROOT
from tools.localcloud.synth_cache import node_executable

NAG = """
import sys, warnings
from infra.app import build
app = build(*sys.argv[1:4])
import aws_cdk as cdk, cdk_nag
found = 0
for pack in (cdk_nag.AwsSolutionsChecks(app), cdk_nag.ServerlessChecks(app)):
    for stack in app.node.children:
        if isinstance(stack, cdk.Stack):
            for violation in pack.validate_scope(stack).violations:
                found += 1
                paths = [one.construct_path for one in violation.violating_resources]
                print(violation.rule_name, paths)
app.synth()
print("violations", found)
"""


@pytest.mark.parametrize(("stage", "orders_by"), [("dev", "http"), ("prod", "files")])
def test_no_finding_of_the_packs_is_open(stage: str, orders_by: str, tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "JSII_NODE": str(node_executable())}
    done = subprocess.run(
        [sys.executable, "-c", NAG, str(tmp_path), stage, orders_by],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "violations 0", done.stdout + done.stderr[-2000:]


SYNTH = "import sys; from infra.app import build; build(*sys.argv[1:4]).synth()"


def test_who_pays_by_file_may_write_orders_and_ask_for_them(
    resources: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    environment = {"PATH": "/usr/bin:/bin", "JSII_NODE": str(node_executable())}
    command = [sys.executable, "-c", SYNTH, str(tmp_path), "dev", "files"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    by_files = {
        name: one
        for path in tmp_path.glob("*.template.json")
        for name, one in json.loads(path.read_text("utf-8"))["Resources"].items()
    }
    assert {_channel(one) for one in by_files.values()} == {None, "files"}
    assert {_channel(one) for one in resources.values()} == {None, "http"}
    wanted = {"s3:ListBucket", "s3:GetObject", "s3:PutObject"}
    for verb in ("Disburse", "Transfer"):
        assert wanted <= _actions(by_files, verb)
        assert not wanted & _actions(resources, verb)


def _channel(resource: dict[str, Any]) -> str | None:
    variables = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
    found: str | None = variables.get("ORDERS_BY")
    return found


def _actions(resources: dict[str, dict[str, Any]], verb: str) -> set[str]:
    """What the role of a function may do."""
    mine = {
        name: one
        for name, one in resources.items()
        if name.rpartition("/")[2].startswith(f"{verb}RoleDefaultPolicy")
    }
    assert len(mine) == 1, verb
    return {action for _, statement in _statements(mine) for action in _texts(statement["Action"])}


def test_every_acknowledgement_says_why() -> None:
    for one in ACKNOWLEDGED:
        assert len(one.reason) > 30, one
    assert len({(one.rule, one.where) for one in ACKNOWLEDGED}) == len(ACKNOWLEDGED)


def test_cfn_lint_is_clean(assembly: Path) -> None:
    """Also holds each state machine definition against the language's schema (E3601)."""
    lint = Path(sys.executable).with_name("cfn-lint")
    files = sorted(str(path) for path in assembly.glob("*.template.json"))
    done = subprocess.run(
        [str(lint), "-t", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def _statements(resources: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        documents = [properties.get("PolicyDocument"), properties.get("KeyPolicy")]
        documents += [one["PolicyDocument"] for one in properties.get("Policies", [])]
        for document in documents:
            if isinstance(document, dict):
                yield from ((name, statement) for statement in document["Statement"])


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)
    elif isinstance(node, dict):
        for item in node.values():
            yield from _texts(item)


def test_no_wildcard_outside_the_list(resources: dict[str, dict[str, Any]]) -> None:
    checked = 0
    for name, statement in _statements(resources):
        if statement["Effect"] == "Deny" or resources[name]["Type"] == "AWS::KMS::Key":
            continue
        actions = statement["Action"]
        actions = actions if isinstance(actions, list) else [actions]
        checked += 1
        is_wild = any("*" in text for text in _texts(statement.get("Resource", [])))
        for action in actions:
            assert "*" not in action, f"{name}: {action}"
            if is_wild:
                assert action in WILDCARD_EXCEPTIONS, f"{name}: {action} on a wildcard"
    assert checked > 40


def test_key_policies_open_keys_to_the_account_and_named_services_only(
    resources: dict[str, dict[str, Any]],
) -> None:
    for name, statement in _statements(resources):
        if resources[name]["Type"] == "AWS::KMS::Key":
            principal = statement["Principal"]
            assert set(principal) <= {"AWS", "Service"}, name
            assert principal.get("AWS") != "*", name


def test_whoever_writes_the_lending_table_may_not_change_what_is_written_once(
    resources: dict[str, dict[str, Any]],
) -> None:
    """Denied for terms, transactions, journals, anchors, rules: no later grant undoes a denial."""
    writers, kept = set(), set()
    for name, statement in _statements(resources):
        if not any("LendingTable" in text for text in _texts(statement.get("Resource", []))):
            continue
        action = statement["Action"]
        actions = set(action if isinstance(action, list) else [action])
        if statement["Effect"] == "Deny":
            assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} <= actions
            patterns = statement["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"]
            assert set(patterns) == {"LEDGER#*", "ANCHOR#*", "RULES#*"}
            kept.add(name)
        elif actions & {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}:
            writers.add(name)
    assert writers == kept
    assert len(writers) > 5
