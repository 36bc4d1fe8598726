"""The date that a citizen was told, and what is owed when it slips; pure, computes no deadline."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.tickets.model.ticket import SYSTEM, Entry, Status, Ticket, Visibility

LEAST_SLIP = timedelta(hours=1)  # of less nobody is told
TELLING = frozenset({"opened", "reopened", "handed_over", "hand_over_refused"})


def expected_at(ticket: Ticket) -> datetime | None:
    """The date that everybody is told: of the resolution, as long as it is owed."""
    return ticket.due_at if ticket.is_open else None


def next_due_at(ticket: Ticket) -> datetime | None:
    """What staff owe next: the first answer as long as there was none, or the resolution."""
    first = ticket.first_response_due_at if ticket.first_responded_at is None else None
    return min((at for at in (first, ticket.due_at) if at), default=None)


def keep_promise(ticket: Ticket, now: datetime) -> None:
    """Remember the date that the citizen knows; record the entry that tells a later one.

    An earlier date is no broken promise and disturbs nobody.
    """
    known, due_at = ticket.promised_at, ticket.due_at
    if due_at is None or not ticket.is_open:
        return
    if known is None:
        ticket.promised_at = due_at
    elif due_at - known >= LEAST_SLIP:
        ticket.promised_at = due_at
        if not any(_tells(entry, ticket) for entry in ticket.new_entries):
            moved = {"from": known.isoformat(), "to": due_at.isoformat()}
            ticket.record(
                "deadline_moved", now, SYSTEM, visibility=Visibility.REQUESTER, data=moved
            )


def _tells(entry: Entry, ticket: Ticket) -> bool:
    """Whether the notice that this entry causes names the date already."""
    if entry.kind in TELLING:
        return True
    is_replied = any(other.kind == "replied" for other in ticket.new_entries)
    told = (Status.ACKNOWLEDGED, Status.IN_PROGRESS)
    is_move = entry.kind == "status_changed" and entry.data.get("to") in told
    return is_move and entry.actor.kind == "staff" and not is_replied
