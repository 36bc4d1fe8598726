"""Staff queues: a page in a few calls, however many agencies and tickets; and every ticket, for runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from chalicelib.tickets.catalog import NOBODYS_DESK
from chalicelib.tickets.clocks.promises import next_due_at
from chalicelib.tickets.dynamodb.items.codec import Item, Value, text
from chalicelib.tickets.dynamodb.items.keys import TICKET, Keys, moment
from chalicelib.tickets.dynamodb.items.projections import (
    WHOLE_CITY,
    priority_mark,
    progress_key,
    read_progress,
)
from chalicelib.tickets.dynamodb.items.tickets import DONE
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
from chalicelib.tickets.dynamodb.stores.places import Places
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.ticket import Priority, Ticket
from chalicelib.tickets.ports import Page, QueueQuery

ROWS_A_CALL = 2_000  # of an index whose rows are filtered


class Queues(Places):
    """The lists that staff work through. Sort values are unique, so a position is one string."""

    _table: Table
    _keys: Keys
    _pages: Pages
    _is_whole = False

    def queue(self, query: QueueQuery, size: int = 50, token: str = "") -> Page[Ticket]:
        """See `TicketStore.queue`. Open tickets by what is owed next; the others latest change first."""
        after = self._pages.position(token, query)
        newest_first = not query.is_open
        reach, places = Reach("queue_at", newest_first=newest_first), self._of(query)
        lists = [
            self._queue_rows(query, place, after, size, reach, len(places)) for place in places
        ]
        rows = merged(lists, "queue_at", newest_first=newest_first)
        page, position = cut(rows, size, "queue_at", reach=reach)
        keys = [{"pk": row["pk"], "sk": text(TICKET)} for row in page]
        tickets = [*self._readable(self._table.batch(keys))]
        shown = [ticket for ticket in tickets if matches(query, ticket)]
        return Page(shown, self._pages.token(position, query) if position else "")

    def places(self, *, is_open: bool | None = None) -> list[str]:
        """See `TicketStore.places`: those that every ticket bears itself."""
        states = (True, False) if is_open is None else (is_open,)
        return sorted(
            self._keys.queue(code, state, shard)
            for code in self._agency_codes()
            for state in states
            for shard in self._keys.shards
        )

    def standing(
        self, place: str, after: str = "", size: int = 100, since: datetime | None = None
    ) -> tuple[list[str], str]:
        """See `TicketStore.standing`. What is done stands where it was changed last."""
        if since and DONE in place:
            after = max(after, moment(since))
        rows = self._table.rows(
            IndexName="by_queue",
            KeyConditionExpression="queue_key = :key AND queue_at > :after",
            ExpressionAttributeValues={":key": text(place), ":after": text(after or " ")},
            ProjectionExpression="pk, queue_at",
            Limit=size,
        )
        found = list(islice(rows, size))
        ids = [self._keys.ticket_id(row["pk"]["S"]) for row in found]
        return ids, found[-1]["queue_at"]["S"] if len(found) == size else ""

    def _of(self, query: QueueQuery) -> list[tuple[str, str]]:
        """The places of indexes that hold what `query` asks for, as (index, key).

        More than one agency is found in the list of the whole city, as soon as every ticket stands in it;
        so is what is late, for a ticket's own place may be one that an earlier release gave it.
        """
        codes = query.agency_codes
        if query.assignee:
            names = self._people.names(query.assignee)
            return [("by_assignee", self._keys.assignee(name, query.is_open)) for name in names]
        if (len(codes) != 1 or query.due_before) and self._has_whole_city():
            return [self._whole_city(query)]
        return [
            ("by_queue", self._keys.queue(code, query.is_open, shard))
            for code in codes or self._agency_codes()
            for shard in self._keys.shards
        ]

    def _has_whole_city(self) -> bool:
        """Whether every ticket stands in the list of the whole city; what is so stays so."""
        if not self._is_whole:
            noted = self._table.get(progress_key(self._keys))
            self._is_whole = bool(noted and read_progress(noted).is_complete)
        return self._is_whole

    def _agency_codes(self) -> list[str]:
        """Every agency there ever was: a deleted one may still hold tickets, and so may the desk that
        got them before there was any."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :agencies)",
            ExpressionAttributeValues={
                ":pk": text(self._keys.catalog),
                ":agencies": text("agency#"),
            },
            ProjectionExpression="sk",
        )
        written = [row["sk"]["S"].partition("#")[2] for row in rows]
        return list(dict.fromkeys([*written, NOBODYS_DESK.agency_code]))

    def _queue_rows(
        self,
        query: QueueQuery,
        place: tuple[str, str],
        after: str,
        size: int,
        reach: Reach,
        lists: int,
    ) -> Iterator[Item]:
        """The rows of one place; of many that a filter leaves out only as far as `reach` says."""
        index, key = place
        names, conditions, values = _filters(query, place == self._whole_city(query))
        hash_name = "assignee_key" if index == "by_assignee" else "queue_key"
        condition, bounds = _between(query, after)
        answers = self._table.answers(
            IndexName=index,
            KeyConditionExpression=f"{hash_name} = :key{condition}",
            ExpressionAttributeValues={":key": text(key)} | values | bounds,
            ScanIndexForward=query.is_open,
            Limit=ROWS_A_CALL if conditions else size + 1,
            **filtered(names, conditions),
        )
        calls = max(CALLS_A_PAGE // lists, 1) if conditions else size
        return reach.rows(answers, calls)

    def _whole_city(self, query: QueueQuery) -> tuple[str, str]:
        return "by_assignee", self._keys.assignee(WHOLE_CITY, query.is_open)


def matches(query: QueueQuery, ticket: Ticket) -> bool:
    """Whether a ticket, as it is now, belongs into the list."""
    return (
        ticket.is_open == query.is_open
        and (not query.agency_codes or ticket.agency_code in query.agency_codes)
        and (not query.statuses or ticket.status in query.statuses)
        and (not query.priorities or ticket.priority in query.priorities)
        and (not query.assignee or ticket.assignee == query.assignee)
        and not (query.is_unassigned and ticket.assignee)
        and not (query.due_before and not _is_owed_before(query.due_before, ticket))
    )


def _is_owed_before(moment_: datetime, ticket: Ticket) -> bool:
    due_at = next_due_at(ticket)
    return due_at is not None and due_at < moment_


def _between(query: QueueQuery, after: str) -> tuple[str, dict[str, Value]]:
    """The part of a place that a page reads: behind the page before, and before the moment asked for."""
    until = moment(query.due_before) if query.due_before else ""
    if until:
        return " AND queue_at BETWEEN :after AND :until", {
            ":after": text(f"{after}!" if after else " "),
            ":until": text(until),
        }
    if after:
        sign = ">" if query.is_open else "<"
        return f" AND queue_at {sign} :after", {":after": text(after)}
    return "", {}


def _filters(query: QueueQuery, is_whole_city: bool) -> Filters:
    """What the index leaves out. The list of the whole city says in the priority who has nobody."""
    priorities, agencies = query.priorities, query.agency_codes
    chosen = {"status": query.statuses, "priority": priorities}
    if is_whole_city or query.assignee:
        chosen["agency_code"] = agencies
    if is_whole_city:
        states = (False,) if query.is_unassigned else (True, False)
        if priorities or query.is_unassigned:
            chosen["priority"] = tuple(
                priority_mark(priority, is_assigned=state)
                for priority in priorities or tuple(Priority)
                for state in states
            )
    names, conditions, values = one_of(chosen)
    if query.is_unassigned and not is_whole_city:
        conditions.append("attribute_not_exists(assignee)")
    return names, conditions, values
