"""One message to very many: what is kept of it, and how its life goes; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.errors import InvalidTransition
from chalicelib.tickets.model.later import NOTHING, Carried
from chalicelib.tickets.people.segments import Segment


class Stage(StrEnum):
    """Where a broadcast stands. One whose segment is still being gathered is preparing; a draft has been
    checked; only an approved one runs."""

    PREPARING = "preparing"
    DRAFT = "draft"
    APPROVED = "approved"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


MAY_BECOME: Mapping[Stage, frozenset[Stage]] = {
    Stage.PREPARING: frozenset({Stage.DRAFT, Stage.CANCELLED}),
    Stage.DRAFT: frozenset({Stage.APPROVED, Stage.CANCELLED}),
    Stage.APPROVED: frozenset({Stage.PAUSED, Stage.CANCELLED, Stage.DONE}),
    Stage.PAUSED: frozenset({Stage.APPROVED, Stage.CANCELLED}),
    Stage.CANCELLED: frozenset(),
    Stage.DONE: frozenset({Stage.CANCELLED}),  # while some of what was handed over waits
}


@dataclass(slots=True, kw_only=True)
class Broadcast:
    """`digest` names the stored rows. `rows` are data rows, `bad` those that will not be sent to.

    `cursor` counts the rows that were handed over; it moves only forward, under `version`. `handed`
    counts the messages that they made.
    `problems` are the first bad rows by line with the reason; `segments` is what its texts take.
    One for a `segment` of the public has no `digest`: its rows are gathered in `parts` up to `place`,
    and `kept_back` counts who belongs to it and cannot be written to. `values` fill the placeholders
    that no column fills. One that `is_beyond_us` says more than this release understands, perhaps of
    whom it is for: it is shown, and left to a later release.
    """

    broadcast_id: str
    name: str
    template: str
    locale: str
    purpose: str
    digest: str
    author: str
    created_at: datetime
    stage: Stage = Stage.DRAFT
    rows: int = 0
    bad: int = 0
    mails: int = 0
    texts: int = 0
    segments: int = 0
    cost_micros: int = 0
    problems: tuple[tuple[int, str], ...] = ()
    approved_by: str = ""
    starts_at: datetime | None = None
    cursor: int = 0
    finished_at: datetime | None = None
    version: int = 0
    columns: tuple[str, ...] = ()
    segment: Segment | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    place: str = ""
    kept_back: int = 0
    handed: int = 0
    carried: Carried = field(default=NOTHING, repr=False, compare=False)
    is_beyond_us: bool = field(default=False, compare=False)

    @property
    def digests(self) -> tuple[str, ...]:
        """What names the stored rows, in order."""
        return self.parts or ((self.digest,) if self.digest else ())


def move(broadcast: Broadcast, stage: Stage) -> None:
    """Raises `InvalidTransition` for a step that its life does not have."""
    if stage not in MAY_BECOME.get(broadcast.stage, frozenset()):
        raise InvalidTransition(f"A broadcast that is {broadcast.stage} cannot become {stage}.")
    broadcast.stage = stage


class BroadcastStore(Protocol):
    """Where broadcasts are kept."""

    def get(self, broadcast_id: str) -> Broadcast:
        """Raises `NotFound`."""
        ...

    def all(self) -> list[Broadcast]:
        """Newest first."""
        ...

    def save(self, broadcast: Broadcast) -> None:
        """Write it as the next version. Raises `StaleTicket` when somebody else was faster."""
        ...
