"""Tickets on the table: one transaction to write, single reads and queries to read."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from chalicelib.errors import AllowanceUsedUp, TicketNotFound
from chalicelib.messages import Channel
from chalicelib.tickets.dynamodb.items.codec import Item, number, readable, string, text
from chalicelib.tickets.dynamodb.items.keys import NOTIFICATION, TICKET, Keys, written_at
from chalicelib.tickets.dynamodb.items.notifications import read_notification
from chalicelib.tickets.dynamodb.items.records import (
    city_use,
    contact_key,
    message_key,
    over_key,
    read_contact,
    read_message,
)
from chalicelib.tickets.dynamodb.stores.parking import Parking
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.dynamodb.transactions import USED_UP, Transaction
from chalicelib.tickets.model.records import (
    Change,
    Contact,
    DeliveryStatus,
    HandledMessage,
    Notification,
)
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import CityUse

MOST_ANSWERS = (
    10  # provider ids looked up for one message: the latest are enough to find the ticket
)


class Tickets(Parking):
    """The reading and writing of single tickets in the store."""

    def __init__(self, table: Table, keys: Keys) -> None:
        self._table = table
        self._keys = keys

    def save(self, change: Change) -> None:
        """See `TicketStore.save`.

        `StaleTicket` for a ticket of version 0 means that its id is taken: draw another.
        `MessageConflict` when other words came under the id of a handled message.
        A notification in `cancelled` that has left meanwhile is passed over.
        """
        _refuse_unwanted(change)
        transaction = Transaction(self._table.name, self._keys, change, secrets.token_hex(10))
        while transaction.writes:
            try:
                self._table.write(transaction.items, transaction.token)
                break
            except ClientError as error:
                transaction.check(error)
        _count_up(change)

    def note_over(self, row: str, now: datetime) -> None:
        """See `TicketStore.note_over`."""
        self._table.update(
            Key={"pk": text(self._keys.city), "sk": text(over_key(now))},
            UpdateExpression="ADD #row :one SET expires_at = :until",
            ExpressionAttributeNames={"#row": row},
            ExpressionAttributeValues={
                ":one": number(1),
                ":until": number(int((now + timedelta(days=2)).timestamp())),
            },
        )

    def used_by_city(self, now: datetime) -> CityUse:
        """See `TicketStore.used_by_city`; one query of a few items."""
        return city_use(self._table.under(self._keys.city), now)

    def get(self, ticket_id: str) -> Ticket:
        """See `TicketStore.get`."""
        item = self._table.get({"pk": text(self._keys.ticket(ticket_id)), "sk": text(TICKET)})
        if item is None:
            raise TicketNotFound(f"There is no ticket {ticket_id}; check the reference.")
        return self._read(item)

    def queued(self, ticket_id: str, since: datetime | None = None) -> list[Notification]:
        """See `TicketStore.queued`."""
        first = written_at(since) if since else ""
        stored = self._ordered(ticket_id, f"{NOTIFICATION}{first}", f"{NOTIFICATION}~")
        return [
            read_notification(self._keys, item)
            for item in stored
            if string(item, "status") == DeliveryStatus.QUEUED
        ]

    def _ordered(
        self, ticket_id: str, first: str, last: str, *, is_back: bool = False
    ) -> Iterator[Item]:
        """The items under a ticket between two sort keys, both included."""
        return self._table.rows(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": text(self._keys.ticket(ticket_id)),
                ":first": text(first),
                ":last": text(last),
            },
            ScanIndexForward=not is_back,
            ConsistentRead=True,
        )

    def contact(self, key: str) -> Contact:
        """See `TicketStore.contact`."""
        item = self._table.get(contact_key(self._keys, key))
        return read_contact(item) if item else Contact(key=key)

    def contacts(self, keys: Sequence[str]) -> dict[str, Contact]:
        """See `TicketStore.contacts`."""
        items = self._table.batch([contact_key(self._keys, key) for key in keys])
        named = {contact_key(self._keys, key)["pk"]["S"]: key for key in keys}
        return {key: _contact(key, item) for item in items for key in (named[item["pk"]["S"]],)}

    def under(self, ticket_id: str) -> Iterator[Notification]:
        """See `NotificationStore.under`."""
        stored = self._ordered(ticket_id, NOTIFICATION, f"{NOTIFICATION}~")
        return (read_notification(self._keys, item) for item in stored)

    def handled(self, channel: Channel, message_id: str) -> HandledMessage | None:
        """See `TicketStore.handled`."""
        item = self._table.get(message_key(self._keys, channel, message_id))
        return read_message(item) if item else None

    def tickets_of(self, party_key: str, limit: int = 20) -> list[Ticket]:
        """See `TicketStore.tickets_of`."""
        if not party_key:
            return []
        pages = self._table.answers(
            IndexName="by_party",
            KeyConditionExpression="party_key = :party",
            ExpressionAttributeValues={":party": text(self._keys.party(party_key))},
            ScanIndexForward=False,
            Limit=limit,
        )
        found: list[Item] = []
        for page, _ in pages:
            found += page
            if len(found) >= limit:
                break
        keys = [{"pk": row["pk"], "sk": row["sk"]} for row in found[:limit]]
        tickets = [*self._readable(self._table.batch(keys))]
        return [ticket for ticket in tickets if ticket.requester.key == party_key]

    def ticket_of_provider_message(self, provider_message_ids: Sequence[str]) -> str | None:
        """See `TicketStore.ticket_of_provider_message`; of very many ids only the last are asked."""
        for provider_message_id in list(provider_message_ids)[: -MOST_ANSWERS - 1 : -1]:
            rows = self._table.rows(
                IndexName="by_provider_message",
                KeyConditionExpression="provider_key = :id",
                ExpressionAttributeValues={":id": text(self._keys.provider(provider_message_id))},
                Limit=1,
            )
            if row := next(rows, None):
                return self._keys.ticket_id(row["pk"]["S"])
        return None

    def due_tickets(self, now: datetime) -> Iterator[str]:
        """See `TicketStore.due_tickets`."""
        for shard in self._keys.shards:
            for row in self._table.due(self._keys.escalations(shard), now):
                yield self._keys.ticket_id(row["pk"]["S"])


def _contact(key: str, item: Item) -> Contact:
    """What is known of one of many; whose wishes cannot be read is not written to."""
    found = next(readable([item], read_contact), None)
    return found or Contact(key=key, suppressed=dict.fromkeys(Channel, "unreadable"))


def _refuse_unwanted(change: Change) -> None:
    """What needs no look at the table: a contact in the same change that wants nothing, and more
    answers at once than the whole share."""
    contacts = {contact.key: contact for contact in change.contacts}
    for allowance in change.allowances:
        contact = contacts.get(allowance.key)
        if allowance.asks_wish and contact and contact.suppressed.get(allowance.channel):
            raise AllowanceUsedUp(USED_UP["wish"])
        if change.allowances.count(allowance) > allowance.limit:
            raise AllowanceUsedUp(USED_UP["allowance"], allowance.bucket)


def _count_up(change: Change) -> None:
    for ticket in [change.ticket, *change.linked] if change.ticket else change.linked:
        ticket.version += 1
    for contact in change.contacts:
        contact.version += 1
