"""Counters and lists follow the tickets: by the stream, by time, and by a walk that sees every ticket.

Whatever the reason, a ticket is counted the same way: read, compared with what is kept of it, and the
difference added in the transaction that replaces it. So any of it may come twice, late, out of order or die
half-way.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from chalicelib import logs
from chalicelib.errors import StaleTicket, StoreBusy
from chalicelib.projections.counters import BOARDS, counts_of
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import CatalogStore, Clock, TicketStore
from chalicelib.tickets.ports.pages import beyond, reached
from chalicelib.tickets.ports.projections import Progress, Projected, ProjectionStore
from chalicelib.tickets.publishing.publication import is_public_service

log = logs.Log(__name__)

AT_ONCE = 10  # tickets of one transaction, if their counters fit
A_PAGE = 100
TRIES = 6
RESERVE_MS = 8_000
CHECK_EVERY = timedelta(days=1)
MARGIN = timedelta(hours=2)  # that a check looks back over the beginning of the last one
SETTLED = timedelta(minutes=2)  # until every process has heard of a change of the catalogue

BUILD, CHECK, RETIRE = "build", "check", "retire"


class OutOfTime(Exception):
    """Too little time was left to count the rest; what was counted stays counted."""


@dataclass(frozen=True, slots=True)
class Projections:
    """The second reader of the table."""

    kept: ProjectionStore
    tickets: TicketStore
    catalogs: CatalogStore
    clock: Clock
    timezone: str

    def follow(
        self, ticket_ids: Sequence[str], remaining_ms: Callable[[], int] = lambda: 60_000
    ) -> None:
        """Count these tickets as they are now, in every generation of counters.

        Costs reads alone for those that are counted already. Raises `OutOfTime`, `StoreBusy`.
        """
        self._follow(ticket_ids, self.kept.progress(), remaining_ms)

    def _follow(
        self, ticket_ids: Sequence[str], progress: Progress, remaining_ms: Callable[[], int]
    ) -> int:
        wanted = list(dict.fromkeys(ticket_ids))
        moved = 0
        for start in range(0, len(wanted), AT_ONCE):
            if remaining_ms() < RESERVE_MS:
                raise OutOfTime(f"{len(wanted) - start} of {len(wanted)} tickets were left.")
            for generation in progress.generations:
                moved += self._count(wanted[start : start + AT_ONCE], generation, progress)
        return moved

    def _count(self, ticket_ids: Sequence[str], generation: str, progress: Progress) -> int:
        for _ in range(TRIES):
            moves = self._moves(ticket_ids, generation, progress)
            try:
                self._save(generation, moves)
            except StaleTicket:
                continue
            return len(moves)
        raise StoreBusy("Others count the same tickets; try again.")

    def _moves(
        self, ticket_ids: Sequence[str], generation: str, progress: Progress
    ) -> list[tuple[Projected, Projected]]:
        """What is kept of each ticket and what should be; without those that are right already."""
        kept = self.kept.projected(ticket_ids)  # before the tickets: never newer than they are
        found = {ticket.ticket_id: ticket for ticket in self.tickets.several(ticket_ids)}
        catalog, now = self.catalogs.load(), self.clock.now()
        moves = []
        for ticket_id in ticket_ids:
            before = kept.get(ticket_id, Projected(ticket_id=ticket_id))
            known = {g: counts for g, counts in before.counts.items() if g in progress.generations}
            after = self._projected(found.get(ticket_id), before, catalog, now)
            after = replace(after, counts=known | {generation: after.counts[""]})
            if after != before:
                moves.append((before, after))
        return moves

    def _projected(
        self, ticket: Ticket | None, before: Projected, catalog: Catalog, now: datetime
    ) -> Projected:
        """How a ticket is kept, with its counts under no generation; one that is gone counts nowhere."""
        if ticket is None:
            return Projected(
                ticket_id=before.ticket_id, written=before.written, counts={"": {}}, is_open=False
            )
        counts, turns_at = counts_of(ticket, catalog, now, ZoneInfo(self.timezone))
        is_known = before.version == ticket.version and before.moved_at
        return Projected(
            ticket_id=ticket.ticket_id,
            version=ticket.version,
            is_open=ticket.is_open,
            position=self.kept.position(ticket),
            status=ticket.status,
            priority=ticket.priority,
            is_assigned=bool(ticket.assignee),
            agency_code=ticket.agency_code,
            turns_at=turns_at,
            moved_at=before.moved_at if is_known else now,
            counts={"": counts},
            written=before.written,
        )

    def _save(self, generation: str, moves: Sequence[tuple[Projected, Projected]]) -> None:
        """In one transaction, or in halves when that would be too large."""
        if not moves:
            return
        try:
            self.kept.count(generation, moves)
        except ValueError:
            if len(moves) == 1:
                raise
            middle = len(moves) // 2
            self._save(generation, moves[:middle])
            self._save(generation, moves[middle:])

    def keep_time(self, remaining_ms: Callable[[], int] = lambda: 60_000) -> bool:
        """Count what time alone has changed; whether all is done. Costs one read when nothing has."""
        turning = self.kept.turning(self.clock.now())
        try:
            while page := list(islice(turning, A_PAGE)):
                self._follow(page, self.kept.progress(), remaining_ms)
        except OutOfTime:
            return False
        return True

    def walk(self, remaining_ms: Callable[[], int] = lambda: 60_000) -> bool:
        """Go on with the walk over all tickets that is due; whether there is none any more.

        Costs one read when there is none. Safe to run twice at once: of two notes of how far a walk has
        come one is refused.
        """
        try:
            progress = self._with_walk(self.kept.progress(), self.clock.now())
            places = self.tickets.places() if progress.walk else []
            while progress.walk:
                progress = self._step(progress, places, remaining_ms)
        except (OutOfTime, StaleTicket):
            return False
        return True

    def progress(self) -> Progress:
        """How far counting has come."""
        return self.kept.progress()

    def rebuild(self) -> None:
        """Begin to build all counters anew; those that are read now are read until that is done."""
        self._begin(self.kept.progress(), self.clock.now(), BUILD)

    def _with_walk(self, progress: Progress, now: datetime) -> Progress:
        """The progress with a walk begun, when one is due."""
        if progress.walk:
            return progress
        if not progress.checked_at:
            return self._begin(progress, now, BUILD)
        catalog = self.catalogs.load()
        if _basis(catalog) != progress.basis and now - catalog.changed_at >= SETTLED:
            return self._begin(progress, now, BUILD)
        if now - progress.checked_at >= CHECK_EVERY:
            return self._begin(progress, now, CHECK)
        return progress

    def _begin(self, progress: Progress, now: datetime, walk: str) -> Progress:
        """A first build fills the generation that is read already, for nothing else is there to read."""
        is_anew = walk == BUILD and progress.is_complete
        return self.kept.note(
            replace(
                progress,
                walk=walk,
                building=str(int(progress.reading) + 1) if is_anew else progress.building,
                place="",
                after="",
                since=progress.checked_at - MARGIN if progress.checked_at else None,
                begun_at=now,
                basis=_basis(self.catalogs.load()) if walk == BUILD else progress.basis,
            )
        )

    def _step(
        self, progress: Progress, places: Sequence[str], remaining_ms: Callable[[], int]
    ) -> Progress:
        """A page of the place where the walk stands, or the next place, or the end."""
        if remaining_ms() < RESERVE_MS:
            raise OutOfTime("The walk goes on with the next run.")
        wanted = sorted(BOARDS) if progress.walk == RETIRE else places
        place, after = reached(wanted, progress.place, progress.after)
        if not place:
            return self._end(progress)
        after = self._page(progress, place, after, remaining_ms)
        place = place if after else beyond(wanted, place)
        return self.kept.note(replace(progress, place=place, after=after))

    def _page(
        self, progress: Progress, place: str, after: str, remaining_ms: Callable[[], int]
    ) -> str:
        if progress.walk == RETIRE:
            before = str(int(progress.reading) - 1)
            return self.kept.retire(before, place, after, A_PAGE)
        since = progress.since if progress.walk == CHECK else None
        found, after = self.tickets.standing(place, after, A_PAGE, since)
        moved = self._follow(found, progress, remaining_ms)
        if moved and progress.walk == CHECK:
            log.warning("tickets were not counted as they are", count=moved)
        return after

    def _end(self, progress: Progress) -> Progress:
        """What was built is read from now on; what was read before expires."""
        differences = len(self.differences()) if progress.building else progress.differences
        log.info("every ticket was counted", kind=progress.walk, count=differences)
        done = replace(progress, walk="", place="", after="", differences=differences)
        if progress.walk == RETIRE:
            return self.kept.note(done)
        done = replace(done, is_complete=True, checked_at=progress.begun_at)
        if progress.building:
            done = replace(done, reading=progress.building, building="", walk=RETIRE)
        return self.kept.note(done)

    def differences(self) -> dict[str, tuple[int, int]]:
        """The counters in which the generation being built differs from the one that is read, by name."""
        progress = self.kept.progress()
        old, new = (
            {
                f"{board} {row} {name}": count
                for board in BOARDS
                for row, names in self.kept.generation(generation, board).items()
                for name, count in names.items()
            }
            for generation in progress.generations
        )
        return {
            name: (old.get(name, 0), new.get(name, 0))
            for name in sorted(old.keys() | new.keys())
            if old.get(name, 0) != new.get(name, 0)
        }


def _basis(catalog: Catalog) -> str:
    """What counting rests on besides the tickets: areas, and which services show their tickets."""
    areas = sorted(f"{area.area_code}:{area.version}" for area in catalog.areas.values())
    hidden = sorted(code for code in catalog.services if not is_public_service(code, catalog))
    return f"{len(areas)}-{zlib.crc32(repr((areas, hidden)).encode()):08x}"
