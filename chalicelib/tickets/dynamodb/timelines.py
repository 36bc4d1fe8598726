"""Timelines on the table, a page at a time, newest first; a page holds what it shows and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from chalicelib.errors import NotFound
from chalicelib.tickets.dynamodb.items.codec import Item, string, text
from chalicelib.tickets.dynamodb.items.entries import add_entry, more_of, read_entry, read_head
from chalicelib.tickets.dynamodb.items.keys import ENTRY, NOTIFICATION, entry_key, written_at
from chalicelib.tickets.dynamodb.items.notifications import read_notification
from chalicelib.tickets.dynamodb.paging import Pages
from chalicelib.tickets.dynamodb.stores.tickets import Tickets
from chalicelib.tickets.dynamodb.table import KEYS_A_CALL
from chalicelib.tickets.model.records import Casefile, Notification
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.ports import Page

ENTRIES = 50  # of one page
LOOKED_AT = 450  # entries that a page looks at for those its reader may see
BYTES = 400_000  # of the entries of one page, beside their last one
FILE_BYTES = 1_000  # that one file's name and links take on a page
MESSAGES = 200  # of one page
PIECES_BYTES = 600_000  # of one part of a whole file, beside its last row


def _any(_: Entry) -> bool:
    return True


class Timelines(Tickets):
    """The reading of entries, and of the messages that belong to them."""

    _pages: Pages

    def read(self, ticket_id: str, token: str = "") -> Casefile:
        """See `TicketStore.read`: a call each for the ticket, its entries and its messages."""
        ticket = self.get(ticket_id)
        page = self.timeline(ticket, token)
        sent = self._between(ticket, page.items)
        is_more = len(sent) > MESSAGES
        return Casefile(ticket, [*page.items], sent[-MESSAGES:], page.next_token, is_more)

    def timeline(
        self, ticket: Ticket, token: str = "", is_shown: Callable[[Entry], bool] = _any
    ) -> Page[Entry]:
        """See `TicketStore.timeline`."""
        named = ("timeline", ticket.ticket_id)
        self.look_back(ticket)
        before = int(self._pages.position(token, named) or ticket.entry_count + 1)
        found, last = _cut(islice(self.recent(ticket, before), LOOKED_AT), is_shown)
        more = self._pages.token(str(last), named) if last > 1 else ""
        return Page(found[::-1], more)

    def recent(self, ticket: Ticket, before: int = 0) -> Iterator[Entry]:
        """See `TicketStore.recent`; a call for a page, and for each hundred behind it."""
        top, step = (before or ticket.entry_count + 1) - 1, ENTRIES
        while top > 0:
            numbers = range(max(1, top - step + 1), top + 1)
            yield from reversed(self._heads(ticket.ticket_id, numbers))
            top, step = top - step, KEYS_A_CALL

    def entry(self, ticket_id: str, number: int) -> Entry:
        """See `TicketStore.entry`."""
        first = entry_key(number)
        found: list[Entry] = []
        for item in self._ordered(ticket_id, first, f"{first}#~"):
            add_entry(found, item)
        if not found:
            raise NotFound(f"{ticket_id} has no entry {number}.")
        return found[0]

    def notices(self, ticket_id: str, after: str = "") -> Iterator[Notification]:
        """See `TicketStore.notices`."""
        rows = self._ordered(ticket_id, f"{NOTIFICATION}{after}", f"{NOTIFICATION}~", is_back=True)
        found = (read_notification(self._keys, row) for row in rows)
        return (n for n in found if n.notification_id != after)

    def pieces(self, ticket: Ticket, token: str = "") -> Page[Entry | Notification]:
        """See `TicketStore.pieces`; as many calls as its bytes take, and one where an entry goes on."""
        named = ("pieces", ticket.ticket_id)
        self.look_back(ticket)
        after = self._pages.position(token, named)
        rows = self._ordered(ticket.ticket_id, after or ENTRY, f"{NOTIFICATION}~")
        page, is_more = _within((row for row in rows if row["sk"]["S"] != after), PIECES_BYTES)
        last = self._pages.token(page[-1]["sk"]["S"], named) if is_more else ""
        return Page([*self._as_told(ticket.ticket_id, page)], last)

    def _as_told(self, ticket_id: str, rows: Iterable[Item]) -> Iterator[Entry | Notification]:
        """What stands in the rows; a piece of an entry has the facts of its entry."""
        entry: Entry | None = None
        for row in rows:
            prefix, number, *rest = row["sk"]["S"].split("#")
            if f"{prefix}#" == NOTIFICATION:
                yield read_notification(self._keys, row)
            elif not rest:
                entry = read_entry(row)
                yield entry
            else:
                [entry] = [entry] if entry else self._heads(ticket_id, [int(number)])
                yield replace(entry, text=more_of(row), attachments=())

    def _heads(self, ticket_id: str, numbers: Iterable[int]) -> list[Entry]:
        pk = text(self._keys.ticket(ticket_id))
        keys = [{"pk": pk, "sk": text(entry_key(number))} for number in numbers]
        return [read_head(item) for item in self._table.batch(keys)]

    def look_back(self, ticket: Ticket) -> None:
        """See `TicketStore.look_back`; no call for what this release wrote."""
        last = ticket.entry_count - len(ticket.new_entries)
        unread = range(ticket.settled.upto + 1, last + 1)
        for entry in self._heads(ticket.ticket_id, unread):
            ticket.settled = ticket.settled.after(entry)

    def _between(self, ticket: Ticket, entries: Sequence[Entry]) -> list[Notification]:
        """What was written from the first entry of a page until the first of the page behind it."""
        if not entries:
            return []
        behind = range(entries[-1].number + 1, ticket.entry_count + 1)[:1]
        newer = self._heads(ticket.ticket_id, behind)
        first = written_at(entries[0].at) if entries[0].number > 1 else ""
        last = written_at(newer[0].at) if newer else "~"
        rows = self._ordered(
            ticket.ticket_id, f"{NOTIFICATION}{first}", f"{NOTIFICATION}{last}", is_back=True
        )
        found = [read_notification(self._keys, row) for row in islice(rows, MESSAGES + 1)]
        return found[::-1]


def _cut(entries: Iterable[Entry], is_shown: Callable[[Entry], bool]) -> tuple[list[Entry], int]:
    """As many of the entries as a page holds, and the number of the last one that was looked at."""
    found: list[Entry] = []
    last = spent = 0
    for entry in entries:
        if is_shown(entry):
            spent += _bytes(entry)
            if found and spent > BYTES:
                break
            found.append(entry)
        last = entry.number
        if len(found) == ENTRIES:
            break
    return found, last


def _within(rows: Iterable[Item], most: int) -> tuple[list[Item], bool]:
    """As many rows as their bodies have bytes for, at least one, and whether there are more."""
    found: list[Item] = []
    spent = 0
    for row in rows:
        spent += len(string(row, "body").encode("utf-8", "replace"))
        if found and spent > most:
            return found, True
        found.append(row)
    return found, False


def _bytes(entry: Entry) -> int:
    """About what one takes on a page."""
    files = len(entry.attachments) * FILE_BYTES
    return len(entry.text.encode("utf-8", "replace")) + len(str(entry.data)) + files
