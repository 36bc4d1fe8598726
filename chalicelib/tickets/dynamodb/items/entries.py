"""Timeline entries as items and back; knows keys and codecs, no client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chalicelib import logs
from chalicelib.errors import UNREADABLE as DAMAGE
from chalicelib.tickets.dynamodb.items import codec
from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA,
    SCHEMA_NAME,
    Body,
    Item,
    Value,
    at,
    number,
    pack,
    pack_actor,
    pack_attachments,
    text,
    unpack,
    unpack_attachments,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, entry_key, moment
from chalicelib.tickets.model.later import is_known, spoken
from chalicelib.tickets.model.ticket import SYSTEM, Actor, Entry, Visibility

log = logs.Log(__name__)

UNREADABLE = "unreadable"
GOES_ON = "goes_on"  # that further items follow; an earlier release did not say so
HEAD = 4_000  # characters in the entry's own item: what pages show, and whatever a form holds
TEXT_SLICE = 60_000  # characters; at most six bytes each as JSON, so an item stays under 400 kB


def entry_items(keys: Keys, ticket_id: str, entry: Entry, write_id: str) -> Iterator[Item]:
    """The entry; the text of a long one goes on in further items right behind it.

    So a page of a timeline reads no more of each than it shows.
    """
    place = {"pk": text(keys.ticket(ticket_id)), "write_id": text(write_id)}
    sort = entry_key(entry.number)
    place[SCHEMA_NAME] = number(SCHEMA)
    first, *others = _slices(entry.text)
    body = _entry_body(entry, first) | {GOES_ON: bool(others)}
    yield place | {"sk": text(sort), "body": pack(body)}
    for index, words in enumerate(others, start=1):
        yield place | {"sk": text(f"{sort}#{index:03d}"), "body": pack({"more": words})}


def _slices(words: str) -> list[str]:
    rest = range(HEAD, len(words), TEXT_SLICE)
    return [words[:HEAD], *(words[i : i + TEXT_SLICE] for i in rest)]


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
    """The entry in `item`; one of the kind `unreadable`, for staff, where that cannot be read."""
    try:
        return _read(item)
    except DAMAGE as error:
        _note(item, error)
        return _unreadable(item)


def _note(item: Mapping[str, Value], error: Exception) -> None:
    ticket_id = item["pk"]["S"].rpartition("#")[2]
    log.failure("an entry cannot be read", error, ticket_id=ticket_id, entry=_number(item))


def _number(item: Mapping[str, Value]) -> int:
    return int(item["sk"]["S"].split("#")[1])


def _unreadable(item: Mapping[str, Value]) -> Entry:
    return Entry(
        number=_number(item),
        kind=UNREADABLE,
        at=codec.EPOCH,
        actor=SYSTEM,
        visibility=Visibility.STAFF,
    )


def _visibility(value: str) -> Visibility:
    """For whom an entry is; for staff alone, where only a later release knows."""
    found = spoken(Visibility, value)
    return found if is_known(found) else Visibility.STAFF


def _read(item: Mapping[str, Value]) -> Entry:
    body = unpack(item, "body")
    return Entry(
        number=body["number"],
        kind=body["kind"],
        at=at(body["at"]),
        actor=Actor(*body["actor"][:3]),
        visibility=_visibility(body["visibility"]),
        text=body.get("text", ""),
        data=body.get("data", {}),
        attachments=unpack_attachments(body.get("attachments")),
        channel=body.get("channel", ""),
        message_key=body.get("message_key", ""),
        is_verified=not body.get("is_unverified"),
        is_cut=body.get(GOES_ON, False),
    )


def read_head(item: Mapping[str, Value]) -> Entry:
    """The entry in `item` with no more than the beginning of its text."""
    entry = read_entry(item)
    if len(entry.text) <= HEAD:
        return entry
    return replace(entry, text=entry.text[:HEAD], is_cut=True)


def add_entry(entries: list[Entry], item: Mapping[str, Value]) -> None:
    """Put the entry in `item`, or the rest of the last one's text, behind `entries`."""
    if item["sk"]["S"].count("#") == 1:
        entries.append(replace(read_entry(item), is_cut=False))
    else:
        entries[-1] = replace(entries[-1], text=entries[-1].text + more_of(item))


def more_of(item: Mapping[str, Value]) -> str:
    """The piece of an entry's text in one of the items behind it."""
    try:
        return str(unpack(item, "body")["more"])
    except DAMAGE as error:
        _note(item, error)
        return " […]"
