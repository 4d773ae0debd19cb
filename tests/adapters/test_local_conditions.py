"""The local cloud reads each condition once and weighs each item once, with moto's answers."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.comparisons import ConditionExpressionParser

from tools.localcloud import ddbfix
from tools.localcloud.clock import VirtualClock

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
KILOBYTE = 1_000


@pytest.fixture
def table(table_name: str) -> str:
    ddbfix.install(VirtualClock())
    return table_name


def of_version(version: int) -> dict[str, Any]:
    return {
        "ConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": {"#0": "version"},
        "ExpressionAttributeValues": {":0": {"N": str(version)}},
    }


def put(table: str, version: int, condition: dict[str, Any]) -> str | None:
    """Error code of one conditional put in a transaction, or None."""
    item = {**KEY, "version": {"N": str(version)}}
    try:
        boto3.client("dynamodb").transact_write_items(
            TransactItems=[{"Put": {"TableName": table, "Item": item, **condition}}]
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_a_condition_that_was_read_before_is_held_against_the_item_of_now(table: str) -> None:
    assert put(table, 1, NEW) is None
    assert put(table, 2, NEW) == "TransactionCanceledException"
    assert put(table, 2, of_version(1)) is None
    assert put(table, 3, of_version(1)) == "TransactionCanceledException"
    assert put(table, 3, of_version(2)) is None


def test_the_same_words_with_other_names_are_another_condition(table: str) -> None:
    assert put(table, 1, NEW) is None
    other = {**of_version(1), "ExpressionAttributeNames": {"#0": "colour"}}
    assert put(table, 2, other) == "TransactionCanceledException"
    assert put(table, 2, of_version(1)) is None


def test_a_name_that_is_not_used_is_refused_each_time(table: str) -> None:
    assert put(table, 1, NEW) is None
    unused = {**NEW, "ExpressionAttributeNames": {"#9": "colour"}}
    assert [put(table, 2, unused) for _ in range(2)] == ["ValidationException"] * 2


def test_bytes_in_a_condition_are_compared(table: str) -> None:
    client = boto3.client("dynamodb")
    client.put_item(TableName=table, Item={**KEY, "raw_bytes": {"B": b"\x00\xff"}})
    for raw, told in ((b"\x00\xff", None), (b"\x01", "TransactionCanceledException")):
        condition = {
            "ConditionExpression": "raw_bytes = :raw",
            "ExpressionAttributeValues": {":raw": {"B": raw}},
        }
        check = {"TableName": table, "Key": KEY, **condition}
        code = None
        try:
            client.transact_write_items(TransactItems=[{"ConditionCheck": check}])
        except ClientError as error:
            code = error.response["Error"]["Code"]
        assert code == told


def test_a_condition_is_taken_apart_once(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    lex = ConditionExpressionParser._lex_condition_expression

    def counted(self: Any) -> Any:
        read.append(self.condition_expression)
        return lex(self)

    monkeypatch.setattr(ConditionExpressionParser, "_lex_condition_expression", counted)
    condition: dict[str, Any] = {
        "ConditionExpression": "attribute_not_exists(pk) OR version = :0",
        "ExpressionAttributeValues": {":0": {"N": "77"}},
    }
    put(table, 1, condition)
    put(table, 2, condition)
    assert len(read) == 1


@pytest.mark.parametrize(
    ("size", "told"), [(404 * KILOBYTE, None), (405 * KILOBYTE, "ValidationException")]
)
def test_an_item_may_not_be_too_large(size: int, told: str | None, table: str) -> None:
    halves = {name: {"S": "x" * (size // 2)} for name in ("one", "two")}
    code = None
    try:
        boto3.client("dynamodb").put_item(TableName=table, Item={**KEY, **halves})
    except ClientError as error:
        code = error.response["Error"]["Code"]
    assert code == told
