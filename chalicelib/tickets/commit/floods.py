"""Floods: very many reports of one sender in an hour are each kept, and marked for staff; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.tickets.model.records import Allowance
from chalicelib.tickets.model.ticket import Ticket

TAG = "many-messages"  # so that staff see it and a rule can watch for it


def counted(ticket: Ticket, most_an_hour: int, now: datetime) -> list[Allowance]:
    """What a new ticket takes of its sender's count of the hour; over it the ticket is marked."""
    is_new = any(entry.kind == "opened" for entry in ticket.new_entries)
    if ticket.version or not is_new or not ticket.requester.key:
        return []
    return [
        Allowance(
            key=ticket.requester.key,
            channel=ticket.channel,
            bucket=f"opened:{now:%Y-%m-%dT%H}",
            limit=most_an_hour,
            expires_at=now + timedelta(hours=2),
            tag=TAG,
        )
    ]
