"""Targets, clocks and deadlines; pure: takes ledgers, targets and calendars, gives moments.

A clock is computed from the ticket's ledger alone, never from stored counters. It runs from the
event that starts it to the event that stops it, and stands still while the ticket waits for the
citizen. Each start begins a new *period*. Reopening starts a new period of the resolution clock
with the whole target; the time before is not counted again, and an answer once given keeps the
first-response promise for good. Reassigning and handing over never touch those clocks. That of
acceptance runs from a hand-over until it is accepted, `informed` until a message really arrived
with the citizen, `appeal` from the citizen's "not solved" until it is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from chalicelib.tickets.model.fields import Administered, Code, at_least
from chalicelib.tickets.model.ticket import ClockEvent, ClockMark
from chalicelib.tickets.worktime.calendars import Calendar, add_working_time, working_time_between

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Administered):
    """A promise in minutes: how soon a clock must stop. Empty tuples match everything; the most
    specific target wins. `is_working_time` counts the agency's calendar, else plain time."""

    target_id: Code
    clock: Literal[
        "first_response", "next_update", "resolution", "acceptance", "informed", "appeal"
    ]
    minutes: Annotated[int, at_least(1)]
    is_working_time: bool = True
    service_codes: tuple[Code, ...] = ()
    agency_codes: tuple[Code, ...] = ()
    priorities: tuple[Literal["p1", "p2", "p3", "p4"], ...] = ()
    version: int = 0


class ClockRule(NamedTuple):
    """Which ledger events start a period of a clock, and which end it."""

    starts: frozenset[ClockEvent]
    stops: frozenset[ClockEvent]


_BEGINS = frozenset({ClockEvent.STARTED, ClockEvent.REOPENED})
_FIRST = frozenset({ClockEvent.STARTED})
_ENDS = frozenset({ClockEvent.STOPPED})
CLOCKS: Mapping[str, ClockRule] = {
    "first_response": ClockRule(_FIRST, _ENDS | {ClockEvent.RESPONDED}),
    "resolution": ClockRule(_BEGINS, _ENDS),
    "next_update": ClockRule(_BEGINS, _ENDS),
    "staff_silence": ClockRule(_BEGINS, _ENDS),
    "acceptance": ClockRule(frozenset({ClockEvent.HANDED_OVER}), _ENDS | {ClockEvent.ACCEPTED}),
    "informed": ClockRule(_BEGINS, _ENDS | {ClockEvent.INFORMED}),
    "appeal": ClockRule(frozenset({ClockEvent.APPEALED}), _ENDS),
}


class Period(NamedTuple):
    """One run of a clock. `spans` are the stretches in which it ran; the last has no end while it
    still runs. `number` counts from 1."""

    number: int
    started_at: datetime
    spans: tuple[tuple[datetime, datetime | None], ...]
    stopped_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Whether time counts now."""
        return bool(self.spans) and self.spans[-1][1] is None

    @property
    def is_paused(self) -> bool:
        """Whether it waits for the citizen."""
        return self.stopped_at is None and not self.is_running

    def since(self, moment: datetime | None) -> Period:
        """The same period as if it had begun at `moment`, when that is later."""
        if moment is None or moment <= self.started_at:
            return self
        spans = tuple((max(a, moment), b) for a, b in self.spans if b is None or b > moment)
        return Period(self.number, moment, spans, self.stopped_at)


class ClockState(NamedTuple):
    """Where one clock of a ticket stands. `due_at` is None while it is paused with time left.

    `met` is None while nobody can say yet. `explanation` says in words why `due_at` is what it is.
    """

    clock: str
    period: int
    started_at: datetime
    due_at: datetime | None
    paused: bool
    stopped_at: datetime | None
    met: bool | None
    elapsed_minutes: int
    target_minutes: int
    explanation: str


def target_for(
    targets: Iterable[Target], clock: str, service_code: str, agency_code: str, priority: str
) -> Target | None:
    """The most specific target of a clock: service before agency before priority; then the first."""
    fitting = [t for t in targets if t.clock == clock]
    wanted = (service_code, agency_code, priority)
    fitting = [t for t in fitting if _fits(t, wanted)]
    return max(fitting, key=_specificity, default=None)


def _lists(target: Target) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    return target.service_codes, target.agency_codes, target.priorities


def _fits(target: Target, wanted: tuple[str, str, str]) -> bool:
    return all(
        not codes or code in codes for codes, code in zip(_lists(target), wanted, strict=True)
    )


def _specificity(target: Target) -> tuple[bool, ...]:
    return tuple(bool(codes) for codes in _lists(target))


def periods(ledger: Iterable[ClockMark], clock: str) -> list[Period]:
    """Every run of a clock, oldest first; marks count in the order of the timeline."""
    rule, found = CLOCKS[clock], list[Period]()
    for mark in ledger:
        if mark.event in rule.starts:
            found.append(Period(len(found) + 1, mark.at, ((mark.at, None),)))
        elif found and found[-1].stopped_at is None:
            found[-1] = _turned(found[-1], mark, rule)
    return found


def _turned(period: Period, mark: ClockMark, rule: ClockRule) -> Period:
    """The period after one more event; what changes nothing leaves it alone."""
    spans, ends = period.spans, mark.event in rule.stops
    if period.is_running and (ends or mark.event is ClockEvent.PAUSED):
        spans = (*spans[:-1], (spans[-1][0], max(mark.at, spans[-1][0])))
    elif not period.is_running and mark.event is ClockEvent.RESUMED:
        spans = (*spans, (mark.at, None))
    return Period(period.number, period.started_at, spans, mark.at if ends else None)


def moment_at(
    period: Period, minutes: int, calendar: Calendar, *, is_working_time: bool
) -> datetime | None:
    """When `minutes` of the period have passed; None while it is paused before that.

    For a period that was stopped earlier it is the moment at which they would have passed.
    """
    left = minutes * MINUTE
    for begins, ends in period.spans:
        reached = _after(calendar, begins, left, is_working_time=is_working_time)
        if ends is None or reached <= ends or ends == period.stopped_at:
            return reached
        left -= _between(calendar, begins, ends, is_working_time=is_working_time)
    return None


def elapsed(
    period: Period, calendar: Calendar, now: datetime, *, is_working_time: bool
) -> timedelta:
    """How much time the period has used up."""
    used = timedelta()
    for begins, ends in period.spans:
        until = max(now if ends is None else ends, begins)
        used += _between(calendar, begins, until, is_working_time=is_working_time)
    return used


def clock_state(
    ledger: Iterable[ClockMark],
    clock: str,
    target: Target,
    calendar: Calendar,
    now: datetime,
    *,
    since: datetime | None = None,
) -> ClockState | None:
    """Where a clock stands in its latest period; None when it never started.

    `since` begins the count later than the ledger does (the last staff action, for `next_update`).
    """
    runs = periods(ledger, clock)
    return state_of(runs[-1].since(since), target, calendar, now) if runs else None


def state_of(period: Period, target: Target, calendar: Calendar, now: datetime) -> ClockState:
    """Where one period stands against its target."""
    kind = target.is_working_time
    used = elapsed(period, calendar, now, is_working_time=kind)
    due_at = moment_at(period, target.minutes, calendar, is_working_time=kind)
    is_over = used > target.minutes * MINUTE
    return ClockState(
        clock=target.clock,
        period=period.number,
        started_at=period.started_at,
        due_at=due_at,
        paused=period.is_paused,
        stopped_at=period.stopped_at,
        met=False if is_over else (True if period.stopped_at else None),
        elapsed_minutes=int(used / MINUTE),
        target_minutes=target.minutes,
        explanation=explain(period, target, calendar, due_at),
    )


def explain(period: Period, target: Target, calendar: Calendar, due_at: datetime | None) -> str:
    """Why a deadline is when it is: target and version, calendar, start, pauses."""
    kind = "working" if target.is_working_time else "elapsed"
    parts = [
        f"{target.minutes} {kind} minutes by the target {_named(target.target_id, target.version)}",
        f"counted from {_local(period.started_at, calendar)}",
    ]
    if target.is_working_time:
        name = _named(calendar.calendar_code, calendar.version)
        parts.append(f"in the working time of the calendar {name}")
    parts += [f"paused from {_local(a, calendar)} {end}" for a, end in _pauses(period, calendar)]
    if period.number > 1:
        parts.append(f"begun anew by reopening (period {period.number})")
    ending = f"due {_local(due_at, calendar)}" if due_at else _without_due(period)
    return "; ".join([*parts, ending]) + "."


def _without_due(period: Period) -> str:
    if period.stopped_at:
        return "stopped while it waited for the citizen"
    return "no due moment while it waits for the citizen"


def _pauses(period: Period, calendar: Calendar) -> list[tuple[datetime, str]]:
    found = []
    for (_, ends), (begins, _) in pairwise(period.spans):
        if ends is not None and ends < begins:
            found.append((ends, f"to {_local(begins, calendar)}"))
    last = period.spans[-1][1] if period.spans else None
    if period.is_paused and last is not None:
        found.append((last, "until now"))
    return found


def _named(code: str, version: int) -> str:
    return f"{code!r}, version {version}" if version else repr(code)


def _local(at: datetime, calendar: Calendar) -> str:
    return f"{at.astimezone(calendar.zone):%Y-%m-%d %H:%M %Z}"


def _after(
    calendar: Calendar, start: datetime, left: timedelta, *, is_working_time: bool
) -> datetime:
    return add_working_time(calendar, start, left) if is_working_time else start + left


def _between(calendar: Calendar, a: datetime, b: datetime, *, is_working_time: bool) -> timedelta:
    return working_time_between(calendar, a, b) if is_working_time else b - a
