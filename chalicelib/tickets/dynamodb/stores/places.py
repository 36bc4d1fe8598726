"""Tickets by where they are: only the cells of a box are read, however large the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chalicelib.geography import ROUGH_METRES, Box, Place, metres
from chalicelib.tickets.catalog.place_precision import place_in
from chalicelib.tickets.dynamodb.items import cells
from chalicelib.tickets.dynamodb.items.codec import Item, Value, readable, string, text
from chalicelib.tickets.dynamodb.items.keys import moment
from chalicelib.tickets.dynamodb.paging import Pages, cut
from chalicelib.tickets.dynamodb.stores.parking import Parking
from chalicelib.tickets.model.records import Mark
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import Page, PublicQuery

MOST_MARKS = 2_000
MOST_BYTES = (
    1_000_000  # of facts on a page; as markup they may be five times as long, and 6 MB is all
)
FEW_CELLS = 4  # for a small circle with little in it, questions cost more than rows
# What a public list may know of a ticket; the requester is in `rest`, which is not asked for.
PUBLIC_ATTRIBUTES = (
    "pk",
    "sk",
    "version",
    "status",
    "priority",
    "agency_code",
    "service_code",
    "requested_at",
    "updated_at",
    "facts",
    "public_key",
)


class _Row(NamedTuple):
    """One row of the index: `position` is the moment of the request with the ticket's id."""

    key: Item
    place: Place
    position: str
    service_code: str


class Places(Parking):
    """The searches of the store that begin with a place."""

    _pages: Pages

    def nearby(
        self,
        service_code: str,
        box: Box,
        since: datetime,
        *,
        is_public: bool | None = None,
        limit: int = 10,
    ) -> list[Ticket]:
        """See `TicketStore.nearby`."""
        halves = (True, False) if is_public is None else (is_public,)
        rows = [
            row
            for half in halves
            for row in self._rows_in(self._keys.open_places(half), box, (service_code,), FEW_CELLS)
            if row.position >= moment(since)
        ]
        rows.sort(key=lambda row: metres(box.middle, row.place))
        items = self._table.batch([row.key for row in rows[:limit]])
        tickets = [*self._readable(items)]
        return [each for each in tickets if each.is_open and each.service_code == service_code]

    def marks(self, query: PublicQuery, most: int = MOST_MARKS) -> list[Mark]:
        """See `TicketStore.marks`."""
        found = [_mark(row, is_open) for row, is_open in self._placed(query)]
        inside = [mark for mark in found if query.start <= mark.requested_at <= query.end]
        inside.sort(key=lambda mark: (mark.requested_at, mark.ticket_id), reverse=True)
        return inside[:most]

    def in_box(self, query: PublicQuery, size: int, token: str) -> Page[Ticket]:
        """One page of the public tickets in `query.box`; see `TicketStore.public`."""
        after = self._pages.position(token, query)
        if query.order == "updated":
            page, position = self._latest_changed(query, size, after)
        else:
            page, position = self._latest_requested(query, size, after)
        tickets = [*self._readable(item for item in page if "public_key" in item)]
        shown = [each for each in tickets if query.is_open in (None, each.is_open)]
        return Page(shown, self._pages.token(position, query) if position else "")

    def _latest_requested(
        self, query: PublicQuery, size: int, after: str
    ) -> tuple[list[Item], str]:
        first, last = moment(query.start), after or f"{moment(query.end)}~"
        rows = [row for row, _ in self._placed(query) if first <= row.position < last]
        rows.sort(key=lambda row: row.position, reverse=True)
        items = self._table.batch([row.key for row in rows[: size + 1]], PUBLIC_ATTRIBUTES)
        return cut(iter(items), size, "requested_at", MOST_BYTES)

    def _latest_changed(self, query: PublicQuery, size: int, after: str) -> tuple[list[Item], str]:
        """The index does not know changes, or every change would write to it: the box is read."""
        first, last = moment(query.start), after or f"{moment(query.end)}~"
        keys = [row.key for row, _ in self._placed(query)]
        items = self._table.batch(keys, PUBLIC_ATTRIBUTES)
        items = [item for item in items if first <= string(item, "updated_at") < last]
        items.sort(key=lambda item: string(item, "updated_at"), reverse=True)
        return cut(iter(items), size, "updated_at", MOST_BYTES)

    def _placed(self, query: PublicQuery) -> Iterator[tuple[_Row, bool]]:
        """The public rows in the box of the query, whatever their time, and whether they are open."""
        if query.box is None:
            raise ValueError("Only a query with a box is about places.")
        if query.is_open is not False:
            for row in self._told(self._keys.open_places(True), query, query.box):
                yield row, True
        if query.is_open is not True:
            for quarter in quarters(query.start, query.latest or query.end):
                key = self._keys.done_places(quarter)
                for row in self._told(key, query, query.box):
                    yield row, False

    def _told(self, key: str, query: PublicQuery, box: Box) -> Iterator[_Row]:
        """The rows that lie in the box by what everybody may know of their places."""
        wide = box if query.exactness is None else box.wider(ROUGH_METRES)
        for row in self._rows_in(key, wide, query.service_codes):
            place = place_in(row.service_code, row.place, query.exactness)
            if place and box.holds(*place):
                yield row._replace(place=place)

    def _rows_in(
        self, key: str, box: Box, service_codes: tuple[str, ...], most: int = cells.MOST_CELLS
    ) -> Iterator[_Row]:
        for first, last in cells.ranges(box, most):
            request = _services(service_codes)
            request["ExpressionAttributeValues"] = {
                ":key": text(key),
                ":first": text(first),
                ":last": text(f"{last}~"),
                **request.get("ExpressionAttributeValues", {}),
            }
            found = self._table.rows(
                IndexName="by_place",
                KeyConditionExpression="place_key = :key AND place_at BETWEEN :first AND :last",
                **request,
            )
            yield from (row for row in readable(found, _row) if box.holds(*row.place))


def _services(codes: tuple[str, ...]) -> dict[str, Any]:
    if not codes:
        return {}
    values: dict[str, Value] = {f":service_{i}": text(code) for i, code in enumerate(codes)}
    condition = f"service_code IN ({', '.join(values)})"
    return {"FilterExpression": condition, "ExpressionAttributeValues": values}


def _row(item: Mapping[str, Value]) -> _Row:
    code, _, position = item["place_at"]["S"].partition("#")
    key = {"pk": item["pk"], "sk": item["sk"]}
    return _Row(key, cells.decode(code), position, string(item, "service_code"))


def _mark(row: _Row, is_open: bool) -> Mark:
    requested_at, _, ticket_id = row.position.partition("#")
    at = datetime.fromisoformat(requested_at)
    lat, long = row.place
    return Mark(ticket_id, row.service_code, round(lat, 6), round(long, 6), is_open, at)


def quarters(start: datetime, end: datetime) -> Iterator[str]:
    """Every quarter from one moment to another."""
    first, last = _quarter_number(start), _quarter_number(end)
    for number in range(first, last + 1):
        yield f"{number // 4}Q{number % 4 + 1}"


def _quarter_number(at: datetime) -> int:
    at = at.astimezone(UTC)
    return at.year * 4 + (at.month - 1) // 3
