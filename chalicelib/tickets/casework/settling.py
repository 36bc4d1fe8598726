"""Which messages of a ticket were moved or accepted, before one more is; reads no timeline."""

from __future__ import annotations

from chalicelib.errors import InvalidTransition
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.model.timeline import Settled
from chalicelib.tickets.ports import TicketStore

MOST = 300  # of each, for the ticket itself names them


def settled(ticket: Ticket, store: TicketStore) -> Settled:
    """What was moved and accepted so far. Raises `InvalidTransition` where no more can be."""
    store.look_back(ticket)
    if max(len(ticket.settled.moved), len(ticket.settled.accepted)) >= MOST:
        raise InvalidTransition(
            f"{MOST} messages of this ticket were moved or accepted already; go on in a new ticket."
        )
    return ticket.settled
