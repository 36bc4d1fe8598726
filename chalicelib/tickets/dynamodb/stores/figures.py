"""The city's figures on the one table, an item for each month; counts nothing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping

from chalicelib.tickets.dynamodb.items.codec import Value, readable, text
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.publishing.figures import Cells, pack_cells, read_cells


class DynamoFigures(Shelf):
    """`FigureStore` on the table."""

    @property
    def _key(self) -> str:
        return self._keys.of("FIGURES")

    def stamps(self) -> dict[str, str]:
        """See `FigureStore.stamps`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._key)},
            ProjectionExpression="sk, stamp",
        )
        return {row["sk"]["S"]: row["stamp"]["S"] for row in rows}

    def keep(self, month: str, stamp: str, cells: Cells) -> None:
        """See `FigureStore.keep`."""
        body = zlib.compress(json.dumps(pack_cells(cells), separators=(",", ":")).encode(), 9)
        self._table.update(
            Key={"pk": text(self._key), "sk": text(month)},
            UpdateExpression="SET stamp = :stamp, cells = :cells",
            ExpressionAttributeValues={":stamp": text(stamp), ":cells": {"B": body}},
        )

    def months(self, first: str, last: str) -> Mapping[str, Cells]:
        """See `FigureStore.months`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": text(self._key),
                ":first": text(first),
                ":last": text(last),
            },
        )
        return dict(readable(rows, _month))


def _month(row: Mapping[str, Value]) -> tuple[str, Cells]:
    body = json.loads(zlib.decompress(row["cells"]["B"]))
    return row["sk"]["S"], dict(read_cells(body))
