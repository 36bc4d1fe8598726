"""What the staff API answers about counters and changes: one model per answer."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from chalicelib.handlers.api.schemas.exact import Shape


class AskedShape(Shape):
    """What was asked for in a month. `*` is all, the other rows are `agency:…`, `service:…`, `area:…`."""

    month: str
    rows: dict[str, dict[str, int]] = Field(
        description="Each row with its numbers: `asked`, `channel:…`, `locale:…`, `hour:…`, `priority:…`."
    )


class StandingShape(Shape):
    """How many tickets of one state there are."""

    is_open: bool
    status: str
    priority: str
    is_assigned: bool
    number: int


class QueueStatistics(Shape):
    """How the queue stands; `late` is by agency."""

    tickets: list[StandingShape]
    late: dict[str, int]
    counted_at: datetime | None


class ChangeShape(Shape):
    """A ticket, the version that was counted last, and when."""

    ticket_id: str
    version: int
    agency_code: str
    status: str
    at: datetime


class ChangePage(Shape):
    """Some changes; `position` is where to go on, now or later."""

    items: list[ChangeShape]
    position: str
    is_more: bool
