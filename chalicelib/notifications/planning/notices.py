"""The table of notices: what on a timeline causes which message to whom; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.messages import Audience
from chalicelib.tickets.model.ticket import OPEN_STATUSES, Entry, Status, Ticket

Test = Callable[[Ticket, Entry], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One row: an entry of `kind` that passes `when` causes `name` to `audience`.

    `about` are the statuses in which the notice is still true; queued ones are cancelled when the
    ticket leaves them (empty: always true). `is_answer` marks an automatic answer to somebody's
    message, which is capped per address. An urgent one leaves at night too.
    """

    name: str
    kind: str
    audience: Audience
    when: Test = lambda ticket, entry: True
    about: frozenset[Status] = frozenset()
    is_answer: bool = False
    is_urgent: bool = False


def _moved_to(status: Status) -> Test:
    return lambda ticket, entry: entry.data.get("to") == status


# A reply that also moves the ticket is told once: by the notice of the move, which carries the words.
_TOLD_BY_THE_MOVE = frozenset(
    {Status.ACKNOWLEDGED, Status.PENDING, Status.RESOLVED, Status.CLOSED, Status.CANCELLED}
)


def _is_taken_into_work(ticket: Ticket, entry: Entry) -> bool:
    """Into work by staff's own act; a reply of the same act, or the citizen's own words, say it already."""
    is_told = any(e.kind == "replied" and e.number < entry.number for e in ticket.new_entries)
    is_by_city = entry.actor.kind not in ("requester", "stranger")
    return entry.data.get("to") == Status.IN_PROGRESS and is_by_city and not is_told


def _is_proven(ticket: Ticket, entry: Entry) -> bool:
    return ticket.is_confirmed or entry.channel != "email"


def _is_unproven(ticket: Ticket, entry: Entry) -> bool:
    return not _is_proven(ticket, entry) and entry.data.get("proof") != "forged"


def _is_readable(ticket: Ticket, entry: Entry) -> bool:
    return _is_answerable(entry) and "emergency" not in entry.data


def _is_answerable(entry: Entry) -> bool:
    return "nature" not in entry.data and entry.data.get("proof") != "forged"


def _is_danger(ticket: Ticket, entry: Entry) -> bool:
    return "emergency" in entry.data


def _is_requesters_danger(ticket: Ticket, entry: Entry) -> bool:
    is_theirs = entry.actor.kind == "requester" and _is_answerable(entry)
    return is_theirs and _is_danger(ticket, entry)


def _is_escalation(action: str) -> Test:
    return lambda ticket, entry: entry.data.get("action") == action


def _is_from_outside(ticket: Ticket, entry: Entry) -> bool:
    return entry.actor.kind in ("requester", "stranger")


_TO_CITIZEN = Audience.REQUESTER
_OPEN = frozenset(OPEN_STATUSES)

NOTICES: tuple[Notice, ...] = (
    *(
        Notice(
            name="emergency_received",
            kind=kind,
            audience=_TO_CITIZEN,
            when=_is_requesters_danger,
            is_answer=True,
            is_urgent=True,
        )
        for kind in ("opened", "appended")
    ),
    *(
        Notice(
            name="emergency_duty",
            kind=kind,
            audience=Audience.DUTY,
            when=_is_danger,
            is_urgent=True,
        )
        for kind in ("opened", "appended")
    ),
    Notice(
        name="ticket_received",
        kind="opened",
        audience=_TO_CITIZEN,
        when=lambda ticket, entry: (
            _is_readable(ticket, entry)
            and _is_proven(ticket, entry)
            and "needs_place" not in entry.data
            and not ticket.asked_sides
        ),
        is_answer=True,
    ),
    Notice(
        name="border_question",
        kind="opened",
        audience=_TO_CITIZEN,
        when=lambda ticket, entry: (
            _is_readable(ticket, entry) and _is_proven(ticket, entry) and bool(ticket.asked_sides)
        ),
        is_answer=True,
    ),
    *(
        Notice(name="confirm_contact", kind=kind, audience=_TO_CITIZEN, is_answer=True)
        for kind in ("confirmation_asked", "claimed")
    ),
    Notice(name="browser_code", kind="code_asked", audience=_TO_CITIZEN, is_answer=True),
    *(
        Notice(name="link_renewed", kind=kind, audience=_TO_CITIZEN, is_answer=True)
        for kind in ("confirmed", "link_renewed")
    ),
    Notice(
        name="sms_need_place",
        kind="opened",
        audience=_TO_CITIZEN,
        when=lambda ticket, entry: "needs_place" in entry.data and _is_readable(ticket, entry),
        is_answer=True,
    ),
    Notice(
        name="unproven_received",
        kind="opened",
        audience=_TO_CITIZEN,
        when=lambda ticket, entry: _is_readable(ticket, entry) and _is_unproven(ticket, entry),
        is_answer=True,
    ),
    Notice(
        name="ticket_acknowledged",
        kind="status_changed",
        audience=_TO_CITIZEN,
        when=_moved_to(Status.ACKNOWLEDGED),
        about=_OPEN,
    ),
    Notice(
        name="ticket_in_progress",
        kind="status_changed",
        audience=_TO_CITIZEN,
        when=_is_taken_into_work,
        about=_OPEN,
    ),
    Notice(
        name="ticket_pending",
        kind="status_changed",
        audience=_TO_CITIZEN,
        when=_moved_to(Status.PENDING),
        about=frozenset({Status.PENDING}),
    ),
    Notice(
        name="ticket_resolved",
        kind="status_changed",
        audience=_TO_CITIZEN,
        when=_moved_to(Status.RESOLVED),
        about=frozenset({Status.RESOLVED, Status.CLOSED}),
    ),
    Notice(
        name="ticket_closed",
        kind="status_changed",
        audience=_TO_CITIZEN,
        when=_moved_to(Status.CLOSED),
    ),
    Notice(
        name="ticket_cancelled",
        kind="status_changed",
        audience=_TO_CITIZEN,
        when=_moved_to(Status.CANCELLED),
    ),
    Notice(name="ticket_reopened", kind="reopened", audience=_TO_CITIZEN, about=_OPEN),
    Notice(
        name="ticket_replied",
        kind="replied",
        audience=_TO_CITIZEN,
        when=lambda ticket, entry: entry.data.get("then") not in _TOLD_BY_THE_MOVE,
    ),
    *(
        Notice(name=name, kind=kind, audience=audience, about=_OPEN)
        for kind in ("handed_over", "hand_over_refused")
        for name, audience in (
            ("ticket_assigned", Audience.AGENCY),
            ("ticket_handed_over", _TO_CITIZEN),
        )
    ),
    Notice(name="deadline_moved", kind="deadline_moved", audience=_TO_CITIZEN, about=_OPEN),
    Notice(
        name="information_added",
        kind="appended",
        audience=Audience.ASSIGNEE,
        when=_is_from_outside,
    ),
    Notice(
        name="files_left_out",
        kind="appended",
        audience=_TO_CITIZEN,
        when=lambda ticket, entry: (
            "left_out" in entry.data and entry.actor.kind == "requester" and _is_answerable(entry)
        ),
        is_answer=True,
    ),
    Notice(name="ticket_assigned", kind="assigned", audience=Audience.ASSIGNEE),
    Notice(
        name="escalation_reminder",
        kind="escalated",
        audience=Audience.AGENCY,
        when=_is_escalation("remind_agency"),
        about=_OPEN,
    ),
    Notice(
        name="escalation_reminder",
        kind="escalated",
        audience=Audience.ASSIGNEE,
        when=_is_escalation("remind_assignee"),
        about=_OPEN,
    ),
    Notice(
        name="escalation_reminder",
        kind="escalated",
        audience=Audience.ASSIGNEE,
        when=_is_escalation("ask_for_call"),
        about=_OPEN,
    ),
    Notice(
        name="escalation_supervisor",
        kind="escalated",
        audience=Audience.SUPERVISOR,
        when=_is_escalation("notify_supervisor"),
        about=_OPEN,
    ),
    Notice(
        name="escalation_supervisor",
        kind="escalated",
        audience=Audience.DUTY,
        when=_is_escalation("notify_duty"),
        about=_OPEN,
    ),
    Notice(
        name="escalation_citizen",
        kind="escalated",
        audience=_TO_CITIZEN,
        when=_is_escalation("tell_citizen"),
        about=_OPEN,
    ),
)

# Answers to keywords in a text message; caused by the message itself, not by an entry.
ANSWERS = (
    "sms_help",
    "sms_stopped",
    "sms_started",
    "sms_new",
    "sms_status",
    "sms_choose",
    "sms_need_place",
    "my_cases",
)

ABOUT = {notice.name: notice.about for notice in NOTICES}
CAPPED = frozenset(notice.name for notice in NOTICES if notice.is_answer)


def caused_by(ticket: Ticket, entry: Entry) -> Iterator[Notice]:
    """The notices that one entry causes."""
    return (n for n in NOTICES if n.kind == entry.kind and n.when(ticket, entry))
