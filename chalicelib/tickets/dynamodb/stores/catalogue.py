"""What administrators write, on the same table, with every version kept."""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import logs
from chalicelib.errors import StaleTicket, StoreBusy
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.areas import outline
from chalicelib.tickets.catalog.bodies import read_catalog
from chalicelib.tickets.catalog.rules import about
from chalicelib.tickets.dynamodb.errors import CONDITION, reasons_of
from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA,
    SCHEMA_NAME,
    Item,
    Value,
    integer,
    is_newer,
    number,
    readable,
    string,
    text,
    when,
)
from chalicelib.tickets.dynamodb.items.keys import VERSION, moment
from chalicelib.tickets.dynamodb.items.records import audit_item
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.dynamodb.stores.snapshots import Head, Snapshots
from chalicelib.tickets.dynamodb.watched import Watched
from chalicelib.tickets.model.records import AuditRecord
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.ports import MARKER, CatalogItem

log = logs.Log(__name__)

LARGE = 250_000  # bytes of JSON; DynamoDB takes 400 KB an item


class DynamoCatalogStore(Shelf):
    """The catalogue of one jurisdiction.

    A process reads all of it once, out of the snapshot, and then looks each minute by the monotonic
    clock `ticks` whether there is a newer one; so it sees what another published after a minute. Where the
    snapshot is behind, what is published itself is read, which is larger and always right.
    `person` tells whom a rule means that names somebody by mail address.
    """

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        pause: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
        person: Callable[[str], str] = str,
    ) -> None:
        super().__init__(
            client, table_name=table_name, jurisdiction_id=jurisdiction_id, pause=pause
        )
        self._snapshots = Snapshots(self._table, self._keys)
        self._person = person
        self._whole = Watched(self._snapshots.head, self._load, ticks)

    def load(self) -> Catalog:
        """See `CatalogStore.load`."""
        return self._whole.get()

    def fresh(self) -> Catalog:
        """See `CatalogStore.fresh`."""
        return self._known(_catalog(self._all()))

    def mend(self) -> None:
        """Make the snapshot anew where it is not what is published: a process died between the two, a
        city was imported, or the release before published, which knows of no snapshot."""
        head = self._snapshots.head()
        self._snapshots.write(head, self._all())

    def _load(self, head: Head) -> Catalog:
        rows = self._snapshots.read(head)
        return self._known(_catalog(self._all() if rows is None else rows))

    def _known(self, catalog: Catalog) -> Catalog:
        catalog.rules = tuple(about(rule, self._person) for rule in catalog.rules)
        return catalog

    def _all(self) -> Iterator[Item]:
        return (row for row in self._rows("") if string(row, "kind") != MARKER)

    def items(self, kind: str) -> list[CatalogItem]:
        """See `CatalogStore.items`; without the deleted ones."""
        found = readable(self._rows(f"{kind}#"), _read)
        return [item for item in found if not item.is_deleted]

    def _rows(self, prefix: str) -> Iterator[Item]:
        values = {":pk": text(self._keys.catalog)}
        condition = "pk = :pk"
        if prefix:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = text(prefix)
        return self._table.rows(
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )

    def put(self, item: CatalogItem, actor: Actor, now: datetime) -> CatalogItem:
        """See `CatalogStore.put`; a tombstone is published over with its own version."""
        author = item.author or actor.key
        published = replace(item, version=item.version + 1, at=now, author=author)
        write_id = secrets.token_hex(10)
        try:
            self._table.write(list(self._writes(published, actor, now, write_id)), write_id)
        except ClientError as error:
            self._forgive_own(error, item, write_id)
        if item.kind != MARKER:
            self._whole.forget()
            self._take_snapshot()
        return published

    def _take_snapshot(self) -> None:
        """What is published stays so, whatever becomes of this: the minute run mends it."""
        try:
            self.mend()
        except (StoreBusy, ClientError) as error:
            log.failure("no snapshot was made of what was published", error)

    def _forgive_own(self, error: ClientError, item: CatalogItem, write_id: str) -> None:
        failed = [r.get("Item") or {} for r in reasons_of(error) if r.get("Code") == CONDITION]
        if not failed:
            raise error
        if any(string(stored, "write_id") == write_id for stored in failed):
            return
        raise StaleTicket(
            f"The {item.kind} {item.code} was changed by somebody else; read it again.",
            max(integer(stored, "version") for stored in failed) or None,
        ) from error

    def _writes(
        self, published: CatalogItem, actor: Actor, now: datetime, write_id: str
    ) -> Iterator[Mapping[str, Any]]:
        content = _content(published, now) | {"write_id": text(write_id)}
        version = {
            "pk": text(self._keys.catalog_versions(published.kind, published.code)),
            "sk": text(f"{VERSION}{published.version:06d}"),
        }
        current = {
            "pk": text(self._keys.catalog),
            "sk": text(f"{published.kind}#{published.code}"),
        }
        record = _audited(published, actor, now, write_id)
        yield self._renew(current, content, published.version - 1)
        yield self._put(version | content, 0)
        yield self._put(audit_item(self._keys, record, write_id), 0)
        if published.kind != MARKER:
            yield self._snapshots.rise()

    def _put(self, item: Item, version: int) -> Mapping[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table.name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if version:
            put["ConditionExpression"] = "version = :version"
            put["ExpressionAttributeValues"] = {":version": number(version)}
        return {"Put": put}

    def _renew(self, key: Item, content: Item, version: int) -> Mapping[str, Any]:
        """What is published now; attributes that only a later release knows stay."""
        gone = [name for name in _OPTIONAL if name not in content]
        sets = ", ".join(f"#{name} = :{name}" for name in content)
        values = {f":{name}": value for name, value in content.items()}
        update: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": key,
            "UpdateExpression": f"SET {sets}" + (f" REMOVE {', '.join(gone)}" if gone else ""),
            "ExpressionAttributeNames": {f"#{name}": name for name in content},
            "ExpressionAttributeValues": values,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if version:
            update["ConditionExpression"] = "version = :before"
            update["ExpressionAttributeValues"] = values | {":before": number(version)}
        return {"Update": update}

    def history(self, kind: str, code: str) -> list[CatalogItem]:
        """See `CatalogStore.history`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._keys.catalog_versions(kind, code))},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        return list(readable(rows, _read))


def _catalog(rows: Iterable[Mapping[str, Value]]) -> Catalog:
    catalog = read_catalog(readable(rows, _read))
    for kind, code in catalog.unreadable:
        log.error("something published cannot be read", kind=kind, code=code)
    return catalog


_OPTIONAL = ("note", "is_deleted", "whole", "whole_of")


def _content(item: CatalogItem, now: datetime) -> Item:
    content: Item = {
        SCHEMA_NAME: number(SCHEMA),
        "kind": text(item.kind),
        "code": text(item.code),
        "version": number(item.version),
        "at": text(moment(now)),
        "author": text(item.author),
    } | _body(item)
    if item.note:
        content["note"] = text(item.note)
    if item.is_deleted:
        content["is_deleted"] = {"BOOL": True}
    return content


def _body(item: CatalogItem) -> Item:
    """The body as JSON; an area that is too large for it is kept compressed, beside an outline.

    The release before reads `body` alone, so it has the area roughly instead of not at all. Were it
    to publish over it, `whole_of` would say that what is compressed is of another version.
    """
    spelled = _json(item.body)
    if item.kind != "area" or len(spelled) <= LARGE:
        return {"body": text(spelled)}
    rough = {**item.body, "geometry": outline(item.body["geometry"])}
    whole: Item = {"whole": {"B": zlib.compress(spelled.encode())}}
    return {"body": text(_json(rough)), "whole_of": number(item.version)} | whole


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _body_of(item: Mapping[str, Value]) -> dict[str, Any]:
    if "whole" in item and integer(item, "whole_of") == integer(item, "version"):
        return dict(json.loads(zlib.decompress(item["whole"]["B"])))
    return dict(json.loads(item["body"]["S"]))


def _audited(item: CatalogItem, actor: Actor, now: datetime, write_id: str) -> AuditRecord:
    return AuditRecord(
        audit_id=write_id,
        at=now,
        actor=actor,
        action="catalog_deleted" if item.is_deleted else "catalog_published",
        subject=f"{item.kind}:{item.code}",
        data={"version": item.version, "note": item.note},
    )


def _read(item: Mapping[str, Value]) -> CatalogItem:
    return CatalogItem(
        kind=string(item, "kind"),
        code=string(item, "code"),
        version=integer(item, "version"),
        body=_body_of(item),
        author=string(item, "author"),
        note=string(item, "note"),
        at=when(string(item, "at")),
        is_deleted="is_deleted" in item,
        is_newer=is_newer(item),
    )
