"""The local cloud's short way for plain updates leaves what moto's long way leaves."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tools.localcloud import ddbfix, ddbupdate
from tools.localcloud.clock import VirtualClock

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
BEFORE = {
    **KEY,
    "count": {"N": "1"},
    "seen": {"SS": ["x"]},
    "deep": {"M": {"list": {"L": [{"N": "2"}, {"BOOL": True}, {"NULL": True}]}}},
    "timer_shard": {"S": "shard-1"},
}
NAMES = {"#0": "count", "#1": "seen", "#2": "new", "#3": "timer_shard"}
PLAIN = {
    "set": ("SET #0 = :n", {":n": {"N": "7"}}),
    "set two, one of them new": ("SET #0 = :n, #2 = :s", {":n": {"N": "7"}, ":s": {"S": "y"}}),
    "remove": ("REMOVE #0, #2", {}),
    "remove from an index": ("REMOVE #3", {}),
    "add to a set": ("ADD #1 :l", {":l": {"SS": ["x", "z"]}}),
    "add a set": ("ADD #2 :l", {":l": {"SS": ["z"]}}),
    "all at once": (
        "SET #2 = :s REMOVE #0 ADD #1 :l",
        {":s": {"S": "y"}, ":l": {"SS": ["z"]}},
    ),
}
OTHERS = {
    "a sum": ("SET #0 = #0 + :n", {":n": {"N": "7"}}),
    "a count": ("ADD #0 :n", {":n": {"N": "7"}}),
    "a default": ("SET #0 = if_not_exists(#0, :n)", {":n": {"N": "7"}}),
    "a set of another type": ("ADD #1 :l", {":l": {"NS": ["1"]}}),
    "a place in a map": ("SET deep.#2 = :n", {":n": {"N": "7"}}),
    "one name twice": ("SET #0 = :n REMOVE #0", {":n": {"N": "7"}}),
    "a missing value": ("SET #0 = :m", {":n": {"N": "7"}}),
    "a key": ("SET pk = :s", {":s": {"S": "c"}}),
    "a key of the index": ("SET #3 = :s", {":s": {"S": "shard-2"}}),
    "nonsense": ("PUT #0 = :n", {":n": {"N": "7"}}),
}


@pytest.fixture
def tables(table_name: str) -> list[str]:
    """Two tables with one item each, and moto as the local cloud runs it."""
    ddbfix.install(VirtualClock())
    client = boto3.client("dynamodb")
    kept = client.describe_table(TableName=table_name)["Table"]
    second = f"{table_name}-long"
    indexes = [
        {name: one[name] for name in ("IndexName", "KeySchema", "Projection")}
        for one in kept.get("GlobalSecondaryIndexes", [])
    ]
    client.create_table(
        TableName=second,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=kept["KeySchema"],
        AttributeDefinitions=kept["AttributeDefinitions"],
        GlobalSecondaryIndexes=indexes,
    )
    for name in (table_name, second):
        client.put_item(TableName=name, Item=BEFORE)
    return [table_name, second]


def after(table: str, key: dict[str, Any], expression: str, values: dict[str, Any]) -> Any:
    """(error or None, the items of the table) after one update in a transaction."""
    used = {alias: name for alias, name in NAMES.items() if alias in expression}
    update = {"TableName": table, "Key": key, "UpdateExpression": expression}
    if used:
        update["ExpressionAttributeNames"] = used
    if values:
        update["ExpressionAttributeValues"] = values
    client, told = boto3.client("dynamodb"), None
    try:
        client.transact_write_items(TransactItems=[{"Update": update}])
    except ClientError as error:
        told = error.response["Error"]["Code"]
    items = client.scan(TableName=table)["Items"]
    for item in items:
        for value in item.values():
            if "SS" in value:
                value["SS"].sort()
    return told, sorted(items, key=lambda item: item["pk"]["S"])


@pytest.mark.parametrize("key", [KEY, {"pk": {"S": "not"}, "sk": {"S": "there"}}])
@pytest.mark.parametrize("case", [*PLAIN, *OTHERS])
def test_the_short_way_leaves_what_the_long_way_leaves(
    case: str, key: dict[str, Any], tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expression, values = {**PLAIN, **OTHERS}[case]
    short = after(tables[0], key, expression, values)
    monkeypatch.setattr(ddbupdate, "updated", lambda *_: None)
    assert short == after(tables[1], key, expression, values)


@pytest.mark.parametrize("case", [*PLAIN, *OTHERS])
def test_only_plain_updates_go_the_short_way(
    case: str, tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expression, values = {**PLAIN, **OTHERS}[case]
    answers: list[Any] = []

    def updated(table: Any, body: dict[str, Any], ask: Any = ddbupdate.updated) -> Any:
        answers.append(ask(table, body))
        return answers[-1]

    monkeypatch.setattr(ddbupdate, "updated", updated)
    after(tables[0], KEY, expression, values)
    assert any(answer is not None for answer in answers) is (case in PLAIN)


def test_an_item_with_bytes_goes_the_long_way(tables: list[str]) -> None:
    client = boto3.client("dynamodb")
    client.put_item(TableName=tables[0], Item={**BEFORE, "raw": {"B": b"\x00\xff"}})
    told, items = after(tables[0], KEY, "SET #0 = :n", {":n": {"N": "7"}})
    assert told is None
    assert items[0]["raw"] == {"B": b"\x00\xff"}
    assert items[0]["count"] == {"N": "7"}
