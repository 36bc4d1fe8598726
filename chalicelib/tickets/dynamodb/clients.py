"""API keys, their counts and callbacks on the table; knows keys and codecs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.tickets.clients import ApiKey, Callback, KeyKind
from chalicelib.tickets.dynamodb.codec import (
    Item,
    Value,
    at,
    integer,
    maybe,
    number,
    pack,
    text,
    unpack,
    when,
)
from chalicelib.tickets.dynamodb.errors import CONDITION_ERROR, code_of
from chalicelib.tickets.dynamodb.keys import Keys, bounded, moment
from chalicelib.tickets.dynamodb.table import Table

MOST_REFERRED = 50
CALLBACK_KEPT = timedelta(days=30)


class DynamoClients:
    """`ClientStore` on one table."""

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = Table(client, table_name, pause)
        self._keys = Keys(jurisdiction_id, 1)

    def _at(self, key_id: str) -> Item:
        return {"pk": text(self._keys.of("API_KEYS")), "sk": text(key_id)}

    def put_key(self, key: ApiKey) -> None:
        """See `ClientStore.put_key`."""
        body = {
            "name": key.name,
            "kind": key.kind,
            "digest": key.digest,
            "expires_at": moment(key.expires_at),
            "channels": key.channels,
            "templates": key.templates,
            "a_minute": key.a_minute,
            "a_day": key.a_day,
            "callback_url": key.callback_url,
            "is_revoked": key.is_revoked,
            "created_by": key.created_by,
            "created_at": maybe(key.created_at),
        }
        self._set(self._at(key.key_id), {"body": pack(body)})

    def _set(self, key: Item, values: Mapping[str, Value], condition: str = "") -> bool:
        sets = ", ".join(f"#{name} = :{name}" for name in values)
        request: dict[str, Any] = {
            "Key": key,
            "UpdateExpression": f"SET {sets}",
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }
        if condition:
            request["ConditionExpression"] = condition
        return self._succeeds(request)

    def _succeeds(self, request: Mapping[str, Any]) -> bool:
        try:
            self._table.update(**request)
        except ClientError as error:
            if code_of(error) != CONDITION_ERROR:
                raise
            return False
        return True

    def key(self, key_id: str) -> ApiKey | None:
        """See `ClientStore.key`."""
        item = self._table.get(self._at(key_id))
        return _read_key(item) if item else None

    def all_keys(self) -> list[ApiKey]:
        """See `ClientStore.all_keys`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._keys.of("API_KEYS"))},
        )
        return [_read_key(row) for row in rows]

    def take(self, key_id: str, bucket: str, limit: int, expires_at: datetime) -> bool:
        """See `ClientStore.take`."""
        return self._succeeds(
            {
                "Key": {"pk": text(self._keys.of("API_COUNT", key_id)), "sk": text(bucket)},
                "UpdateExpression": "SET used = if_not_exists(used, :none) + :one, expires_at = :end",
                "ConditionExpression": "attribute_not_exists(used) OR used < :limit",
                "ExpressionAttributeValues": {
                    ":none": number(0),
                    ":one": number(1),
                    ":limit": number(limit),
                    ":end": number(int(expires_at.timestamp())),
                },
            }
        )

    def _reference(self, key_id: str, reference: str) -> str:
        return self._keys.of("API_REFERENCE", key_id, bounded(reference))

    def note_reference(self, key_id: str, reference: str, notification_id: str) -> None:
        """See `ClientStore.note_reference`."""
        place = {"pk": text(self._reference(key_id, reference)), "sk": text(notification_id)}
        self._set(place, {"reference": text(bounded(reference))})

    def referred(self, key_id: str, reference: str) -> list[str]:
        """See `ClientStore.referred`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._reference(key_id, reference))},
            ScanIndexForward=False,
        )
        return [row["sk"]["S"] for row, _ in zip(rows, range(MOST_REFERRED), strict=False)]

    def _callback(self, event_id: str) -> Item:
        return {"pk": text(self._keys.of("CALLBACK", bounded(event_id))), "sk": text("CALLBACK")}

    def add_callback(self, callback: Callback) -> None:
        """See `ClientStore.add_callback`."""
        body = {
            "event_id": callback.event_id,
            "key_id": callback.key_id,
            "notification_id": callback.notification_id,
            "status": callback.status,
            "at": moment(callback.at),
            "client_reference": callback.client_reference,
            "reason": callback.reason,
        }
        values = {
            "body": pack(body),
            "attempts": number(0),
            "due_queue": text(self._keys.of("callback")),
            "next_action_at": text(moment(callback.at)),
            "expires_at": number(int((callback.at + CALLBACK_KEPT).timestamp())),
        }
        self._set(self._callback(callback.event_id), values, "attribute_not_exists(pk)")

    def due_callbacks(self, now: datetime) -> Iterator[Callback]:
        """See `ClientStore.due_callbacks`."""
        rows = self._table.rows(
            IndexName="by_due",
            KeyConditionExpression="due_queue = :queue AND next_action_at <= :now",
            ExpressionAttributeValues={
                ":queue": text(self._keys.of("callback")),
                ":now": text(moment(now)),
            },
        )
        for row in rows:
            item = self._table.get({"pk": row["pk"], "sk": row["sk"]})
            if item and "due_queue" in item:
                yield _read_callback(item)

    def postpone(self, callback: Callback, until: datetime) -> bool:
        """See `ClientStore.postpone`."""
        return self._succeeds(
            {
                "Key": self._callback(callback.event_id),
                "UpdateExpression": "SET attempts = :next, next_action_at = :until",
                "ConditionExpression": "attempts = :now",
                "ExpressionAttributeValues": {
                    ":next": number(callback.attempts + 1),
                    ":now": number(callback.attempts),
                    ":until": text(moment(until)),
                },
            }
        )

    def drop(self, callback: Callback, outcome: str) -> None:
        """See `ClientStore.drop`."""
        self._succeeds(
            {
                "Key": self._callback(callback.event_id),
                "UpdateExpression": "SET outcome = :outcome REMOVE due_queue, next_action_at",
                "ExpressionAttributeValues": {":outcome": text(outcome)},
            }
        )


def _read_key(item: Mapping[str, Value]) -> ApiKey:
    body = unpack(item, "body")
    return ApiKey(
        key_id=item["sk"]["S"],
        name=body["name"],
        kind=KeyKind(body["kind"]),
        digest=body["digest"],
        expires_at=at(body["expires_at"]),
        channels=tuple(body.get("channels", ())),
        templates=tuple(body.get("templates", ())),
        a_minute=body["a_minute"],
        a_day=body["a_day"],
        callback_url=body.get("callback_url", ""),
        is_revoked=body.get("is_revoked", False),
        created_by=body.get("created_by", ""),
        created_at=when(body.get("created_at")),
    )


def _read_callback(item: Mapping[str, Value]) -> Callback:
    body = unpack(item, "body")
    found = Callback(**{**body, "at": at(body["at"])})
    return replace(found, attempts=integer(item, "attempts"))
