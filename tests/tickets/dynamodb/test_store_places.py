"""Tickets by where they are: fake, moto and DynamoDB Local agree, and nothing beside the box is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.geography import Box, circle, metres
from chalicelib.messages import Party
from chalicelib.tickets.dynamodb import DynamoStore
from chalicelib.tickets.dynamodb.items.cells import decode, encode, ranges
from chalicelib.tickets.dynamodb.stores.places import quarters
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Status, Ticket
from chalicelib.tickets.ports import PublicQuery
from tests.examples import CLERK, DAY, MINUTE, NOW, a_ticket
from tests.tickets.dynamodb.test_store_lists import ids, walk

ELM = (44.05, -123.02)
BLOCK = circle(*ELM, 300)
EDGES = st.tuples(st.floats(-89, 89), st.floats(-179, 179))


def keep(store: Any, **facts: Any) -> Ticket:
    """A stored public ticket in Elm Street."""
    ticket = a_ticket(**{"is_public": True, "lat": ELM[0], "long": ELM[1], **facts})
    store.save(Change(ticket=ticket))
    ticket.new_entries = []
    return ticket


def asked(**facts: Any) -> PublicQuery:
    period = {"start": NOW - 400 * DAY, "end": NOW + 400 * DAY}
    return PublicQuery(**{**period, "box": BLOCK, **facts})


def test_only_what_lies_in_the_box_is_listed_newest_first(store: Any) -> None:
    kept = [keep(store, requested_at=NOW + n * MINUTE) for n in range(5)]
    keep(store, lat=44.06)
    for step in (0.0028, 0.003, 0.0035):  # beside the circle, within its cells
        keep(store, lat=ELM[0] + step)
        keep(store, lat=ELM[0] - step)
    keep(store, lat=None, long=None)
    found = walk(lambda token: store.public(asked(), 2, token))
    assert ids(found) == ids(reversed(kept))


def test_a_box_is_about_what_is_told_of_a_place(store: Any) -> None:
    place, told = (44.05047, -123.02042), (44.05, -123.02)
    rough = keep(store, lat=place[0], long=place[1], service_code="graffiti")
    exact = keep(store, lat=place[0], long=place[1], service_code="pothole")
    gone = keep(store, lat=place[0], long=place[1], service_code="gone")
    keep(store, lat=place[0], long=place[1], service_code="noise")
    settings = {"graffiti": "about", "pothole": "exact", "noise": "hidden"}
    here, there = circle(*place, 20), circle(*told, 20)
    for box, found in ((here, [exact]), (there, [rough, gone])):
        query = asked(box=box, exactness=settings)
        assert sorted(ids(store.public(query).items)) == sorted(ids(found))
        assert sorted(mark.ticket_id for mark in store.marks(query)) == sorted(ids(found))
    marks = {
        m.ticket_id: (m.lat, m.long) for m in store.marks(asked(box=there, exactness=settings))
    }
    assert marks == {rough.ticket_id: told, gone.ticket_id: told}


def test_a_private_ticket_is_in_no_public_search(store: Any) -> None:
    keep(store, is_public=False)
    keep(store, is_public=False, status=Status.CLOSED)
    assert store.public(asked()).items == []
    assert store.marks(asked()) == []


def test_a_search_by_place_holds_nothing_of_the_requester(store: Any) -> None:
    shown = PublicWords("There is a hole.")
    keep(store, subject="about me", assignee="clerk@x.org", public_words=shown)
    [found] = store.public(asked()).items
    assert (found.requester, found.subject, found.assignee) == (Party(), "", "")
    assert (found.description, found.public_words) == ("", shown)


def test_a_place_is_narrowed_by_period_service_and_state(store: Any) -> None:
    first = keep(store)
    other = keep(store, requested_at=NOW + DAY, service_code="graffiti")
    done = keep(store, requested_at=NOW + 2 * DAY, status=Status.RESOLVED, updated_at=NOW + 3 * DAY)
    assert ids(store.public(asked(end=NOW, latest=NOW + 9 * DAY)).items) == ids([first])
    assert ids(store.public(asked(start=NOW + DAY)).items) == ids([done, other])
    assert ids(store.public(asked(service_codes=("graffiti", "tree"))).items) == ids([other])
    assert ids(store.public(asked(is_open=True)).items) == ids([other, first])
    assert ids(store.public(asked(is_open=False)).items) == ids([done])


def test_a_place_can_follow_the_last_change_too(store: Any) -> None:
    quiet = keep(store, requested_at=NOW - DAY)
    busy = keep(store, requested_at=NOW - 9 * DAY, updated_at=NOW + DAY, status=Status.RESOLVED)
    keep(store, requested_at=NOW - 300 * DAY, updated_at=NOW - 299 * DAY)
    query = asked(order="updated", start=NOW - 2 * DAY)
    found = walk(lambda token: store.public(query, 1, token))
    assert ids(found) == ids([busy, quiet])


def test_what_was_asked_long_ago_and_is_done_now_is_still_found(store: Any) -> None:
    old = keep(store, requested_at=NOW - 300 * DAY, updated_at=NOW, status=Status.CLOSED)
    query = asked(start=NOW - 310 * DAY, end=NOW - 290 * DAY, latest=NOW)
    assert ids(store.public(query).items) == ids([old])


def test_a_ticket_moves_with_its_state_and_its_place(store: Any) -> None:
    ticket = keep(store)
    ticket.change_status(Status.RESOLVED, NOW + DAY, CLERK)
    store.save(Change(ticket=ticket))
    ticket.new_entries = []
    assert ids(store.public(asked(is_open=True)).items) == []
    assert ids(store.public(asked(is_open=False)).items) == ids([ticket])
    ticket.lat = 45.0
    store.save(Change(ticket=ticket))
    assert ids(store.public(asked()).items) == []


def test_open_tickets_nearby_come_nearest_first_with_private_ones_on_request(store: Any) -> None:
    far = keep(store, lat=ELM[0] + 0.001)
    near = keep(store, lat=ELM[0] + 0.0001)
    private = keep(store, is_public=False)
    keep(store, service_code="graffiti")
    keep(store, status=Status.RESOLVED)
    keep(store, requested_at=NOW - 40 * DAY)
    since = NOW - 30 * DAY
    assert ids(store.nearby("pothole", BLOCK, since)) == ids([private, near, far])
    assert ids(store.nearby("pothole", BLOCK, since, is_public=True)) == ids([near, far])
    assert ids(store.nearby("pothole", BLOCK, since, is_public=False)) == ids([private])
    assert ids(store.nearby("pothole", BLOCK, since, is_public=True, limit=1)) == ids([near])
    [whole] = store.nearby("pothole", BLOCK, since, is_public=False)
    assert whole.requester == private.requester


def test_marks_are_points_without_a_ticket_being_read(store: Any) -> None:
    ticket = keep(store, requested_at=NOW)
    done = keep(store, requested_at=NOW + DAY, status=Status.CLOSED, updated_at=NOW + DAY)
    first, second = store.marks(asked())
    assert (first.ticket_id, first.is_open) == (done.ticket_id, False)
    assert (second.ticket_id, second.service_code, second.is_open) == (
        ticket.ticket_id,
        "pothole",
        True,
    )
    assert second.requested_at == NOW
    assert metres((second.lat, second.long), ELM) < 0.5
    assert len(store.marks(asked(), 1)) == 1


# -- what it costs ---------------------------------------------------------------------------------


class Watched:
    """The calls on a client, with how many rows each has read."""

    def __init__(self, client: Any) -> None:
        self._client, self.rows, self.calls = client, 0, 0

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        self.rows, self.calls = self.rows + answer["ScannedCount"], self.calls + 1
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@pytest.fixture
def watched(real_store: DynamoStore) -> Iterator[Watched]:
    watch = Watched(real_store._table._client)
    real_store._table._client = watch
    yield watch


def test_nothing_beside_the_box_is_read(real_store: DynamoStore, watched: Watched) -> None:
    kept = [keep(real_store, lat=ELM[0] + n / 10**5) for n in range(3)]
    for n in range(40):
        keep(real_store, lat=ELM[0] + 0.1 + n / 100)
    assert len(real_store.public(asked(end=NOW + DAY, start=NOW - DAY)).items) == 3
    assert watched.rows == len(kept)
    assert watched.calls <= 18
    watched.rows = 0
    assert len(real_store.nearby("pothole", BLOCK, NOW - DAY, is_public=True)) == 3
    assert watched.rows == len(kept)


def test_a_change_that_moves_nothing_leaves_the_index_alone(real_store: DynamoStore) -> None:
    ticket = keep(real_store)
    before = stored(real_store, ticket)
    ticket.record("noted", NOW + DAY, CLERK, text="Looked at it.")
    real_store.save(Change(ticket=ticket))
    assert stored(real_store, ticket) == before


def stored(store: DynamoStore, ticket: Ticket) -> dict[str, Any]:
    """What the index copies of a ticket; DynamoDB writes to an index only when this differs."""
    key = {"pk": {"S": store._keys.ticket(ticket.ticket_id)}, "sk": {"S": "TICKET"}}
    item = store._table.get(key) or {}
    return {name: item[name] for name in ("place_key", "place_at", "service_code")}


# -- the codes -------------------------------------------------------------------------------------


def test_codes_are_the_geohash_everybody_knows() -> None:
    assert encode(57.64911, 10.40744) == "u4pruydqqvj"


@given(EDGES)
def test_a_code_leads_back_to_its_place(place: tuple[float, float]) -> None:
    assert metres(decode(encode(*place)), place) < 0.2


@given(EDGES, st.floats(1, 100_000), st.floats(0, 1), st.floats(0, 1))
def test_every_place_in_a_box_is_in_one_of_few_ranges(
    middle: tuple[float, float], radius: float, up: float, along: float
) -> None:
    box = circle(*middle, radius)
    lat = max(min(box.south + up * (box.north - box.south), 90), -90)
    long = max(min(box.west + along * (box.east - box.west), 180), -180)
    found = ranges(box)
    assert len(found) <= 9
    assert any(first <= encode(lat, long) <= last for first, last in found)


def test_the_whole_world_is_one_range() -> None:
    assert ranges(Box(-180, -90, 180, 90)) == [("0" * 11, "z" * 11)]


def test_quarters_follow_each_other_over_the_year() -> None:
    start, end = datetime(2025, 11, 30, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert list(quarters(start, end)) == ["2025Q4", "2026Q1", "2026Q2"]
    assert list(quarters(end, start)) == []
