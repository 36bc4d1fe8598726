"""Keeps the city's figures up to date in the background and reads them for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import CatalogStore, Clock
from chalicelib.tickets.publishing.figures import Cells, count
from chalicelib.tickets.publishing.publication import PublicReports, is_public_service

MONTHS = 13  # the present one and a year before it
FRESH_MONTHS = 3  # counted anew every hour; the older ones every day
ROWS_A_CALL = 1_000
RESERVE_MS = 15_000


class Month(NamedTuple):
    """A month in the city: its name (YYYY-MM), its first moment, and the first of the next."""

    name: str
    begin: datetime
    end: datetime


class FigureStore(Protocol):
    """Where each month's figures are kept."""

    def stamps(self) -> Mapping[str, str]:
        """When each stored month was counted, as `performance` named it."""
        ...

    def keep(self, month: str, stamp: str, cells: Cells) -> None:
        """Store a month's figures in place of the earlier ones."""
        ...

    def months(self, first: str, last: str) -> Mapping[str, Cells]:
        """The stored figures of these months."""
        ...


@dataclass(slots=True)
class Performance:
    """The figures of public tickets, by the month in which they were asked for."""

    reports: PublicReports
    figures: FigureStore
    catalogs: CatalogStore
    clock: Clock
    timezone: str
    _done: str = field(default="", init=False)

    def run(self, remaining_ms: Callable[[], int] = lambda: 60_000) -> bool:
        """Count the months whose figures are old; whether all are done.

        Costs nothing when this process has done so within the hour. Resumable: each month is stored
        as soon as it is counted. A month is counted whole, so that what is no longer public is gone.
        """
        now = self.clock.now()
        if self._done == _hour(now):
            return True
        stored = self.figures.stamps()
        wanted = {month: _stamp(n, now) for n, (month, *_) in enumerate(self._months(now))}
        stale = [each for each in self._months(now) if stored.get(each[0]) != wanted[each[0]]]
        for month, cells in self._counted(stale, remaining_ms):
            if cells is None:
                return False
            if cells or month in stored:
                self.figures.keep(month, wanted[month], cells)
        self._done = _hour(now)
        return True

    def _months(self, now: datetime) -> list[Month]:
        return months_before(now, self.timezone)

    def _counted(
        self, stale: Sequence[Month], remaining_ms: Callable[[], int]
    ) -> Iterator[tuple[str, Cells | None]]:
        """Each month with its figures, newest first, from one walk; None for them when time is up."""
        if not stale:
            return
        areas = self.catalogs.load().areas.values()
        tickets = self._asked(stale[-1].begin, stale[0].end)
        ticket = next(tickets, None)
        for month in stale:
            if remaining_ms() < RESERVE_MS:
                yield month.name, None
                return
            held: list[Ticket] = []
            while ticket and ticket.requested_at >= month.begin:
                held.append(ticket)
                ticket = next(tickets, None)
            yield month.name, count((t for t in held if t.requested_at < month.end), areas)

    def _asked(self, start: datetime, end: datetime) -> Iterator[Ticket]:
        token = ""
        while True:
            page = self.reports.month(start, end, ROWS_A_CALL, token)
            yield from page.items
            token = page.next_token
            if not token:
                return

    def last(self, months: int) -> list[Cells]:
        """The figures of so many months up to the present one, of what is public today."""
        catalog, now = self.catalogs.load(), self.clock.now()
        wanted = [month.name for month in self._months(now)][:months]
        found = self.figures.months(wanted[-1], wanted[0])
        return [
            {k: cell for k, cell in found[month].items() if is_public_service(k[0], catalog)}
            for month in wanted
            if month in found
        ]


def _hour(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H}"


def _stamp(place: int, now: datetime) -> str:
    """What a month counted now is stamped with: the hour for the latest ones, the day for the others."""
    return _hour(now) if place < FRESH_MONTHS else f"{now:%Y-%m-%d}"


def months_before(now: datetime, timezone: str) -> list[Month]:
    """The present month and the year before it, newest first."""
    begin = now.astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for _ in range(MONTHS):
        found.append(month_of(begin))
        begin = found[-1].begin - timedelta(days=1)
    return found


def month_of(day: datetime) -> Month:
    """The month that a local day lies in."""
    begin = day.replace(day=1)
    return Month(f"{begin:%Y-%m}", begin, (begin + timedelta(days=32)).replace(day=1))
