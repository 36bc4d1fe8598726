"""How the city performs, as figures counted from public tickets; pure, knows no store and no page.

A month's figures are cells, one for each service and set of areas: small enough to store, exact enough
for any median. What is shown is a table whose small cells say no more than that they are small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from math import ceil
from typing import NamedTuple

from chalicelib.tickets.catalog.areas import Area, areas_of
from chalicelib.tickets.model.ticket import Status, Ticket

LEAST = 5  # a count below this is not told
LEAST_FOR_NINETIETH = 10  # the slowest of fewer is one person's case
FIXED = frozenset({Status.RESOLVED, Status.CLOSED})
COUNTS = ("open", "fixed", "unfixed")


class Kind(NamedTuple):
    """Of which tickets a cell is: their service, and the areas that they lie in."""

    service_code: str
    area_codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Cell:
    """What became of the tickets of one kind. Lengths are minutes since they were asked for."""

    open: int = 0
    fixed: int = 0
    unfixed: int = 0
    reopened: int = 0
    answered: list[int] = field(default_factory=list)
    resolved: list[int] = field(default_factory=list)

    @property
    def reported(self) -> int:
        """All of them."""
        return self.open + self.fixed + self.unfixed

    def count(self, ticket: Ticket) -> None:
        """One ticket more."""
        if ticket.is_open:
            self.open += 1
        elif ticket.status in FIXED:
            self.fixed += 1
        else:
            self.unfixed += 1
        self.reopened += ticket.reopened > 0
        if ticket.first_responded_at:
            self.answered.append(_minutes(ticket, ticket.first_responded_at))
        if ticket.resolved_at and ticket.status in FIXED:
            self.resolved.append(_minutes(ticket, ticket.resolved_at))


Cells = Mapping[Kind, Cell]


def _minutes(ticket: Ticket, at: datetime) -> int:
    return max(int((at - ticket.requested_at).total_seconds() // 60), 0)


def count(tickets: Iterable[Ticket], areas: Iterable[Area]) -> dict[Kind, Cell]:
    """The cells of these tickets. What was joined to another ticket is counted there."""
    known, cells = list(areas), dict[Kind, Cell]()
    for ticket in tickets:
        if not ticket.merged_into:
            kind = Kind(ticket.service_code, areas_of(known, ticket.lat, ticket.long))
            cells.setdefault(kind, Cell()).count(ticket)
    return cells


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table as it is shown; None is a figure that is too small to be told."""

    code: str
    reported: int | None = None
    open: int | None = None
    fixed: int | None = None
    unfixed: int | None = None
    reopened: int | None = None
    answer_median: int | None = None
    answer_ninetieth: int | None = None
    resolve_median: int | None = None
    resolve_ninetieth: int | None = None

    @property
    def is_small(self) -> bool:
        """Whether the whole line is too small to be told."""
        return self.reported is None


@dataclass(frozen=True, slots=True)
class Table:
    """Lines by code, and the sum of all; `total` counts each ticket once."""

    lines: tuple[Line, ...]
    total: Line


def by_service(months: Sequence[Cells]) -> Table:
    """The table of services."""
    return _table(_grouped(months, lambda kind: (kind.service_code,)), _whole(months))


def by_area(months: Sequence[Cells]) -> Table:
    """The table of areas; a ticket that lies in two is in the lines of both."""
    return _table(_grouped(months, lambda kind: kind.area_codes), _whole(months))


def _grouped(months: Sequence[Cells], codes: Callable[[Kind], tuple[str, ...]]) -> dict[str, Cell]:
    groups: dict[str, list[Cell]] = {}
    for kind, cell in chain.from_iterable(cells.items() for cells in months):
        for code in codes(kind):
            groups.setdefault(code, []).append(cell)
    return {code: _sum(cells) for code, cells in groups.items()}


def _whole(months: Sequence[Cells]) -> Cell:
    return _sum(chain.from_iterable(cells.values() for cells in months))


def _sum(cells: Iterable[Cell]) -> Cell:
    whole = Cell()
    for cell in cells:
        for name in (*COUNTS, "reopened"):
            setattr(whole, name, getattr(whole, name) + getattr(cell, name))
        whole.answered += cell.answered
        whole.resolved += cell.resolved
    return whole


def _table(groups: Mapping[str, Cell], whole: Cell) -> Table:
    small = _hidden({code: cell.reported for code, cell in groups.items()})
    lines = [Line(code) if code in small else line(code, cell) for code, cell in groups.items()]
    lines.sort(key=lambda each: (-(each.reported or 0), each.code))
    return Table(tuple(lines), line("", whole))


def line(code: str, cell: Cell) -> Line:
    """One line; counts below five, and whatever would betray one, are left out."""
    if 0 < cell.reported < LEAST:
        return Line(code)
    counts = {name: getattr(cell, name) for name in COUNTS}
    hidden = _hidden(counts)
    shown = {name: None if name in hidden else value for name, value in counts.items()}
    return Line(
        code,
        reported=cell.reported,
        reopened=None if 0 < cell.reopened < LEAST else cell.reopened,
        answer_median=_share(cell.answered, 0.5, LEAST),
        answer_ninetieth=_share(cell.answered, 0.9, LEAST_FOR_NINETIETH),
        resolve_median=_share(cell.resolved, 0.5, LEAST),
        resolve_ninetieth=_share(cell.resolved, 0.9, LEAST_FOR_NINETIETH),
        **shown,
    )


def _hidden(counts: Mapping[str, int]) -> set[str]:
    """The small ones, and as many of the next larger as keep the sum from giving one away."""
    hidden = {code for code, number in counts.items() if 0 < number < LEAST}
    others = sorted((number, code) for code, number in counts.items() if number >= LEAST)
    while hidden and others and _is_betrayed([counts[code] for code in hidden]):
        hidden.add(others.pop(0)[1])
    return hidden


def _is_betrayed(numbers: Sequence[int]) -> bool:
    """Whether what is left of the sum tells one of them, or is itself too small."""
    return len(numbers) == 1 or sum(numbers) < LEAST


def _share(minutes: Sequence[int], share: float, least: int) -> int | None:
    """The length within which this share of them lies (nearest rank), or None for too few."""
    if len(minutes) < least:
        return None
    return sorted(minutes)[max(ceil(share * len(minutes)) - 1, 0)]


def pack_cells(cells: Cells) -> list[list[object]]:
    """The cells as plain lists, for storing."""
    return [
        [*kind, c.open, c.fixed, c.unfixed, c.reopened, sorted(c.answered), sorted(c.resolved)]
        for kind, c in cells.items()
    ]


def read_cells(rows: Iterable[Sequence[object]]) -> Iterator[tuple[Kind, Cell]]:
    """The cells that `pack_cells` wrote."""
    for service_code, area_codes, *numbers in rows:
        yield Kind(str(service_code), tuple(area_codes)), Cell(*numbers)  # type: ignore[arg-type]
