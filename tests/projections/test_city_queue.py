"""A queue page takes few calls, whatever the number of agencies and tickets, and loses no ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.tickets.dynamodb.stores import queues
from chalicelib.tickets.model.ticket import Priority, Status, Ticket
from chalicelib.tickets.ports import QueueQuery
from tests.examples import NOW
from tests.faults import fault
from tests.projections.conftest import City
from tests.projections.soak import CLERK

HOUR = timedelta(hours=1)


def ids(town: City, query: QueueQuery, size: int = 50) -> list[str]:
    """Everything a list shows, page by page."""
    found, token = [], ""
    while True:
        page = town.store.queue(query, size, token)
        found += [ticket.ticket_id for ticket in page.items]
        token = page.next_token
        if not token:
            return found


def spread_out(town: City, count: int) -> list[Ticket]:
    """Counted tickets of three agencies in turn, in the order of their deadlines."""
    codes = ("roads", "parks", "waste")
    kept = [town.keep(agency_code=codes[n % 3], due_at=NOW + n * HOUR) for n in range(count)]
    town.follow(*kept)
    town.finish()
    return kept


def test_the_whole_city_is_one_list_in_the_order_of_what_is_owed(town: City) -> None:
    kept = spread_out(town, 14)
    wanted = [ticket.ticket_id for ticket in kept]
    assert ids(town, QueueQuery()) == wanted
    assert ids(town, QueueQuery(), size=3) == wanted
    assert ids(town, QueueQuery(agency_codes=("roads", "waste")), size=4) == [
        ticket.ticket_id for ticket in kept if ticket.agency_code != "parks"
    ]


def test_a_page_costs_the_same_with_two_hundred_agencies(town: City) -> None:
    spread_out(town, 6)
    costs = []
    for more in (0, 200):
        for number in range(more):
            town.publish("agency", f"a{number}", agency_code=f"a{number}", agency_name={"en": "A"})
        with (
            fault("dynamodb.Query", times=0) as queries,
            fault("dynamodb.GetItem", times=0) as gets,
        ):
            town.store.queue(QueueQuery(), 5)
        costs.append((queries.calls, gets.calls))
    assert costs == [(1, 1), (1, 0)], "whether the list is whole is asked once by each process"


def test_filters_hold_in_the_list_of_the_whole_city(town: City) -> None:
    kept = spread_out(town, 4)
    kept[1].priority, kept[2].assignee, kept[3].priority = Priority.P1, "cleo", Priority.P1
    kept[3].assignee = "cleo"
    kept[2].change_status(Status.PENDING, NOW, CLERK)
    for ticket in kept[1:]:
        town.save(ticket)
    town.follow(*kept)
    of = [ticket.ticket_id for ticket in kept]
    assert ids(town, QueueQuery(is_unassigned=True)) == of[:2]
    assert ids(town, QueueQuery(priorities=("p1",))) == [of[1], of[3]]
    assert ids(town, QueueQuery(priorities=("p1",), is_unassigned=True)) == [of[1]]
    assert ids(town, QueueQuery(statuses=("pending",))) == [of[2]]
    assert ids(town, QueueQuery(is_open=False)) == []


def test_what_is_done_comes_with_the_latest_change_first(town: City) -> None:
    early, late = town.keep(), town.keep(agency_code="parks")
    town.finish()
    for ticket, at in ((early, NOW + HOUR), (late, NOW + 2 * HOUR)):
        ticket.change_status(Status.RESOLVED, at, CLERK)
        town.save(ticket)
    town.follow(early, late)
    assert ids(town, QueueQuery(is_open=False), 1) == [late.ticket_id, early.ticket_id]


def test_what_is_late_is_listed_by_what_was_owed_first(town: City) -> None:
    kept = spread_out(town, 5)
    unanswered = town.keep(due_at=NOW + 99 * HOUR, first_response_due_at=NOW + HOUR / 2)
    town.follow(unanswered)
    query = QueueQuery(due_before=NOW + 2 * HOUR)
    assert ids(town, query, 1) == [kept[0].ticket_id, unanswered.ticket_id, kept[1].ticket_id]
    roads = QueueQuery(agency_codes=("roads",), due_before=NOW + 2 * HOUR)
    assert ids(town, roads) == [kept[0].ticket_id, unanswered.ticket_id]


def test_a_list_that_is_behind_shows_each_ticket_as_it_is_now(town: City) -> None:
    kept = spread_out(town, 2)
    kept[0].change_status(Status.RESOLVED, NOW, CLERK)
    town.save(kept[0])
    assert ids(town, QueueQuery()) == [kept[1].ticket_id]


@pytest.fixture
def few_rows() -> Iterator[None]:
    """An answer of the index holds few rows."""
    rows, queues.ROWS_A_CALL = queues.ROWS_A_CALL, 3
    yield
    queues.ROWS_A_CALL = rows


@pytest.mark.usefixtures("few_rows")
@pytest.mark.parametrize("codes", [(), ("roads",), ("roads", "parks", "waste")])
def test_a_rare_filter_is_looked_for_a_few_calls_a_page_and_found_in_the_end(
    town: City, codes: tuple[str, ...]
) -> None:
    kept = spread_out(town, 40)
    for rare in (kept[0], kept[39]):
        rare.priority = Priority.P1
        town.save(rare)
    town.follow(kept[0], kept[39])
    query = QueueQuery(agency_codes=codes, priorities=("p1",))
    with fault("dynamodb.Query", times=0) as queries:
        page = town.store.queue(query, 10)
    assert queries.calls <= 4
    assert [ticket.ticket_id for ticket in page.items] == [kept[0].ticket_id]
    assert page.next_token, "the rest was not looked through, and says so"
    assert ids(town, query, 10) == [kept[0].ticket_id, kept[39].ticket_id]
