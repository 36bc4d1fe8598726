"""What pages are told: right numbers, for those who may know them, in few calls."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.projections.reading import chosen
from chalicelib.tickets.clocks.kept_promises import Line, Tally
from chalicelib.tickets.model.ticket import ClockEvent, Priority, Status, Ticket
from tests.examples import NOW
from tests.faults import fault
from tests.projections.conftest import City
from tests.projections.soak import CLERK

HOUR = timedelta(hours=1)
SERVICE = {
    "service_code": "pothole",
    "service_name": {"en": "Pothole"},
    "description": {"en": "A hole in a road."},
    "agency_code": "roads",
}


def promise(town: City) -> None:
    """Every report is resolved within ten hours."""
    town.publish(
        "target", "all", target_id="all", clock="resolution", minutes=600, is_working_time=False
    )


def opened(town: City, **facts: object) -> Ticket:
    """A ticket whose clocks run."""
    ticket = town.keep(**facts)
    ticket.mark(ClockEvent.STARTED, ticket.record("noted", NOW, CLERK))
    return town.save(ticket)


def test_the_tabs_count_what_the_lists_would_show(town: City) -> None:
    town.follow(
        town.keep(),
        town.keep(priority=Priority.P1),
        town.keep(assignee="cleo"),
        town.keep(agency_code="parks", status=Status.PENDING),
        town.keep(status=Status.CLOSED, assignee="cleo"),
    )
    all_, own, at = town.figures.queue((), "cleo")
    assert at == NOW
    assert chosen(all_) == 4
    assert chosen(all_, is_unassigned=True) == 3
    assert chosen(all_, is_open=False) == 1
    assert chosen(all_, priorities=("p1",)) == 1
    assert chosen(all_, statuses=("pending",)) == 1
    assert (chosen(own), chosen(own, is_open=False)) == (1, 1)
    roads, _, _ = town.figures.queue(("roads",), "cleo")
    assert chosen(roads) == 3


def test_whoever_works_for_some_agencies_is_told_of_these_alone(town: City) -> None:
    promise(town)
    town.follow(opened(town), opened(town, agency_code="parks", due_at=NOW + HOUR))
    town.clock.move(11 * HOUR)
    town.finish()
    assert town.figures.late(("parks",)).rows["*"] == {"parks": 1}
    lines = town.figures.promises(("2026-03",), ("parks",))
    assert lines == {
        Line("agency", "parks", "resolution", "2026-03"): Tally(0, 1),
        Line("service", "pothole", "resolution", "2026-03"): Tally(0, 1),
    }
    asked = town.figures.asked("2026-03", ("parks",))
    assert set(asked) == {"*", "agency:parks"}
    assert asked["*"]["asked"] == 1


def test_promises_are_told_by_the_month_in_which_they_were_decided(town: City) -> None:
    promise(town)
    kept, broken = opened(town), opened(town)
    town.clock.move(HOUR)
    kept.change_status(Status.RESOLVED, town.clock.now(), CLERK)
    town.save(kept)
    town.follow(kept, broken)
    lines = town.figures.promises(("2026-03",), ())
    assert lines[Line("agency", "roads", "resolution", "2026-03")] == Tally(1, 1)
    town.clock.move(10 * HOUR)
    town.finish()
    lines = town.figures.promises(("2026-03",), ())
    assert lines[Line("agency", "roads", "resolution", "2026-03")] == Tally(1, 2)
    assert lines[Line("service", "pothole", "resolution", "2026-03")] == Tally(1, 2)


def test_promises_of_five_agencies_are_read_in_six_calls(town: City) -> None:
    promise(town)
    town.follow(opened(town), opened(town, agency_code="parks"))
    town.clock.move(11 * HOUR)
    town.finish()
    codes = ("roads", "parks", "waste", "water", "trees")
    with fault("dynamodb.GetItem", times=0) as gets, fault("dynamodb.Query", times=0) as queries:
        lines = town.figures.promises(("2026-03",), codes)
    assert (gets.calls, queries.calls) == (1, 5)
    assert lines[Line("agency", "roads", "resolution", "2026-03")] == Tally(0, 1)
    assert lines[Line("service", "pothole", "resolution", "2026-03")] == Tally(0, 2)


def test_a_month_is_told_by_channel_language_and_hour(town: City) -> None:
    town.follow(*(town.keep(locale="fa") for _ in range(2)), town.keep(agency_code="parks"))
    asked = town.figures.asked("2026-03", ())
    assert asked["*"] == {
        "asked": 3,
        "channel:email": 3,
        "hour:04": 3,  # nine o'clock in Greenwich
        "locale:fa": 2,
        "locale:en": 1,
        "priority:p3": 3,
    }
    assert asked["agency:parks"]["asked"] == 1
    assert town.figures.asked("2026-02", ()) == {"*": {}}


def test_everybody_is_told_of_what_is_public_today_and_of_nothing_else(town: City) -> None:
    town.follow(
        *(town.keep(is_public=True, channel="open311") for _ in range(6)),
        town.keep(is_public=False),
        town.keep(is_public=True, channel="open311", merged_into="SR-TEST-0001-X"),
    )
    services, _ = town.figures.public(["2026-03"])
    assert services.total.reported == 6
    assert [(line.code, line.reported) for line in services.lines] == [("pothole", 6)]
    assert town.figures.public(["2026-02"])[0].total.reported == 0
    town.publish("service", "pothole", **SERVICE, is_public=False)
    hidden, _ = town.figures.public(["2026-03"])
    assert (hidden.lines, hidden.total.reported) == ((), 0), "at once, whatever was counted"
    town.clock.move(3 * timedelta(minutes=1))
    town.finish()
    assert town.figures.public(["2026-03"])[0].total.reported == 0


def test_the_change_feed_tells_each_ticket_at_its_latest_change(town: City) -> None:
    first, second = town.keep(), town.keep(agency_code="parks")
    for ticket in (first, second):
        town.clock.move(HOUR)
        town.follow(ticket)
    town.clock.move(HOUR)
    page = town.figures.changes("", 1, ())
    assert [(c.ticket_id, c.version) for c in page.items] == [(first.ticket_id, 1)]
    assert page.is_more
    first.change_status(Status.ACKNOWLEDGED, town.clock.now(), CLERK)
    town.save(first)
    town.follow(first)
    town.clock.move(HOUR)
    rest = town.figures.changes(page.position, 10, ())
    told = [(change.ticket_id, change.version) for change in rest.items]
    assert told == [(second.ticket_id, 1), (first.ticket_id, 2)]
    assert not rest.is_more
    assert town.figures.changes(rest.position, 10, ()).items == []
    of_parks = town.figures.changes("", 10, ("parks",)).items
    assert [change.ticket_id for change in of_parks] == [second.ticket_id]


def test_what_was_counted_this_moment_is_kept_back_until_it_is_in_order(town: City) -> None:
    town.follow(town.keep())
    assert town.figures.changes("", 10, ()) == ([], "", False)


def test_time_alone_moves_no_ticket_in_the_change_feed(town: City) -> None:
    ticket = town.keep(due_at=NOW + HOUR)
    town.follow(ticket)
    town.clock.move(2 * HOUR)
    town.finish()
    [change] = town.figures.changes("", 10, ()).items
    assert change.at == NOW


def test_numbers_of_a_page_are_read_in_one_call(town: City) -> None:
    town.follow(town.keep())
    with fault("dynamodb.BatchGetItem", times=0) as batches, fault("dynamodb.Query", times=0) as q:
        town.figures.queue(("roads", "parks", "waste"), "cleo")
    assert (batches.calls, q.calls) == (1, 0)
