"""What the second reader keeps, on the same table: counted in transactions, read by key and by query."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import StaleTicket
from chalicelib.tickets.dynamodb.errors import CONDITION, CONDITION_ERROR, code_of, reasons_of
from chalicelib.tickets.dynamodb.items.codec import Item, Value, number, text, when
from chalicelib.tickets.dynamodb.items.keys import Keys, moment, queue_position
from chalicelib.tickets.dynamodb.items.projections import (
    COUNT,
    board_key,
    changes_key,
    progress_item,
    progress_key,
    projected_item,
    projected_key,
    read_changed,
    read_progress,
    read_projected,
    read_row,
    row_key,
)
from chalicelib.tickets.dynamodb.paging import CALLS_A_PAGE, Reach, cut, filtered, one_of
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.dynamodb.transactions import MOST_ITEMS
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports.projections import (
    Changes,
    Counted,
    Progress,
    Projected,
    Rows,
)

RETIRED_FOR = timedelta(days=1)
ROWS_A_CALL = 2_000  # of the change feed whose lines are filtered
Move = tuple[Projected, Projected]


class DynamoProjections:
    """`ProjectionStore` on one table. `spread` is over how many items a row of counters may be spread."""

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        spread: int = 1,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._table = Table(client, table_name, pause)
        self._keys = Keys(jurisdiction_id, 1, spread)
        self._now = now
        self._known = Progress()

    def progress(self) -> Progress:
        """See `ProjectionStore.progress`."""
        item = self._table.get(progress_key(self._keys))
        found = read_progress(item) if item else Progress()
        if found.spread < self._keys.spread:
            found = self.note(replace(found, spread=self._keys.spread))
        self._known = found
        return found

    def note(self, progress: Progress) -> Progress:
        """See `ProjectionStore.note`."""
        noted = replace(progress, written=progress.written + 1)
        try:
            self._table.put(
                Item=progress_item(self._keys, noted),
                ConditionExpression="attribute_not_exists(pk) OR written = :was",
                ExpressionAttributeValues={":was": number(progress.written)},
            )
        except ClientError as error:
            if code_of(error) != CONDITION_ERROR:
                raise
            raise StaleTicket("Another run noted its progress first.") from error
        self._known = noted
        return noted

    def position(self, ticket: Ticket) -> str:
        """See `ProjectionStore.position`."""
        return queue_position(ticket)

    def projected(self, ticket_ids: Sequence[str]) -> dict[str, Projected]:
        """See `ProjectionStore.projected`."""
        items = self._table.batch([projected_key(self._keys, each) for each in ticket_ids])
        found = (read_projected(self._keys, item) for item in items)
        return {kept.ticket_id: kept for kept in found}

    def count(self, generation: str, moves: Sequence[Move]) -> None:
        """See `ProjectionStore.count`."""
        requests = [*map(self._replaced, moves), *self._added(generation, moves)]
        if len(requests) > MOST_ITEMS:
            raise ValueError(f"{len(requests)} items are too many for one transaction.")
        try:
            self._table.write(requests, secrets.token_hex(16))
        except ClientError as error:
            if all(reason.get("Code") != CONDITION for reason in reasons_of(error)):
                raise
            raise StaleTicket("Somebody else has counted one of these tickets.") from error

    def _replaced(self, move: Move) -> Mapping[str, Any]:
        before, after = move
        put: dict[str, Any] = {
            "TableName": self._table.name,
            "Item": projected_item(self._keys, after),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before.written:
            put["ConditionExpression"] = "written = :was"
            put["ExpressionAttributeValues"] = {":was": number(before.written)}
        return {"Put": put}

    def _added(self, generation: str, moves: Sequence[Move]) -> Iterator[Mapping[str, Any]]:
        shard = self._keys.crc(moves[0][0].ticket_id) % self._known.spread
        for (board, row), counts in _differences(generation, moves).items():
            key = {
                "pk": text(board_key(self._keys, generation, board)),
                "sk": text(row_key(row, shard)),
            }
            yield {"Update": _addition(key, counts, self._now()) | {"TableName": self._table.name}}

    def turning(self, until: datetime) -> Iterator[str]:
        """See `ProjectionStore.turning`."""
        rows = self._table.due(self._keys.of("turns"), until)
        return (self._keys.ticket_id(row["pk"]["S"]) for row in rows)

    def retire(self, generation: str, board: str, after: str, size: int) -> str:
        """See `ProjectionStore.retire`."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk AND sk > :after",
            ExpressionAttributeValues={
                ":pk": text(board_key(self._keys, generation, board)),
                ":after": text(after or " "),
            },
            Limit=size,
        )
        found = list(islice(rows, size))
        until = number(int((self._now() + RETIRED_FOR).timestamp()))
        for item in found:
            self._table.update(
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET expires_at = :until",
                ExpressionAttributeValues={":until": until},
            )
        return found[-1]["sk"]["S"] if len(found) == size else ""

    def rows(self, board: str, names: Sequence[str]) -> Counted:
        """See `ProjectionStore.rows`. The progress is read with them, so that they are of what it names."""
        while True:
            known = self._known
            keys = [self._row_key(board, name, s) for name in names for s in range(known.spread)]
            noted, items = self._split(self._table.batch([progress_key(self._keys), *keys]))
            if (noted.reading, noted.spread) == (known.reading, known.spread):
                return _counted(items)
            self._known = noted

    def _row_key(self, board: str, name: str, shard: int) -> Item:
        partition = board_key(self._keys, self._known.reading, board)
        return {"pk": text(partition), "sk": text(row_key(name, shard))}

    def _split(self, items: Sequence[Item]) -> tuple[Progress, Sequence[Item]]:
        """The progress, which stands first when there is one yet, and the rows."""
        if items and items[0]["pk"] == progress_key(self._keys)["pk"]:
            return read_progress(items[0]), items[1:]
        return Progress(), items

    def between(self, board: str, *spans: tuple[str, str]) -> Counted:
        """See `ProjectionStore.between`; one more call says which counters are read."""
        pk = text(board_key(self._keys, self.progress().reading, board))
        return _counted(
            row
            for first, last in spans
            for row in self._table.rows(
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={":pk": pk, ":first": text(first), ":last": text(last)},
            )
        )

    def generation(self, generation: str, board: str) -> Rows:
        """See `ProjectionStore.generation`."""
        return _counted(self._table.under(board_key(self._keys, generation, board))).rows

    def changes(
        self, after: str, until: datetime, size: int, agency_codes: Sequence[str]
    ) -> Changes:
        """See `ProjectionStore.changes`."""
        if after > moment(until):
            return Changes([], after, is_more=False)
        values = {
            ":key": text(changes_key(self._keys)),
            ":after": text(after or " "),
            ":until": text(moment(until)),
        }
        names, conditions, chosen = one_of({"agency_code": tuple(agency_codes)})
        reach = Reach("updated_at")
        answers = self._table.answers(
            IndexName="by_updated",
            KeyConditionExpression="public_key = :key AND updated_at BETWEEN :after AND :until",
            ExpressionAttributeValues=values | chosen,
            Limit=ROWS_A_CALL if conditions else size + 1,
            **filtered(names, conditions),
        )
        rows = (row for row in reach.rows(answers, CALLS_A_PAGE) if row["updated_at"]["S"] != after)
        page, position = cut(rows, size, "updated_at", reach=reach)
        found = [read_changed(self._keys, row) for row in page]
        last = page[-1]["updated_at"]["S"] if page else after
        return Changes(found, position or last, is_more=bool(position))


def _differences(generation: str, moves: Sequence[Move]) -> dict[tuple[str, str], Counter[str]]:
    """What each row of counters changes by, by names; without those that stay."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for before, after in moves:
        for kept, sign in ((before, -1), (after, 1)):
            for count, times in kept.counts.get(generation, {}).items():
                found.setdefault((count.board, count.row), Counter())[count.name] += sign * times
    slim = {where: {n: c for n, c in counts.items() if c} for where, counts in found.items()}
    return {where: Counter(counts) for where, counts in slim.items() if counts}


def _addition(key: Item, counts: Mapping[str, int], now: datetime) -> dict[str, Any]:
    names = {f"#n{place}": COUNT + name for place, name in enumerate(counts)}
    values: dict[str, Value] = {
        f":n{place}": number(by) for place, by in enumerate(counts.values())
    }
    added = ", ".join(f"{name} :{name[1:]}" for name in names)
    return {
        "Key": key,
        "UpdateExpression": f"ADD {added} SET counted_at = :now",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values | {":now": text(moment(now))},
    }


def _counted(items: Iterable[Mapping[str, Value]]) -> Counted:
    rows: dict[str, Counter[str]] = {}
    latest = ""
    for item in items:
        name, counts = read_row(item)
        rows.setdefault(name, Counter()).update(counts)
        latest = max(latest, item["counted_at"]["S"])
    slim = {name: {n: c for n, c in counts.items() if c} for name, counts in rows.items()}
    return Counted({name: counts for name, counts in slim.items() if counts}, when(latest))
