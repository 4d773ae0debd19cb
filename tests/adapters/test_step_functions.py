"""The Workflow port on Step Functions."""

import json
from typing import Any

import boto3
import pytest
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.domain.faults import Permanent, Retryable

from tests.adapters.conftest import Calls

WAIT = json.dumps(
    {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9, "End": True}}}
)


@pytest.fixture
def arns(account: None) -> dict[str, str]:
    client = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/test"
    return {
        name: client.create_state_machine(name=name, definition=WAIT, roleArn=role)[
            "stateMachineArn"
        ]
        for name in ("origination", "disbursement")
    }


@pytest.fixture
def workflow(arns: dict[str, str]) -> StepFunctionsWorkflow:
    return StepFunctionsWorkflow(arns["origination"], arns["disbursement"])


def executions(arn: str) -> dict[str, Any]:
    """Inputs by execution name."""
    client = boto3.client("stepfunctions")
    found = client.list_executions(stateMachineArn=arn)["executions"]
    return {
        one["name"]: json.loads(
            client.describe_execution(executionArn=one["executionArn"])["input"]
        )
        for one in found
    }


def test_executions_are_named_after_their_work(
    workflow: StepFunctionsWorkflow, arns: dict[str, str]
) -> None:
    workflow.start_origination("app_n1")
    workflow.start_origination("app_n1", 2)
    workflow.start_disbursement("app_n1", 1)
    started = executions(arns["origination"])
    assert started["app_n1"] == started["app_n1-2"] == {"application_id": "app_n1"}
    assert executions(arns["disbursement"])["app_n1-1"] == {
        "application_id": "app_n1",
        "attempt": 1,
    }


def test_starting_twice_starts_once_also_after_the_end(
    workflow: StepFunctionsWorkflow, arns: dict[str, str]
) -> None:
    workflow.start_origination("app_n2")
    workflow.start_origination("app_n2")
    arn = arns["origination"].replace(":stateMachine:", ":execution:") + ":app_n2"
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    workflow.start_origination("app_n2")
    assert list(executions(arns["origination"])).count("app_n2") == 1


def test_it_runs_or_it_does_not(workflow: StepFunctionsWorkflow, arns: dict[str, str]) -> None:
    assert workflow.is_running("origination", "app_n3") is False
    workflow.start_origination("app_n3")
    assert workflow.is_running("origination", "app_n3") is True
    assert workflow.is_running("disbursement", "app_n3") is False
    arn = arns["origination"].replace(":stateMachine:", ":execution:") + ":app_n3"
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    assert workflow.is_running("origination", "app_n3") is False


@pytest.mark.parametrize("code", ["InvalidToken", "TaskTimedOut", "TaskDoesNotExist"])
def test_a_token_nobody_waits_on_is_not_a_fault(
    workflow: StepFunctionsWorkflow, calls: Calls, code: str
) -> None:
    calls.fail("SendTaskSuccess", code)
    assert workflow.resume("token", {"outcome": "SIGNED"}) is False


def test_a_waiting_token_is_answered(
    workflow: StepFunctionsWorkflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lending.adapters import aws

    sent: list[dict[str, str]] = []

    class Client:
        def send_task_success(self, **call: str) -> dict[str, object]:
            sent.append(call)
            return {}

    monkeypatch.setattr(aws, "step_functions", Client)
    assert workflow.resume("token", {"outcome": "已签"}) is True
    assert sent[0]["taskToken"] == "token"
    assert json.loads(sent[0]["output"]) == {"outcome": "已签"}


def test_an_engine_that_is_down_is_a_fault(workflow: StepFunctionsWorkflow, calls: Calls) -> None:
    for operation in ("StartExecution", "SendTaskSuccess", "DescribeExecution"):
        calls.fail(operation, "ThrottlingException")
    for call in (
        lambda: workflow.start_origination("app_n4"),
        lambda: workflow.resume("token", {}),
        lambda: workflow.is_running("origination", "app_n4"),
    ):
        with pytest.raises(Retryable):
            call()


def test_a_machine_that_is_not_ours_or_not_there_is_permanent(
    arns: dict[str, str],
) -> None:
    with pytest.raises(Permanent, match="disbursement"):
        StepFunctionsWorkflow(arns["origination"]).start_disbursement("app_n5", 1)
    gone = StepFunctionsWorkflow(arns["origination"] + "-gone")
    with pytest.raises(Permanent, match="StateMachineDoesNotExist"):
        gone.start_origination("app_n5")
