"""Moving out: the whole table and both buckets into a folder; writes nothing anywhere else.

Only one ticket is ever held in memory. The table is read once, page by page and consistently, which
costs a read unit for every 4 KB of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalicelib.bootstrap import Services
from chalicelib.channels.files.storage import PREFIX, THUMBNAILS
from chalicelib.tickets.dynamodb.items.codec import Item, unpack
from chalicelib.tickets.dynamodb.items.keys import ENTRY, TICKET
from chalicelib.tickets.dynamodb.table import Table
from infra.moving import manifest
from infra.moving.folder import PIECE, MovingError, Sheet, copy_out, sha256_of
from infra.moving.manifest import CONTENTS, OURS, Manifest, Origin
from infra.moving.rows import ORDER, Row, is_passing, kind_of, to_row

Say = Callable[[str], None]
LOOKS = 3  # at a ticket that is being changed
TOLD_EVERY = 50_000


class Export:
    """One export of the city of `services` into `folder`.

    The table is read in `segments`, one after the other: an engine that looks through a whole one for
    each page, as DynamoDB Local does, is quicker with many.
    """

    def __init__(
        self, services: Services, folder: Path, say: Say = print, *, segments: int = 1
    ) -> None:
        self._services = services
        self._folder = folder
        self._say = say
        self._segments = segments
        self._client = services.client("dynamodb")
        self._table = Table(self._client, services.settings.table_name)
        self._prefix = f"{services.settings.jurisdiction_id}#"
        self.units = 0.0

    def run(self, now: datetime) -> Manifest:
        """Write all of it; the manifest comes last. One that was killed may be run again.

        Raises `MovingError` when an export lies there already.
        """
        if (self._folder / manifest.FILE).exists():
            raise MovingError(f"{self._folder} holds an export. Name another folder.")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as stack:
            names = [f"{kind}.jsonl" for kind in ORDER]
            sheets = [stack.enter_context(Sheet(self._folder / n)) for n in [*names, CONTENTS]]
            self._write_rows(dict(zip(ORDER, sheets, strict=False)))
            self._write_files(sheets[-1])
        return manifest.write(self._folder, self._origin(), sheets, now)

    def _origin(self) -> Origin:
        settings = self._services.settings
        return Origin(
            product=OURS,
            installation=f"{settings.jurisdiction_id} ({settings.stage})",
            city_name=settings.city_name,
            index_shards=settings.index_shards,
        )

    def _write_rows(self, sheets: dict[str, Sheet]) -> None:
        for row in self._rows():
            if not is_passing(row):
                sheets[kind_of(row)].write(row)
                if not (count := sum(s.lines for s in sheets.values())) % TOLD_EVERY:
                    self._say(f"{count:,} rows …")

    def _rows(self) -> Iterator[Row]:
        for pk, group in groupby(self._scanned(), key=lambda item: str(item["pk"]["S"])):
            is_ticket = pk.startswith(f"{self._prefix}{TICKET}#")
            for item in self._whole(list(group)) if is_ticket else group:
                yield to_row(item, self._prefix)

    def _whole(self, items: list[Item]) -> list[Item]:
        """The rows of one ticket, read anew while somebody changes it."""
        for _ in range(LOOKS):
            if not _is_torn(items):
                break
            items = list(
                self._table.rows(
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": items[0]["pk"]},
                    ConsistentRead=True,
                )
            )
        return items

    def _scanned(self) -> Iterator[Item]:
        for segment in range(self._segments):
            one = {"Segment": segment, "TotalSegments": self._segments}
            for item in self._segment(one if self._segments > 1 else {}):
                if item["pk"]["S"].startswith(self._prefix):
                    yield item

    def _segment(self, one: Mapping[str, int]) -> Iterator[Item]:
        request: dict[str, Any] = {**one, "ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}
        while True:
            answer = self._table.repeat(
                lambda: self._client.scan(TableName=self._table.name, **request)
            )
            self.units += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _write_files(self, sheet: Sheet) -> None:
        settings = self._services.settings
        for prefix in (PREFIX, THUMBNAILS):
            self._copy_all("stored", settings.files_bucket, prefix, sheet)
        self._copy_all("mail", settings.mail_bucket, "", sheet)

    def _copy_all(self, place: str, bucket: str, prefix: str, sheet: Sheet) -> None:
        pages = self._services.client("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                sheet.write(self._copied(place, bucket, found["Key"], found["Size"]))

    def _copied(self, place: str, bucket: str, key: str, size: int) -> Row:
        """One object as a file; what an earlier try has copied is not fetched again."""
        name = f"{place}/{quote(key, safe='/').replace('..', '%2E%2E')}"
        path = self._folder / name
        if path.is_file() and path.stat().st_size == size:
            digest = sha256_of(path)
        else:
            body = self._services.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
            size, digest = copy_out(body.iter_chunks(PIECE), path)
        return {"path": name, "bucket": place, "key": key, "bytes": size, "sha256": digest}


def _is_torn(items: list[Item]) -> bool:
    """Whether the ticket says that it has another number of entries."""
    head = next((item for item in items if item["sk"]["S"] == TICKET), None)
    entries = sum(_is_entry(item["sk"]["S"]) for item in items)
    return entries != (unpack(head, "facts").get("entry_count", 0) if head else 0)


def _is_entry(sort: str) -> bool:
    """The first row of an entry, not the rest of a long one."""
    return sort.startswith(ENTRY) and sort.count("#") == 1
