"""All that is published as one compressed snapshot, and a small head that says of what it is."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import logs
from chalicelib.tickets.dynamodb.errors import CONDITION, reasons_of
from chalicelib.tickets.dynamodb.items.codec import Item, integer, number, string, text
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.table import Table

log = logs.Log(__name__)

CHUNK = 300_000  # bytes; DynamoDB takes 400 KB an item
MOST_CHUNKS = 10  # a transaction takes 4 MB ("Service, account, and table quotas in DynamoDB")
OWN = frozenset({"pk", "sk", "write_id"})  # of a row, and no part of what is published


@dataclass(frozen=True, slots=True)
class Head:
    """`published` rises with all that is published, `built` is what it was when the snapshot was made.

    `digest` is of what is published, and of the snapshot that is in so many `chunks`; none when it was
    too large for one.
    """

    published: int = 0
    built: int = -1
    digest: str = ""
    chunks: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is known to have been published since the snapshot was made."""
        return self.published == self.built and self.chunks > 0


class Snapshots:
    """The snapshot of one jurisdiction's catalogue."""

    def __init__(self, table: Table, keys: Keys) -> None:
        self._table = table
        self._keys = keys

    def head(self, is_consistent: bool = True) -> Head:
        """What is known of the snapshot, for half a unit if it may be a moment old."""
        item = self._table.get(self._key("VERSION"), is_consistent=is_consistent) or {}
        built = integer(item, "built") if "built" in item else -1
        digest, chunks = string(item, "digest"), integer(item, "chunks")
        return Head(integer(item, "published"), built, digest, chunks)

    def rise(self) -> Mapping[str, Any]:
        """The request that belongs into each transaction that publishes."""
        update = {
            "TableName": self._table.name,
            "Key": self._key("VERSION"),
            "UpdateExpression": "ADD published :one",
            "ExpressionAttributeValues": {":one": number(1)},
        }
        return {"Update": update}

    def read(self, head: Head) -> list[Item] | None:
        """The rows in the snapshot; None when there is none of this head."""
        if not head.is_whole:
            return None
        items = self._table.batch([self._key(_chunk(i)) for i in range(head.chunks)])
        try:
            spelled = zlib.decompress(b"".join(item["data"]["B"] for item in items))
        except (zlib.error, KeyError):
            return None
        return _rows(spelled) if _digest(spelled) == head.digest else None

    def write(self, head: Head, rows: Iterable[Mapping[str, Any]]) -> None:
        """Make `rows`, read after `head`, the snapshot; not when something was published meanwhile."""
        spelled = _spelled(rows)
        digest = _digest(spelled)
        if head.built == head.published and head.digest == digest:
            return
        chunks = [*_cut(zlib.compress(spelled))]
        if len(chunks) > MOST_CHUNKS:
            log.warning("the catalogue is too large for a snapshot", count=len(spelled))
            chunks = []
        writes = [
            self._turn(head, digest, len(chunks)),
            *map(self._put, range(MOST_CHUNKS), chunks),
        ]
        try:
            self._table.write(writes, secrets.token_hex(16))
        except ClientError as error:
            if CONDITION not in {reason.get("Code") for reason in reasons_of(error)}:
                raise
            log.info("something was published meanwhile")  # and its own snapshot comes after it

    def _turn(self, head: Head, digest: str, chunks: int) -> Mapping[str, Any]:
        update = {
            "TableName": self._table.name,
            "Key": self._key("VERSION"),
            "UpdateExpression": "SET published = :seen, built = :seen, digest = :digest, chunks = :chunks",
            "ConditionExpression": "published = :seen",
            "ExpressionAttributeValues": {
                ":seen": number(head.published),
                ":digest": text(digest),
                ":chunks": number(chunks),
            },
        }
        if not head.published:
            update["ConditionExpression"] = "attribute_not_exists(published) OR published = :seen"
        return {"Update": update}

    def _put(self, index: int, data: bytes) -> Mapping[str, Any]:
        item = self._key(_chunk(index)) | {"data": {"B": data}}
        return {"Put": {"TableName": self._table.name, "Item": item}}

    def _key(self, sort: str) -> Item:
        return {"pk": text(self._keys.of("CATALOG_SNAPSHOT")), "sk": text(sort)}


def _chunk(index: int) -> str:
    return f"CHUNK#{index:02d}"


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))


def _digest(spelled: bytes) -> str:
    return hashlib.sha256(spelled).hexdigest()


def _spelled(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as JSON, the same for the same rows: DynamoDB gives attributes in any order."""
    slim = [{name: value for name, value in row.items() if name not in OWN} for row in rows]
    return json.dumps(slim, sort_keys=True, separators=(",", ":"), default=_written).encode()


def _written(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode()


def _rows(spelled: bytes) -> list[Item]:
    rows: list[Item] = json.loads(spelled)
    for row in rows:
        row.update({n: {"B": base64.b64decode(v["B"])} for n, v in row.items() if "B" in v})
    return rows
