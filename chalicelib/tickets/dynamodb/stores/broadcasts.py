"""Broadcasts on the table; knows keys and codecs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import NotFound, StaleTicket
from chalicelib.tickets.dynamodb.errors import CONDITION_ERROR, code_of
from chalicelib.tickets.dynamodb.items.codec import (
    Item,
    Value,
    integer,
    number,
    pack,
    text,
    unpack,
    when,
)
from chalicelib.tickets.dynamodb.items.keys import moment
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.people.broadcasts import Broadcast, Stage
from chalicelib.tickets.people.segments import Segment

MOMENTS = ("created_at", "starts_at", "finished_at")


class DynamoBroadcasts(Shelf):
    """`BroadcastStore` on one table."""

    def _at(self, broadcast_id: str) -> Item:
        return {"pk": text(self._keys.of("BROADCASTS")), "sk": text(broadcast_id)}

    def get(self, broadcast_id: str) -> Broadcast:
        """See `BroadcastStore.get`."""
        item = self._table.get(self._at(broadcast_id))
        if item is None:
            raise NotFound("There is no such broadcast.")
        return _read(item)

    def all(self) -> list[Broadcast]:
        """See `BroadcastStore.all`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._keys.of("BROADCASTS"))},
            ScanIndexForward=False,
        )
        return [_read(row) for row in rows]

    def save(self, broadcast: Broadcast) -> None:
        """See `BroadcastStore.save`."""
        body = asdict(broadcast)
        del body["version"]
        body |= {name: moment(body[name]) for name in MOMENTS if body[name]}
        try:
            self._table.update(
                Key=self._at(broadcast.broadcast_id),
                UpdateExpression="SET body = :body, version = :next",
                ConditionExpression="attribute_not_exists(version) OR version = :read",
                ExpressionAttributeValues={
                    ":body": pack(body),
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


def _frozen(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


def _read(item: Mapping[str, Value]) -> Broadcast:
    body = unpack(item, "body")
    body |= {name: when(body[name]) for name in MOMENTS if name in body}
    body["problems"] = tuple((line, said) for line, said in body.get("problems", ()))
    body["columns"] = tuple(body.get("columns", ()))
    body.setdefault("purpose", "")
    body.setdefault("digest", "")
    body["parts"] = tuple(body.get("parts", ()))
    if segment := body.get("segment"):
        body["segment"] = Segment(**{name: _frozen(given) for name, given in segment.items()})
    return Broadcast(**{**body, "stage": Stage(body["stage"]), "version": integer(item, "version")})
