"""What one ticket adds to the counters at a moment; pure. They are sums of this and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.areas import areas_of
from chalicelib.tickets.clocks.deadlines import clocks_of
from chalicelib.tickets.clocks.promises import next_due_at
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports.projections import Count
from chalicelib.tickets.publishing.figures import measures
from chalicelib.tickets.publishing.publication import is_published
from chalicelib.tickets.worktime.calendars import Calendar, add_working_minutes
from chalicelib.tickets.worktime.sla import ClockState

QUEUE, LATE, ASKED, PUBLIC = "queue", "late", "asked", "public"
PROMISES, PROMISES_OF_AGENCIES = "promises", "promises of agencies"
BOARDS = (QUEUE, LATE, ASKED, PROMISES, PROMISES_OF_AGENCIES, PUBLIC)
ALL = "*"
INSTANT = timedelta(microseconds=1)


def counts_of(
    ticket: Ticket, catalog: Catalog, now: datetime, zone: ZoneInfo
) -> tuple[dict[Count, int], datetime | None]:
    """The counters that this ticket stands in, and the next moment at which time alone changes them."""
    clocks = clocks_of(ticket, catalog, now)
    areas = areas_of(catalog.areas.values(), ticket.lat, ticket.long)
    calendar = catalog.calendar_of(ticket.agency_code)
    found = [
        *_standing(ticket, now),
        *_asked(ticket, areas, zone),
        *_promised(ticket, clocks, now, calendar.zone),
        *_public(ticket, areas, catalog, zone),
    ]
    return dict.fromkeys(found, 1), _next_turn(ticket, clocks, calendar, now)


def _standing(ticket: Ticket, now: datetime) -> Iterator[Count]:
    """How it stands now: in the queue of the city, of its agency, of its assignee."""
    state, hands = "open" if ticket.is_open else "done", "assigned" if ticket.assignee else "nobody"
    name = f"{state}|{ticket.status}|{ticket.priority}|{hands}"
    rows = [ALL, f"agency:{ticket.agency_code}"]
    if ticket.assignee:
        rows.append(f"assignee:{ticket.assignee}")
    yield from (Count(QUEUE, row, name) for row in rows)
    due_at = next_due_at(ticket)
    if ticket.is_open and due_at and due_at < now:
        yield Count(LATE, ALL, ticket.agency_code)


def _asked(ticket: Ticket, areas: tuple[str, ...], zone: ZoneInfo) -> Iterator[Count]:
    """What was asked for in its month, and how; all of it is the sum of agencies."""
    at = ticket.requested_at.astimezone(zone)
    names = ("asked", f"channel:{ticket.channel}", f"locale:{ticket.locale}", f"hour:{at:%H}")
    agency, service = f"agency:{ticket.agency_code}", f"service:{ticket.service_code}"
    for row in (agency, service, *(f"area:{code}" for code in areas)):
        for name in (*names, f"priority:{ticket.priority}"):
            yield Count(ASKED, f"{at:%Y-%m}#{row}", name)


def _promised(
    ticket: Ticket, clocks: list[ClockState], now: datetime, zone: ZoneInfo
) -> Iterator[Count]:
    """Which promises were decided, in the month in which they were, and whether they were kept."""
    for state in clocks:
        if state.met is None:
            continue
        at = state.stopped_at if state.met else state.due_at or state.stopped_at
        month = f"{(at or now).astimezone(zone):%Y-%m}"
        rows = (
            (PROMISES, f"{month}#agency:{ticket.agency_code}"),
            (PROMISES, f"{month}#service:{ticket.service_code}"),
            (PROMISES_OF_AGENCIES, f"{ticket.agency_code}#{month}#service:{ticket.service_code}"),
        )
        for outcome in ("decided", "kept") if state.met else ("decided",):
            yield from (Count(*row, f"{outcome}:{state.clock}") for row in rows)


def _public(
    ticket: Ticket, areas: tuple[str, ...], catalog: Catalog, zone: ZoneInfo
) -> Iterator[Count]:
    """What everybody may know became of it. What was merged into another ticket is counted there.

    There is no row for all: that is the sum of services, of those that are public when it is asked for.
    """
    if ticket.merged_into or not is_published(ticket, catalog):
        return
    month = f"{ticket.requested_at.astimezone(zone):%Y-%m}"
    rows = (f"service:{ticket.service_code}", *(f"area:{code}" for code in areas))
    for name in measures(ticket):
        yield from (Count(PUBLIC, f"{month}#{row}", name) for row in rows)


def _next_turn(
    ticket: Ticket, clocks: list[ClockState], calendar: Calendar, now: datetime
) -> datetime | None:
    """Counts turn just after a deadline, for who acts in the same moment was in time.

    One at the end of a working day is over only when the next one begins.
    """
    undecided = [state.due_at for state in clocks if state.met is None and state.due_at]
    owed = next_due_at(ticket) if ticket.is_open else None
    moments = [at + INSTANT for at in (*undecided, owed) if at]
    moments += [add_working_minutes(calendar, at, 1) for at in undecided if at <= now]
    return min((at for at in moments if at > now), default=None)
