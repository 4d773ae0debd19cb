"""The local cloud's short way for queries answers as moto's long way and as DynamoDB."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tools.localcloud import ddbfix
from tools.localcloud.clock import VirtualClock

ROW = {
    "pk": {"S": "a"},
    "sk": {"S": "b"},
    "timer_shard": {"S": "full"},
    "timer_at": {"S": "2026-11-25"},
}


@pytest.fixture
def table(table_name: str) -> str:
    """One row, and moto as the local cloud runs it."""
    ddbfix.install(VirtualClock())
    boto3.client("dynamodb").put_item(TableName=table_name, Item=ROW)
    return table_name


def asked(table: str, shard: str, **more: Any) -> dict[str, Any]:
    return dict(
        boto3.client("dynamodb").query(
            TableName=table,
            IndexName="timers",
            KeyConditionExpression="timer_shard = :shard",
            ExpressionAttributeValues={":shard": {"S": shard}},
            **more,
        )
    )


@pytest.mark.parametrize(("shard", "rows"), [("full", [ROW]), ("empty", [])])
def test_a_shard_answers_with_what_it_holds(table: str, shard: str, rows: list[Any]) -> None:
    answer = asked(table, shard)
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == (rows, *[len(rows)] * 2)
    assert "LastEvaluatedKey" not in answer


@pytest.mark.parametrize("shard", ["full", "empty"])
def test_an_index_is_not_read_consistently(table: str, shard: str) -> None:
    with pytest.raises(ClientError, match="Consistent reads are not supported"):
        asked(table, shard, ConsistentRead=True)
