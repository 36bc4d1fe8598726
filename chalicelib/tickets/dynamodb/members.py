"""The lists of those who consented to a purpose, on the table; knows keys and codecs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.tickets.dynamodb.codec import Item, Value, number, pack, text, unpack
from chalicelib.tickets.dynamodb.keys import Keys, bounded, moment
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.records import Membership

MARK_KEPT = timedelta(days=1)


class DynamoMembers:
    """`MemberStore` on one table. A list is spread over the shards, each read by a query of its own."""

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        shards: int = 4,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = Table(client, table_name, pause)
        self._keys = Keys(jurisdiction_id, shards)

    def page(self, purpose: str, place: str, size: int) -> tuple[list[Membership], str]:
        """See `MemberStore.page`."""
        first, _, after = place.partition(":")
        rows: list[Item] = []
        for shard in self._keys.shards[int(first or 0) :]:
            rows += islice(self._rows(purpose, shard, after, size), size - len(rows))
            if len(rows) == size:
                return _present(rows), f"{shard}:{rows[-1]['sk']['S']}"
            after = ""
        return _present(rows), ""

    def _rows(self, purpose: str, shard: int, after: str, size: int) -> Iterator[Item]:
        pk = text(_list(self._keys, purpose, shard))
        request: dict[str, Any] = {"Limit": size}
        if after:
            request["ExclusiveStartKey"] = {"pk": pk, "sk": text(after)}
        return self._table.rows(
            KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": pk}, **request
        )


def _list(keys: Keys, purpose: str, shard: int) -> str:
    return keys.of("MEMBERS", purpose, str(shard))


def member_key(keys: Keys, member: Membership) -> Item:
    """Where somebody stands on the list of a purpose."""
    shard = keys.shard(member.party_key)
    return {
        "pk": text(_list(keys, member.purpose, shard)),
        "sk": text(bounded(member.party_key)),
    }


def member_item(keys: Keys, member: Membership) -> Item:
    """Somebody on the list of a purpose, or the mark of who left it: that goes by itself after a day."""
    if member.ended_at:
        gone = {"ended_at": text(moment(member.ended_at))}
        return {**member_key(keys, member), **gone, "expires_at": number(_expiry(member.ended_at))}
    body = {
        "party_key": member.party_key,
        "purpose": member.purpose,
        "locale": member.locale,
        "is_business": member.is_business,
    }
    return {**member_key(keys, member), "body": pack(body)}


def _expiry(ended_at: datetime) -> int:
    return int((ended_at + MARK_KEPT).timestamp())


def _present(rows: Iterable[Item]) -> list[Membership]:
    return [_read(row) for row in rows if "ended_at" not in row]


def _read(item: Mapping[str, Value]) -> Membership:
    body = unpack(item, "body")
    return Membership(
        party_key=body["party_key"],
        purpose=body["purpose"],
        locale=body.get("locale", ""),
        is_business=body.get("is_business", False),
    )
