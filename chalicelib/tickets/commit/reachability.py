"""Reachability: opt-outs and suppressed addresses are respected, another address is used instead."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.messages import Audience, Channel, Party
from chalicelib.tickets.model.quiet_hours import opening
from chalicelib.tickets.model.records import Contact, DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import TicketStore

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
        contact = store.contact(notification.recipient.key)
        respect_hours(notification, contact)
        reason = refusal(contact, notification.channel, notification.purpose)
        if reason and not _reroute(notification, ticket, store):
            notification.status = DeliveryStatus.SUPPRESSED
            notification.reason, notification.due_at = reason, None


def respect_hours(notification: Notification, contact: Contact) -> None:
    """What may be held is held by the person's own hours and clock."""
    notification.timezone = contact.timezone
    if not notification.quiet_hours or not (contact.quiet_hours or contact.timezone):
        return
    notification.quiet_hours = contact.quiet_hours or notification.quiet_hours
    if notification.channel is Channel.SMS:
        now = notification.created_at
        notification.due_at = opening(now, notification.quiet_hours, notification.zone) or now


def refusal(contact: Contact, channel: Channel, purpose: str) -> str:
    """Why nothing of this purpose is sent to the contact on `channel`; empty when it may be."""
    wish = contact.purposes.get(purpose, "")
    if wish and wish != channel:
        return "preference"
    return contact.suppressed.get(channel, "")


def _reroute(notification: Notification, ticket: Ticket, store: TicketStore) -> bool:
    other = _OTHER[notification.channel]
    party = narrowed(ticket.requester, other)
    if not party.key or refusal(store.contact(party.key), other, notification.purpose):
        return False
    notification.channel, notification.recipient = other, party
    notification.due_at = notification.created_at  # a text is held again when it is to leave
    return True
