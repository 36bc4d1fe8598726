"""Which ticket a mail without a reply address may be joined to; pure.

Several people of one foreign desk answer for each other: what one of them sends about a colleague's
ticket belongs to that one, or two desks that answer each other would open tickets without end.
"""

from __future__ import annotations

from chalicelib.messages import InboundMessage
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.mail_domains import desk_of
from chalicelib.tickets.model.authority import MAY, authority_of, is_participant
from chalicelib.tickets.model.ticket import Ticket


def may_join_thread(message: InboundMessage, ticket: Ticket, policy: Policy) -> bool:
    """Whether a mail that answers a message of ours joins the ticket that one was about."""
    return is_participant(message.sender, ticket) or _is_colleague(message, ticket, policy)


def may_join_by_name(message: InboundMessage, ticket: Ticket, policy: Policy) -> bool:
    """Whether a mail that names the ticket in its subject joins it."""
    may = MAY[authority_of(message, ticket)]
    return may.join_by_reference or _is_colleague(message, ticket, policy)


def _is_colleague(message: InboundMessage, ticket: Ticket, policy: Policy) -> bool:
    """Somebody else of the requester's desk; their words change nothing and are answered by nobody."""
    if is_participant(message.sender, ticket):
        return False
    desk = desk_of(message.sender.email, policy)
    return bool(desk) and desk == desk_of(ticket.requester.email, policy)
