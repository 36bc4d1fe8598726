"""Whose ticket it is: hand-overs that are accepted or refused, and where refusals end; pure."""

from __future__ import annotations

from datetime import datetime

from chalicelib.errors import InvalidRequest, InvalidTransition
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.model.ticket import Actor, ClockEvent, Entry, Ticket, Visibility

MOST_HOPS = 3  # then the arbiter decides, and whoever gets it from there keeps it


def arbiter_of(catalog: Catalog) -> str:
    """The desk that decides whose a ticket is: the one that gets what nobody else does."""
    return catalog.triage().agency_code


def offer(
    ticket: Ticket, to: str, reason: str, actor: Actor, now: datetime, catalog: Catalog
) -> Entry:
    """Hand the ticket to another agency, which may refuse; its clocks keep running.

    What the arbiter gives cannot be refused; after `MOST_HOPS` it goes to the arbiter instead.
    """
    if to not in catalog.agencies:
        raise InvalidRequest(
            f"There is no agency {to!r}.", {"agency_code": "Choose one of the list."}
        )
    if to == ticket.agency_code:
        raise InvalidRequest("That agency has it already.", {"agency_code": "Choose another."})
    return _move(ticket, "handed_over", to, reason, actor, now, catalog)


def accept(ticket: Ticket, actor: Actor, now: datetime) -> Entry:
    """The agency takes what was handed to it. Raises `InvalidTransition` when nothing was."""
    _check_offered(ticket)
    data = {
        "from": ticket.offered_from,
        "to": ticket.agency_code,
        "agency_code": ticket.agency_code,
    }
    entry = ticket.record("hand_over_accepted", now, actor, visibility=Visibility.STAFF, data=data)
    ticket.offered_from = ""
    ticket.mark(ClockEvent.ACCEPTED, entry)
    return entry


def accept_by_working(ticket: Ticket, actor: Actor, now: datetime) -> None:
    """Whoever answers or decides has taken it."""
    if ticket.offered_from:
        accept(ticket, actor, now)


def refuse(
    ticket: Ticket, to: str, reason: str, actor: Actor, now: datetime, catalog: Catalog
) -> Entry:
    """The agency says that it is not theirs, and whose it is; nobody named means the arbiter.

    Raises `InvalidTransition` when nothing was offered or the arbiter gave it.
    """
    _check_offered(ticket)
    to = to or arbiter_of(catalog)
    if to not in catalog.agencies or to == ticket.agency_code:
        raise InvalidRequest(
            "Say whose it is.",
            {"agency_code": "Choose another agency, or leave it to the arbiter."},
        )
    return _move(ticket, "hand_over_refused", to, reason, actor, now, catalog)


def _check_offered(ticket: Ticket) -> None:
    if not ticket.offered_from:
        raise InvalidTransition("Nobody waits for this ticket to be accepted.")


def _move(
    ticket: Ticket,
    kind: str,
    to: str,
    reason: str,
    actor: Actor,
    now: datetime,
    catalog: Catalog,
) -> Entry:
    before, arbiter = ticket.agency_code, arbiter_of(catalog)
    wanted, to = to, arbiter if ticket.hops >= MOST_HOPS and before != arbiter else to
    ticket.hops += 1
    ticket.agency_code, ticket.assignee = to, ""
    is_final = arbiter in (before, to)
    ticket.offered_from = "" if is_final else before
    data = {"from": before, "to": to, "agency_code": to, "wanted": wanted, "hops": ticket.hops}
    entry = ticket.record(kind, now, actor, visibility=Visibility.STAFF, text=reason, data=data)
    ticket.mark(ClockEvent.ACCEPTED if is_final else ClockEvent.HANDED_OVER, entry)
    return entry
