"""How the city performs, as figures counted from public tickets; pure, knows no store and no page.

A cell adds up what is counted of each ticket; lengths are counted by their steps, so that any median is
known to the step. What is shown is a table whose small cells say no more than that they are small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from math import ceil

from chalicelib.tickets.model.ticket import Status, Ticket

LEAST = 5  # a count below this is not told
LEAST_FOR_NINETIETH = 10  # the slowest of fewer is one person's case
FIXED = frozenset({Status.RESOLVED, Status.CLOSED})
COUNTS = ("open", "fixed", "unfixed")
HOUR, DAY = 60, 24 * 60
STEPS = ((14 * DAY, DAY), (2 * DAY, HOUR), (2 * HOUR, 10))  # from so many minutes on, in such steps


@dataclass(slots=True)
class Cell:
    """What became of some tickets. Lengths are minutes since they were asked for, as `rounded` says."""

    open: int = 0
    fixed: int = 0
    unfixed: int = 0
    reopened: int = 0
    answered: Counter[int] = field(default_factory=Counter)
    resolved: Counter[int] = field(default_factory=Counter)

    @property
    def reported(self) -> int:
        """All of them."""
        return self.open + self.fixed + self.unfixed

    def add(self, counts: Mapping[str, int]) -> None:
        """So many more of what `measures` named."""
        for name, count in counts.items():
            kind, _, minutes = name.partition(":")
            if minutes:
                getattr(self, kind)[int(minutes)] += count
            else:
                setattr(self, kind, getattr(self, kind) + count)


def measures(ticket: Ticket) -> Iterator[str]:
    """Every name under which a ticket is counted, as `Cell.add` reads them."""
    if ticket.is_open:
        yield "open"
    else:
        yield "fixed" if ticket.status in FIXED else "unfixed"
    if ticket.reopened:
        yield "reopened"
    if ticket.first_responded_at:
        yield f"answered:{_minutes(ticket, ticket.first_responded_at)}"
    if ticket.resolved_at and ticket.status in FIXED:
        yield f"resolved:{_minutes(ticket, ticket.resolved_at)}"


def _minutes(ticket: Ticket, at: datetime) -> int:
    return rounded(max(int((at - ticket.requested_at).total_seconds() // 60), 0))


def rounded(minutes: int) -> int:
    """A length as it is counted: to the minute within two hours, then to ten minutes, from two days on to
    the hour, from two weeks on to the day; always downwards."""
    for least, step in STEPS:
        if minutes >= least:
            return minutes - minutes % step
    return minutes


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


def table(cells: Mapping[str, Cell], whole: Cell) -> Table:
    """Cells by code as they may be shown, the largest first; `whole` counts each ticket once."""
    small = _hidden({code: cell.reported for code, cell in cells.items()})
    lines = [Line(code) if code in small else line(code, cell) for code, cell in cells.items()]
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


def _share(lengths: Counter[int], share: float, least: int) -> int | None:
    """The length within which this share of them lies (nearest rank), or None for too few."""
    if lengths.total() < least:
        return None
    wanted = max(ceil(share * lengths.total()), 1)
    reached = accumulate(lengths[minutes] for minutes in sorted(lengths))
    return next(m for m, count in zip(sorted(lengths), reached, strict=True) if count >= wanted)
