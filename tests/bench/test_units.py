"""Capacity by AWS's rule: each item rounded by itself, twice in a transaction, index entries once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bench.units import Units
from tests.tables import make_client, make_table, moto_client

TABLE = "civicline-units"


@pytest.fixture
def client() -> Iterator[Any]:
    with moto_client() as made:
        make_table(made, TABLE)
        yield made


def an_item(name: str, size: int = 10, **more: str) -> dict[str, Any]:
    values = {"pk": name, "sk": "s", "body": "x" * size} | more
    return {key: {"S": value} for key, value in values.items()}


def spent(client: Any, *items: dict[str, Any]) -> dict[str, int]:
    """What one transaction of these takes."""
    units = Units(client, make_client())
    acts = [{"Put": {"TableName": TABLE, "Item": item}} for item in items]
    client.transact_write_items(TransactItems=acts)
    return dict(units.spent)


def test_each_item_of_a_transaction_is_rounded_by_itself_and_taken_twice(client: Any) -> None:
    assert spent(client, an_item("a"), an_item("b"), an_item("c", 1_100)) == {"table": 2 + 2 + 4}


def test_an_item_that_shrinks_costs_what_it_was(client: Any) -> None:
    spent(client, an_item("a", 2_100))
    assert spent(client, an_item("a")) == {"table": 6}


def test_an_entry_of_an_index_costs_when_it_comes_moves_and_goes(client: Any) -> None:
    waiting = an_item("a", due_queue="q", next_action_at="1")
    later = an_item("a", due_queue="q", next_action_at="2")
    assert spent(client, waiting) == {"table": 2, "by_due": 1}
    assert spent(client, waiting) == {"table": 2}
    assert spent(client, later) == {"table": 2, "by_due": 2}
    assert spent(client, an_item("a")) == {"table": 2, "by_due": 1}


def test_a_write_by_itself_is_taken_once_and_a_projected_value_moves_no_entry(client: Any) -> None:
    listed = an_item("a", queue_key="k", queue_at="1", status="new")
    units = Units(client, make_client())
    client.put_item(TableName=TABLE, Item=listed)
    client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "a"}, "sk": {"S": "s"}},
        UpdateExpression="SET #status = :s",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":s": {"S": "done"}},
    )
    assert dict(units.spent) == {"table": 2, "by_queue": 2}
