"""What the table's stream tells of tickets: by their keys alone, which is all that it holds of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.tickets.dynamodb.items.keys import TICKET, Keys


def changed_tickets(records: Iterable[Mapping[str, Any]], jurisdiction_id: str) -> list[str]:
    """The tickets of this jurisdiction whose own item was written or removed, in the stream's order, each
    once: whoever reads a ticket now sees the last of its changes, and all before it.

    `records` are those of Lambda's event. What else changed below a ticket, or in the table, is left out.
    """
    keys = Keys(jurisdiction_id, shards=1)
    found = (record["dynamodb"]["Keys"] for record in records)
    partitions = (key["pk"]["S"] for key in found if key["sk"]["S"] == TICKET)
    ours = (pk for pk in partitions if pk.startswith(keys.ticket("")))
    return list(dict.fromkeys(map(keys.ticket_id, ours)))
