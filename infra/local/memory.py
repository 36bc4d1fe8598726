"""Tickets in memory, for the past that a town starts with: lived through the real use cases, then
written down in one go."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import TicketNotFound
from chalicelib.messages import Channel
from chalicelib.tickets.dynamodb.items.entries import entry_items
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.notifications import notification_item
from chalicelib.tickets.dynamodb.items.records import contact_item, message_item
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.model.records import (
    Casefile,
    Change,
    Contact,
    DeliveryStatus,
    HandledMessage,
    Notification,
)
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.ports import NotificationKey

WRITE_ID = "seed"


class MemoryStore:
    """As much of `TicketStore` as the past needs; every message counts as delivered at once."""

    def __init__(self) -> None:
        self._files: dict[str, Casefile] = {}
        self._contacts: dict[str, Contact] = {}
        self._messages: list[HandledMessage] = []

    def save(self, change: Change) -> None:
        """Keep all of it; nobody else writes here, so nothing can be stale."""
        for ticket in (change.ticket, *change.linked):
            if ticket is not None:
                self._save_ticket(ticket)
        for notification in change.notifications:
            self._files[notification.ticket_id].notifications.append(_delivered(notification))
        for contact in change.contacts:
            contact.version += 1
            self._contacts[contact.key] = copy.deepcopy(contact)
        if change.message:
            self._messages.append(change.message)

    def _save_ticket(self, ticket: Ticket) -> None:
        ticket.version += 1
        kept = self._files.setdefault(ticket.ticket_id, Casefile(ticket))
        kept.entries += ticket.new_entries
        kept.ticket = copy.copy(ticket)
        kept.ticket.fired = dict(ticket.fired)

    def get(self, ticket_id: str) -> Ticket:
        """See `TicketStore.get`."""
        return self.read(ticket_id).ticket

    def read(self, ticket_id: str) -> Casefile:
        """See `TicketStore.read`."""
        if ticket_id not in self._files:
            raise TicketNotFound(f"There is no ticket {ticket_id}.")
        kept = self._files[ticket_id]
        ticket = copy.copy(kept.ticket)
        ticket.fired, ticket.new_entries = dict(ticket.fired), []
        return Casefile(ticket, list(kept.entries), list(kept.notifications))

    def look_back(self, _ticket: Ticket) -> None:
        """Nothing here was written by an earlier release."""

    def recent(self, ticket: Ticket, before: int = 0) -> Iterator[Entry]:
        """See `TicketStore.recent`."""
        kept = self._files[ticket.ticket_id].entries
        return iter([e for e in reversed(kept) if not before or e.number < before])

    def entry(self, ticket_id: str, number: int) -> Entry:
        """See `TicketStore.entry`."""
        return next(e for e in self._files[ticket_id].entries if e.number == number)

    def notices(self, ticket_id: str, after: str = "") -> Iterator[Notification]:
        """See `TicketStore.notices`."""
        kept = self._files[ticket_id].notifications
        return iter([n for n in reversed(kept) if n.notification_id > after])

    def queued(self, _ticket_id: str, _since: datetime | None = None) -> list[Notification]:
        """None: what was to leave has left."""
        return []

    def contact(self, key: str) -> Contact:
        """See `TicketStore.contact`."""
        return copy.deepcopy(self._contacts.get(key, Contact(key=key)))

    def handled(self, _channel: Channel, _message_id: str) -> HandledMessage | None:
        """Nothing comes twice here."""
        return None

    def tickets_of(self, party_key: str, limit: int = 20) -> list[Ticket]:
        """See `TicketStore.tickets_of`."""
        found = [f.ticket for f in self._files.values() if f.ticket.requester.key == party_key]
        return copy.deepcopy(found[-limit:])

    def ticket_of_provider_message(self, _ids: Sequence[str]) -> str | None:
        """Nobody answers by mail here."""
        return None

    def due_tickets(self, now: datetime) -> Iterator[str]:
        """See `TicketStore.due_tickets`."""
        due = [f.ticket for f in self._files.values() if f.ticket.next_action_at]
        due = [ticket for ticket in due if (ticket.next_action_at or now) <= now]
        return iter([ticket.ticket_id for ticket in due])

    def enqueue(self, _keys: Iterable[NotificationKey]) -> None:
        """It has left already."""

    def items(self, keys: Keys) -> Iterator[Any]:
        """All of it as the product's store would have written it."""
        for casefile in self._files.values():
            ticket = copy.copy(casefile.ticket)
            ticket.version -= 1  # an item is written as the version after the one in hand
            yield ticket_item(keys, ticket, WRITE_ID)
            for entry in casefile.entries:
                yield from entry_items(keys, ticket.ticket_id, entry, WRITE_ID)
            for notification in casefile.notifications:
                yield notification_item(keys, notification, WRITE_ID)
        for message in self._messages:
            yield message_item(keys, message, WRITE_ID)
        for contact in self._contacts.values():
            contact.version -= 1
            yield contact_item(keys, contact, WRITE_ID)


def _delivered(notification: Notification) -> Notification:
    kept = copy.copy(notification)
    if kept.status is DeliveryStatus.QUEUED:
        kept.status = DeliveryStatus.DELIVERED
        kept.attempts, kept.due_at = 1, None
        kept.settled_at = kept.created_at + timedelta(seconds=9)
    return kept
