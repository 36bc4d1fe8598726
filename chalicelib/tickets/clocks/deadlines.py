"""A ticket's deadlines and pending steps by the published catalogue; pure, changes only due fields.

This is the one engine: the desk asks it for deadlines after every change, the escalation run for
the steps that are due, and the trial of a draft rule for what would have happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.rules import Action, Rule, Step, matches
from chalicelib.tickets.clocks.promises import keep_promise
from chalicelib.tickets.model.ticket import OPEN_STATUSES, Status, Ticket
from chalicelib.tickets.worktime.calendars import Calendar, add_working_minutes
from chalicelib.tickets.worktime.sla import (
    CLOCKS,
    ClockState,
    Period,
    Target,
    clock_state,
    moment_at,
    periods,
    target_for,
)

SILENCE = "staff_silence"
SINCE_LAST_ACTION = frozenset({SILENCE, "next_update"})
AUTO_CLOSE = Rule(
    rule_id="auto-close",
    name="Close what was resolved and not reopened",
    order=1_000_000,
    clock="resolution",
    steps=(Step(code="close", minutes=0, is_working_time=False, actions=(Action(do="close"),)),),
)


class DueStep(NamedTuple):
    """One step of one rule for one ticket, and when its moment comes.

    `key` names it for ever: rule, step and clock period; a key fires once. `due_at` is the moment
    of the step, `deadline` that of the clock it belongs to (None where there is none).
    """

    rule: Rule
    step: Step
    key: str
    due_at: datetime
    deadline: datetime | None
    level: int


def set_deadlines(ticket: Ticket, catalog: Catalog, now: datetime) -> None:
    """Fill `first_response_due_at`, `due_at` and `next_action_at` from ledger and catalogue.

    When the date that the citizen knows slips, the entry that tells the new one is recorded. What a later
    release computed for a ticket that this one does not understand stays.
    """
    if ticket.is_beyond_us:
        return
    ticket.first_response_due_at, ticket.due_at = deadlines(ticket, catalog)
    ticket.next_action_at = next_action_at(ticket, catalog)
    keep_promise(ticket, now)


def deadlines(ticket: Ticket, catalog: Catalog) -> tuple[datetime | None, datetime | None]:
    """When the first answer and when the resolution are due.

    None where nothing is promised, and while the ticket waits for the citizen with time left.
    """
    return _due_at(ticket, catalog, "first_response"), _due_at(ticket, catalog, "resolution")


def _due_at(ticket: Ticket, catalog: Catalog, clock: str) -> datetime | None:
    runs = periods(ticket.ledger, clock)
    target = _target(ticket, catalog, clock)
    return _deadline(runs[-1], target, catalog.calendar_of(ticket.agency_code)) if runs else None


def clocks_of(ticket: Ticket, catalog: Catalog, now: datetime) -> list[ClockState]:
    """Every promise about this ticket and where it stands."""
    found = (state_of_clock(ticket, catalog, clock, now) for clock in CLOCKS if clock != SILENCE)
    return [state for state in found if state]


def state_of_clock(
    ticket: Ticket, catalog: Catalog, clock: str, now: datetime
) -> ClockState | None:
    """Where one clock stands; None when nothing is promised or it never started."""
    target = _target(ticket, catalog, clock)
    if target is None:
        return None
    calendar = catalog.calendar_of(ticket.agency_code)
    return clock_state(ticket.ledger, clock, target, calendar, now, since=_since(ticket, clock))


def latest_period(ticket: Ticket, clock: str) -> Period | None:
    """The run of a clock that counts now, or the last one; None when it never started."""
    runs = periods(ticket.ledger, clock)
    return runs[-1].since(_since(ticket, clock)) if runs else None


def next_action_at(ticket: Ticket, catalog: Catalog) -> datetime | None:
    """The moment of the earliest step that has not fired, perhaps in the past; None for none."""
    return min((step.due_at for step in pending_steps(ticket, catalog)), default=None)


def due_steps(ticket: Ticket, catalog: Catalog, now: datetime) -> list[DueStep]:
    """The steps whose moment has come and that have not fired in this period, oldest first."""
    due = [step for step in pending_steps(ticket, catalog) if step.due_at <= now]
    return sorted(due, key=attrgetter("due_at"))


def upcoming(ticket: Ticket, catalog: Catalog) -> list[DueStep]:
    """The steps that will fire if nobody does anything, soonest first."""
    return sorted(pending_steps(ticket, catalog), key=attrgetter("due_at"))


def pending_steps(ticket: Ticket, catalog: Catalog) -> Iterator[DueStep]:
    """Every step that still can fire as the ticket stands, in the order of the rules.

    A ticket that waits for the citizen has none, a resolved one only its closing.
    """
    if ticket.status is Status.RESOLVED and ticket.resolved_at:
        yield from _closing(ticket, ticket.resolved_at, catalog)
    if ticket.status not in OPEN_STATUSES or ticket.status is Status.PENDING:
        return
    facts = catalog.facts(ticket.service_code, ticket.lat, ticket.long)
    for rule in catalog.live_rules:
        if matches(rule.when, ticket, facts):
            yield from steps_of(rule, ticket, catalog)


def steps_of(rule: Rule, ticket: Ticket, catalog: Catalog) -> Iterator[DueStep]:
    """The unfired steps of one rule for a ticket that it means, whatever the ticket's status."""
    period = _running(ticket, rule.clock)
    if period is None:
        return
    target = _target(ticket, catalog, rule.clock)
    calendar = catalog.calendar_of(ticket.agency_code)
    deadline = _deadline(period, target, calendar)
    for level, step in enumerate(rule.steps, start=1):
        key = f"{rule.rule_id}/{step.code}/{_period_name(rule.clock, period)}"
        moment = None if key in ticket.fired else _moment(step, rule, target, period, calendar)
        if moment is not None:
            yield DueStep(rule, step, key, moment, deadline, level)


def _closing(ticket: Ticket, resolved_at: datetime, catalog: Catalog) -> Iterator[DueStep]:
    key = f"{AUTO_CLOSE.rule_id}/close/{resolved_at:%Y%m%dT%H%M%SZ}"
    if key not in ticket.fired:
        moment = resolved_at + timedelta(days=catalog.policy.close_resolved_days)
        yield DueStep(AUTO_CLOSE, AUTO_CLOSE.steps[0], key, moment, moment, 0)


def _target(ticket: Ticket, catalog: Catalog, clock: str) -> Target | None:
    codes = ticket.service_code, ticket.agency_code, ticket.priority
    return target_for(catalog.targets, clock, *codes)


def _running(ticket: Ticket, clock: str) -> Period | None:
    if clock not in CLOCKS:
        return None
    runs = periods(ticket.ledger, clock)
    return runs[-1].since(_since(ticket, clock)) if runs and runs[-1].is_running else None


def _since(ticket: Ticket, clock: str) -> datetime | None:
    return ticket.last_staff_action_at if clock in SINCE_LAST_ACTION else None


def _period_name(clock: str, period: Period) -> str:
    if clock in SINCE_LAST_ACTION:
        return f"{period.started_at:%Y%m%dT%H%M%S.%fZ}"
    return str(period.number)


def _deadline(period: Period, target: Target | None, calendar: Calendar) -> datetime | None:
    if target is None:
        return None
    return moment_at(period, target.minutes, calendar, is_working_time=target.is_working_time)


def _moment(
    step: Step, rule: Rule, target: Target | None, period: Period, calendar: Calendar
) -> datetime | None:
    """When a step's moment comes, pauses included; None when it cannot come."""
    if rule.clock == SILENCE:
        kind = step.is_working_time
        return moment_at(period, step.minutes or 0, calendar, is_working_time=kind)
    if target is None:
        return None
    kind = target.is_working_time
    if step.share is not None:
        minutes = -(-target.minutes * step.share // 100)
        return moment_at(period, minutes, calendar, is_working_time=kind)
    offset = step.minutes or 0
    if kind == step.is_working_time:
        minutes = max(target.minutes + offset, 0)
        return moment_at(period, minutes, calendar, is_working_time=kind)
    return _beside(_deadline(period, target, calendar), step, offset, calendar)


def _beside(
    deadline: datetime | None, step: Step, offset: int, calendar: Calendar
) -> datetime | None:
    """A moment counted from the deadline in the other kind of time than the target's."""
    if deadline is None:
        return None
    if step.is_working_time:
        return add_working_minutes(calendar, deadline, offset)
    return deadline + timedelta(minutes=offset)
