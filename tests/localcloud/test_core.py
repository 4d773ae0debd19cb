"""The core on the running product: money under threads, the ASL interpreter, faults, workers."""

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client
from tools.localcloud.resources.registry import IGNORED, UnknownResourceType, creator_of

ROOT = Path(__file__).parents[2]

THREADS = 16


@pytest.fixture(scope="module")
def table(platform: Platform) -> str:
    """A scratch table."""
    name = f"scratch-{uuid.uuid4().hex[:8]}"
    platform.cloud.core.deployer.boto("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return name


def in_threads(work: Any) -> None:
    """Run `work(number)` in sixteen threads; the first error is raised."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if errors:
        raise errors[0]


def test_money_is_neither_made_nor_lost_under_threads(platform: Platform, table: str) -> None:
    dynamodb = platform.cloud.core.deployer.boto("dynamodb")
    accounts = [f"account-{n}" for n in range(5)]
    for name in accounts:
        dynamodb.put_item(TableName=table, Item={"pk": {"S": name}, "minor": {"N": "1000"}})

    def transfer(number: int) -> None:
        for step in range(8):
            source, target = accounts[(number + step) % 5], accounts[(number * 3 + step + 1) % 5]
            if source == target:
                continue
            sent = {
                "TableName": table,
                "UpdateExpression": "ADD minor :m",
            }
            try:
                dynamodb.transact_write_items(
                    TransactItems=[
                        {"Update": {**sent, "Key": {"pk": {"S": source}},
                                    "ConditionExpression": "minor >= :left",
                                    "ExpressionAttributeValues": {":m": {"N": "-300"},
                                                                  ":left": {"N": "300"}}}},
                        {"Update": {**sent, "Key": {"pk": {"S": target}},
                                    "ExpressionAttributeValues": {":m": {"N": "300"}}}},
                    ]
                )  # fmt: skip
            except ClientError as error:
                assert error.response["Error"]["Code"] == "TransactionCanceledException"

    in_threads(transfer)
    left = [
        int(dynamodb.get_item(TableName=table, Key={"pk": {"S": name}})["Item"]["minor"]["N"])
        for name in accounts
    ]
    assert sum(left) == 5000
    assert min(left) >= 0


def test_sixteen_threads_count_exactly_and_one_wins_a_unique_row(
    platform: Platform, table: str
) -> None:
    dynamodb = platform.cloud.core.deployer.boto("dynamodb")
    winners = []

    def count(number: int) -> None:
        for _ in range(10):
            dynamodb.update_item(
                TableName=table,
                Key={"pk": {"S": "counter"}},
                UpdateExpression="ADD hits :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        try:
            dynamodb.put_item(
                TableName=table,
                Item={"pk": {"S": "unique"}, "by": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError:
            return
        winners.append(number)

    in_threads(count)
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": "counter"}})["Item"]
    assert item["hits"]["N"] == "160"
    assert len(winners) == 1


def test_a_client_token_applies_a_transaction_once(platform: Platform, table: str) -> None:
    dynamodb = platform.cloud.core.deployer.boto("dynamodb")
    add = {
        "Update": {
            "TableName": table,
            "Key": {"pk": {"S": "tokened"}},
            "UpdateExpression": "ADD hits :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    token = str(uuid.uuid4())
    for _ in range(3):
        dynamodb.transact_write_items(TransactItems=[add], ClientRequestToken=token)
    other = {"Delete": {"TableName": table, "Key": {"pk": {"S": "other"}}}}
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        dynamodb.transact_write_items(TransactItems=[other], ClientRequestToken=token)
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": "tokened"}})["Item"]
    assert item["hits"]["N"] == "1"


def machine(platform: Platform, states: dict[str, Any], start: str) -> Any:
    """(engine, arn) of a scratch JSONata machine."""
    engine = platform.cloud.core.deployer.boto("stepfunctions")
    arn = engine.create_state_machine(
        name=f"scratch-{uuid.uuid4().hex[:8]}",
        roleArn="arn:aws:iam::123456789012:role/scratch",
        definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": start, "States": states}),
    )["stateMachineArn"]
    return engine, arn


def run(platform: Platform, states: dict[str, Any], start: str, given: Any) -> dict[str, Any]:
    """The described end of one execution."""
    engine, arn = machine(platform, states, start)
    execution = engine.start_execution(
        stateMachineArn=arn, name=f"run-{uuid.uuid4().hex[:8]}", input=json.dumps(given)
    )["executionArn"]
    for _ in range(400):
        described: dict[str, Any] = engine.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.02)
    raise AssertionError("still running")


def test_jsonata_with_variables_choices_and_maps(platform: Platform) -> None:
    states = {
        "Double": {
            "Type": "Map",
            "Items": "{% $states.input.numbers %}",
            "ItemProcessor": {
                "StartAt": "One",
                "States": {
                    "One": {
                        "Type": "Pass",
                        "Output": {"twice": "{% $states.input * 2 %}"},
                        "End": True,
                    }
                },
            },
            "Assign": {"total": "{% $sum($states.result.twice) %}"},
            "Next": "Route",
        },
        "Route": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $total > 10 %}", "Next": "Large"}],
            "Default": "Small",
        },
        "Large": {"Type": "Succeed", "Output": {"size": "large", "total": "{% $total %}"}},
        "Small": {"Type": "Succeed", "Output": {"size": "small", "total": "{% $total %}"}},
    }
    large = run(platform, states, "Double", {"numbers": [1, 2, 3]})
    assert json.loads(large["output"]) == {"size": "large", "total": 12}
    small = run(platform, states, "Double", {"numbers": [1]})
    assert json.loads(small["output"]) == {"size": "small", "total": 2}


def test_days_of_waiting_take_no_time_when_the_clock_moves(platform: Platform) -> None:
    states = {"Sleep": {"Type": "Wait", "Seconds": 3 * 86_400, "End": True}}
    engine, arn = machine(platform, states, "Sleep")
    execution = engine.start_execution(
        stateMachineArn=arn, name=f"wait-{uuid.uuid4().hex[:8]}", input="{}"
    )["executionArn"]
    assert engine.describe_execution(executionArn=execution)["status"] == "RUNNING"
    platform.advance(days=4)
    for _ in range(200):
        if engine.describe_execution(executionArn=execution)["status"] == "SUCCEEDED":
            return
        time.sleep(0.02)
    raise AssertionError("still waiting")


def test_the_clock_follows_retries_and_goes_on_without_far_ones(platform: Platform) -> None:
    def states(interval_s: int) -> dict[str, Any]:
        retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": interval_s, "MaxAttempts": 2}
        refused = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "Autolend-dev-score", "Payload": {"no": "sense"}},
            "Retry": [{**retry, "BackoffRate": 1}],
            "End": True,
        }
        return {"Refused": refused}

    platform.idle()
    started = {}
    for interval_s in (20, 3000):
        engine, arn = machine(platform, states(interval_s), "Refused")
        started[interval_s] = engine.start_execution(stateMachineArn=arn, input="{}")
    began_s = platform.cloud.core.clock.now()
    platform.advance(seconds=5)

    def status(interval_s: int) -> str:
        arn = started[interval_s]["executionArn"]
        return str(engine.describe_execution(executionArn=arn)["status"])

    assert (status(20), status(3000)) == ("FAILED", "RUNNING")
    assert platform.cloud.core.clock.now() - began_s >= 40
    platform.advance(hours=2)
    assert status(3000) == "FAILED"


def test_an_execution_name_is_used_once(platform: Platform) -> None:
    waiting = {"Wait": {"Type": "Wait", "Seconds": 86_400, "End": True}}
    engine, arn = machine(platform, waiting, "Wait")
    first = engine.start_execution(stateMachineArn=arn, name="same", input='{"a": 1}')
    again = engine.start_execution(stateMachineArn=arn, name="same", input='{"a": 1}')
    assert again["executionArn"] == first["executionArn"]
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        engine.start_execution(stateMachineArn=arn, name="same", input='{"a": 2}')


def test_an_unknown_type_is_refused_by_name_and_a_known_omission_is_not() -> None:
    with pytest.raises(UnknownResourceType, match=r"Stack\.Thing: .* AWS::Foo::Bar"):
        creator_of("AWS::Foo::Bar", "Thing", "Stack")
    for kind in IGNORED:
        assert creator_of(kind, "Thing", "Stack") is not None


def test_a_crashing_and_a_slow_function_answer_as_lambda_does(platform: Platform) -> None:
    invoke = platform.cloud.core.edge.invoke
    status, body = invoke("Autolend-dev-score", b'{"features": 1}')
    assert (status, json.loads(body)["errorType"]) == ("error", "Permanent")
    faults = platform.cloud.core.edge.faults
    faults.add({"match": {"function": "Autolend-dev-score"}, "when": "after", "do": "kill"})
    status, body = invoke("Autolend-dev-score", b'{"features": {}}')
    assert (status, json.loads(body)["errorType"]) == ("error", "Runtime.ExitError")
    status, body = invoke("Autolend-dev-score", b'{"features": {}}')
    assert status == "response", "a fresh environment took over"
    with pytest.raises(KeyError):
        invoke("no-such-function", b"{}")


def test_the_call_log_knows_who_called(platform: Platform, client: Client) -> None:
    before = len(platform.cloud.core.edge.calls)
    client.call("GET", "/v1/me", subject=f"log-{uuid.uuid4().hex[:6]}")
    callers = {(call.caller, call.service) for call in platform.cloud.core.edge.calls.since(before)}
    assert ("Autolend-dev-account", "dynamodb") in callers


def test_health_tells_the_virtual_time(platform: Platform, client: Client) -> None:
    health = client._send("GET", f"{platform.url}/_localcloud/health", None, {}).body
    assert health["status"] == "ok"
    assert health["functions"] == len(list((ROOT / "functions").glob("*/handler.py")))


def test_a_functions_environment_is_the_templates_and_the_endpoint(platform: Platform) -> None:
    spec = platform.cloud.core.deployer.functions["Autolend-dev-decide"].spec
    own = {"LENDING_TABLE", "MARKETS", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}
    added = {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"}
    assert set(spec.environment) == own | added
    assert (spec.code / "functions/decide/handler.py").exists()
    assert not (spec.code / "tools").exists()
