"""What the store of the catalogue promises, for the fake and for every engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import StaleTicket
from chalicelib.tickets.dynamodb import DynamoCatalogStore
from chalicelib.tickets.ports import CatalogItem
from tests.examples import CLERK, DAY, NOW

ROADS = CatalogItem(
    kind="agency",
    code="roads",
    version=0,
    body={"agency_code": "roads", "agency_name": {"en": "Roads", "fa": "راه"}},
    note="first",
)


def test_a_published_item_is_in_the_catalogue(catalogue: Any) -> None:
    published = catalogue.put(ROADS, CLERK, NOW)
    assert (published.version, published.author, published.at) == (1, CLERK.key, NOW)
    assert catalogue.items("agency") == [published]
    assert catalogue.items("service") == []
    assert catalogue.load().agencies["roads"].agency_name["fa"] == "راه"


def test_two_who_publish_the_same_version_are_not_both_right(catalogue: Any) -> None:
    published = catalogue.put(ROADS, CLERK, NOW)
    with pytest.raises(StaleTicket):
        catalogue.put(ROADS, CLERK, NOW)
    catalogue.put(replace(published, note="second"), CLERK, NOW)
    with pytest.raises(StaleTicket):
        catalogue.put(replace(published, note="late"), CLERK, NOW)
    assert [item.note for item in catalogue.items("agency")] == ["second"]


def test_every_version_is_kept(catalogue: Any) -> None:
    first = catalogue.put(ROADS, CLERK, NOW)
    second = catalogue.put(replace(first, note="second"), CLERK, NOW + DAY)
    assert catalogue.history("agency", "roads") == [second, first]
    assert catalogue.history("agency", "parks") == []


def test_a_deleted_item_is_gone_but_remembered_and_can_come_back(catalogue: Any) -> None:
    first = catalogue.put(ROADS, CLERK, NOW)
    gone = catalogue.put(replace(first, is_deleted=True), CLERK, NOW + DAY)
    assert catalogue.items("agency") == []
    assert catalogue.fresh().changed_at == NOW + DAY
    assert "roads" not in catalogue.fresh().agencies
    assert catalogue.history("agency", "roads")[0].is_deleted
    with pytest.raises(StaleTicket):
        catalogue.put(ROADS, CLERK, NOW)
    catalogue.put(replace(gone, is_deleted=False), CLERK, NOW)
    assert "roads" in catalogue.load().agencies


def test_a_loaded_catalogue_is_kept_for_a_minute_and_forgotten_on_publishing(
    client: Any, city: str
) -> None:
    now = [0.0]
    mine, theirs = (_at(client, city, lambda: now[0]) for _ in range(2))
    mine.put(ROADS, CLERK, NOW)
    assert "roads" in mine.load().agencies
    theirs.put(
        replace(ROADS, code="parks", body={**ROADS.body, "agency_code": "parks"}), CLERK, NOW
    )
    assert "parks" not in mine.load().agencies
    assert mine.load() is mine.load()
    now[0] = 60.0
    assert "parks" in mine.load().agencies
    deleted = replace(mine.items("agency")[0], is_deleted=True)
    mine.put(deleted, CLERK, NOW)
    assert "parks" not in mine.load().agencies


def _at(client: Any, city: str, ticks: Any) -> DynamoCatalogStore:
    return DynamoCatalogStore(
        client, table_name="civicline-tests", jurisdiction_id=city, ticks=ticks
    )


def test_publishing_leaves_an_audit_record(real_store: Any, real_catalogue: Any) -> None:
    real_catalogue.put(ROADS, CLERK, NOW)
    with pytest.raises(StaleTicket):
        real_catalogue.put(ROADS, CLERK, NOW)
    [record] = real_store.audit().items
    assert (record.action, record.subject) == ("catalog_published", "agency:roads")
    assert (record.actor, record.data["version"]) == (CLERK, 1)
