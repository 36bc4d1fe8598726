"""Webhooks: what another system hears of a ticket when a rule's step calls it; pure, knows no address.

Nothing of the citizen is in it: whoever may see more asks for the ticket with a right of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.tickets.model.records import Callback
from chalicelib.tickets.model.ticket import Entry, Ticket

CALLS = "call_webhook"


def webhook_calls(ticket: Ticket) -> list[Callback]:
    """One callback for each new entry that says a system was called; its id names the entry."""
    return [
        Callback(
            event_id=f"{ticket.ticket_id}-{entry.number}",
            key_id=str(entry.data["to"]),
            at=entry.at,
            about={"ticket": dict(_ticket_facts(ticket)), "step": _step_facts(entry)},
        )
        for entry in ticket.new_entries
        if entry.kind == "escalated" and entry.data.get("action") == CALLS
    ]


def _ticket_facts(ticket: Ticket) -> Iterator[tuple[str, Any]]:
    yield "ticket_id", ticket.ticket_id
    yield "jurisdiction_id", ticket.jurisdiction_id
    yield "service_code", ticket.service_code
    yield "agency_code", ticket.agency_code
    yield "status", str(ticket.status)
    yield "priority", str(ticket.priority)
    yield "requested_at", ticket.requested_at.isoformat()
    yield "expected_at", ticket.due_at.isoformat() if ticket.due_at else None
    yield "part_of", ticket.part_of


def _step_facts(entry: Entry) -> dict[str, Any]:
    names = ("rule", "rule_version", "clock", "step", "level", "step_due_at", "deadline", "is_late")
    return {name: entry.data.get(name) for name in names}
