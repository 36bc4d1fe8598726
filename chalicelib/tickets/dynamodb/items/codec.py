"""Attribute values and the small parts of items, both ways; written by hand because it runs hot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from chalicelib import logs
from chalicelib.errors import UNREADABLE
from chalicelib.messages import Attachment, Party
from chalicelib.tickets.dynamodb.items.keys import moment
from chalicelib.tickets.model.later import Carried
from chalicelib.tickets.model.ticket import Actor

log = logs.Log(__name__)

T = TypeVar("T")
Value = Mapping[str, Any]
Item = dict[str, Value]
Body = dict[str, Any]

# What everything is written by. It rises when a release writes what the one before cannot read, and
# an item that cannot be read is left to whoever wrote it. 0.1.0 wrote none, which counts as 0.
SCHEMA = 1
SCHEMA_NAME = "schema"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # when what cannot be read was written


def text(value: str) -> Value:
    """A string attribute."""
    return {"S": value}


def number(value: int) -> Value:
    """A number attribute."""
    return {"N": str(value)}


def string(item: Mapping[str, Value], name: str) -> str:
    """The string attribute `name`, empty when absent."""
    value = item.get(name)
    return str(value["S"]) if value else ""


def integer(item: Mapping[str, Value], name: str) -> int:
    """The number attribute `name`, 0 when absent."""
    value = item.get(name)
    return int(value["N"]) if value else 0


def when(value: str | None) -> datetime | None:
    """The moment that `moment` wrote, or None."""
    return datetime.fromisoformat(value) if value else None


def at(value: str) -> datetime:
    """The moment that `moment` wrote, perhaps with more behind a `#`."""
    return datetime.fromisoformat(value.partition("#")[0])


def pack(body: Mapping[str, Any]) -> Value:
    """A structure as one compact attribute, without what is empty.

    Text that is not Unicode (half a surrogate pair from a broken mail) loses only the broken letter.
    """
    slim = {name: value for name, value in body.items() if value or _is_zero(value)}
    packed = _ENCODER.encode(slim)
    if not packed.isascii():
        packed = packed.encode("utf-8", "replace").decode()
    return {"S": packed}


def unpack(item: Mapping[str, Value], name: str) -> Body:
    """The structure that `pack` wrote; empty when absent."""
    value = item.get(name)
    return dict(json.loads(value["S"])) if value else {}


def is_newer(item: Mapping[str, Value]) -> bool:
    """Whether a release after this one wrote the item."""
    return integer(item, SCHEMA_NAME) > SCHEMA


def carrying(
    carried: Carried, item: Item, packed: Mapping[str, Body], optional: frozenset[str]
) -> Item:
    """`item` with the structures `packed` into it, and with all that only a later release knows of it.

    `optional` are the attributes that this release leaves out when they say nothing.
    """
    kept = {name: value for name, value in carried.item.items() if name not in optional}
    bodies = {name: pack({**carried.bodies.get(name, {}), **packed[name]}) for name in packed}
    return kept | item | bodies | {SCHEMA_NAME: schema_of(kept)}


def schema_of(item: Mapping[str, Value]) -> Value:
    """What an item is written back as: what a later release knows of it is still in it."""
    return number(max(SCHEMA, integer(item, SCHEMA_NAME)))


def readable(
    items: Iterable[Mapping[str, Value]], read: Callable[[Mapping[str, Value]], T]
) -> Iterator[T]:
    """What can be read of `items`; one that cannot be is named in the log and stops no other."""
    for item in items:
        try:
            yield read(item)
        except UNREADABLE as error:
            status = "newer" if is_newer(item) else "damaged"
            log.failure("an item cannot be read", error, kind=read.__name__, status=status)


def longer(row: Sequence[Any], before: Sequence[Any] | None) -> list[Any]:
    """A list of fixed places with those that a later release has behind ours."""
    return [*row, *(before or ())[len(row) :]]


def _is_zero(value: object) -> bool:
    return isinstance(value, (int, float)) and value is not False


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)


def moments(values: Mapping[str, datetime]) -> dict[str, str]:
    """Named moments as texts."""
    return {name: moment(value) for name, value in values.items()}


def maybe(value: datetime | None) -> str | None:
    """A moment as text, or None."""
    return moment(value) if value else None


def pack_party(party: Party) -> list[str | None]:
    """A party as a list."""
    return [party.name, party.email, party.phone] if party != _NOBODY else []


def unpack_party(parts: list[str | None] | None) -> Party:
    """The party that `pack_party` wrote; an anonymous one for nothing."""
    if not parts:
        return _NOBODY
    return Party(name=parts[0] or "", email=parts[1], phone=parts[2])


_NOBODY = Party()


def pack_actor(actor: Actor) -> list[str]:
    """An actor as a list."""
    return [actor.kind, actor.key, actor.name]


def pack_attachments(
    attachments: Iterable[Attachment], before: Iterable[list[Any]] = ()
) -> list[list[Any]]:
    """Attachments as lists, without their content, which is in the file store."""
    stored = {row[3]: row for row in before}
    return [
        longer([a.filename, a.content_type, a.size, a.digest, a.content_id, a.is_inline], row)
        for a in attachments
        for row in (stored.get(a.digest),)
    ]


def unpack_attachments(rows: Iterable[list[Any]] | None) -> tuple[Attachment, ...]:
    """The attachments that `pack_attachments` wrote."""
    return tuple(
        Attachment(
            filename=row[0],
            content_type=row[1],
            size=row[2],
            digest=row[3],
            content_id=row[4],
            is_inline=row[5],
        )
        for row in rows or ()
    )
