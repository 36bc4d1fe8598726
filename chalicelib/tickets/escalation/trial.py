"""Trying a draft rule before it is published, on the production engine; writes and sends nothing.

`replay` goes through what happened to tickets in the past, `forecast` takes open tickets as they
stand and lets nobody touch them. Both are deterministic: the same input gives the same trial.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from chalicelib.messages import Channel
from chalicelib.tickets.casework.incidents import Imagined
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.rules import Rule
from chalicelib.tickets.clocks.deadlines import DueStep, due_steps
from chalicelib.tickets.escalation.steps import fire
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import ClockEvent, ClockMark, Entry, Priority, Status, Ticket

NIGHT_ENDS, NIGHT_BEGINS = 7, 22  # local hours in which a notice would wake somebody
SEGMENTS_A_TEXT = 2  # the most that a notice of ours takes
WAKING = frozenset({"notify_duty", "notify_supervisor"})
TO_STAFF = WAKING | {"remind_agency", "remind_assignee", "ask_for_call"}
TO_CITIZEN = frozenset({"tell_citizen", "hand_over", "change_status", "close"})
STATUS_AFTER = {
    ClockEvent.STARTED: Status.NEW,
    ClockEvent.PAUSED: Status.PENDING,
    ClockEvent.RESUMED: Status.IN_PROGRESS,
    ClockEvent.STOPPED: Status.CANCELLED,  # no longer open, and not for the closing rule either
    ClockEvent.REOPENED: Status.IN_PROGRESS,
}
CHANGED_FIELD = {
    "handed_over": "agency_code",
    "reclassified": "service_code",
    "assigned": "assignee",
    "priority_changed": "priority",
}


class Firing(NamedTuple):
    """One step that fires in a trial. `is_at_night` when it would wake somebody: those in `wakes`."""

    ticket_id: str
    step: str
    at: datetime
    actions: tuple[str, ...]
    is_at_night: bool
    wakes: tuple[str, ...] = ()


class Prices(NamedTuple):
    """What sending costs, in the currency of whoever asks."""

    mail: float = 0.0001
    segment: float = 0.0079


@dataclass(slots=True)
class Trial:
    """What a draft would do, beside what the published rules did in the same days."""

    firings: list[Firing] = field(default_factory=list)
    mails: int = 0
    texts: int = 0
    calls: int = 0
    incidents: int = 0
    published: list[Firing] = field(default_factory=list)

    @property
    def tickets(self) -> int:
        """How many tickets it touches."""
        return len({firing.ticket_id for firing in self.firings})

    @property
    def segments(self) -> int:
        """How many parts of texts would be paid at most."""
        return self.texts * SEGMENTS_A_TEXT

    @property
    def woken(self) -> int:
        """How many steps would wake somebody."""
        return sum(firing.is_at_night for firing in self.firings)

    def cost(self, prices: Prices) -> float:
        """What the notices would cost at most."""
        return self.mails * prices.mail + self.segments * prices.segment


def forecast(
    draft: Rule, tickets: Iterable[Ticket], catalog: Catalog, now: datetime, until: datetime
) -> Trial:
    """What the draft would do to tickets as they stand, if nobody touched them until `until`.

    Steps whose moment has passed fire at once, as they do after publishing.
    """
    draft = replace(draft, is_enabled=True)
    rehearsal = _Rehearsal(_with_only(draft, catalog), draft, now)
    for ticket in tickets:
        if ticket.is_open:
            rehearsal.advance(_copy(ticket), until)
    return rehearsal.sorted_trial()


def outlook(tickets: Iterable[Ticket], catalog: Catalog, now: datetime, until: datetime) -> Trial:
    """What the published rules will do to tickets as they stand, to put a forecast beside."""
    rehearsal = _Rehearsal(catalog, None, now)
    for ticket in tickets:
        if ticket.is_open:
            rehearsal.advance(_copy(ticket), until)
    return rehearsal.sorted_trial()


def replay(
    draft: Rule, casefiles: Iterable[Casefile], catalog: Catalog, since: datetime, until: datetime
) -> Trial:
    """What the draft would have done from `since` to `until`, given all that people did meanwhile."""
    draft = replace(draft, is_enabled=True)
    rehearsal = _Rehearsal(_with_only(draft, catalog), draft, since, skips_past=True)
    for casefile in casefiles:
        _replay_one(casefile, rehearsal, until)
        done = _published(casefile)
        rehearsal.trial.published += [f for f in done if since <= f.at <= until]
    return rehearsal.sorted_trial()


@dataclass(slots=True)
class _Rehearsal:
    """The production engine on copies of tickets, with notes of what fires from `since` on.

    Only what `draft` does is noted; without one, what every rule does.
    """

    catalog: Catalog
    draft: Rule | None
    since: datetime
    skips_past: bool = False
    trial: Trial = field(default_factory=Trial)
    incidents: Imagined = field(default_factory=Imagined)

    def advance(self, ticket: Ticket, until: datetime, *, short_of_it: bool = False) -> None:
        """Fire all that comes up to `until`; what people do comes first at the same moment."""
        while due := due_steps(ticket, self.catalog, until):
            step = due[0]
            if short_of_it and step.due_at >= until:
                return
            at = step.due_at if self.skips_past else max(step.due_at, self.since)
            channel = ticket.preferred_channel
            fire(ticket, step, self.catalog, at, self.incidents)
            if at >= self.since and self.draft in (None, step.rule):
                self._note(ticket, step, at, channel)

    def _note(self, ticket: Ticket, step: DueStep, at: datetime, channel: Channel) -> None:
        actions = tuple(action.do for action in step.step.actions)
        hour = at.astimezone(self.catalog.calendar_of(ticket.agency_code).zone).hour
        is_night = not NIGHT_ENDS <= hour < NIGHT_BEGINS
        wakes = tuple(self._woken(ticket, actions)) if is_night else ()
        is_waking = is_night and bool(WAKING & set(actions))
        firing = Firing(ticket.ticket_id, step.step.code, at, actions, is_waking, wakes)
        self.trial.firings.append(firing)
        self.trial.calls += actions.count("call_webhook")
        told = sum(action in TO_CITIZEN for action in actions)
        is_text = channel is Channel.SMS
        self.trial.texts += told if is_text else 0
        self.trial.mails += sum(a in TO_STAFF for a in actions) + (0 if is_text else told)

    def _woken(self, ticket: Ticket, actions: tuple[str, ...]) -> Iterator[str]:
        agency = self.catalog.agencies.get(ticket.agency_code)
        if "notify_duty" in actions and self.catalog.policy.duty_email:
            yield self.catalog.policy.duty_email
        if "notify_supervisor" in actions and agency:
            yield from filter(None, [agency.supervisor_email or agency.email])

    def sorted_trial(self) -> Trial:
        """The trial in the order of time."""
        self.trial.incidents = len(self.incidents.opened)
        self.trial.firings.sort(key=lambda firing: (firing.at, firing.ticket_id))
        self.trial.published.sort(key=lambda firing: (firing.at, firing.ticket_id))
        return self.trial


def _replay_one(casefile: Casefile, rehearsal: _Rehearsal, until: datetime) -> None:
    ticket = _as_opened(casefile)
    marks: dict[int, list[ClockMark]] = {}
    for mark in casefile.ticket.ledger:
        marks.setdefault(mark.entry, []).append(mark)
    for entry in casefile.entries:
        if entry.at > until:
            break
        rehearsal.advance(ticket, entry.at, short_of_it=True)
        if "rule" not in entry.data:  # the draft stands in for the rules that were published
            _repeat(ticket, entry)
        for mark in marks.get(entry.number, ()):
            ticket.ledger = (*ticket.ledger, mark)
            ticket.status = STATUS_AFTER.get(mark.event, ticket.status)
    rehearsal.advance(ticket, until)


def _repeat(ticket: Ticket, entry: Entry) -> None:
    if entry.actor.kind == "staff":
        ticket.last_staff_action_at = entry.at
    name = CHANGED_FIELD.get(entry.kind)
    if name and "to" in entry.data:
        setattr(ticket, name, _typed(name, entry.data["to"]))
    if entry.kind == "status_changed":
        ticket.status = Status(entry.data["to"])


def _as_opened(casefile: Casefile) -> Ticket:
    """The ticket as it was before anybody changed it."""
    ticket = replace(_copy(casefile.ticket), fired={}, ledger=(), status=Status.NEW, part_of="")
    ticket.last_staff_action_at, ticket.escalation_level = None, 0
    for entry in reversed(casefile.entries):
        name = CHANGED_FIELD.get(entry.kind)
        if name and "from" in entry.data:
            setattr(ticket, name, _typed(name, entry.data["from"]))
    return ticket


def _copy(ticket: Ticket) -> Ticket:
    return replace(ticket, fired=dict(ticket.fired), new_entries=[], resolved_at=None)


def _typed(name: str, value: str) -> object:
    return Priority(value) if name == "priority" else value


def _with_only(draft: Rule, catalog: Catalog) -> Catalog:
    """The catalogue with the draft in force and no other rule."""
    return Catalog(
        services=catalog.services.values(),
        agencies=catalog.agencies.values(),
        calendars=catalog.calendars.values(),
        targets=catalog.targets,
        rules=[draft],
        policy=catalog.policy,
        changed_at=catalog.changed_at,
        areas=catalog.areas.values(),
    )


def _published(casefile: Casefile) -> Iterator[Firing]:
    for entry in casefile.entries:
        if entry.kind == "escalated":
            actions = (str(entry.data.get("action", "")),)
            step = str(entry.data.get("step", ""))
            yield Firing(casefile.ticket.ticket_id, step, entry.at, actions, False)
