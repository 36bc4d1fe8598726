"""A table that no stack minds gets what the template says of it, as often as asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.restoring.tables import Tables, wanted
from tests.restoring.account import DynamoDB
from tests.tables import MADE_AT_ONCE, make_client, moto_client

NAME = "civicline-town-long-ago"


@pytest.fixture
def dynamodb(endpoint: str) -> Iterator[DynamoDB]:
    """An engine with a table from before the last two indexes."""
    if endpoint:
        client = make_client(endpoint)
        yield from _with_table(client)
        client.update_table(TableName=NAME, DeletionProtectionEnabled=False)
        client.delete_table(TableName=NAME)
    else:
        with moto_client() as client:
            yield from _with_table(client)


def _with_table(client: Any) -> Iterator[DynamoDB]:
    made = {name: wanted()[name] for name in MADE_AT_ONCE}
    made["GlobalSecondaryIndexes"] = made["GlobalSecondaryIndexes"][:-2]
    used = {k["AttributeName"] for i in made["GlobalSecondaryIndexes"] for k in i["KeySchema"]}
    used |= {"pk", "sk"}
    made["AttributeDefinitions"] = [
        each for each in made["AttributeDefinitions"] if each["AttributeName"] in used
    ]
    client.create_table(TableName=NAME, **made)
    yield DynamoDB(client)


def test_a_table_is_equipped_once_and_has_every_index(dynamodb: DynamoDB) -> None:
    said: list[str] = []
    for _ in range(2):
        Tables(dynamodb, said.append, lambda _: None).equip(NAME, "town")
    table = dynamodb.describe_table(TableName=NAME)["Table"]
    indexes = {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}
    assert indexes == {index["IndexName"] for index in wanted()["GlobalSecondaryIndexes"]}
    assert len(said) == 2, "two were missing, and made once"
    assert table["DeletionProtectionEnabled"] is True
    assert dynamodb.tags == {table["TableArn"]: {"civicline:stage": "town"}}
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    expiry = dynamodb.describe_time_to_live(TableName=NAME)["TimeToLiveDescription"]
    assert expiry == {"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}
