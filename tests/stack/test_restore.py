"""`make restore` on MiniStack: the packaged functions change over, published versions and all.

That AWS makes the table is played, for MiniStack cannot; the rest is the tool's own.
"""

from __future__ import annotations

import html
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra import stacks
from infra.package import package
from infra.restore import Restore
from infra.stacks import functions_stack
from infra.target import Target
from tests.restoring.account import DynamoDB
from tests.stack.engine import running, until
from tests.stack.outside import SETTINGS, Installation, mail, tracking_link

pytestmark = pytest.mark.stack


def test_a_stage_is_brought_back_with_the_mail_that_came_since(tmp_path: Path) -> None:
    package(SETTINGS, tmp_path / "dev", Target.here())
    with running("us-east-1") as engine:
        city = Installation(engine, engine.deploy(SETTINGS, tmp_path / "dev"))
        engine.client("ses").verify_domain_identity(Domain=SETTINGS.receiving_domain)
        first = answered(city, "ada", "The lamp at 12 Elm Street is dark.")
        dynamodb, at = DynamoDB(engine.client("dynamodb")), datetime.now(UTC).replace(microsecond=0)
        dynamodb.remember(city.outputs["TableName"], at)
        since = answered(city, "bob", "A tree lies in Birch Street.")
        name = Restore(
            SETTINGS,
            lambda service: dynamodb if service == "dynamodb" else engine.client(service),
            tmp_path,
            say=lambda _: None,
            pause=lambda _: time.sleep(0.2),
        ).run(at)
        # MiniStack makes the API anew at each update, so its address is another one.
        functions = stacks.outputs(engine.client, functions_stack("dev"))
        city = Installation(engine, city.outputs | functions)
        assert "The lamp" in html.unescape(city.page_of(first))
        until(lambda: city.http(path_of(since))[0] == 200, "the mail that came since, at its link")
        assert tickets(dynamodb, name) == 2
        answered(city, "cy", "The bench in Oak Park is broken.")
        assert tickets(dynamodb, name) == 3
        assert tickets(dynamodb, city.outputs["TableName"]) == 2, "the former one is left alone"
        (reader,) = city.readers_of_changes(name)
        assert reader["FunctionArn"].endswith(":civicline-on-change-dev:live")
        assert city.readers_of_changes(city.outputs["TableName"]) == [], (
            "nobody hears the former one"
        )
        until(lambda: len(city.counted(name)[1]) >= 2, "what came since is counted")


def answered(city: Installation, who: str, words: str) -> str:
    """Somebody writes and is answered; the link of the report."""
    address = f"{who}@{who}-home.example"
    city.receive(mail(address, "Something is broken", words))
    return tracking_link(city.mail_to(address)["BodyText"])


def path_of(link: str) -> str:
    return link.split("/live", 1)[1]


def tickets(dynamodb: DynamoDB, table: str) -> int:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    return sum(item["sk"]["S"] == "TICKET" for page in pages for item in page["Items"])
