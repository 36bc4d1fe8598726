"""The names that a ticket had in another product, as items; knows keys and codecs, no client."""

from __future__ import annotations

from chalicelib.tickets.dynamodb.items.codec import Item, text
from chalicelib.tickets.dynamodb.items.keys import Keys, bounded


def former_item(keys: Keys, ticket_id: str, name: str, write_id: str) -> Item:
    """A row under the ticket that finds it by what it was called, or by the id of a mail about it."""
    return {
        "pk": text(keys.ticket(ticket_id)),
        "sk": text(f"FORMER#{bounded(name)}"),
        "provider_key": text(keys.provider(name)),
        "write_id": text(write_id),
    }
