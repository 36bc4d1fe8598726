"""Tickets that cannot be read: noted where staff see them, and passed over by every list and run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from chalicelib import logs
from chalicelib.errors import UnreadableTicket
from chalicelib.tickets.dynamodb.items.codec import SCHEMA, Item, Value, number, string, text, when
from chalicelib.tickets.dynamodb.items.keys import TICKET, Keys, moment
from chalicelib.tickets.dynamodb.items.tickets import read_ticket
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.records import Parked
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import People

log = logs.Log(__name__)

MOST_SHOWN = 100


class Parking:
    """Reads tickets for the other stores. The stored item is never touched: what parks a ticket is a note
    beside it, written once by each process that meets it."""

    _table: Table
    _keys: Keys
    _now: Callable[[], datetime]
    _noted: set[str]
    _people: People

    def _read(self, item: Mapping[str, Value]) -> Ticket:
        """The ticket in `item`. One that cannot be read is parked; then `UnreadableTicket` is raised."""
        try:
            ticket = read_ticket(self._keys, item)
        except UnreadableTicket as error:
            self._park(error)
            raise
        self._know(ticket)
        return ticket

    def _know(self, ticket: Ticket) -> None:
        """Staff whom an earlier release named by mail address are who they are from here on."""
        for field in ("assignee", "resolved_by", "appealed_against"):
            if "@" in (name := getattr(ticket, field)):
                setattr(ticket, field, self._people.person(name))

    def _readable(self, items: Iterable[Mapping[str, Value]]) -> Iterator[Ticket]:
        """Those of the tickets that can be read; the others are parked."""
        for item in items:
            try:
                yield self._read(item)
            except UnreadableTicket:
                continue

    def _park(self, error: UnreadableTicket) -> None:
        if error.ticket_id in self._noted:
            return
        self._noted.add(error.ticket_id)
        log.error(
            "a ticket cannot be read and is parked",
            ticket_id=error.ticket_id,
            kind=error.what,
            status="newer" if error.is_newer else "damaged",
        )
        self._table.update(
            Key=self._parked_key(error.ticket_id),
            UpdateExpression="SET what = :what, is_newer = :newer, #schema = :schema,"
            " parked_at = if_not_exists(parked_at, :now) REMOVE read_at",
            ExpressionAttributeNames={"#schema": "schema"},
            ExpressionAttributeValues={
                ":what": text(error.what),
                ":newer": {"BOOL": error.is_newer},
                ":schema": number(SCHEMA),
                ":now": text(moment(self._now())),
            },
        )

    def _parked_key(self, ticket_id: str) -> Item:
        return {"pk": text(self._keys.of("PARKED")), "sk": text(ticket_id)}

    def parked(self) -> list[Parked]:
        """See `TicketStore.parked`; at most a hundred, by reference."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            FilterExpression="attribute_not_exists(read_at)",
            ExpressionAttributeValues={":pk": text(self._keys.of("PARKED"))},
            ConsistentRead=True,
        )
        return [_parked(row) for row in islice(rows, MOST_SHOWN)]

    def retry_parked(self) -> list[str]:
        """See `TicketStore.retry_parked`."""
        waiting = [each.ticket_id for each in self.parked()]
        keys = [{"pk": text(self._keys.ticket(i)), "sk": text(TICKET)} for i in waiting]
        found = {self._keys.ticket_id(item["pk"]["S"]): item for item in self._table.batch(keys)}
        return [each for each in waiting if self._is_well(each, found.get(each))]

    def _is_well(self, ticket_id: str, item: Mapping[str, Value] | None) -> bool:
        self._noted.discard(ticket_id)
        if item and not list(self._readable([item])):
            return False
        self._table.update(
            Key=self._parked_key(ticket_id),
            UpdateExpression="SET read_at = :now REMOVE parked_at",
            ExpressionAttributeValues={":now": text(moment(self._now()))},
        )
        return True


def _parked(row: Mapping[str, Value]) -> Parked:
    return Parked(
        ticket_id=row["sk"]["S"],
        what=string(row, "what"),
        at=when(string(row, "parked_at")),
        is_newer=bool(row.get("is_newer", {}).get("BOOL")),
    )
