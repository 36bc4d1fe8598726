"""What the staff API answers about promises, trials and drafts: one model per answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from chalicelib.handlers.api.schemas.exact import Shape


class Export(Shape):
    """The whole published catalogue, as the import takes it."""

    catalogue: dict[str, list[dict[str, Any]]]


class MoveShape(Shape):
    """A ticket whose resolution would be due at another moment."""

    ticket_id: str
    before: datetime | None
    after: datetime | None


class MoveList(Shape):
    """What a change of the catalogue would move; `is_cut` when more tickets are open than looked at."""

    moves: list[MoveShape]
    is_cut: bool


class FiringShape(Shape):
    """One step that would fire; `wakes` whom it would get out of bed."""

    ticket_id: str
    step: str
    at: datetime
    actions: list[str]
    is_at_night: bool
    wakes: list[str]


class TrialShape(Shape):
    """What a draft rule would do, beside what the published rules did or will do."""

    since: datetime
    until: datetime
    examined: int = Field(description="How many tickets were looked at.")
    is_cut: bool = Field(description="Whether there were more than can be tried at once.")
    tickets: int = Field(description="How many tickets the draft touches.")
    firings: list[FiringShape]
    mails: int
    texts: int
    segments: int
    cost: float
    woken: int
    calls: int = Field(description="How often other systems would be called.")
    incidents: int = Field(description="How many incidents would be opened.")
    published: list[FiringShape]


class SpanShape(Shape):
    """A stretch in which a clock ran; the last has no end while it still runs."""

    begins: datetime
    ends: datetime | None


class ClockShape(Shape):
    """One promise about a ticket: where it stands, and in words why it is due when it is."""

    clock: str
    period: int
    started_at: datetime
    spans: list[SpanShape]
    due_at: datetime | None
    paused: bool
    stopped_at: datetime | None
    met: bool | None
    elapsed_minutes: int
    target_minutes: int
    explanation: str


class NextStep(Shape):
    """A step that will fire if nobody does anything."""

    rule: str
    step: str
    at: datetime
    actions: list[str]


class ClocksShape(Shape):
    """Every promise about a ticket and what comes next."""

    ticket_id: str
    expected_at: datetime | None = Field(description="What citizens and the public are told.")
    clocks: list[ClockShape]
    next_steps: list[NextStep]
