"""What the mended moto answers to calls of every kind is what moto answers, mistakes included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local import engine
from tests.infra_local.test_engine import _client

KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}
ITEM = {
    **KEY,
    "queue": {"S": "q"},
    "due": {"S": "d\u00e9j\u00e0"},
    "rank": {"N": "2.50"},
    "tree": {"M": {"leaf": {"L": [{"S": "x"}, {"M": {"deep": {"N": "7"}}}, {"NULL": True}]}}},
    "flags": {"SS": ["one", "two"]},
    "numbers": {"NS": ["1", "2"]},
    "is_open": {"BOOL": False},
}
BYTES = {**KEY, "sk": {"S": "2"}, "data": {"B": b"\x00\xff"}, "more": {"M": {"b": {"B": b"in"}}}}
VALUES = {
    ":a": {"S": "a"},
    ":n": {"N": "3"},
    ":l": {"L": [{"S": "y"}, {"M": {"k": {"S": "v"}}}]},
    ":m": {"M": {"k": {"L": [{"N": "1"}]}}},
    ":empty": {"S": ""},
}
UPDATES = (
    "SET queue = :a",
    "SET queue = :a, rank = rank + :n REMOVE flags",
    "SET rank = rank - :n ADD hits :n",
    "SET tree.leaf[1].deep = :n",
    "SET tree.leaf = list_append(tree.leaf, :l)",
    "SET fresh = if_not_exists(fresh, :m), queue = if_not_exists(queue, :a)",
    "SET copied = tree REMOVE tree.leaf[0], tree.leaf[1]",
    "SET #n = :a",
    "SET nobody.there = :a",
    "SET pk = :a",
    "SET queue = :a, queue = :a",
    "SET queue = :empty",
    "SET queue = :a SET due = :a",
    "SET queue = :missing",
    "SET rank = rank + :a",
    "SETT queue = :a",
)
CONDITIONS = (
    "attribute_exists(pk)",
    "attribute_not_exists(pk)",
    "rank < :n AND contains(flags, :a)",
    "size(tree) > :n OR NOT begins_with(due, :a)",
    "tree.leaf[1].deep = :n",
    "rank IN (:n, :a)",
    "rank <> ",
)
PROJECTIONS = ("due", "pk, rank, nothing", "tree.leaf[1]", "tree.leaf, flags", "due, due")


def _used(expression: str) -> dict[str, Any]:
    values = {name: value for name, value in VALUES.items() if name in expression}
    more: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    return more | ({"ExpressionAttributeNames": {"#n": "renamed"}} if "#n" in expression else {})


def _calls(client: Any) -> list[Callable[[], Any]]:
    row = {"TableName": "t", "Key": KEY}
    put = {"TableName": "t", "Item": ITEM}
    many = {"t": [{"PutRequest": {"Item": ITEM | {"sk": {"S": f"b{n}"}}}} for n in range(3)]}
    keys = {"t": {"Keys": [KEY, KEY | {"sk": {"S": "2"}}, KEY | {"sk": {"S": "none"}}]}}
    equal: dict[str, Any] = {
        "TableName": "t",
        "KeyConditionExpression": "pk = :a",
        "ExpressionAttributeValues": {":a": {"S": "a"}},
    }
    calls: list[Callable[[], Any]] = [
        lambda: client.put_item(**put, ReturnValues="ALL_OLD"),
        lambda: client.put_item(TableName="t", Item=BYTES),
        lambda: client.batch_write_item(RequestItems=many),
        lambda: client.batch_get_item(RequestItems=keys),
        lambda: client.get_item(TableName="none", Key=KEY),
        lambda: client.get_item(TableName="t", Key={"pk": {"S": "a"}}),
        lambda: client.put_item(TableName="t", Item=ITEM | {"queue": {"S": ""}}),
        lambda: client.put_item(TableName="t", Item=ITEM | {"rank": {"S": "text"}}),
        lambda: client.put_item(TableName="t", Item=ITEM | {"due": {"S": "x" * 410_000}}),
        lambda: client.query(**equal, FilterExpression="rank > :none"),
        lambda: client.query(**equal | {"IndexName": "none"}),
    ]
    for paths in PROJECTIONS:
        calls += [
            lambda p=paths: client.get_item(**row, ProjectionExpression=p),
            lambda p=paths: client.query(**equal, ProjectionExpression=p),
            lambda p=paths: client.scan(TableName="t", ProjectionExpression=p),
        ]
    for update in UPDATES:
        change = {**row, "UpdateExpression": update, **_used(update)}
        calls += [
            lambda c=change: client.update_item(**c, ReturnValues="ALL_NEW"),
            lambda c=change: client.transact_write_items(TransactItems=[{"Update": c}]),
            lambda: client.put_item(**put, ReturnValues="ALL_OLD"),
        ]
    for condition in CONDITIONS:
        checked = {"ConditionExpression": condition, **_used(condition)}
        told = {**checked, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        calls += [
            lambda c=checked: client.put_item(**put, **c),
            lambda c=told: client.transact_write_items(TransactItems=[{"Delete": {**row, **c}}]),
            lambda c=told: client.transact_write_items(
                TransactItems=[{"Put": put | {"Item": ITEM | {"sk": {"S": "n"}}}}, {"Put": put | c}]
            ),
            lambda: client.put_item(**put),
        ]
    return [*calls, lambda: client.delete_item(**row, ReturnValues="ALL_OLD")]


def _answers() -> list[Any]:
    with mock_aws():
        client = _client()
        return [
            (_answer(call), client.scan(TableName="t", ConsistentRead=True)["Items"])
            for call in _calls(client)
        ]


def _answer(call: Callable[[], Any]) -> Any:
    try:
        answer = call()
    except ClientError as error:
        answer = {**error.response, "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
    answer.pop("ResponseMetadata")
    return answer


@pytest.fixture
def originals() -> list[Any]:
    engine.uninstall()
    answers = _answers()
    engine.install()
    return answers


def test_every_kind_of_call_is_answered_like_the_original(originals: list[Any]) -> None:
    mended = _answers()
    differing = [(a, b) for a, b in zip(originals, mended, strict=True) if a != b]
    assert not differing
    assert sum("Error" in answer for answer, _ in mended) > 20
