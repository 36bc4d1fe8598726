"""Open tickets follow a changed catalogue: in the background, resumable, once for each change.

A published rule, target or calendar holds for a ticket from its next change on; this run makes the
change for the tickets that nobody touches. How far it came is kept beside the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib import logs
from chalicelib.errors import StaleTicket, TicketNotFound, UnreadableTicket
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.clocks.deadlines import deadlines, next_action_at
from chalicelib.tickets.escalation.runs import RESERVE_MS, Committer
from chalicelib.tickets.model.ticket import SYSTEM, Ticket, Visibility
from chalicelib.tickets.ports import (
    MARKER,
    CatalogItem,
    CatalogStore,
    Clock,
    Page,
    QueueQuery,
    TicketStore,
)
from chalicelib.tickets.ports.pages import beyond, reached

log = logs.Log(__name__)

PAGE = 50

# Before the change in a note: 0.1.0 cannot read one that goes by places. It sorts before what 0.1.0
# writes, so that either begins anew after the other, and neither takes the other's work for done.
BY_PLACE = "#"


class Move(NamedTuple):
    """One ticket whose resolution would be due at another moment."""

    ticket_id: str
    before: datetime | None
    after: datetime | None


class _Progress(NamedTuple):
    """How far one change has been worked through; `is_dirty` when this pass renewed something."""

    change: str
    place: str = ""
    after: str = ""
    is_dirty: bool = False
    is_complete: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any], change: str) -> _Progress:
        """The noted progress of this change, or none when the note is of an earlier one."""
        known = {name: body[name] for name in cls._fields if name in body}
        return cls(**known) if body.get("change") == change else cls(change)


@dataclass(frozen=True, slots=True)
class Recomputation:
    """Brings deadlines and pending steps of open tickets up to the published catalogue."""

    store: TicketStore
    catalogs: CatalogStore
    committer: Committer
    clock: Clock

    def run(self, remaining_ms: Callable[[], int] = lambda: 60_000) -> bool:
        """Go on where the last run stopped; whether all is done.

        It is done when a whole pass finds no ticket behind: lists lag, and tickets change places
        in them while they are renewed. Costs one read when nothing was changed. Safe to run twice at
        once: a ticket's version decides, and of two notes of progress one is refused.
        """
        catalog, marker = self.catalogs.load(), self._marker()
        done = _Progress.of(marker.body, BY_PLACE + catalog.changed_at.isoformat())
        noted = str(marker.body.get("change", ""))
        if done.is_complete or (noted.startswith(BY_PLACE) and noted > done.change):
            return True  # done, or this process has not heard of the newest change yet
        places = self.store.places(is_open=True)
        while remaining_ms() > RESERVE_MS and not done.is_complete:
            done = self._renew_page(catalog, done, places)
        self._note(marker, done)
        return done.is_complete

    def preview(self, catalog: Catalog, limit: int = 1_000) -> tuple[list[Move], bool]:
        """Which of the first `limit` open tickets would be due at another moment, soonest first;
        and whether more are open than that."""
        moves, token = list[Move](), ""
        for start in range(0, limit, PAGE):
            page = self._page(token, min(PAGE, limit - start))
            moves += [move for ticket in page.items for move in _moves(ticket, catalog)]
            token = page.next_token
            if not token:
                return moves, False
        return moves, True

    def _renew_page(self, catalog: Catalog, done: _Progress, places: Sequence[str]) -> _Progress:
        place, after = reached(places, done.place, done.after)
        if not place:
            return _Progress(done.change, is_complete=not done.is_dirty)
        found, after = self.store.standing(place, after, PAGE)
        behind = [t for t in self.store.several(found) if _is_behind(t, catalog)]
        for ticket in behind:
            self._renew(ticket.ticket_id, catalog)
        place = place if after else beyond(places, place)
        is_dirty = done.is_dirty or bool(behind)
        return done._replace(place=place, after=after, is_dirty=is_dirty)

    def _page(self, token: str, size: int) -> Page[Ticket]:
        return self.store.queue(QueueQuery(), size, token)

    def _renew(self, ticket_id: str, catalog: Catalog) -> None:
        try:
            ticket = self.store.get(ticket_id)
            if _is_behind(ticket, catalog):
                self._record(ticket, catalog)
                self.committer.commit(ticket)
        except (StaleTicket, TicketNotFound, UnreadableTicket):  # whoever changed it computed anew
            log.info("Changed meanwhile.", ticket_id=ticket_id)

    def _record(self, ticket: Ticket, catalog: Catalog) -> None:
        """Say on the timeline that it was the catalogue; a slip is told to the citizen on saving."""
        for move in _moves(ticket, catalog):
            ticket.record(
                "rescheduled",
                self.clock.now(),
                SYSTEM,
                visibility=Visibility.STAFF,
                data={"from": _iso(move.before), "to": _iso(move.after)},
            )

    def _marker(self) -> CatalogItem:
        found = self.catalogs.items(MARKER)
        return found[0] if found else CatalogItem(kind=MARKER, code=MARKER, version=0)

    def _note(self, marker: CatalogItem, done: _Progress) -> None:
        item = CatalogItem(kind=MARKER, code=MARKER, version=marker.version, body=done._asdict())
        try:
            self.catalogs.put(item, SYSTEM, self.clock.now())
        except StaleTicket:
            log.info("Another run noted its progress first.")


def _is_behind(ticket: Ticket, catalog: Catalog) -> bool:
    if ticket.is_beyond_us:
        return False
    stored = ticket.first_response_due_at, ticket.due_at
    return stored != deadlines(ticket, catalog) or ticket.next_action_at != next_action_at(
        ticket, catalog
    )


def _moves(ticket: Ticket, catalog: Catalog) -> Iterator[Move]:
    if ticket.is_beyond_us:
        return
    due_at = deadlines(ticket, catalog)[1]
    if due_at != ticket.due_at:
        yield Move(ticket.ticket_id, ticket.due_at, due_at)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
