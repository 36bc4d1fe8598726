"""The lists that people page through: staff queues, public tickets, quarantine, audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.tickets.dynamodb.items.codec import Item, Value, readable, text
from chalicelib.tickets.dynamodb.items.entries import read_head
from chalicelib.tickets.dynamodb.items.keys import AUDIT, PUBLIC, TICKET, Keys, entry_key, moment
from chalicelib.tickets.dynamodb.items.records import read_audit, read_message
from chalicelib.tickets.dynamodb.paging import (
    CALLS_A_PAGE,
    Filters,
    Pages,
    Reach,
    cut,
    filtered,
    merged,
    one_of,
)
from chalicelib.tickets.dynamodb.stores.places import MOST_BYTES
from chalicelib.tickets.dynamodb.stores.queues import Queues
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.records import AuditRecord, HandledMessage
from chalicelib.tickets.model.ticket import OPEN_STATUSES, Entry, Status, Ticket
from chalicelib.tickets.ports import Page, PublicQuery

ROWS_A_CALL = 1_000  # of an index whose rows are filtered and hold facts

SORTS: Mapping[str, str] = {"requested": "requested_at", "updated": "updated_at"}


class Lists(Queues):
    """The lists of the store. Sort values are unique, so a position is one string."""

    _left: dict[str, list[str]]

    def __init__(self, table: Table, keys: Keys, pages: Pages) -> None:
        self._table = table
        self._keys = keys
        self._pages = pages
        self._left = {}

    def several(self, ticket_ids: Sequence[str]) -> list[Ticket]:
        """See `TicketStore.several`."""
        keys = [{"pk": text(self._keys.ticket(i)), "sk": text(TICKET)} for i in ticket_ids]
        return [*self._readable(self._table.batch(keys))]

    def timelines(self, tickets: Sequence[Ticket], most: int = 30) -> dict[str, list[Entry]]:
        """See `TicketStore.timelines`."""
        keys = [
            {"pk": text(self._keys.ticket(each.ticket_id)), "sk": text(entry_key(number))}
            for each in tickets
            for number in range(max(each.entry_count - most, 0) + 1, each.entry_count + 1)
        ]
        found: dict[str, list[Entry]] = {each.ticket_id: [] for each in tickets}
        for item in self._table.batch(keys):
            found[self._keys.ticket_id(item["pk"]["S"])].append(read_head(item))
        return found

    def _rows(
        self,
        index: str,
        condition: str,
        values: Mapping[str, Value],
        sort: str,
        after: str,
        *,
        newest_first: bool = True,
        **more: Any,
    ) -> Iterator[Item]:
        values = dict(values)
        if after:
            condition += f" AND {sort} {'<' if newest_first else '>'} :after"
            values[":after"] = text(after)
        if index:
            more["IndexName"] = index
        return self._table.rows(
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=not newest_first,
            **more,
        )

    def public(self, query: PublicQuery, size: int = 100, token: str = "") -> Page[Ticket]:
        """See `TicketStore.public`; the tickets come without requester, staff and clocks."""
        if query.box:
            return self.in_box(query, size, token)
        after = self._pages.position(token, query)
        sort, newest_first = SORTS[query.order], not query.is_oldest_first
        reach, places = Reach(sort, newest_first=newest_first), self._places(PUBLIC)
        lists = [self._public_rows(query, p, after, size, reach, len(places)) for p in places]
        rows = merged(lists, sort, newest_first=newest_first)
        beyond = (row for row in rows if row[sort]["S"] != after)
        page, position = cut(beyond, size, sort, MOST_BYTES, reach)
        tickets = [*self._readable(page)]
        return Page(tickets, self._pages.token(position, query) if position else "")

    def _public_rows(
        self, query: PublicQuery, place: str, after: str, size: int, reach: Reach, lists: int
    ) -> Iterator[Item]:
        """The rows of one place; of many that a filter leaves out only as far as `reach` says."""
        first, last = moment(query.start), f"{moment(query.end)}~"
        if after:
            first, last = (after, last) if query.is_oldest_first else (first, after)
        names, conditions, values = _public_filters(query)
        bounds = {":key": text(place), ":start": text(first), ":last": text(last)}
        answers = self._table.answers(
            IndexName=f"by_{query.order}",
            KeyConditionExpression=f"public_key = :key AND {SORTS[query.order]} BETWEEN :start AND :last",
            ExpressionAttributeValues=bounds | values,
            ScanIndexForward=query.is_oldest_first,
            Limit=ROWS_A_CALL if conditions else _share(size, lists),
            **filtered(names, conditions),
        )
        return reach.rows(answers, max(CALLS_A_PAGE // lists, 1) if conditions else size + 2)

    def _places(self, name: str) -> list[str]:
        """Where rows are: in the places of our size, and in those of another that hold any.

        A process asks once for the others, for another size comes with a deployment, and so with
        other processes.
        """
        ours, others = self._keys.places(name)
        if name not in self._left:
            self._left[name] = [place for place in others if self._holds(name, place)]
        return ours + self._left[name]

    def _holds(self, name: str, place: str) -> bool:
        index, key = ("by_requested", "public_key") if name == PUBLIC else ("", "pk")
        values = {":key": text(place)}
        rows = self._rows(
            index, f"{key} = :key", values, "", "", Limit=1, ProjectionExpression="pk"
        )
        return next(rows, None) is not None

    def quarantine(self, size: int = 50, token: str = "") -> Page[HandledMessage]:
        """See `TicketStore.quarantine`."""
        after = self._pages.position(token, "quarantine")
        rows = self._rows(
            "by_queue",
            "queue_key = :key",
            {":key": text(self._keys.quarantine)},
            "queue_at",
            after,
            Limit=size + 1,
        )
        page, position = cut(rows, size, "queue_at")
        items = self._table.batch([{"pk": row["pk"], "sk": row["sk"]} for row in page])
        held = [*readable((item for item in items if "queue_key" in item), read_message)]
        return Page(held, self._pages.token(position, "quarantine") if position else "")

    def audit(
        self,
        size: int = 50,
        token: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Page[AuditRecord]:
        """See `TicketStore.audit`."""
        after = self._pages.position(token, "audit")
        first = moment(start) if start else "0"  # no key is before it
        last = moment(end) if end else "~"
        last = min(after or last, last)
        lists = (self._audit_rows(place, first, last, size) for place in self._places(AUDIT))
        rows = (r for r in merged(lists, "sk", newest_first=True) if r["sk"]["S"] < last)
        page, position = cut(rows, size, "sk")
        token = self._pages.token(position, "audit") if position else ""
        return Page([*readable(page, read_audit)], token)

    def _audit_rows(self, place: str, first: str, last: str, size: int) -> Iterator[Item]:
        values = {":key": text(place), ":first": text(first), ":last": text(max(first, last))}
        more: dict[str, Any] = {"Limit": size + 2, "ConsistentRead": True}
        condition = "pk = :key AND sk BETWEEN :first AND :last"
        return self._rows("", condition, values, "sk", "", **more)


def _share(size: int, lists: int) -> int:
    """How many rows of one list are asked for at once: all, or twice its share of the page."""
    return (size if lists == 1 else 2 * size // lists) + 2


def _public_filters(query: PublicQuery) -> Filters:
    """What is open is what is not known to be done: a later release may have a state of its own."""
    done: tuple[str, ...] = ()
    if query.is_open is not None:
        done = tuple(sorted(set(Status) - OPEN_STATUSES))
    names, conditions, values = one_of({"status": done, "service_code": query.service_codes})
    if query.is_open:
        conditions[0] = f"NOT {conditions[0]}"
    return names, conditions, values
