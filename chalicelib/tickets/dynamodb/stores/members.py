"""The lists of those who consented to a purpose, on the table; knows keys and codecs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from chalicelib.tickets.dynamodb.items.codec import Item, readable, text
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.members import member_list, read_member
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.records import Membership


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
        pk = text(member_list(self._keys, purpose, shard))
        request: dict[str, Any] = {"Limit": size}
        if after:
            request["ExclusiveStartKey"] = {"pk": pk, "sk": text(after)}
        return self._table.rows(
            KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": pk}, **request
        )


def _present(rows: Iterable[Item]) -> list[Membership]:
    return list(readable((row for row in rows if "ended_at" not in row), read_member))
