"""What the table's second reader keeps of each ticket, and the counters that are added up from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from chalicelib.tickets.model.ticket import Ticket


class Count(NamedTuple):
    """One counter: its board, the row of the board, and its name in the row."""

    board: str
    row: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """What is kept of one ticket: which version was counted as what, and where it stands in lists.

    `counts` are what it adds to the counters, by generation. `turns_at` is the next moment at which time
    alone changes them. `moved_at` is when its last version was counted. `written` says how often this was
    saved, 0 for never. An empty `position` stands in no list.
    """

    ticket_id: str
    version: int = 0
    is_open: bool = True
    position: str = ""
    status: str = ""
    priority: str = ""
    is_assigned: bool = False
    agency_code: str = ""
    turns_at: datetime | None = None
    moved_at: datetime | None = None
    counts: Mapping[str, Mapping[Count, int]] = field(default_factory=dict)
    written: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Which generation of counters is read, which is being built, and how far a walk has come.

    `is_complete` once a walk has seen every ticket. `walk` is the walk under way: `build` sees every
    ticket, `check` what is open or has changed `since`, `retire` the counters of before; `place` and
    `after` are where it stands.
    `basis` names what counting rests on besides the tickets. `spread` is over how many items a row of
    counters is spread. `differences` is in how many counters the last build differed from what was read.
    """

    reading: str = "1"
    building: str = ""
    is_complete: bool = False
    walk: str = ""
    place: str = ""
    after: str = ""
    since: datetime | None = None
    begun_at: datetime | None = None
    checked_at: datetime | None = None
    basis: str = ""
    spread: int = 1
    differences: int = 0
    written: int = 0

    @property
    def generations(self) -> tuple[str, ...]:
        """Every generation that changes are counted in."""
        return (self.reading, self.building) if self.building else (self.reading,)


class Changed(NamedTuple):
    """A line of the change feed: a ticket, the version that was counted, and when."""

    ticket_id: str
    version: int
    agency_code: str
    status: str
    at: datetime


class Changes(NamedTuple):
    """A page of the change feed; `position` is where to go on, now or later. `is_more` says that there is
    more already."""

    items: list[Changed]
    position: str
    is_more: bool


Rows = Mapping[str, Mapping[str, int]]


class Counted(NamedTuple):
    """Rows of counters by their names, and when the latest change of them was counted."""

    rows: Rows
    at: datetime | None = None


class ProjectionStore(Protocol):
    """Where projections are kept."""

    def progress(self) -> Progress:
        """The present progress, read consistently; the first one when nothing was noted yet."""
        ...

    def note(self, progress: Progress) -> Progress:
        """Keep it, one `written` higher; returned so. Raises `StaleTicket` when another came first."""
        ...

    def position(self, ticket: Ticket) -> str:
        """Where a ticket stands in staff lists, as text that sorts."""
        ...

    def projected(self, ticket_ids: Sequence[str]) -> dict[str, Projected]:
        """What is kept of tickets, read consistently; those of which nothing is are left out."""
        ...

    def count(self, generation: str, moves: Sequence[tuple[Projected, Projected]]) -> None:
        """Replace what is kept and move the counters of one generation with it, in one transaction.

        Each move is what was read and what takes its place. Raises `StaleTicket` when somebody else was
        faster with one, `ValueError` when they are too many for one transaction.
        """
        ...

    def turning(self, until: datetime) -> Iterator[str]:
        """Tickets whose counts time alone changes by `until`, soonest first, lazily paged."""
        ...

    def retire(self, generation: str, board: str, after: str, size: int) -> str:
        """Let some counters of a generation's board expire; where to go on, empty at the end."""
        ...

    def rows(self, board: str, names: Sequence[str]) -> Counted:
        """These rows of a board, read at once."""
        ...

    def between(self, board: str, *spans: tuple[str, str]) -> Counted:
        """All rows of a board in these spans, from the first to the last of each: a query for each."""
        ...

    def generation(self, generation: str, board: str) -> Rows:
        """A whole board of one generation, zeros left out."""
        ...

    def changes(
        self, after: str, until: datetime, size: int, agency_codes: Sequence[str]
    ) -> Changes:
        """The change feed from a position on, oldest first.

        A page may be shorter than `size`, even empty, and go on.
        """
        ...
