"""The mended moto answers like moto, only faster, and never half."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local import engine
from infra.local.shelves import Question

TABLE: dict[str, Any] = {
    "TableName": "t",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "S"), ("queue", "S"), ("due", "S"), ("rank", "N"))
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": "queue", "KeyType": "HASH"},
                {"AttributeName": attribute, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": projection},
        }
        for name, attribute, projection in (
            ("by_due", "due", "ALL"),
            ("by_rank", "rank", "KEYS_ONLY"),
        )
    ]
    + [
        {
            "IndexName": "by_queue",
            "KeySchema": [{"AttributeName": "queue", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


@pytest.fixture
def mended() -> Iterator[Any]:
    engine.install()
    with mock_aws():
        yield _client()


def _client() -> Any:
    client = botocore.session.get_session().create_client("dynamodb", region_name="eu-west-1")
    client.create_table(**TABLE)
    return client


def _item(rng: random.Random) -> dict[str, Any]:
    item = {"pk": {"S": f"p{rng.randrange(4)}"}, "sk": {"S": f"s{rng.randrange(6)}"}}
    if rng.random() < 0.8:
        item["queue"] = {"S": rng.choice("ab")}
    if rng.random() < 0.8:
        item["due"] = {"S": f"d{rng.randrange(5)}"}
    if rng.random() < 0.8:
        item["rank"] = {"N": str(rng.choice([1, 2, 10, 2.5]))}
    return item


def _key(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item["pk"], "sk": item["sk"]}


def _write(client: Any, rng: random.Random) -> Any:
    item = _item(rng)
    choice = rng.randrange(5)
    if choice == 0:
        return client.put_item(TableName="t", Item=item)
    if choice == 1:
        return client.delete_item(TableName="t", Key=_key(item))
    if choice == 2:
        return client.update_item(
            TableName="t",
            Key=_key(item),
            UpdateExpression="SET queue = :q, due = :d ADD n :one",
            ConditionExpression="attribute_not_exists(n) OR n < :five",
            ExpressionAttributeValues={
                ":q": {"S": "a"},
                ":d": {"S": "d9"},
                ":one": {"N": "1"},
                ":five": {"N": "5"},
            },
        )
    return client.transact_write_items(TransactItems=_lines(rng))


def _lines(rng: random.Random) -> list[dict[str, Any]]:
    lines: dict[str, dict[str, Any]] = {}
    for _ in range(rng.randrange(1, 4)):
        item = _item(rng)
        put: dict[str, Any] = {"TableName": "t", "Item": item}
        if rng.random() < 0.5:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
            put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        lines[str(_key(item))] = {"Put": put}
    return list(lines.values())


CONDITIONS = ("", " AND {r} = :a", " AND {r} < :a", " AND {r} >= :a", " AND {r} BETWEEN :a AND :b")


def _questions() -> Iterator[dict[str, Any]]:
    shapes = (
        (None, "pk", "sk", {"S": "p1"}, ({"S": "s1"}, {"S": "s4"})),
        ("by_due", "queue", "due", {"S": "a"}, ({"S": "d1"}, {"S": "d3"})),
        ("by_rank", "queue", "rank", {"S": "b"}, ({"N": "2"}, {"N": "10"})),
        ("by_queue", "queue", "", {"S": "a"}, ()),
    )
    for (index, part, rank, value, bounds), condition, forward, limit in itertools.product(
        shapes, (*CONDITIONS, " AND begins_with({r}, :a)"), (True, False), (None, 2)
    ):
        if (condition and not rank) or ("begins" in condition and rank == "rank"):
            continue
        names = [name for name in (":a", ":b") if name in condition]
        question: dict[str, Any] = {
            "TableName": "t",
            "KeyConditionExpression": f"{part} = :p" + condition.format(r=rank and "#r"),
            "ExpressionAttributeValues": {":p": value, **dict(zip(names, bounds, strict=False))},
            "ScanIndexForward": forward,
        }
        if condition:
            question["ExpressionAttributeNames"] = {"#r": rank}
        if index:
            question["IndexName"] = index
        if limit:
            question["Limit"] = limit
        yield question


def _answer(client: Any, question: dict[str, Any]) -> list[Any]:
    pages = [client.query(**question)]
    while "LastEvaluatedKey" in pages[-1] and len(pages) < 20:
        pages.append(client.query(**question, ExclusiveStartKey=pages[-1]["LastEvaluatedKey"]))
    return [{k: page.get(k) for k in ("Items", "Count", "LastEvaluatedKey")} for page in pages]


def _story(seed: int) -> list[Any]:
    """Everything a client sees of one random life of a table."""
    rng, seen = random.Random(seed), []
    with mock_aws():
        client = _client()
        for _ in range(40):
            try:
                answer = _write(client, rng)
            except ClientError as error:
                answer = {**error.response}
            answer.pop("ResponseMetadata", None)
            seen.append(answer)
        seen += [_answer(client, question) for question in _questions()]
        seen.append(client.scan(TableName="t")["Items"])
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_the_mended_engine_answers_like_the_original(seed: int) -> None:
    engine.uninstall()
    original = _story(seed)
    engine.install()
    assert _story(seed) == original


def test_a_cancelled_transaction_leaves_nothing_behind(mended: Any) -> None:
    mended.put_item(TableName="t", Item={"pk": {"S": "a"}, "sk": {"S": "1"}, "n": {"N": "1"}})
    lines = [
        {"Put": {"TableName": "t", "Item": {"pk": {"S": "b"}, "sk": {"S": "1"}}}},
        {"Delete": {"TableName": "t", "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}},
        {
            "Put": {
                "TableName": "t",
                "Item": {"pk": {"S": "c"}, "sk": {"S": "1"}},
                "ConditionExpression": "attribute_exists(pk)",
            }
        },
    ]
    with pytest.raises(ClientError):
        mended.transact_write_items(TransactItems=lines)
    assert [item["pk"]["S"] for item in mended.scan(TableName="t")["Items"]] == ["a"]


def test_of_many_conditional_puts_at_once_one_wins(mended: Any) -> None:
    won: list[int] = []

    def put(number: int) -> None:
        try:
            mended.put_item(
                TableName="t",
                Item={"pk": {"S": "a"}, "sk": {"S": "1"}, "n": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
            won.append(number)
        except ClientError:
            pass

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_query_touches_only_its_answer(mended: Any) -> None:
    table = next(iter(_tables().values()))
    for number in range(2_000):
        table.put_item(
            {
                "pk": {"S": f"p{number}"},
                "sk": {"S": "s"},
                "queue": {"S": "a"},
                "due": {"S": f"{number:05}"},
            }
        )
    page = mended.query(
        TableName="t",
        IndexName="by_due",
        KeyConditionExpression="queue = :q AND due < :d",
        ExpressionAttributeValues={":q": {"S": "a"}, ":d": {"S": "01000"}},
        Limit=5,
    )
    window = table._shelves.window(
        Question(
            index_name="by_due",
            hash_key=_dynamo("a"),
            comparison="<",
            values=[_dynamo("01000")],
            limit=5,
        )
    )
    assert [item["due"]["S"] for item in page["Items"]] == [f"{n:05}" for n in range(5)]
    assert len(window) == 7


def _dynamo(text: str) -> Any:
    from moto.dynamodb.models.dynamo_type import DynamoType

    return DynamoType({"S": text})


def _tables() -> Any:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables


def test_the_meter_counts_calls_by_operation(mended: Any) -> None:
    engine.METER.clear()
    mended.get_item(TableName="t", Key={"pk": {"S": "a"}, "sk": {"S": "1"}})
    assert engine.METER.calls == {"dynamodb.GetItem": 1}
