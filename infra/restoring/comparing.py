"""Two tables of one city side by side: what each holds, and which tickets only the later one has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import DeskError
from chalicelib.tickets.dynamodb.items.codec import Item
from chalicelib.tickets.dynamodb.items.keys import TICKET
from chalicelib.tickets.ports import TicketStore


@dataclass(slots=True)
class Contents:
    """How many items of each kind a table holds, and the partitions of its tickets."""

    counts: Counter[str] = field(default_factory=Counter)
    tickets: set[str] = field(default_factory=set)


def contents(client: Any, name: str) -> Contents:
    """All of a table by its keys; reads the whole of it, a unit for every 8 KB."""
    found = Contents()
    for item in _keys(client, name):
        kind = _kind(item)
        found.counts[kind] += 1
        if kind == TICKET:
            found.tickets.add(item["pk"]["S"])
    return found


def told(then: Contents, later: Contents) -> list[str]:
    """A line for each kind: how many there were, and how many there are in the other table."""
    kinds = sorted(then.counts | later.counts)
    return [f"{kind.lower()}: {then.counts[kind]:,} of {later.counts[kind]:,}" for kind in kinds]


def lost(store: TicketStore, then: Contents, later: Contents) -> list[str]:
    """The tickets that came after the moment, oldest first: reference, channel, and when. `store` reads
    the later table. Nobody's words and no address stand in it."""
    rows = []
    for partition in later.tickets - then.tickets:
        reference = partition.rpartition("#")[2]
        try:
            ticket = store.get(reference)
        except DeskError:
            rows.append(f"?\t?\t{reference}")
            continue
        rows.append(f"{ticket.requested_at:%Y-%m-%dT%H:%M:%SZ}\t{ticket.channel}\t{reference}")
    return sorted(rows)


def _keys(client: Any, name: str) -> Iterator[Item]:
    request: dict[str, Any] = {"TableName": name, "ProjectionExpression": "pk, sk"}
    while True:
        answer = client.scan(**request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _kind(item: Item) -> str:
    """Below a ticket what stands first in the sort key, elsewhere the kind of the partition."""
    pk, sk = str(item["pk"]["S"]), str(item["sk"]["S"])
    kind = pk.split("#")[1]
    return sk.partition("#")[0] if kind == TICKET else kind
