"""The catalogue that a town starts with, published through the product's own store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib import bootstrap
from chalicelib.tickets.catalog.seed import seed_items
from chalicelib.tickets.model.ticket import SYSTEM
from chalicelib.tickets.ports import CatalogItem

Row = Mapping[str, Any]
# What the seed looks like in a table, by jurisdiction and by when it was published.
_image: dict[tuple[str, datetime], list[Row]] = {}


def furnish(table: Any, table_name: str, now: datetime) -> None:
    """Publish the seed unless the table has a catalogue; the second time in a process by copying."""
    image = os.environ["JURISDICTION_ID"], now
    if image in _image:
        _copy(table, table_name, _image[image])
    elif not bootstrap.services().catalog.items("policy"):
        _publish(now)
        _image[image] = list(_rows(table, table_name))


def _publish(now: datetime) -> None:
    catalog = bootstrap.services().catalog
    for item in seed_items():
        wanted = CatalogItem(kind=item.kind, code=item.code, version=0, body=item.body, note="Seed")
        catalog.put(wanted, SYSTEM, now)


def _copy(table: Any, name: str, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), 25):
        puts = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
        table.batch_write_item(RequestItems={name: puts})


def _rows(table: Any, name: str) -> Iterator[Row]:
    more: dict[str, Any] = {}
    while True:
        page = table.scan(TableName=name, **more)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
