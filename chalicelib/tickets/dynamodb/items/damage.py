"""What a stored ticket must hold to be one, and what is said of it where it does not; calls nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from chalicelib.errors import UnreadableTicket
from chalicelib.tickets.dynamodb.items.codec import Value, is_newer
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.model.ticket import Ticket

OPTIONAL = frozenset(  # attributes that are left out when they say nothing
    {
        *("assignee", "assignee_key", "due_queue", "next_action_at", "party_key", "party_at"),
        *("public_key", "place_key", "place_at"),
    }
)
_KINDS: tuple[tuple[str, Any], ...] = (
    *((name, str) for name in ("description", "status_notes", "address", "subject", "locale")),
    *((name, str) for name in ("service_name", "service_notice", "merged_into", "part_of")),
    *((name, int) for name in ("entry_count", "me_too", "reopened", "tracking_version", "hops")),
    ("followed", int),
    *((name, (int, float, NoneType)) for name in ("lat", "long")),
    *((name, Mapping) for name in ("attributes", "reply_turns")),
)


def check(ticket: Ticket) -> None:
    """Raises `TypeError` for a ticket that holds something of another kind than its field's."""
    for name, kind in _KINDS:
        if not isinstance(getattr(ticket, name), kind):
            raise TypeError(name)


def unreadable(keys: Keys, item: Mapping[str, Value], error: Exception) -> UnreadableTicket:
    """What is said of a ticket that cannot be read; none of its words are in it."""
    ticket_id, what = keys.ticket_id(item["pk"]["S"]), type(error).__name__
    if isinstance(error, KeyError) or str(error) in dict(_KINDS):
        what = f"{what} {error.args[0]}"
    return UnreadableTicket(ticket_id, what, is_newer=is_newer(item))
