"""What other systems are to be told, as items and back; knows keys and codecs, no client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta

from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA,
    SCHEMA_NAME,
    Item,
    Value,
    at,
    integer,
    number,
    pack,
    text,
    unpack,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, bounded, moment
from chalicelib.tickets.model.records import Callback

CALLBACK_KEPT = timedelta(days=30)


def callback_key(keys: Keys, event_id: str) -> Item:
    """The primary key of a callback."""
    return {"pk": text(keys.of("CALLBACK", bounded(event_id))), "sk": text("CALLBACK")}


def callback_values(keys: Keys, callback: Callback) -> Item:
    """Everything of a new callback but its key; it is due at once."""
    body = {
        "event_id": callback.event_id,
        "key_id": callback.key_id,
        "notification_id": callback.notification_id,
        "status": callback.status,
        "at": moment(callback.at),
        "client_reference": callback.client_reference,
        "reason": callback.reason,
    }
    item: Item = {"about": pack(callback.about)} if callback.about else {}
    return item | {
        SCHEMA_NAME: number(SCHEMA),
        "body": pack(body),
        "attempts": number(0),
        "due_queue": text(keys.of("callback")),
        "next_action_at": text(moment(callback.at)),
        "expires_at": number(int((callback.at + CALLBACK_KEPT).timestamp())),
    }


def callback_item(keys: Keys, callback: Callback, write_id: str) -> Item:
    """A callback as part of a transaction."""
    place = callback_key(keys, callback.event_id) | {"write_id": text(write_id)}
    return place | callback_values(keys, callback)


def read_callback(item: Mapping[str, Value]) -> Callback:
    """The callback in `item`."""
    body = unpack(item, "body")
    known = {name: body[name] for name in _KNOWN & body.keys()}
    found = Callback(**{**known, "at": at(body["at"])})
    return replace(found, about=unpack(item, "about"), attempts=integer(item, "attempts"))


_KNOWN = frozenset(field.name for field in fields(Callback))
