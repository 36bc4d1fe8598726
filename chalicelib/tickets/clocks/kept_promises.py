"""Kept promises as they are told, and why what is late is late; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

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


class Line(NamedTuple):
    """Of what a tally is: an agency or service, a clock, and the month (YYYY-MM) it was decided in."""

    by: str
    code: str
    clock: str
    month: str


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
