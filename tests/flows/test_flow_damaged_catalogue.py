"""What administrators wrote and nobody can read: it is named to staff, and the rest of the city goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from infra.local.stack import client
from tests.harness import Harness

MAIL = (
    b"From: Anna Ek <anna@example.org>\r\nTo: %s\r\nSubject: Pothole\r\n"
    b"Message-ID: <one@example.org>\r\n\r\nThere is a pothole in Main Street.\r\n"
)
PAGES = ("/", "/report", "/reports", "/performance", "/open311/v2/services.json")
DESK = ("/console", "/console/late", "/console/catalogue", "/console/rules", "/console/notices")


def damage(town: Harness, kind: str, body: str) -> str:
    """Spoil the first published thing of a kind; returns its code, empty when there is none."""
    table = town.services.settings.table_name
    rows = client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    found = [r for r in rows if r["sk"]["S"].startswith(f"{kind}#") and "body" in r]
    if not found:
        return ""
    client("dynamodb").put_item(TableName=table, Item=found[0] | {"body": {"S": body}})
    town.restart()
    return str(found[0]["code"]["S"])


def works(town: Harness) -> None:
    for page in PAGES:
        assert town.http("GET", page).status == 200, page
    for page in DESK:
        assert town.http("GET", page, user="administrator").status == 200, page
    town.mail(MAIL % town.services.settings.intake_addresses[0].encode())
    town.drain()
    town.tick(town.now + timedelta(minutes=10))
    town.drain()
    assert "SR-" in town.outbox[0].subject, "the citizen was answered"


@pytest.mark.parametrize("kind", ["service", "agency", "calendar", "target", "rule", "policy"])
def test_one_that_is_damaged_stops_nothing_else(town: Harness, kind: str) -> None:
    code = damage(
        town,
        kind,
        '{"steps": 3, "weekly": 3, "attributes": 3, "minutes": "x", "emergency_words": 3}',
    )
    assert code
    works(town)
    page = town.http("GET", "/console/parked", user="administrator")
    assert f"{kind} {code}" in page.text


@pytest.mark.parametrize("body", ["[]", "7", "not JSON", "null"])
def test_whatever_lies_there_in_its_place(town: Harness, body: str) -> None:
    assert damage(town, "service", body)
    works(town)


def test_what_is_well_is_not_named(town: Harness) -> None:
    page = town.http("GET", "/console/parked", user="administrator")
    assert "cannot be read" in page.text
    assert "Services, rules and other settings" not in page.text


def test_nothing_that_a_later_release_wrote_is_lost_at_any_depth(town: Harness) -> None:
    """An older function publishes anew: what it does not know goes along, with the part that it is of."""
    shelf = town.services.catalog_desk.store
    (before,) = [i for i in shelf.items("service") if i.body.get("attributes")][:1]
    body: dict[str, Any] = {**before.body, "invented": 1}
    first, *others = body["attributes"]
    body["attributes"] = [*others, first | {"later": {"a": [1]}}]
    from dataclasses import replace

    from chalicelib.tickets.model.ticket import SYSTEM

    later = shelf.put(replace(before, body=body), SYSTEM, town.now)
    known = {**before.body, "is_active": False}
    put = town.services.catalog_desk.put("service", known, SYSTEM, version=later.version)
    assert put.body["invented"] == 1
    (kept,) = [a for a in put.body["attributes"] if a["code"] == first["code"]]
    assert kept["later"] == {"a": [1]}
    assert all("later" not in a for a in put.body["attributes"] if a["code"] != first["code"])
    assert put.body["is_active"] is False
