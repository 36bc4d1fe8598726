"""What the store costs when there is much: calls follow what is asked for, not what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.tickets.dynamodb import DynamoStore
from chalicelib.tickets.dynamodb.items.entries import HEAD
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.dynamodb.timelines import ENTRIES
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.ports import PublicQuery, QueueQuery
from tests.examples import CLERK, DAY, MINUTE, NOW, a_message, a_notification, a_ticket
from tests.tickets.conftest import ENGINES, TABLE

LINE = "The lamp at the corner has been out for a week and it is quite dark there. "


@pytest.fixture
def calls(client: Any) -> Iterator[Counter[str]]:
    """The calls to the table by operation."""
    counted: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        counted[model.name] += 1

    client.meta.events.register("before-call.dynamodb", count)
    yield counted
    client.meta.events.unregister("before-call.dynamodb", count)


def fill(client: Any, city: str, tickets: list[Ticket]) -> None:
    """Put tickets in the table as they stand after many saves."""
    keys = Keys(city, 4)
    puts = [{"PutRequest": {"Item": ticket_item(keys, ticket, "w")}} for ticket in tickets]
    for start in range(0, len(puts), 25):
        client.batch_write_item(RequestItems={TABLE: puts[start : start + 25]})


def test_a_report_with_all_it_causes_is_one_call(
    real_store: DynamoStore, calls: Counter[str]
) -> None:
    ticket = a_ticket()
    notification = a_notification(ticket.ticket_id)
    real_store.save(
        Change(ticket=ticket, message=a_message(), notifications=[notification, a_notification()])
    )
    assert calls == {"TransactWriteItems": 1}


@pytest.mark.parametrize("client", ENGINES[1:], indirect=True)
def test_a_thousand_public_tickets_are_at_most_five_calls(
    real_store: DynamoStore, client: Any, city: str, calls: Counter[str]
) -> None:
    tickets = [
        a_ticket(is_public=True, requested_at=NOW + n * MINUTE, description=LINE * 5, entries=False)
        for n in range(1000)
    ]
    fill(client, city, tickets)
    calls.clear()
    page = real_store.public(PublicQuery(start=NOW - DAY, end=NOW + 90 * DAY), 1000)
    assert [ticket.ticket_id for ticket in page.items] == [t.ticket_id for t in tickets[::-1]]
    assert set(calls) == {"Query"}
    assert calls["Query"] <= 5


def test_a_run_over_what_is_due_costs_the_same_among_many_open_tickets(
    real_store: DynamoStore, client: Any, city: str, calls: Counter[str]
) -> None:
    fill(client, city, [a_ticket(next_action_at=NOW) for _ in range(5)])
    calls.clear()
    assert len(list(real_store.due_tickets(NOW))) == 5
    few = dict(calls)
    fill(client, city, [a_ticket(next_action_at=NOW + DAY) for _ in range(200)])
    calls.clear()
    assert len(list(real_store.due_tickets(NOW))) == 5
    assert calls == few == {"Query": 4}


def test_a_page_of_a_queue_costs_the_same_among_many_open_tickets(
    real_store: DynamoStore, client: Any, city: str, calls: Counter[str]
) -> None:
    for size in (20, 200):
        fill(client, city, [a_ticket(due_at=NOW + n * MINUTE) for n in range(size)])
        calls.clear()
        page = real_store.queue(QueueQuery(agency_codes=("roads",)), 10)
        assert len(page.items) == 10
        assert calls == {"Query": 4, "BatchGetItem": 1}


def pages_of(store: DynamoStore, ticket: Ticket) -> Iterator[list[Entry]]:
    """The pages of a timeline, the latest first."""
    token = ""
    while True:
        page = store.timeline(store.get(ticket.ticket_id), token)
        yield [*page.items]
        token = page.next_token
        if not token:
            return


def test_a_page_of_long_entries_holds_their_beginnings_and_each_is_kept_whole(
    real_store: DynamoStore, calls: Counter[str]
) -> None:
    ticket = a_ticket()
    real_store.save(Change(ticket=ticket))
    for number in range(30):
        ticket.new_entries = []
        ticket.record("appended", NOW, CLERK, text=f"{number}" + "چ" * 300_000)
        real_store.save(Change(ticket=ticket))
    calls.clear()
    [entries] = pages_of(real_store, ticket)
    assert calls == {"GetItem": 1, "BatchGetItem": 1}
    assert [entry.number for entry in entries] == list(range(1, 32))
    assert all(entry.is_cut and len(entry.text) == HEAD for entry in entries[1:])
    whole = real_store.entry(ticket.ticket_id, 2)
    assert (whole.text, whole.is_cut) == ("0" + "چ" * 300_000, False)


def test_a_timeline_has_no_end_and_a_page_of_it_the_same_price(
    real_store: DynamoStore, calls: Counter[str]
) -> None:
    ticket = a_ticket()
    real_store.save(Change(ticket=ticket))
    for _ in range(12):
        ticket.new_entries = []
        for number in range(90):
            ticket.record("noted", NOW, CLERK, text=f"note {number}")
        real_store.save(Change(ticket=ticket))
    calls.clear()
    latest = next(pages_of(real_store, ticket))
    assert [entry.number for entry in latest] == list(range(1032, 1082))
    assert calls == {"GetItem": 1, "BatchGetItem": 1}
    pages = [*pages_of(real_store, ticket)]
    numbers = [entry.number for page in reversed(pages) for entry in page]
    assert numbers == list(range(1, 1082)), "and all of it is on some page, once"
    assert all(len(page) <= ENTRIES for page in pages)


def test_too_much_for_one_transaction_is_refused_with_the_remedy(real_store: DynamoStore) -> None:
    notifications = [a_notification() for _ in range(101)]
    with pytest.raises(ValueError, match="split it"):
        real_store.save(Change(notifications=notifications))
