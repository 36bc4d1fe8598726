"""Attribute values and the small parts of items, both ways; written by hand because it runs hot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.messages import Attachment, Party
from chalicelib.tickets.dynamodb.items.keys import moment
from chalicelib.tickets.model.ticket import Actor

Value = Mapping[str, Any]
Item = dict[str, Value]
Body = dict[str, Any]


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


def pack_attachments(attachments: Iterable[Attachment]) -> list[list[Any]]:
    """Attachments as lists, without their content, which is in the file store."""
    return [
        [a.filename, a.content_type, a.size, a.digest, a.content_id, a.is_inline]
        for a in attachments
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
