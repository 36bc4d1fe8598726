"""The product's own table, made from `infra/template.yaml` on whatever engine a client talks to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from infra.cloudformation import load_template

TEMPLATE = Path(__file__).resolve().parents[1] / "infra" / "template.yaml"
MADE_AT_ONCE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def make_client(endpoint_url: str | None = None, agent: str | None = None) -> Any:
    """A DynamoDB client that can reach nothing but a test engine."""
    return botocore.session.get_session().create_client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="tests",
        aws_secret_access_key="tests",
        config=Config(
            retries={"total_max_attempts": 2, "mode": "standard"},
            read_timeout=20,
            user_agent_extra=agent,
        ),
    )


def make_table(client: Any, name: str) -> None:
    """The table of the template, under another name."""
    template: Mapping[str, Any] = load_template(TEMPLATE)
    found = [r for r in template["Resources"].values() if r["Type"] == "AWS::DynamoDB::Table"]
    properties = found[0]["Properties"]
    client.create_table(TableName=name, **{key: properties[key] for key in MADE_AT_ONCE})


def put_items(client: Any, name: str, items: Iterable[Any]) -> None:
    """Write items as they are, in batches of as many as DynamoDB takes."""
    source = iter(items)
    while batch := list(islice(source, 25)):
        puts = [{"PutRequest": {"Item": item}} for item in batch]
        client.batch_write_item(RequestItems={name: puts})


@contextlib.contextmanager
def moto_client() -> Iterator[Any]:
    """A client of moto, mended as in the town."""
    from moto import mock_aws

    from infra.local import engine

    engine.install()
    with mock_aws():
        yield make_client()
