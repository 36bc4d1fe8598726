"""From one release to the next the table changes by one index at most: DynamoDB takes no more at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.cloudformation import load_template
from tests.releases.conftest import ROOT


def indexes(template: Path) -> dict[str, Any]:
    resources = load_template(template)["Resources"]
    (table,) = (r for r in resources.values() if r["Type"] == "AWS::DynamoDB::Table")
    return {i["IndexName"]: i for i in table["Properties"]["GlobalSecondaryIndexes"]}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The indexes that are new, gone or other than they were."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_at_most_one_index_differs_from_the_last_release(previous: Path) -> None:
    template = Path("infra") / "template.yaml"
    found = differing(indexes(previous / template), indexes(ROOT / template))
    assert len(found) <= 1, f"{sorted(found)}: release them one after the other"


@pytest.mark.parametrize(
    ("after", "count"),
    [({"a": 1}, 1), ({"a": 1, "b": 2}, 0), ({"a": 1, "b": 3, "c": 1}, 2), ({}, 2)],
)
def test_a_changed_index_is_told_from_one_that_stayed(after: dict[str, int], count: int) -> None:
    assert len(differing({"a": 1, "b": 2}, after)) == count
