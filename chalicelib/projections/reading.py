"""The counters as pages ask for them: the queue's tabs, what is late, promises kept, what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.projections.counters import (
    ALL,
    ASKED,
    LATE,
    PROMISES,
    PROMISES_OF_AGENCIES,
    PUBLIC,
    QUEUE,
)
from chalicelib.tickets.clocks.kept_promises import Line, Tally
from chalicelib.tickets.ports import CatalogStore, Clock
from chalicelib.tickets.ports.projections import Changes, Counted, ProjectionStore, Rows
from chalicelib.tickets.publishing.figures import Cell, Table, table
from chalicelib.tickets.publishing.publication import is_public_service

AGENCY = "agency:"
LAST = "~"  # behind every row of a month
MOST_AGENCIES = 5  # whose services are read one agency after another
BEHIND = timedelta(
    seconds=5
)  # that the change feed keeps back: what is counted at once comes in any order


class Standing(NamedTuple):
    """How many tickets of one state there are."""

    is_open: bool
    status: str
    priority: str
    is_assigned: bool
    number: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is counted, for those who may see it: `agency_codes` are theirs, empty for all."""

    kept: ProjectionStore
    catalogs: CatalogStore
    clock: Clock

    def queue(
        self, agency_codes: Sequence[str], *assignee: str
    ) -> tuple[list[Standing], list[Standing], datetime | None]:
        """How many there are of each state: of these agencies, and of one person's, under all of
        their names; and as of when."""
        own = [f"assignee:{name}" for name in assignee]
        wanted = [f"agency:{code}" for code in agency_codes] or [ALL]
        found = self.kept.rows(QUEUE, [*wanted, *own])
        return _standings(found, wanted), _standings(found, own), found.at

    def late(self, agency_codes: Sequence[str]) -> Counted:
        """How many tickets of each agency are late."""
        found = self.kept.rows(LATE, [ALL])
        counts = found.rows.get(ALL, {})
        mine = {c: n for c, n in counts.items() if not agency_codes or c in agency_codes}
        return found._replace(rows={ALL: mine})

    def promises(self, months: Sequence[str], agency_codes: Sequence[str]) -> dict[Line, Tally]:
        """Promises kept by agency and by service, in the months in which they were decided.

        Those who may see some agencies get these, and of services what is theirs; of more than five
        agencies no services.
        """
        first, last = min(months), max(months) + LAST
        if 0 < len(agency_codes) <= MOST_AGENCIES:
            return self._promises_of(agency_codes, first, last)
        found = _lines(self.kept.between(PROMISES, (first, last)).rows)
        if not agency_codes:
            return found
        return {
            line: tally
            for line, tally in found.items()
            if line.by == "agency" and line.code in agency_codes
        }

    def _promises_of(self, agency_codes: Sequence[str], first: str, last: str) -> dict[Line, Tally]:
        """What each of these agencies promised for its services, by service and summed for the agency."""
        spans = [(f"{code}#{first}", f"{code}#{last}") for code in agency_codes]
        found: dict[Line, Tally] = {}
        for row, counts in self.kept.between(PROMISES_OF_AGENCIES, *spans).rows.items():
            agency, _, rest = row.partition("#")
            for line, tally in _lines({rest: counts}).items():
                for each in (line, line._replace(by="agency", code=agency)):
                    before = found.get(each, Tally())
                    found[each] = Tally(before.kept + tally.kept, before.decided + tally.decided)
        return found

    def asked(self, month: str, agency_codes: Sequence[str]) -> dict[str, Counter[str]]:
        """What was asked for in a month: rows `agency:…`, `service:…` and `area:…`, and `*`, the sum.

        Those who may see some agencies get these alone.
        """
        found = self.kept.between(ASKED, (f"{month}#", f"{month}#{LAST}")).rows
        rows = {row.partition("#")[2]: Counter(counts) for row, counts in found.items()}
        agencies = {
            row: rows[row]
            for row in rows
            if row.startswith(AGENCY)
            and (not agency_codes or row.removeprefix(AGENCY) in agency_codes)
        }
        whole: Counter[str] = sum(agencies.values(), Counter())
        return {ALL: whole, **(agencies if agency_codes else rows)}

    def public(self, months: Sequence[str]) -> tuple[Table, Table]:
        """The tables of services and of areas over these months, of services that are public today."""
        catalog = self.catalogs.load()
        cells: dict[str, dict[str, Cell]] = {"service": {}, "area": {}}
        whole = Cell()
        for row, counts in self.kept.between(
            PUBLIC, (min(months), max(months) + LAST)
        ).rows.items():
            by, _, code = row.partition("#")[2].partition(":")
            if by == "service" and not is_public_service(code, catalog):
                continue
            cells[by].setdefault(code, Cell()).add(counts)
            if by == "service":
                whole.add(counts)
        return table(cells["service"], whole), table(cells["area"], whole)

    def changes(self, after: str, size: int, agency_codes: Sequence[str]) -> Changes:
        """The change feed from a position on; see `ProjectionStore.changes`."""
        return self.kept.changes(after, self.clock.now() - BEHIND, size, agency_codes)


def _lines(rows: Rows) -> dict[Line, Tally]:
    """Rows `2026-11#agency:roads` with names `kept:resolution` as lines."""
    found: dict[Line, Tally] = {}
    for row, counts in rows.items():
        month, _, whose = row.partition("#")
        by, _, code = whose.partition(":")
        for clock in {name.partition(":")[2] for name in counts}:
            tally = Tally(counts.get(f"kept:{clock}", 0), counts.get(f"decided:{clock}", 0))
            found[Line(by, code, clock, month)] = tally
    return found


def _standings(found: Counted, rows: Iterable[str]) -> list[Standing]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(found.rows.get(row, {}))
    return [_standing(name, count) for name, count in counts.items()]


def _standing(name: str, count: int) -> Standing:
    state, status, priority, assigned = name.split("|")
    return Standing(state == "open", status, priority, assigned == "assigned", count)


def chosen(
    standings: Iterable[Standing],
    *,
    is_open: bool = True,
    statuses: Sequence[str] = (),
    priorities: Sequence[str] = (),
    is_unassigned: bool = False,
) -> int:
    """How many of them a list shows."""
    return sum(
        each.number
        for each in standings
        if each.is_open == is_open
        and (not statuses or each.status in statuses)
        and (not priorities or each.priority in priorities)
        and not (is_unassigned and each.is_assigned)
    )
