"""What another product knew of one matter, told as one of our tickets; knows no product.

Every date stays as it was. The former reference is on the ticket and finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.messages import Attachment, Channel, Party
from chalicelib.tickets.dynamodb.items.codec import Item
from chalicelib.tickets.dynamodb.items.entries import entry_items
from chalicelib.tickets.dynamodb.items.former import former_item
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.model.references import former_name, ticket_id_for
from chalicelib.tickets.model.ticket import (
    MAX_DESCRIPTION,
    SYSTEM,
    Actor,
    ClockEvent,
    Priority,
    Status,
    Ticket,
    Visibility,
)
from infra.moving.arrival import WRITE_ID

CITIZEN, STAFF, NOTE = "citizen", "staff", "note"
FORMER = "former_reference"
KEYS = Keys("former", 1)
DONE = frozenset({Status.RESOLVED, Status.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that was said: by a citizen, by staff to the citizen, or among staff (`note`)."""

    by: str
    at: datetime
    text: str
    name: str = ""
    key: str = ""
    attachments: tuple[Attachment, ...] = ()
    message_id: str = ""


@dataclass(slots=True, kw_only=True)
class Case:
    """One matter. Empty codes are for the catalogue at the destination to decide.

    `said` is in the order of time; the first is what the citizen reported.
    """

    reference: str
    requested_at: datetime
    updated_at: datetime
    status: Status
    said: list[Said]
    requester: Party = field(default_factory=Party)
    subject: str = ""
    status_at: datetime | None = None
    status_notes: str = ""
    channel: Channel = Channel.EMAIL
    service_code: str = "unclassified"
    agency_code: str = ""
    priority: Priority = Priority.P3
    assignee: str = ""
    is_public: bool = False
    locale: str = "en"
    address: str = ""
    lat: float | None = None
    long: float | None = None
    media_urls: tuple[str, ...] = ()
    decider: str = ""


@dataclass(slots=True)
class Unmapped:
    """What a reader met and knew no word of ours for, and how often."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, what: str, value: str) -> None:
        """One more of these."""
        self.counts[what, value] += 1

    def lines(self) -> list[str]:
        """For a person to read, kind by kind, the most frequent first."""
        ordered = sorted(self.counts.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][1]))
        return [f"{count:>8,}  {what}: {value}" for (what, value), count in ordered]


def items_of(case: Case, source: str) -> Iterator[Item]:
    """The case as items of a city called `former`; entries first, the ticket last.

    `source` names the installation that it comes from, so that the same case always gets the same
    reference, and two installations never share one.
    """
    ticket = ticket_of(case, source)
    for entry in ticket.new_entries:
        yield from entry_items(KEYS, ticket.ticket_id, entry, WRITE_ID)
    for name in names_of(case):
        yield former_item(KEYS, ticket.ticket_id, name, WRITE_ID)
    ticket.version = 0
    yield ticket_item(KEYS, ticket, WRITE_ID)


def names_of(case: Case) -> list[str]:
    """What the ticket is found by: its former reference, and the mails that an answer may name."""
    ids = (said.message_id.strip("<> ") for said in case.said)
    return list(dict.fromkeys([former_name(case.reference), *filter(None, ids)]))


def ticket_of(case: Case, source: str) -> Ticket:
    """The case as a ticket with its timeline."""
    first, *others = case.said or [Said(by=CITIZEN, at=case.requested_at, text=case.subject)]
    ticket = _opened(case, first, source)
    for said in others:
        _say(ticket, said, case)
    _move(ticket, case)
    ticket.updated_at = max(ticket.updated_at, case.updated_at)
    return ticket


def _opened(case: Case, first: Said, source: str) -> Ticket:
    ticket = Ticket(
        ticket_id=ticket_id_for(f"{source}:{case.reference}"),
        jurisdiction_id=KEYS.jurisdiction_id,
        channel=case.channel,
        service_code=case.service_code,
        service_name="",
        agency_code=case.agency_code,
        requester=case.requester,
        description=(first.text or case.subject).strip()[:MAX_DESCRIPTION],
        requested_at=case.requested_at,
        updated_at=case.requested_at,
        subject=case.subject[:200],
        priority=case.priority,
        locale=case.locale,
        assignee=case.assignee,
        is_public=case.is_public,
        address=case.address,
        lat=case.lat,
        long=case.long,
        attributes={FORMER: case.reference},
        media_urls=case.media_urls,
        attachments=first.attachments,
    )
    opened = ticket.record(
        "opened",
        case.requested_at,
        Actor("requester", case.requester.key, case.requester.name),
        text=first.text,
        attachments=first.attachments,
        channel=case.channel,
        data={"source": source, FORMER: case.reference},
    )
    ticket.mark(ClockEvent.STARTED, opened)
    return ticket


def _say(ticket: Ticket, said: Said, case: Case) -> None:
    is_citizen = said.by == CITIZEN
    kind = {CITIZEN: "appended", STAFF: "replied"}.get(said.by, "noted")
    who = (case.requester.key, case.requester.name) if is_citizen else (said.key, said.name)
    entry = ticket.record(
        kind,
        said.at,
        Actor("requester" if is_citizen else "staff", *who),
        visibility=Visibility.STAFF if kind == "noted" else Visibility.REQUESTER,
        text=said.text,
        attachments=said.attachments,
        channel=case.channel,
    )
    if not is_citizen:
        ticket.last_staff_action_at = said.at
    if said.by == STAFF:
        ticket.note_response(entry)


def _move(ticket: Ticket, case: Case) -> None:
    """To the status that it had, at the moment it got there as far as that is known."""
    if case.status is Status.NEW:
        return
    at = max(case.status_at or case.updated_at, case.requested_at)
    actor = Actor("staff", "", case.decider) if case.decider else SYSTEM
    if case.status is Status.CLOSED:
        ticket.change_status(Status.RESOLVED, at, actor)
    ticket.change_status(case.status, at, actor, reason=case.status_notes)
