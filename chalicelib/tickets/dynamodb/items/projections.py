"""What the second reader keeps, as items and back; knows keys and codecs, no client.

What is kept of a ticket lies beside it and stands in three indexes under keys of its own: the list of the
whole city (`by_assignee`), the change feed (`by_updated`), the moments at which time changes counts
(`by_due`).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA,
    SCHEMA_NAME,
    Item,
    Value,
    at,
    integer,
    maybe,
    number,
    string,
    text,
    when,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, bounded, moment
from chalicelib.tickets.ports.projections import Changed, Count, Progress, Projected

PROJECTED = "PROJECTED"
WHOLE_CITY = "*"
NOBODYS = "~"  # behind the priority of what nobody has: the index projects no assignee
COUNT = "n_"
_MOMENTS = ("since", "begun_at", "checked_at")


def projected_key(keys: Keys, ticket_id: str) -> Item:
    """Where what is kept of a ticket lies."""
    return {"pk": text(keys.ticket(ticket_id)), "sk": text(PROJECTED)}


def projected_item(keys: Keys, kept: Projected) -> Item:
    """What is kept of a ticket, as it will be stored."""
    item = projected_key(keys, kept.ticket_id) | {
        "written": number(kept.written + 1),
        "version": number(kept.version),
        "counts": {"B": _pack_counts(kept.counts)},
        SCHEMA_NAME: number(SCHEMA),
    }
    if kept.position:
        item |= {name: text(value) for name, value in _standing(keys, kept)}
    if kept.turns_at:
        item["due_queue"] = text(keys.of("turns"))
        item["next_action_at"] = text(moment(kept.turns_at))
    return item


def _standing(keys: Keys, kept: Projected) -> Iterator[tuple[str, str]]:
    yield "assignee_key", keys.assignee(WHOLE_CITY, kept.is_open)
    yield "queue_at", kept.position
    yield "status", kept.status
    yield "priority", priority_mark(kept.priority, is_assigned=kept.is_assigned)
    yield "agency_code", kept.agency_code
    if kept.moved_at:
        yield "public_key", changes_key(keys)
        yield "updated_at", f"{moment(kept.moved_at)}#{kept.ticket_id}"


def priority_mark(priority: str, *, is_assigned: bool) -> str:
    """The priority as the list of the whole city holds it, with whether anybody has the ticket."""
    return priority if is_assigned else priority + NOBODYS


def changes_key(keys: Keys) -> str:
    """Where `by_updated` holds the change feed."""
    return keys.of("changes")


def read_projected(keys: Keys, item: Mapping[str, Value]) -> Projected:
    """What `projected_item` wrote."""
    priority, moved = string(item, "priority"), string(item, "updated_at").partition("#")[0]
    return Projected(
        ticket_id=keys.ticket_id(item["pk"]["S"]),
        version=integer(item, "version"),
        is_open=string(item, "assignee_key") == keys.assignee(WHOLE_CITY, is_open=True),
        position=string(item, "queue_at"),
        status=string(item, "status"),
        priority=priority.removesuffix(NOBODYS),
        is_assigned=bool(priority) and not priority.endswith(NOBODYS),
        agency_code=string(item, "agency_code"),
        turns_at=when(string(item, "next_action_at")),
        moved_at=when(moved),
        counts=_read_counts(item["counts"]["B"]),
        written=integer(item, "written"),
    )


def _pack_counts(counts: Mapping[str, Mapping[Count, int]]) -> bytes:
    rows = {g: [[*count, n] for count, n in found.items()] for g, found in counts.items()}
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode())


def _read_counts(packed: bytes) -> dict[str, dict[Count, int]]:
    rows = json.loads(zlib.decompress(packed))
    return {g: {Count(*where): n for *where, n in found} for g, found in rows.items()}


def read_changed(keys: Keys, row: Mapping[str, Value]) -> Changed:
    """A line of the change feed, from the index."""
    return Changed(
        ticket_id=keys.ticket_id(row["pk"]["S"]),
        version=integer(row, "version"),
        agency_code=string(row, "agency_code"),
        status=string(row, "status"),
        at=at(row["updated_at"]["S"]),
    )


def progress_key(keys: Keys) -> Item:
    """Where it is noted how far counting has come."""
    return {"pk": text(keys.of("PROJECTIONS")), "sk": text("PROGRESS")}


def progress_item(keys: Keys, progress: Progress) -> Item:
    """The progress as it will be stored."""
    plain: dict[str, Any] = {name: getattr(progress, name) for name in Progress.__slots__}
    plain |= {name: maybe(plain[name]) for name in _MOMENTS}
    return progress_key(keys) | {
        "body": text(json.dumps(plain)),
        "written": number(progress.written),
        SCHEMA_NAME: number(SCHEMA),
    }


def read_progress(item: Mapping[str, Value]) -> Progress:
    """What `progress_item` wrote; what only a later release knows is left out."""
    plain = json.loads(item["body"]["S"])
    known = {name: plain[name] for name in Progress.__slots__ if name in plain}
    return Progress(**known | {name: when(known.get(name)) for name in _MOMENTS})


def board_key(keys: Keys, generation: str, board: str) -> str:
    """The partition of a board of counters."""
    return keys.of("COUNT", generation, board)


def row_key(row: str, shard: int) -> str:
    """The sort key of one of the items that a row is spread over."""
    return f"{bounded(row)}#{shard}"


def read_row(item: Mapping[str, Value]) -> tuple[str, dict[str, int]]:
    """A row's name and what one of its items counts."""
    counts = {name.removeprefix(COUNT): integer(item, name) for name in item if name[:2] == COUNT}
    return item["sk"]["S"].rpartition("#")[0], counts
