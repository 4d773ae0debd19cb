"""AWS in memory (moto), one thread: fresh tables and keys for each test."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from lending.adapters import aws
from lending.adapters.dynamodb import table
from moto import mock_aws

REGION = "eu-west-1"
_NUMBERS = itertools.count(1)
_PROCESS_CACHES = (
    aws.kms,
    aws.step_functions,
    aws.events,
    aws.s3,
    aws.secrets_manager,
    table.connection,
    table._connected_to,
)


def _forget_clients() -> None:
    for cached in _PROCESS_CACHES:
        cached.cache_clear()


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    """An empty AWS account; the adapters' clients are made inside it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_REGION", REGION)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        with mock_aws():
            _forget_clients()
            yield
            _forget_clients()


@pytest.fixture
def table_name(account: None) -> str:
    """A fresh table with the keys and the index of the lending table."""
    name = f"table-{next(_NUMBERS)}"
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("pk", "sk", "timer_shard", "timer_at")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "timers",
                "KeySchema": [
                    {"AttributeName": "timer_shard", "KeyType": "HASH"},
                    {"AttributeName": "timer_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return name


@dataclass(frozen=True)
class RawTable:
    """The stored items themselves, for looking and for tampering."""

    name: str

    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName=self.name)["Items"]
        return found

    def item(self, sk: str) -> dict[str, Any]:
        (found,) = [item for item in self.items() if item["sk"]["S"] == sk]
        return found

    def put(self, item: dict[str, Any]) -> None:
        boto3.client("dynamodb").put_item(TableName=self.name, Item=item)

    def delete(self, item: dict[str, Any]) -> None:
        key = {"pk": item["pk"], "sk": item["sk"]}
        boto3.client("dynamodb").delete_item(TableName=self.name, Key=key)


@pytest.fixture
def raw(table_name: str) -> RawTable:
    """The fresh table, item by item."""
    return RawTable(table_name)


@pytest.fixture
def vault_key(account: None) -> str:
    """A symmetric KMS key."""
    return str(boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture
def mac_key(account: None) -> str:
    """An HMAC key."""
    made = boto3.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return str(made["KeyMetadata"]["KeyId"])


@dataclass
class Calls:
    """Counts calls by operation and can make the next ones fail before they leave."""

    made: list[str]
    failing: dict[str, tuple[int, str]]

    def fail(self, operation: str, code: str, status: int = 400) -> None:
        """Answer this operation with an AWS error from now on."""
        self.failing[operation] = (status, code)

    def count(self, operation: str) -> int:
        return self.made.count(operation)

    def before_call(self, model: Any, **_: Any) -> Any:
        self.made.append(model.name)
        if model.name not in self.failing:
            return None
        status, code = self.failing[model.name]
        parsed = {
            "Error": {"Code": code, "Message": "张三 139"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        return type("Answer", (), {"status_code": status})(), parsed


@pytest.fixture
def calls(account: None) -> Iterator[Calls]:
    """Sees every AWS call of the adapters."""
    watch = Calls([], {})
    clients = (
        aws.kms(),
        aws.step_functions(),
        aws.events(),
        aws.s3(),
        aws.secrets_manager(),
        table.connection().client,
    )
    for client in clients:
        client.meta.events.register_first("before-call.*", watch.before_call)
    yield watch
    for client in clients:
        client.meta.events.unregister("before-call.*", watch.before_call)


_NOT_CHECKED: list[str] = []


@pytest.fixture
def not_checked() -> list[str]:
    """What a test could not ask for want of a program; told at the end of the run."""
    return _NOT_CHECKED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say plainly what this machine did not check."""
    for what in _NOT_CHECKED:
        terminalreporter.write_line(f"NOT CHECKED on this machine: {what}", yellow=True)
