"""Nobody is written to who asked for silence; whoever has another address is reached there."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.messages import Audience, Channel, Party
from chalicelib.tickets.models import Ticket
from chalicelib.tickets.ports import TicketStore
from chalicelib.tickets.records import DeliveryStatus, Notification

_OTHER = {Channel.EMAIL: Channel.SMS, Channel.SMS: Channel.EMAIL}


def narrowed(party: Party, channel: Channel) -> Party:
    """The party with its address on one channel only, so that its key names that address."""
    if channel is Channel.SMS:
        return Party(name=party.name, phone=party.phone)
    return Party(name=party.name, email=party.email)


def respect_refusals(
    notifications: Iterable[Notification], ticket: Ticket, store: TicketStore
) -> None:
    """Move each of these to the requester's other address, or keep it as suppressed, where it must be.

    Costs one read per notification to a requester; automatic answers are checked by their allowance
    instead and should not be passed.
    """
    for notification in notifications:
        if notification.audience is not Audience.REQUESTER or not notification.recipient.key:
            continue
        reason = _refusal(notification.recipient, notification.channel, store)
        if reason and not _reroute(notification, ticket, store):
            notification.status = DeliveryStatus.SUPPRESSED
            notification.reason, notification.due_at = reason, None


def _refusal(party: Party, channel: Channel, store: TicketStore) -> str:
    return store.contact(party.key).suppressed.get(channel, "")


def _reroute(notification: Notification, ticket: Ticket, store: TicketStore) -> bool:
    other = _OTHER[notification.channel]
    party = narrowed(ticket.requester, other)
    if not party.key or _refusal(party, other, store):
        return False
    notification.channel, notification.recipient = other, party
    return True
