"""Floods: very many reports of one sender in an hour are each kept, and marked for staff; pure."""

from __future__ import annotations

from datetime import datetime

from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.model.records import Allowance
from chalicelib.tickets.model.ticket import Ticket


def counted(ticket: Ticket, policy: Policy, now: datetime) -> list[Allowance]:
    """What a new ticket takes of its sender's count of the hour; over it the ticket is marked."""
    is_new = any(entry.kind == "opened" for entry in ticket.new_entries)
    if ticket.version or not is_new or not ticket.requester.key:
        return []
    sender = ticket.requester.key
    return [leave("many_reports_an_hour", policy, now, sender, channel=ticket.channel)]
