"""Counters are what a recount would find, whatever happened to their reader on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import StoreBusy
from chalicelib.projections.following import OutOfTime
from chalicelib.tickets.model.ticket import Status
from chalicelib.tickets.ports import QueueQuery
from tests.examples import NOW
from tests.faults import Died, cancelled, dying, fault
from tests.projections.conftest import City
from tests.projections.soak import CLERK, counted, recount, soak

DAY = timedelta(days=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_after_repeats_replays_and_deaths_every_counter_equals_a_recount(
    town: City, seed: int
) -> None:
    met = soak(town, 250, seed)
    assert met["Died"], "nothing went wrong, so nothing was tried"
    assert counted(town) == recount(town)
    assert min(counted(town).values()) > 0


def test_a_rebuild_equals_what_was_read_before_to_the_last_digit(town: City) -> None:
    soak(town, 120, 3)
    before = counted(town)
    town.projections.rebuild()
    town.finish()
    progress = town.kept.progress()
    assert (progress.reading, progress.building, progress.differences) == ("2", "", 0)
    assert counted(town) == before


def test_a_rebuild_tells_in_how_many_counters_it_differs(town: City) -> None:
    town.follow(town.keep())
    town.finish()
    town.client.update_item(
        TableName="civicline-tests",
        Key={"pk": {"S": f"{town.name}#COUNT#1#queue"}, "sk": {"S": "*#0"}},
        UpdateExpression="SET #n = :wrong",
        ExpressionAttributeNames={"#n": "n_open|new|p3|nobody"},
        ExpressionAttributeValues={":wrong": {"N": "7"}},
    )
    town.projections.rebuild()
    town.finish()
    assert town.kept.progress().differences == 1
    assert counted(town) == recount(town)


def test_what_changes_during_a_rebuild_is_counted_in_both_generations(town: City) -> None:
    tickets = [town.keep() for _ in range(3)]
    town.follow(*tickets)
    town.finish()
    town.projections.rebuild()
    ticket = town.store.get(tickets[1].ticket_id)
    ticket.change_status(Status.ACKNOWLEDGED, NOW, CLERK)
    town.save(ticket)
    town.follow(ticket)
    assert counted(town) == recount(town), "the one that is read"
    town.finish()
    assert town.kept.progress().reading == "2"
    assert counted(town) == recount(town), "the one that was built"


@pytest.mark.parametrize("is_after", [False, True])
def test_a_reader_killed_at_any_call_counts_once_when_it_comes_again(
    town: City, is_after: bool
) -> None:
    calls = 0
    while True:
        ticket, calls = town.keep(), calls + 1
        try:
            with dying(calls, is_after=is_after) as seen:
                town.follow(ticket)
        except Died:
            town.follow(ticket)
            assert counted(town) == recount(town), seen
            continue
        break
    assert calls > 3, "reads and the one transaction"


def test_counting_again_costs_reads_and_writes_nothing(town: City) -> None:
    ticket = town.keep()
    town.follow(ticket)
    with fault("dynamodb.TransactWriteItems", times=0) as writes:
        town.follow(ticket, ticket)
    assert not writes.calls


def test_a_table_that_refuses_is_told_and_nothing_is_half_counted(town: City) -> None:
    ticket = town.keep()
    reply = cancelled("TransactionConflict")
    with fault("dynamodb.TransactWriteItems", times=99, reply=reply), pytest.raises(StoreBusy):
        town.follow(ticket)
    assert not counted(town)
    town.follow(ticket)
    assert counted(town) == recount(town)


def test_without_time_it_stops_by_name_and_keeps_what_it_counted(town: City) -> None:
    tickets = [town.keep() for _ in range(25)]
    left = iter([60_000, 60_000, 1_000])
    with pytest.raises(OutOfTime, match="5 of 25"):
        town.projections.follow([t.ticket_id for t in tickets], lambda: next(left))
    assert sum(n for c, n in counted(town).items() if (c.board, c.row) == ("queue", "*")) == 20


def test_time_alone_makes_a_ticket_late_and_an_answer_in_time_is_none(town: City) -> None:
    late, answered = town.keep(due_at=NOW + DAY), town.keep(due_at=NOW + 2 * DAY)
    town.follow(late, answered)
    town.finish()
    assert town.figures.late(()).rows["*"] == {}
    town.clock.move(DAY)
    town.finish()
    assert town.figures.late(()).rows["*"] == {}, "in the very moment it is in time"
    town.clock.move(timedelta(seconds=1))
    town.finish()
    assert town.figures.late(()).rows["*"] == {"roads": 1}
    ticket = town.store.get(late.ticket_id)
    ticket.change_status(Status.RESOLVED, town.clock.now(), CLERK)
    town.save(ticket)
    town.follow(ticket)
    assert town.figures.late(()).rows["*"] == {}


def test_what_the_stream_lost_is_found_by_the_check_of_the_next_day(town: City) -> None:
    town.finish()
    town.keep()
    town.clock.move(timedelta(hours=23))
    town.finish()
    assert not counted(town)
    town.clock.move(timedelta(hours=2))
    town.finish()
    assert counted(town) == recount(town)


def test_the_check_reads_of_what_is_done_only_what_changed_since_the_last(town: City) -> None:
    done = [town.keep(status=Status.CLOSED, updated_at=NOW - DAY) for _ in range(3)]
    town.follow(*done)
    town.finish()
    town.clock.move(timedelta(hours=25))
    town.finish()
    town.clock.move(timedelta(hours=25))
    with fault("dynamodb.BatchGetItem", times=0) as reads:
        town.finish()
    assert not [body for body in reads.bodies if done[0].ticket_id.encode() in body]


def test_a_changed_area_counts_all_anew(town: City) -> None:
    ticket = town.keep(lat=40.5, long=-74.5, is_public=True)
    town.follow(ticket)
    town.finish()
    square = [[-75, 40], [-74, 40], [-74, 41], [-75, 41], [-75, 40]]
    shape = {"type": "Polygon", "coordinates": [square]}
    town.publish("area", "north", area_code="north", name={"en": "North"}, geometry=shape)
    town.finish()
    assert not [c for c in counted(town) if "area:" in c.row], "other processes may not know yet"
    town.clock.move(timedelta(minutes=3))
    town.finish()
    assert [c for c in counted(town) if c.row.endswith("area:north")]
    assert counted(town) == recount(town)


def test_rows_spread_over_more_items_lose_nothing(client: Any, city: str) -> None:
    small = City(client, city)
    small.follow(small.keep())
    large = City(client, city, spread=8)
    for _ in range(12):
        large.follow(large.keep())
    for town in (small, large):
        all_, _, _ = town.figures.queue((), "nobody")
        assert sum(each.number for each in all_) == 13


def test_an_unfinished_first_walk_leaves_the_queue_to_the_agencies(town: City) -> None:
    kept = [town.keep(agency_code=code) for code in ("roads", "parks")]
    found = town.store.queue(QueueQuery(agency_codes=("roads", "parks"))).items
    assert {t.ticket_id for t in found} == {t.ticket_id for t in kept}
