"""A recount is begun, helped along and judged from outside a stage."""

from __future__ import annotations

from infra.recount import recount
from tests.handlers.desk_work import report
from tests.harness import Harness


def test_a_recount_finds_counters_right_and_a_wrong_one_is_told() -> None:
    with Harness.boot() as town:
        report(town)
        town.drain()
        town.tick(town.now)
        assert recount(town.services) == 0
        table = town.services.settings.table_name
        key = {
            "pk": {"S": f"{town.services.settings.jurisdiction_id}#COUNT#2#late"},
            "sk": {"S": "*#0"},
        }
        town.services.client("dynamodb").update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET n_roads = :many, counted_at = :at",
            ExpressionAttributeValues={
                ":many": {"N": "3"},
                ":at": {"S": "2026-03-02T09:00:00.000000Z"},
            },
        )
        assert recount(town.services) == 1
        assert town.services.figures.late(()).rows.get("*", {}) == {}
