"""Broadcasts on the table, and those who consented to some; knows keys and codecs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import NotFound, StaleTicket
from chalicelib.tickets.dynamodb.errors import CONDITION_ERROR, code_of
from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA_NAME,
    Item,
    Value,
    integer,
    number,
    pack,
    readable,
    schema_of,
    text,
    unpack,
    when,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, moment
from chalicelib.tickets.dynamodb.items.members import member_list, read_member
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.later import Carried, spoken
from chalicelib.tickets.model.records import Membership
from chalicelib.tickets.people.broadcasts import Broadcast, Stage
from chalicelib.tickets.people.segments import Segment

MOMENTS = ("created_at", "starts_at", "finished_at")


class DynamoBroadcasts(Shelf):
    """`BroadcastStore` on one table. `person` tells who is meant by a name of an earlier release."""

    def __init__(self, *given: Any, person: Callable[[str], str] = str, **more: Any) -> None:
        super().__init__(*given, **more)
        self._person = person

    def _read(self, item: Mapping[str, Value]) -> Broadcast:
        found = _read(item)
        for field in ("author", "approved_by"):
            if "@" in (name := getattr(found, field)):
                setattr(found, field, self._person(name))
        return found

    def _at(self, broadcast_id: str) -> Item:
        return {"pk": text(self._keys.of("BROADCASTS")), "sk": text(broadcast_id)}

    def get(self, broadcast_id: str) -> Broadcast:
        """See `BroadcastStore.get`."""
        item = self._table.get(self._at(broadcast_id))
        if item is None:
            raise NotFound("There is no such broadcast.")
        return self._read(item)

    def all(self) -> list[Broadcast]:
        """See `BroadcastStore.all`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._keys.of("BROADCASTS"))},
            ScanIndexForward=False,
        )
        return list(readable(rows, self._read))

    def save(self, broadcast: Broadcast) -> None:
        """See `BroadcastStore.save`."""
        body = {name: getattr(broadcast, name) for name in _KNOWN}
        body["segment"] = _segment_body(broadcast)
        body |= {name: moment(body[name]) for name in MOMENTS if body[name]}
        try:
            self._table.update(
                Key=self._at(broadcast.broadcast_id),
                UpdateExpression="SET body = :body, version = :next, #schema = :schema",
                ExpressionAttributeNames={"#schema": SCHEMA_NAME},
                ConditionExpression="attribute_not_exists(version) OR version = :read",
                ExpressionAttributeValues={
                    ":body": pack({**broadcast.carried.bodies.get("body", {}), **body}),
                    ":schema": schema_of(broadcast.carried.item),
                    ":next": number(broadcast.version + 1),
                    ":read": number(broadcast.version),
                },
            )
        except ClientError as error:
            if code_of(error) != CONDITION_ERROR:
                raise
            raise StaleTicket(
                "The broadcast was changed by somebody else; read it again."
            ) from error
        broadcast.version += 1


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


def _frozen(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


def _segment_body(broadcast: Broadcast) -> dict[str, Any] | None:
    before = broadcast.carried.bodies.get("body", {}).get("segment") or {}
    return {**before, **asdict(broadcast.segment)} if broadcast.segment else None


def _read(item: Mapping[str, Value]) -> Broadcast:
    stored = unpack(item, "body")
    body = {name: stored[name] for name in _KNOWN & stored.keys()}
    body |= {name: when(body[name]) for name in MOMENTS if name in body}
    body["problems"] = tuple((line, said) for line, said in body.get("problems", ()))
    body["columns"] = tuple(body.get("columns", ()))
    body.setdefault("purpose", "")
    body.setdefault("digest", "")
    body["parts"] = tuple(body.get("parts", ()))
    segment = body.get("segment") or {}
    if segment:
        known = {name: _frozen(segment[name]) for name in _SEGMENT & segment.keys()}
        body["segment"] = Segment(**known)
    stage = spoken(Stage, body.pop("stage"))
    return Broadcast(
        **body,
        stage=stage,
        version=integer(item, "version"),
        carried=Carried(item, {"body": stored}),
        is_beyond_us=not (stored.keys() <= _KNOWN and segment.keys() <= _SEGMENT),
    )


_SEGMENT = frozenset(field.name for field in fields(Segment))
_KNOWN = frozenset(field.name for field in fields(Broadcast)) - {
    "version",
    "carried",
    "is_beyond_us",
}


def _present(rows: Iterable[Item]) -> list[Membership]:
    return list(readable((row for row in rows if "ended_at" not in row), read_member))
