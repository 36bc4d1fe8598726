"""A whole city goes out and comes in, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import Services
from chalicelib.tickets.ports import QueueQuery
from infra.moving.outgoing import Export
from infra.moving.rows import to_item, to_row
from tests.moving.cities import (
    AGENT,
    NOW,
    all_items,
    all_objects,
    keep_files,
    live_in,
    make_city,
    move_in,
    move_out,
    put_all,
    tickets,
)

IMPORTS = "city.example#IMPORTS"


def moved(services: Services) -> dict[tuple[str, str], object]:
    """What is in the table beside the notes of the import itself and of the planting."""
    return {
        key: item
        for key, item in all_items(services).items()
        if key[0] != IMPORTS
        and not (key[0].endswith("#AUDIT") and is_own(item))
        and not key[0].endswith("#CATALOG_SNAPSHOT")
    }


def is_own(item: dict[str, dict[str, str]]) -> bool:
    return "city_imported" in item["body"]["S"] or '"note":"Seed"' in item["body"]["S"]


def test_two_thousand_tickets_go_out_and_in_with_nothing_changed(
    here: Services, there: Services, tmp_path: Path
) -> None:
    live_in(here, 2_000)
    keep_files(here)
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    assert len(all_items(here)) > 7_000
    assert moved(there) == moved(here)
    assert all_objects(there) == all_objects(here)


def test_another_jurisdiction_has_the_same_city_under_its_own_keys(
    here: Services, clients: Callable[[str], Any], tmp_path: Path
) -> None:
    live_in(here, 12)
    elsewhere = make_city(clients, jurisdiction_id="other.example")
    move_out(here, tmp_path / "out")
    move_in(elsewhere, tmp_path / "out")
    wanted = {ticket.ticket_id: ticket.version + 1 for ticket in tickets(here, 12)}
    assert {name: elsewhere.store.get(name).version for name in wanted} == wanted
    found = elsewhere.store.queue(QueueQuery(), 50, "").items
    assert {each.ticket_id for each in found} == {
        name for name in wanted if elsewhere.store.get(name).is_open
    }


def test_the_city_s_own_catalogue_replaces_what_was_planted(
    here: Services, there: Services, tmp_path: Path
) -> None:
    items = {item.code: item for item in here.catalog.items("service")}
    here.catalog.put(items["pothole"], AGENT, NOW)
    here.catalog.put(replace(items["graffiti"], is_deleted=True), AGENT, NOW)
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    assert [item.version for item in there.catalog.history("service", "pothole")] == [2, 1]
    assert there.catalog.fresh().service("pothole")
    assert "graffiti" not in there.catalog.fresh().services
    assert "graffiti" not in there.catalog.load().services, "the snapshot is of what came"
    assert moved(there) == moved(here)


def test_figures_count_what_came(here: Services, there: Services, tmp_path: Path) -> None:
    live_in(here, 40)
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    while not there.projections.walk():
        pass
    services, _ = there.figures.public(["2000-01", "2099-12"])
    assert services.total.reported == 40


def test_what_is_counted_by_the_hour_stays_behind(
    here: Services, there: Services, tmp_path: Path
) -> None:
    passing = [
        ("PACE", "MAIL"),
        ("API_COUNT#k", "2026"),
        ("PARTY#email:a@b.c", "ALLOWANCE#email#d"),
    ]
    put_all(
        here,
        (
            {"pk": {"S": f"city.example#{pk}"}, "sk": {"S": sk}, "used": {"N": "1"}}
            for pk, sk in passing
        ),
    )
    move_out(here, tmp_path / "out")
    move_in(there, tmp_path / "out")
    assert not {key for key in all_items(there) if key[1] in {sk for _, sk in passing}}


def test_a_ticket_that_changes_while_it_is_read_goes_out_whole(
    here: Services, tmp_path: Path
) -> None:
    """The page of the scan that held its entries was read before the one that holds the ticket."""
    live_in(here, 1)
    (ticket,) = tickets(here, 1)
    export = Export(here, tmp_path / "out")
    whole = [item for (pk, _), item in all_items(here).items() if ticket.ticket_id in pk]
    torn = [item for item in whole if not item["sk"]["S"].startswith("ENTRY#")]
    assert sorted(item["sk"]["S"] for item in export._whole(torn)) == sorted(
        item["sk"]["S"] for item in whole
    )


def test_every_kind_of_attribute_comes_back_as_it_was() -> None:
    item = {
        "pk": {"S": "city.example#NEWS"},
        "sk": {"S": "{not json"},
        "packed": {"S": '{"a":[1,2.5],"ü":"x"}'},
        "spaced": {"S": '{"a": 1}'},
        "number": {"N": "3"},
        "part": {"N": "1.5"},
        "flag": {"BOOL": True},
        "bytes": {"B": b"\x00\xff"},
        "odd": {"S": '{"$dynamodb":1}'},
    }
    row = json.loads(json.dumps(to_row(item, "city.example#")))
    assert row["pk"] == "NEWS"
    assert row["packed"] == {"a": [1, 2.5], "ü": "x"}
    assert to_item(row, "city.example#") == item
