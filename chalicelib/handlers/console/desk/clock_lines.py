"""A ticket's clocks as lines: what ran, what paused, what is next; decides nothing itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.clocks.deadlines import clocks_of, latest_period, upcoming
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.worktime.sla import ClockState, Period

WIDTH = 600  # of the drawing


class Stretch(NamedTuple):
    """A part of the line: `kind` is ran, paused or left; `ends` is None for what goes on."""

    kind: str
    begins: datetime
    ends: datetime | None
    x: int
    width: int


class ClockLine(NamedTuple):
    """One clock, as the page draws and says it."""

    state: ClockState
    word: str
    stretches: list[Stretch]


def lines_of(ticket: Ticket, catalog: Catalog, now: datetime) -> dict[str, Any]:
    """What the ticket's page shows of its clocks."""
    lines = [
        ClockLine(state, _word(state, now), _stretches(period, state, now))
        for state in clocks_of(ticket, catalog, now)
        if (period := latest_period(ticket, state.clock))
    ]
    return {"clock_lines": lines, "next_steps": upcoming(ticket, catalog)[:3], "line_width": WIDTH}


def _word(state: ClockState, now: datetime) -> str:
    if state.stopped_at:
        return "kept" if state.met else "missed"
    if state.due_at and state.due_at < now:
        return "late"
    return "paused" if state.paused else "running"


def _stretches(period: Period, state: ClockState, now: datetime) -> list[Stretch]:
    end = max(filter(None, [state.stopped_at or now, state.due_at]))
    whole = max((end - period.started_at).total_seconds(), 1.0)

    def place(at: datetime) -> int:
        return int((at - period.started_at).total_seconds() / whole * WIDTH)

    parts = list(_parts(period, state, now))
    return [Stretch(k, a, b, place(a), max(place(b or now) - place(a), 1)) for k, a, b in parts]


def _parts(
    period: Period, state: ClockState, now: datetime
) -> list[tuple[str, datetime, datetime | None]]:
    """The period's stretches in order, with the pauses between them and the time that is left."""
    found: list[tuple[str, datetime, datetime | None]] = []
    reached = period.started_at
    for begins, ends in period.spans:
        if begins > reached:
            found.append(("paused", reached, begins))
        found.append(("ran", begins, ends))
        reached = ends or now
    if period.is_paused:
        found.append(("paused", reached, None))
    elif state.due_at and period.is_running and state.due_at > now:
        found.append(("left", now, state.due_at))
    return found
