"""Those who consented to a purpose, as items and back; knows keys and codecs, no client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA,
    SCHEMA_NAME,
    Item,
    Value,
    number,
    pack,
    text,
    unpack,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, bounded, moment
from chalicelib.tickets.model.records import Membership

MARK_KEPT = timedelta(days=1)


def member_list(keys: Keys, purpose: str, shard: int) -> str:
    """The partition of one shard of a purpose's list."""
    return keys.of("MEMBERS", purpose, str(shard))


def member_key(keys: Keys, member: Membership) -> Item:
    """Where somebody stands on the list of a purpose."""
    shard = keys.shard(member.party_key)
    return {
        "pk": text(member_list(keys, member.purpose, shard)),
        "sk": text(bounded(member.party_key)),
    }


def member_update(keys: Keys, member: Membership) -> dict[str, Any]:
    """Puts somebody on the list of a purpose, or the mark of who left it: that goes by itself after a day.

    Nobody reads before this is written, so a later release keeps what more it knows in attributes
    beside the body; those stay as they are.
    """
    given, gone = _values(member)
    sets = ", ".join(f"#{name} = :{name}" for name in given)
    return {
        "Key": member_key(keys, member),
        "UpdateExpression": f"SET {sets} REMOVE {', '.join(gone)}",
        "ExpressionAttributeNames": {f"#{name}": name for name in given},
        "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()},
    }


def _values(member: Membership) -> tuple[Item, tuple[str, ...]]:
    """What a member's item says, and what it says no more."""
    schema = {SCHEMA_NAME: number(SCHEMA)}
    if member.ended_at:
        gone = {"ended_at": text(moment(member.ended_at))}
        return {**schema, **gone, "expires_at": number(_expiry(member.ended_at))}, ("body",)
    body = {
        "party_key": member.party_key,
        "purpose": member.purpose,
        "locale": member.locale,
        "is_business": member.is_business,
    }
    return {**schema, "body": pack(body)}, ("ended_at", "expires_at")


def _expiry(ended_at: datetime) -> int:
    return int((ended_at + MARK_KEPT).timestamp())


def read_member(item: Mapping[str, Value]) -> Membership:
    """Somebody on the list of a purpose, as `member_update` wrote it."""
    body = unpack(item, "body")
    return Membership(
        party_key=body["party_key"],
        purpose=body["purpose"],
        locale=body.get("locale", ""),
        is_business=body.get("is_business", False),
    )
