"""Timeline entries as items and back; knows keys and codecs, no client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chalicelib.tickets.dynamodb.items.codec import (
    Body,
    Item,
    Value,
    at,
    pack,
    pack_actor,
    pack_attachments,
    text,
    unpack,
    unpack_attachments,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, entry_key, moment
from chalicelib.tickets.model.ticket import Actor, Entry, Visibility

TEXT_SLICE = 80_000  # characters; at most four bytes each, so an item stays under 400 kB


def entry_items(keys: Keys, ticket_id: str, entry: Entry, write_id: str) -> Iterator[Item]:
    """The entry; the text of a very long one goes on in further items right behind it."""
    place = {"pk": text(keys.ticket(ticket_id)), "write_id": text(write_id)}
    sort = entry_key(entry.number)
    first, *others = _slices(entry.text)
    yield place | {"sk": text(sort), "body": pack(_entry_body(entry, first))}
    for index, words in enumerate(others, start=1):
        yield place | {"sk": text(f"{sort}#{index:03d}"), "body": pack({"more": words})}


def _slices(words: str) -> list[str]:
    return [words[i : i + TEXT_SLICE] for i in range(0, len(words), TEXT_SLICE)] or [""]


def _entry_body(entry: Entry, words: str) -> Body:
    return {
        "number": entry.number,
        "kind": entry.kind,
        "at": moment(entry.at),
        "actor": pack_actor(entry.actor),
        "visibility": entry.visibility,
        "text": words,
        "data": entry.data,
        "attachments": pack_attachments(entry.attachments),
        "channel": entry.channel,
        "message_key": entry.message_key,
        "is_unverified": not entry.is_verified,
    }


def read_entry(item: Mapping[str, Value]) -> Entry:
    """The entry in `item`."""
    body = unpack(item, "body")
    return Entry(
        number=body["number"],
        kind=body["kind"],
        at=at(body["at"]),
        actor=Actor(*body["actor"]),
        visibility=Visibility(body["visibility"]),
        text=body.get("text", ""),
        data=body.get("data", {}),
        attachments=unpack_attachments(body.get("attachments")),
        channel=body.get("channel", ""),
        message_key=body.get("message_key", ""),
        is_verified=not body.get("is_unverified"),
    )


def add_entry(entries: list[Entry], item: Mapping[str, Value]) -> None:
    """Put the entry in `item`, or the rest of the last one's text, behind `entries`."""
    more = unpack(item, "body").get("more")
    if more is None:
        entries.append(read_entry(item))
    else:
        entries[-1] = replace(entries[-1], text=entries[-1].text + more)
