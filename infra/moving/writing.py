"""Rows into the table: in transactions, on condition that none is there, each with how far it came."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.tickets.dynamodb.errors import CONDITION, reasons_of
from chalicelib.tickets.dynamodb.items.codec import (
    Item,
    Value,
    at,
    integer,
    number,
    pack,
    string,
    text,
    unpack,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, moment
from chalicelib.tickets.dynamodb.items.records import audit_item
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.dynamodb.transactions import MOST_ITEMS
from chalicelib.tickets.model.records import AuditRecord
from chalicelib.tickets.model.ticket import SYSTEM
from infra.moving.folder import Line, MovingError
from infra.moving.manifest import Manifest

MOST_BYTES = 3_000_000  # DynamoDB takes 4 MB in one transaction
FILES_A_NOTE = 100
COUNTS = frozenset({"SENT", "TALLY", "SPENDING"})  # what both cities counted stays as it is here
PLANTED = ("version = :first AND author = :planter AND #note = :seed", "Seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the import of one export came: behind `line` of `file`."""

    name: str
    began_at: datetime
    file: str = ""
    line: int = 0
    is_done: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)


def is_same(stored: Mapping[str, Value], item: Item) -> bool:
    """Whether they say the same, whoever wrote them."""
    return {**stored, "write_id": None} == {**item, "write_id": None}


def gives_way(item: Item) -> bool:
    """Whether what is here already is as good."""
    return item["pk"]["S"].split("#")[1] in COUNTS


def may_replace(stored: Mapping[str, Value], item: Item) -> bool:
    """Whether what is here is only what a deployment planted."""
    is_catalogue = item["pk"]["S"].split("#")[1] == "CATALOG"
    is_seed = string(stored, "note") == "Seed" and integer(stored, "version") == 1
    return is_catalogue and is_seed and string(stored, "author") == SYSTEM.key


class Written:
    """What an import wrote, and what it is about to write."""

    def __init__(self, table: Table, keys: Keys, name: str) -> None:
        self._table = table
        self._keys = keys
        self._key: Item = {"pk": text(keys.of("IMPORTS")), "sk": text(name)}
        self._name = name
        self._batch: list[tuple[Line, Item]] = []
        self._bytes = 0
        self._at: tuple[str, int] = ("", 0)  # what is noted
        self._last: Line | None = None
        self._here: list[tuple[Line, Item]] = []

    def progress(self, now: datetime) -> Progress:
        """How far it came; at its very beginning when it was never begun."""
        item = self._table.get(self._key) or {}
        self._at = string(item, "file"), integer(item, "line")
        return Progress(
            name=self._name,
            began_at=at(string(item, "began_at")) if item else now,
            file=self._at[0],
            line=self._at[1],
            is_done="done_at" in item,
            renamed=unpack(item, "renamed"),
        )

    def begin(self, progress: Progress) -> Progress:
        """Note that it was begun, and under which names."""
        self._table.update(
            Key=self._key,
            UpdateExpression="SET began_at = if_not_exists(began_at, :now), renamed = :renamed",
            ExpressionAttributeValues={
                ":now": text(moment(progress.began_at)),
                ":renamed": pack(progress.renamed),
            },
        )
        return progress

    def add(self, line: Line, items: list[Item]) -> None:
        """Write the items of a line, with the next transaction."""
        is_full = len(self._batch) + len(items) >= MOST_ITEMS
        if self._batch and (is_full or self._bytes + len(line.data) > MOST_BYTES):
            self.flush()
        self._batch += [(line, item) for item in items]
        self._bytes += len(line.data)
        self._last = line

    def passed(self, line: Line) -> None:
        """A line that stands for no row is done with."""
        self._last = line
        if not line.number % FILES_A_NOTE:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered. Raises `MovingError` when something else is there meanwhile."""
        if self._last is None:
            return
        batch = self._batch
        while not self._is_written(batch, self._last):
            batch = [pair for pair in batch if pair not in self._here]
        self._at = self._last.file, self._last.number
        self._batch, self._bytes, self._last = [], 0, None

    def _is_written(self, batch: list[tuple[Line, Item]], last: Line) -> bool:
        """Whether the transaction went through; if not, what `_here` tells is there already."""
        writes = [self._note(last), *(self._put(item) for _, item in batch)]
        try:
            self._table.write(writes, secrets.token_hex(16))
        except ClientError as error:
            failed = [reason.get("Code") == CONDITION for reason in reasons_of(error)]
            if not any(failed):
                raise
            if failed[0] and self._is_noted(last):
                return True  # by us; the answer was lost
            if failed[0]:
                raise MovingError(
                    "This export is being imported elsewhere; wait for it."
                ) from error
            self._here = _there_already(batch, reasons_of(error)[1:], error)
            return False
        return True

    def _is_noted(self, last: Line) -> bool:
        item = self._table.get(self._key) or {}
        return (string(item, "file"), integer(item, "line")) == (last.file, last.number)

    def _note(self, last: Line) -> dict[str, Any]:
        update = {
            "TableName": self._table.name,
            "Key": self._key,
            "UpdateExpression": "SET #file = :file, #line = :line",
            "ExpressionAttributeNames": {"#file": "file", "#line": "line"},
            "ExpressionAttributeValues": {":file": text(last.file), ":line": number(last.number)},
        }
        if self._at[0]:
            update["ConditionExpression"] = "#file = :was_file AND #line = :was_line"
            was = {":was_file": text(self._at[0]), ":was_line": number(self._at[1])}
            update["ExpressionAttributeValues"] |= was
        else:
            update["ConditionExpression"] = "attribute_not_exists(#file)"
        return {"Update": update}

    def _put(self, item: Item) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table.name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if item["pk"]["S"].split("#")[1] == "CATALOG":
            condition, note = PLANTED
            put["ConditionExpression"] += f" OR ({condition})"
            put["ExpressionAttributeNames"] = {"#note": "note"}
            put["ExpressionAttributeValues"] = {
                ":first": number(1),
                ":planter": text(SYSTEM.key),
                ":seed": text(note),
            }
        return {"Put": put}

    def finish(self, now: datetime, counts: Mapping[str, int], told: Manifest) -> None:
        """Note that all of it is here, and say so in the audit trail."""
        record = AuditRecord(
            audit_id=self._name,
            at=now,
            actor=SYSTEM,
            action="city_imported",
            subject=told.origin.installation,
            data={"product": told.origin.product, **counts},
        )
        self._table.write(
            [
                {"Put": {"TableName": self._table.name, "Item": self._line(record)}},
                {
                    "Update": {
                        "TableName": self._table.name,
                        "Key": self._key,
                        "UpdateExpression": "SET done_at = :now",
                        "ExpressionAttributeValues": {":now": text(moment(now))},
                    }
                },
            ],
            secrets.token_hex(16),
        )

    def _line(self, record: AuditRecord) -> Item:
        return audit_item(self._keys, record, self._name)


def _there_already(
    batch: list[tuple[Line, Item]], reasons: Any, error: ClientError
) -> list[tuple[Line, Item]]:
    """Which of the batch are here as they should be. Raises `MovingError` for the first that is not."""
    here = []
    for (line, item), reason in zip(batch, reasons, strict=False):
        if reason.get("Code") != CONDITION:
            continue
        if not (is_same(reason.get("Item") or {}, item) or gives_way(item)):
            raise MovingError(
                f"{line.place}: {item['pk']['S']} came to be here with other content while this"
                " import ran. Close the doors, take it away or keep it, and run the import again."
            ) from error
        here.append((line, item))
    return here
