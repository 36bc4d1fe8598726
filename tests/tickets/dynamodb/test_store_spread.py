"""What is listed by time is spread over a few places, one in a village; a list is the same at any size."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.tickets.dynamodb import DynamoStore
from chalicelib.tickets.dynamodb.items.keys import AUDIT, MOST_PLACES, PUBLIC, Keys
from chalicelib.tickets.dynamodb.stores import lists
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.ports import PublicQuery
from tests.examples import MINUTE, NOW, an_audit_record
from tests.tickets.conftest import SIGNER, TABLE
from tests.tickets.dynamodb.test_store_lists import ALWAYS, ids, keep, walk
from tests.tickets.dynamodb.test_store_snapshots import Watching

SIZES = [1, 3, MOST_PLACES - 1, MOST_PLACES, MOST_PLACES + 1, 8]


def store_of(client: Any, city: str, spread: int) -> DynamoStore:
    place = {"table_name": TABLE, "jurisdiction_id": city}
    return DynamoStore(client, **place, signer=lambda: SIGNER, spread=spread, pause=lambda _: None)


@pytest.mark.parametrize("name", [PUBLIC, AUDIT])
def test_a_village_keeps_the_one_place_and_its_name(name: str) -> None:
    keys = Keys("village.example", 4)
    assert keys.places(name)[0] == [f"village.example#{name}"]
    assert keys.public("any") == "village.example#public"
    assert keys.audit("any") == "village.example#AUDIT"


@pytest.mark.parametrize("spread", SIZES)
def test_there_are_as_many_places_as_a_page_can_ask(spread: int) -> None:
    keys = Keys("city.example", 4, spread)
    used = {keys.public(f"SR-{number}") for number in range(200)}
    assert sorted(used) == sorted(keys.places(PUBLIC)[0])
    assert len(used) == min(spread, MOST_PLACES)
    assert "city.example#public" in used


@pytest.mark.parametrize("spread", [1, 3, 8])
@pytest.mark.parametrize("is_oldest_first", [True, False])
@pytest.mark.parametrize("order", ["requested", "updated"])
def test_a_public_list_is_the_same_at_any_size(
    client: Any, city: str, spread: int, is_oldest_first: bool, order: str
) -> None:
    store = store_of(client, city, spread)
    kept = []
    for number in range(13):
        at = NOW + number * MINUTE
        kept.append(keep(store, is_public=True, requested_at=at, updated_at=at))
    query = PublicQuery(
        start=ALWAYS.start, end=ALWAYS.end, order=order, is_oldest_first=is_oldest_first
    )
    wanted = kept if is_oldest_first else kept[::-1]
    assert ids(walk(lambda token: store.public(query, 3, token))) == ids(wanted)


@pytest.mark.parametrize("before, after", [(1, 8), (8, 1), (8, 3)])
def test_another_size_loses_nothing(client: Any, city: str, before: int, after: int) -> None:
    first, then = store_of(client, city, before), store_of(client, city, after)
    kept = [
        keep(store, is_public=True, requested_at=NOW + number * MINUTE)
        for number, store in enumerate([first] * 9 + [then] * 9)
    ]
    lines = [an_audit_record(audit_id=f"a{n}", at=NOW + n * MINUTE) for n in range(12)]
    first.save(Change(audit=lines[:6]))
    then.save(Change(audit=lines[6:]))
    store = store_of(client, city, after)
    assert ids(walk(lambda token: store.public(ALWAYS, 4, token))) == ids(kept[::-1])
    assert walk(lambda token: store.audit(5, token)) == lines[::-1]


@pytest.mark.parametrize("spread, calls", [(1, 1), (2, 2), (8, MOST_PLACES)])
def test_a_page_asks_each_place_once(client: Any, city: str, spread: int, calls: int) -> None:
    writer = store_of(client, city, spread)
    for number in range(60):
        keep(writer, is_public=True, requested_at=NOW + number * MINUTE)
    writer.save(Change(audit=[an_audit_record(audit_id=f"a{n}") for n in range(30)]))
    watching = Watching(client)
    store = store_of(watching, city, spread)
    store.public(ALWAYS, 20), store.audit(10)  # a process asks once for places of another size
    watching.calls.clear()
    assert len(store.public(ALWAYS, 20).items) == 20
    assert watching.calls == {"query": calls}
    assert len(store.audit(10).items) == 10
    assert watching.calls == {"query": 2 * calls}


@pytest.mark.parametrize("spread", [1, 8])
def test_what_a_filter_leaves_out_is_looked_through_in_pages(
    client: Any, city: str, spread: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "ROWS_A_CALL", 3)
    writer = store_of(client, city, spread)
    kept = [
        keep(
            writer,
            is_public=True,
            requested_at=NOW + number * MINUTE,
            service_code="graffiti" if number % 20 == 0 else "pothole",
        )
        for number in range(61)
    ]
    query = PublicQuery(start=ALWAYS.start, end=ALWAYS.end, service_codes=("graffiti",))
    watching = Watching(client)
    store = store_of(watching, city, spread)
    store.public(query, 1)
    found, token = [], ""
    while True:
        watching.calls.clear()
        page = store.public(query, 10, token)
        assert watching.calls["query"] <= lists.CALLS_A_PAGE
        found += page.items
        token = page.next_token
        if not token:
            break
    assert ids(found) == ids(kept[::-20])
