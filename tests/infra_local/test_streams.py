"""The stream of the town's table tells what DynamoDB's would, and nothing that did not happen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local import dynamodb_local, engine
from infra.local.stack import ensure_table
from tests.tables import make_table, moto_client

NAME = "table"
PLAIN = Config(account_id_endpoint_mode="disabled")  # moto knows no address with an account in it
TABLE: dict[str, Any] = {
    "TableName": NAME,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
}


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}}


class Engine:
    """A table with a stream, on an engine."""

    def __init__(self, **where: Any) -> None:
        session = botocore.session.get_session()
        self.table, self.streams = (
            session.create_client(service, region_name="us-east-1", config=PLAIN, **where)
            for service in ("dynamodb", "dynamodbstreams")
        )
        self.table.create_table(**TABLE)

    def put(self, name: str, **more: str) -> None:
        item = key(name) | {k: {"S": v} for k, v in more.items()}
        self.table.put_item(TableName=NAME, Item=item)

    def update(self, name: str, value: str) -> None:
        self.table.update_item(
            TableName=NAME,
            Key=key(name),
            UpdateExpression="SET v = :v",
            ExpressionAttributeValues={":v": {"S": value}},
        )

    def transact(self, *lines: dict[str, Any]) -> None:
        self.table.transact_write_items(TransactItems=list(lines))

    def told(self) -> list[tuple[str, str]]:
        """Events and partitions from the beginning of the stream."""
        return [(r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in self.records()]

    def records(self) -> list[dict[str, Any]]:
        arn = self.table.describe_table(TableName=NAME)["Table"]["LatestStreamArn"]
        shards = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        found: list[dict[str, Any]] = []
        for shard in shards:
            at = self.streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            found += self.streams.get_records(ShardIterator=at["ShardIterator"])["Records"]
        return found


@pytest.fixture(scope="module")
def local() -> Iterator[str]:
    if problem := dynamodb_local.why_not():
        pytest.skip(problem)
    server = dynamodb_local.start()
    yield server.url
    server.stop()


@pytest.fixture(params=["moto", pytest.param("local", marks=pytest.mark.dynamodb)])
def on(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The same truths on the town's engine and on Amazon's own."""
    if request.param == "moto":
        engine.install()
        with mock_aws():
            yield Engine()
        return
    keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests"}
    there = Engine(endpoint_url=request.getfixturevalue("local"), **keys)
    yield there
    there.table.delete_table(TableName=NAME)


def test_what_is_made_changed_and_removed_is_told_in_order(on: Engine) -> None:
    on.put("a")
    on.put("a", v="1")
    on.update("a", "2")
    on.table.delete_item(TableName=NAME, Key=key("a"))
    on.put("a")
    assert on.told() == [
        ("INSERT", "a"),
        ("MODIFY", "a"),
        ("MODIFY", "a"),
        ("REMOVE", "a"),
        ("INSERT", "a"),
    ]


def test_a_write_that_changes_nothing_is_not_told(on: Engine) -> None:
    for _ in range(2):
        on.put("a", v="1")
        on.update("a", "1")
    on.table.delete_item(TableName=NAME, Key=key("never"))
    assert on.told() == [("INSERT", "a")]


def test_an_update_that_makes_an_item_is_told_once(on: Engine) -> None:
    on.update("a", "1")
    assert on.told() == [("INSERT", "a")]


def test_of_a_refused_transaction_nothing_is_told(on: Engine) -> None:
    put = {"Put": {"TableName": NAME, "Item": key("a")}}
    only_if_there = {
        "Put": {
            "TableName": NAME,
            "Item": key("b"),
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    with pytest.raises(ClientError, match="Transaction"):
        on.transact(put, only_if_there)
    assert on.told() == []
    on.transact(put)
    assert on.told() == [("INSERT", "a")]


def test_nobodys_words_are_in_it(on: Engine) -> None:
    on.put("a", words="My neighbour at 12 Elm Street")
    (record,) = on.records()
    told = record["dynamodb"]
    assert set(told) == {
        "ApproximateCreationDateTime",
        "Keys",
        "SequenceNumber",
        "SizeBytes",
        "StreamViewType",
    }
    assert told["Keys"] == key("a")
    assert told["SizeBytes"] == len("pkskax")


def test_sequence_numbers_grow_and_every_record_has_its_id(on: Engine) -> None:
    for value in "123":
        on.put("a", v=value)
    records = on.records()
    numbers = [int(r["dynamodb"]["SequenceNumber"]) for r in records]
    assert numbers == sorted(set(numbers))
    assert len({r["eventID"] for r in records}) == 3


def test_a_kept_table_of_a_town_from_before_gets_its_stream_once() -> None:
    with moto_client() as client:
        make_table(client, NAME)
        for _ in range(2):
            ensure_table(client, NAME)
        told = client.describe_table(TableName=NAME)["Table"]["StreamSpecification"]
        assert told == TABLE["StreamSpecification"]
