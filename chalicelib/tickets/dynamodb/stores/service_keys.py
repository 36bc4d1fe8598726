"""API keys, their counts and callbacks on the table; knows keys and codecs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import StaleTicket
from chalicelib.tickets.dynamodb.errors import CONDITION, CONDITION_ERROR, code_of, reasons_of
from chalicelib.tickets.dynamodb.items.callbacks import callback_key, callback_values, read_callback
from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA_NAME,
    Item,
    Value,
    integer,
    maybe,
    number,
    pack,
    readable,
    schema_of,
    text,
    unpack,
    when,
)
from chalicelib.tickets.dynamodb.items.keys import bounded, moment
from chalicelib.tickets.dynamodb.items.records import audit_item
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.model.later import Carried, spoken
from chalicelib.tickets.model.records import AuditRecord, Callback
from chalicelib.tickets.partners.keys import ApiKey, KeyKind

KEY_LISTS = ("channels", "templates", "jurisdictions", "services")
KEY_MOMENTS = ("expires_at", "created_at", "previous_until")
MOST_REFERRED = 50


class DynamoServiceKeys(Shelf):
    """`KeyStore` on one table."""

    def _at(self, key_id: str) -> Item:
        return {"pk": text(self._keys.of("API_KEYS")), "sk": text(key_id)}

    def put_key(self, key: ApiKey, record: AuditRecord) -> ApiKey:
        """See `KeyStore.put_key`."""
        write_id = secrets.token_hex(10)
        line = audit_item(self._keys, record, write_id)
        writes = [{"Update": self._key_update(key)}, {"Put": self._new(line)}]
        try:
            self._table.write(writes, write_id)
        except ClientError as error:
            if not any(reason.get("Code") == CONDITION for reason in reasons_of(error)):
                raise
            raise StaleTicket("The key was changed by somebody else; read it again.") from error
        return replace(key, version=key.version + 1)

    def _key_update(self, key: ApiKey) -> dict[str, Any]:
        return {
            "TableName": self._table.name,
            "Key": self._at(key.key_id),
            "UpdateExpression": "SET body = :body, version = :next, #schema = :schema",
            "ExpressionAttributeNames": {"#schema": SCHEMA_NAME},
            "ConditionExpression": "version = :read" if key.version else "attribute_not_exists(pk)",
            "ExpressionAttributeValues": {
                ":body": pack({**key.carried.bodies.get("body", {}), **_key_body(key)}),
                ":schema": schema_of(key.carried.item),
                ":next": number(key.version + 1),
                **({":read": number(key.version)} if key.version else {}),
            },
        }

    def _new(self, item: Item) -> dict[str, Any]:
        absent = "attribute_not_exists(pk)"
        return {"TableName": self._table.name, "Item": item, "ConditionExpression": absent}

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
        """See `KeyStore.key`."""
        item = self._table.get(self._at(key_id))
        return _read_key(item) if item else None

    def all_keys(self) -> list[ApiKey]:
        """See `KeyStore.all_keys`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._keys.of("API_KEYS"))},
        )
        return list(readable(rows, _read_key))

    def take(self, key_id: str, bucket: str, limit: int, expires_at: datetime) -> bool:
        """See `KeyStore.take`."""
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
        """See `KeyStore.note_reference`."""
        place = {"pk": text(self._reference(key_id, reference)), "sk": text(notification_id)}
        self._set(place, {"reference": text(bounded(reference))})

    def referred(self, key_id: str, reference: str) -> list[str]:
        """See `KeyStore.referred`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._reference(key_id, reference))},
            ScanIndexForward=False,
        )
        return [row["sk"]["S"] for row, _ in zip(rows, range(MOST_REFERRED), strict=False)]

    def add_callback(self, callback: Callback) -> None:
        """See `KeyStore.add_callback`."""
        place = callback_key(self._keys, callback.event_id)
        self._set(place, callback_values(self._keys, callback), "attribute_not_exists(pk)")

    def due_callbacks(self, now: datetime) -> Iterator[Callback]:
        """See `KeyStore.due_callbacks`."""
        for item in self._table.due_items(self._keys.of("callback"), now):
            yield from readable([item], read_callback)

    def postpone(self, callback: Callback, until: datetime, tries: int = 1) -> bool:
        """See `KeyStore.postpone`."""
        return self._succeeds(
            {
                "Key": callback_key(self._keys, callback.event_id),
                "UpdateExpression": "SET attempts = :next, next_action_at = :until",
                "ConditionExpression": "attempts = :now",
                "ExpressionAttributeValues": {
                    ":next": number(callback.attempts + tries),
                    ":now": number(callback.attempts),
                    ":until": text(moment(until)),
                },
            }
        )

    def drop(self, callback: Callback, outcome: str) -> None:
        """See `KeyStore.drop`."""
        self._succeeds(
            {
                "Key": callback_key(self._keys, callback.event_id),
                "UpdateExpression": "SET outcome = :outcome REMOVE due_queue, next_action_at",
                "ExpressionAttributeValues": {":outcome": text(outcome)},
            }
        )


def _key_body(key: ApiKey) -> dict[str, Any]:
    body = {name: getattr(key, name) for name in _KNOWN}
    return body | {name: maybe(body[name]) for name in KEY_MOMENTS}


def _read_key(item: Mapping[str, Value]) -> ApiKey:
    stored = unpack(item, "body")
    body = {name: stored[name] for name in _KNOWN & stored.keys()}
    body |= {name: tuple(body[name]) for name in KEY_LISTS if name in body}
    body |= {name: when(body.get(name)) for name in KEY_MOMENTS}
    body |= {"kind": spoken(KeyKind, body["kind"]), "version": integer(item, "version")}
    return ApiKey(key_id=item["sk"]["S"], carried=Carried(item, {"body": stored}), **body)


_KNOWN = frozenset(field.name for field in fields(ApiKey)) - {"key_id", "version", "carried"}
