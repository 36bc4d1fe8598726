"""Kept promises: how many, and why what is late is late; pure, counts what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.clocks.deadlines import clocks_of
from chalicelib.tickets.model.ticket import ClockEvent, Status, Ticket

QUIET = timedelta(days=2)  # without an act of staff, after which silence is a reason


class Tally(NamedTuple):
    """How many promises were kept, of how many that were decided."""

    kept: int = 0
    decided: int = 0

    @property
    def percent(self) -> int:
        """The share that was kept, rounded down so that 100 means all."""
        return self.kept * 100 // self.decided if self.decided else 0

    def plus(self, *, is_kept: bool) -> Tally:
        """With one more decided promise."""
        return Tally(self.kept + is_kept, self.decided + 1)


class Line(NamedTuple):
    """Of what a tally is: an agency or service, a clock, and the month (YYYY-MM) it was decided in."""

    by: str
    code: str
    clock: str
    month: str


def tally(tickets: Iterable[Ticket], catalog: Catalog, now: datetime) -> dict[Line, Tally]:
    """Promises kept by agency and by service, over the months in which they were decided.

    A promise is decided when its clock stopped, or when its time ran out before that.
    """
    found: dict[Line, Tally] = {}
    for ticket in tickets:
        for clock, is_kept, at in _decided(ticket, catalog, now):
            for by, code in (("agency", ticket.agency_code), ("service", ticket.service_code)):
                line = Line(by, code, clock, f"{at:%Y-%m}")
                found[line] = found.get(line, Tally()).plus(is_kept=is_kept)
    return found


def _decided(
    ticket: Ticket, catalog: Catalog, now: datetime
) -> Iterator[tuple[str, bool, datetime]]:
    zone = catalog.calendar_of(ticket.agency_code).zone
    for state in clocks_of(ticket, catalog, now):
        if state.met is not None:
            at = state.stopped_at if state.met else state.due_at or state.stopped_at
            yield state.clock, state.met, (at or now).astimezone(zone)


def whys(ticket: Ticket, now: datetime) -> Iterator[tuple[str, int]]:
    """The reasons why an open ticket is where it is, as (code, how many), most telling first."""
    if ticket.status is Status.PENDING:
        yield "waits_for_citizen", 0
    if ticket.offered_from:
        yield "not_accepted", 0
    if ticket.first_responded_at is None:
        yield "not_answered", 0
    if not ticket.assignee:
        yield "unassigned", 0
    reopened = sum(mark.event is ClockEvent.REOPENED for mark in ticket.ledger)
    if reopened:
        yield "reopened", reopened
    if ticket.hops > 1:
        yield "passed_on", ticket.hops
    since = now - (ticket.last_staff_action_at or ticket.requested_at)
    if since >= QUIET:
        yield "silent_days", since.days
