"""What the lists of the store promise, for the fake and for every engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.messages import Party
from chalicelib.tickets.catalog.bodies import read_catalog
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Priority, Status, Ticket
from chalicelib.tickets.ports import CatalogItem, Page, PublicQuery, QueueQuery
from tests.examples import ANNA, CLERK, DAY, MINUTE, NOW, a_message, a_ticket, an_audit_record

ROADS = QueueQuery(agency_codes=("roads",))
ALWAYS = PublicQuery(start=NOW - 400 * DAY, end=NOW + 400 * DAY)


def keep(store: Any, **facts: Any) -> Ticket:
    """A stored ticket."""
    ticket = a_ticket(**facts)
    store.save(Change(ticket=ticket))
    ticket.new_entries = []
    return ticket


def walk(ask: Callable[[str], Page[Any]]) -> list[Any]:
    """All rows of a list, page by page."""
    page, rows = ask(""), []
    while True:
        rows += page.items
        if not page.next_token:
            return rows
        page = ask(page.next_token)


def ids(tickets: Any) -> list[str]:
    return [ticket.ticket_id for ticket in tickets]


def test_a_queue_shows_open_tickets_soonest_deadline_first(store: Any) -> None:
    late = keep(store, due_at=NOW + 3 * DAY)
    endless = keep(store, due_at=None)
    soon = keep(store, due_at=NOW + DAY)
    keep(store, agency_code="parks")
    keep(store, status=Status.CLOSED)
    assert ids(store.queue(ROADS).items) == ids([soon, late, endless])


def test_a_queue_pages_over_all_shards_without_gap_or_repetition(store: Any) -> None:
    kept = [keep(store, due_at=NOW + n * MINUTE) for n in range(23)]
    assert ids(walk(lambda token: store.queue(ROADS, 5, token))) == ids(kept)


def test_tickets_due_at_the_same_moment_page_without_loss(store: Any) -> None:
    kept = [keep(store, due_at=None if n % 2 else NOW) for n in range(14)]
    found = ids(walk(lambda token: store.queue(ROADS, 3, token)))
    assert sorted(found) == sorted(ids(kept))


def test_the_last_page_names_no_further_one(store: Any) -> None:
    for _ in range(4):
        keep(store)
    assert store.queue(ROADS, 4).next_token == ""
    assert store.queue(ROADS, 3).next_token != ""


def test_a_queue_is_narrowed_by_status_priority_and_nobody(store: Any) -> None:
    new = keep(store)
    pending = keep(store, status=Status.PENDING, priority=Priority.P1, assignee="clerk@x.org")
    urgent = keep(store, priority=Priority.P1)
    assert ids(_queue(store, statuses=("pending",))) == ids([pending])
    assert ids(_queue(store, priorities=("p1",), is_unassigned=True)) == ids([urgent])
    assert set(ids(_queue(store, is_unassigned=True))) == set(ids([new, urgent]))


def _queue(store: Any, **facts: Any) -> list[Ticket]:
    return list(store.queue(QueueQuery(agency_codes=("roads",), **facts)).items)


def test_narrowed_queues_page_too(store: Any) -> None:
    urgent = [keep(store, priority=Priority.P1, due_at=NOW + n * MINUTE) for n in range(9)]
    for _ in range(9):
        keep(store)
    query = QueueQuery(agency_codes=("roads",), priorities=("p1",))
    assert ids(walk(lambda token: store.queue(query, 2, token))) == ids(urgent)


def test_ones_own_tickets_come_from_every_agency(store: Any) -> None:
    mine = keep(store, assignee="clerk@x.org")
    also = keep(store, assignee="clerk@x.org", agency_code="parks", due_at=NOW)
    keep(store, assignee="else@x.org")
    assert ids(store.queue(QueueQuery(assignee="clerk@x.org")).items) == ids([also, mine])
    in_parks = QueueQuery(assignee="clerk@x.org", agency_codes=("parks",))
    assert ids(store.queue(in_parks).items) == ids([also])


def test_several_agencies_are_merged(store: Any) -> None:
    roads, parks = keep(store, due_at=NOW + DAY), keep(store, agency_code="parks", due_at=NOW)
    query = QueueQuery(agency_codes=("roads", "parks"))
    assert ids(store.queue(query).items) == ids([parks, roads])


def test_without_agencies_every_agency_of_the_catalogue_is_shown(
    store: Any, catalogue: Any
) -> None:
    for code in ("roads", "parks"):
        body = {"agency_code": code, "agency_name": {"en": code}}
        catalogue.put(CatalogItem(kind="agency", code=code, version=0, body=body), CLERK, NOW)
    roads, parks = keep(store, due_at=NOW + DAY), keep(store, agency_code="parks", due_at=NOW)
    assert ids(store.queue(QueueQuery()).items) == ids([parks, roads])


def test_what_came_in_before_there_was_any_agency_is_shown(store: Any, catalogue: Any) -> None:
    early = keep(store, agency_code=read_catalog([]).triage().agency_code)
    assert ids(store.queue(QueueQuery()).items) == ids([early])
    body = {"agency_code": "desk", "agency_name": {"en": "Desk"}, "is_triage": True}
    catalogue.put(CatalogItem(kind="agency", code="desk", version=0, body=body), CLERK, NOW)
    assert ids(store.queue(QueueQuery()).items) == ids([early])


def test_done_tickets_are_listed_latest_change_first(store: Any) -> None:
    old = keep(store, status=Status.CLOSED, updated_at=NOW)
    new = keep(store, status=Status.RESOLVED, updated_at=NOW + DAY)
    keep(store)
    query = QueueQuery(agency_codes=("roads",), is_open=False)
    assert ids(walk(lambda token: store.queue(query, 1, token))) == ids([new, old])
    resolved = QueueQuery(agency_codes=("roads",), is_open=False, statuses=("resolved",))
    assert ids(store.queue(resolved).items) == ids([new])


def test_a_ticket_moves_between_lists_as_it_changes(store: Any) -> None:
    ticket = keep(store, next_action_at=NOW)
    ticket.change_status(Status.CANCELLED, NOW, CLERK)
    ticket.next_action_at = None
    store.save(Change(ticket=ticket))
    assert ids(store.queue(ROADS).items) == []
    done = QueueQuery(agency_codes=("roads",), is_open=False)
    assert ids(store.queue(done).items) == ids([ticket])
    assert list(store.due_tickets(NOW + DAY)) == []


def test_due_tickets_are_those_whose_moment_has_come(store: Any) -> None:
    due = [keep(store, next_action_at=NOW - n * MINUTE) for n in range(6)]
    keep(store, next_action_at=NOW + MINUTE)
    keep(store)
    assert sorted(store.due_tickets(NOW)) == sorted(ids(due))


def test_a_requesters_tickets_come_newest_first(store: Any) -> None:
    kept = [keep(store, requested_at=NOW + n * DAY) for n in range(4)]
    keep(store, requester=Party(name="Bo", phone="+15550100"))
    assert ids(store.tickets_of(ANNA.key)) == ids(reversed(kept))
    assert ids(store.tickets_of(ANNA.key, 2)) == ids(reversed(kept[2:]))
    assert store.tickets_of("") == []


def test_an_anonymous_ticket_belongs_to_nobody(store: Any) -> None:
    keep(store, requester=Party())
    assert store.tickets_of("") == []


def test_public_tickets_come_newest_first_and_private_ones_never(store: Any) -> None:
    kept = [keep(store, requested_at=NOW + n * DAY, is_public=True) for n in range(5)]
    keep(store)
    found = walk(lambda token: store.public(ALWAYS, 2, token))
    assert ids(found) == ids(reversed(kept))


def test_a_public_list_holds_nothing_of_the_requester(store: Any) -> None:
    shown = PublicWords("There is a hole.", "", "Elm Street")
    own = {"subject": "about me", "address": "Elm Street 5, flat 2", "attributes": {"size": "9"}}
    keep(store, is_public=True, assignee="clerk@x.org", public_words=shown, **own)
    [found] = store.public(ALWAYS).items
    assert found.requester == Party()
    assert (found.subject, found.assignee, found.address) == ("", "", "")
    assert (found.description, found.attributes) == ("", {})
    assert found.public_words == shown


def test_a_public_list_is_narrowed_by_period_service_and_state(store: Any) -> None:
    first = keep(store, is_public=True, requested_at=NOW)
    other = keep(store, is_public=True, requested_at=NOW + DAY, service_code="graffiti")
    done = keep(store, is_public=True, requested_at=NOW + 2 * DAY, status=Status.RESOLVED)
    assert ids(_public(store, end=NOW)) == ids([first])
    assert ids(_public(store, start=NOW + DAY)) == ids([done, other])
    assert ids(_public(store, service_codes=("graffiti", "tree"))) == ids([other])
    assert ids(_public(store, is_open=True)) == ids([other, first])
    assert ids(_public(store, is_open=False)) == ids([done])
    assert ids(_public(store, is_open=True, service_codes=("pothole",))) == ids([first])


def _public(store: Any, **facts: Any) -> list[Ticket]:
    period = {"start": ALWAYS.start, "end": ALWAYS.end}
    return list(store.public(PublicQuery(**period | facts)).items)


def test_a_public_list_can_follow_the_last_change(store: Any) -> None:
    quiet = keep(store, is_public=True, updated_at=NOW)
    busy = keep(store, is_public=True, updated_at=NOW + DAY, requested_at=NOW - DAY)
    query = PublicQuery(start=ALWAYS.start, end=ALWAYS.end, order="updated")
    assert ids(walk(lambda token: store.public(query, 1, token))) == ids([busy, quiet])


def test_a_public_list_can_begin_with_the_oldest(store: Any) -> None:
    kept = [keep(store, is_public=True, updated_at=NOW + n * DAY) for n in range(5)]
    query = PublicQuery(start=ALWAYS.start, end=ALWAYS.end, order="updated", is_oldest_first=True)
    assert ids(walk(lambda token: store.public(query, 2, token))) == ids(kept)


def test_a_page_ends_before_it_is_too_large_to_send(real_store: Any) -> None:
    words = PublicWords(description="&" * 300_000)
    kept = [
        keep(real_store, is_public=True, requested_at=NOW + n * DAY, public_words=words)
        for n in range(7)
    ]
    first = real_store.public(ALWAYS, 1_000)
    assert ids(first.items) == ids(reversed(kept[-3:]))
    assert ids(walk(lambda token: real_store.public(ALWAYS, 1_000, token))) == ids(reversed(kept))


def test_several_tickets_come_in_one_go_without_those_there_are_not(store: Any) -> None:
    first, second = keep(store), keep(store)
    wanted = [second.ticket_id, "SR-NONE", first.ticket_id]
    assert ids(store.several(wanted)) == ids([second, first])


def test_the_timelines_of_several_tickets_come_in_order(store: Any) -> None:
    ticket, other = keep(store), keep(store)
    ticket.record("noted", NOW, CLERK, text="Looked at it.")
    store.save(Change(ticket=ticket))
    found = store.timelines([store.get(ticket.ticket_id), store.get(other.ticket_id)])
    assert [entry.kind for entry in found[ticket.ticket_id]] == ["opened", "noted"]
    assert [entry.kind for entry in found[other.ticket_id]] == ["opened"]


def test_held_messages_come_newest_first(store: Any) -> None:
    kept = [
        a_message(outcome="quarantined", at=NOW + timedelta(hours=n), ticket_id="")
        for n in range(5)
    ]
    for message in [*kept, a_message()]:
        store.save(Change(message=message))
    assert walk(lambda token: store.quarantine(2, token)) == kept[::-1]


def test_the_audit_trail_comes_newest_first(store: Any) -> None:
    kept = [an_audit_record(at=NOW + n * MINUTE) for n in range(5)]
    store.save(Change(audit=kept))
    assert walk(lambda token: store.audit(2, token)) == kept[::-1]


def test_a_token_of_another_list_or_filter_is_refused(store: Any) -> None:
    for _ in range(4):
        keep(store, is_public=True)
    token = store.queue(ROADS, 2).next_token
    for wrong in (token[:-2] + "zz", "nonsense", "W10", "eyJ9", "é", "[]"):
        with pytest.raises(InvalidRequest):
            store.queue(ROADS, 2, wrong)
    with pytest.raises(InvalidRequest):
        store.queue(QueueQuery(agency_codes=("parks",)), 2, token)
    with pytest.raises(InvalidRequest):
        store.public(ALWAYS, 2, token)
