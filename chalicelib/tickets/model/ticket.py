"""A ticket and what can happen to it; pure, takes `now`, knows no clock, table or channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.errors import InvalidTransition
from chalicelib.messages import Attachment, Channel, Party
from chalicelib.tickets.model.excerpts import ELLIPSIS, excerpt, writable
from chalicelib.tickets.model.later import NOTHING, Carried, is_known
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.statuses import FINAL_STATUSES as FINAL_STATUSES  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.statuses import OPEN_STATUSES as OPEN_STATUSES  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.statuses import TRANSITIONS as TRANSITIONS  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.statuses import Status as Status  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.timeline import NOTHING_SETTLED, Settled
from chalicelib.tickets.model.timeline import SYSTEM as SYSTEM  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.timeline import Actor as Actor  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.timeline import ClockEvent as ClockEvent  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.timeline import ClockMark as ClockMark  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.timeline import Entry as Entry  # noqa: PLC0414 (passed on)
from chalicelib.tickets.model.timeline import Visibility as Visibility  # noqa: PLC0414 (passed on)

# What a ticket itself holds of what was written; the whole is on its timeline. With the public copy of
# both, answers and files it stays under 20 KB in any script.
MAX_DESCRIPTION, DESCRIPTION_BYTES = 4_000, 5_000
NOTES, NOTES_BYTES = 1_000, 1_500
MOST_FILES = 10


class Priority(StrEnum):
    """How much it matters, `p1` most."""

    P1 = "p1"
    P2 = "p2"
    P3 = "p3"
    P4 = "p4"


class Role(StrEnum):
    """What a signed-in person may do; deny by default."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@dataclass(slots=True, kw_only=True)
class Ticket:
    """One matter that somebody brought to the city, from opening to closing.

    Every change goes through a method, which records an `Entry` in `new_entries`; the store writes
    both together. `version` is the one read from the store, 0 for a ticket not yet stored.
    `ledger` is the clock-relevant extract of the timeline, `fired` maps a rule's step and clock
    period to the moment it fired, `next_action_at` is the earliest pending step or None.
    `promised_at` is the date of resolution that the citizen was told last. `offered_from` is the
    agency that handed it over, until the new one accepts; `hops` counts hand-overs. Whoever the
    citizen `appealed_against` does not decide again. `reply_turns` maps a party's mark to how often
    its reply addresses were revoked. `part_of` is the incident that a report belongs to; an incident
    is `linked_to` its reports. `asked_sides` are the areas of which one was asked for near a border,
    until `side` says which it is, `-` for none of them. `confirm_by` is until when the address may
    be confirmed, while it waits. Tracking links of an earlier `tracking_version` have ended;
    `link_made_at` is when the link was made anew last.
    A ticket that `follows` another moves along with it, as far as its entry `followed`; `me_too`
    counts the people whose reports follow this one.
    `settled` is what later entries say of earlier ones.
    `is_owed` says whether work is owed in a status that only a later release knows.
    """

    ticket_id: str
    jurisdiction_id: str
    channel: Channel
    service_code: str
    service_name: str
    agency_code: str
    requester: Party
    description: str
    requested_at: datetime
    updated_at: datetime
    subject: str = ""
    status: Status = Status.NEW
    status_notes: str = ""
    priority: Priority = Priority.P3
    locale: str = "en"
    preferred_channel: Channel = Channel.EMAIL
    assignee: str = ""
    is_public: bool = False
    public_words: PublicWords | None = None
    is_confirmed: bool = True
    address: str = ""
    lat: float | None = None
    long: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    asked_sides: tuple[str, ...] = ()
    side: str = ""
    media_urls: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    service_notice: str = ""
    tracking_version: int = 1
    link_made_at: datetime | None = None
    reply_turns: Mapping[str, int] = field(default_factory=dict)
    merged_into: str = ""
    linked_to: tuple[str, ...] = ()
    part_of: str = ""
    follows: str = ""
    followed: int = 0
    me_too: int = 0
    confirm_by: datetime | None = None
    confirm_tries: int = 0
    escalation_level: int = 0
    offered_from: str = ""
    hops: int = 0
    resolved_by: str = ""
    appealed_against: str = ""
    last_staff_action_at: datetime | None = None
    first_response_due_at: datetime | None = None
    first_responded_at: datetime | None = None
    due_at: datetime | None = None
    promised_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    next_action_at: datetime | None = None
    ledger: tuple[ClockMark, ...] = ()
    reopened: int = 0
    fired: dict[str, datetime] = field(default_factory=dict)
    last_provider_message_ids: tuple[str, ...] = ()
    entry_count: int = 0
    settled: Settled = NOTHING_SETTLED
    version: int = 0
    new_entries: list[Entry] = field(default_factory=list)
    is_owed: bool = field(default=True, compare=False)
    carried: Carried = field(default=NOTHING, repr=False, compare=False)

    @property
    def is_beyond_us(self) -> bool:
        """Whether a later release said of its state or its clocks what this one does not understand.

        People see it as it is, and no rule, deadline or step of ours touches it.
        """
        words = (self.status, self.priority, *(mark.event for mark in self.ledger))
        return not all(map(is_known, words))

    @property
    def is_open(self) -> bool:
        """Whether the city still owes work; the Open311 `open`."""
        return self.status in OPEN_STATUSES or (self.is_owed and not is_known(self.status))

    @property
    def is_cut(self) -> bool:
        """Whether the description is perhaps only the beginning; its first entry has the whole."""
        return self.description.endswith(ELLIPSIS)

    def renew_link(self, now: datetime) -> None:
        """Every tracking link and claim code made so far ends; the next one made is good."""
        self.tracking_version += 1
        self.link_made_at = now

    @property
    def next_statuses(self) -> frozenset[Status]:
        """What it may become; nothing, where only a later release knows what it is."""
        return TRANSITIONS.get(self.status, frozenset())

    @property
    def is_listed(self) -> bool:
        """Whether everybody may know of it: not before its author has confirmed the address they gave.

        What has no address is nobody's to confirm, and a program with a key answers for what it sends.
        """
        is_vouched = not self.requester.key or self.channel is Channel.OPEN311
        return self.is_public and (self.is_confirmed or is_vouched)

    def record(
        self,
        kind: str,
        now: datetime,
        actor: Actor,
        *,
        visibility: Visibility = Visibility.REQUESTER,
        text: str = "",
        attachments: tuple[Attachment, ...] = (),
        channel: str = "",
        message_key: str = "",
        is_verified: bool = True,
        data: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Put one entry on the timeline and return it; words that no write could hold are marked as cut."""
        self.entry_count += 1
        words, data = writable(text), dict(data or {})
        if words != text:
            data["cut"] = f"{data.get('cut', '')} text".strip()
        self.updated_at = max(self.updated_at, now)
        entry = Entry(
            number=self.entry_count,
            kind=kind,
            at=now,
            actor=actor,
            visibility=visibility,
            text=words,
            data=data,
            attachments=attachments,
            channel=channel,
            message_key=message_key,
            is_verified=is_verified,
        )
        self.settled = self.settled.after(entry)
        self.new_entries.append(entry)
        return entry

    def mark(self, event: ClockEvent, entry: Entry, at: datetime | None = None) -> None:
        """Note in the ledger what `entry` does to the clocks, at its own moment or an earlier one."""
        self.ledger = (*self.ledger, ClockMark(event, at or entry.at, entry.number))
        self.reopened += event is ClockEvent.REOPENED

    def change_status(self, to: Status, now: datetime, actor: Actor, *, reason: str = "") -> Entry:
        """Move to another status; the entry is `status_changed`, or `reopened` when that is what it is.

        `reason` is shown to the requester and kept as `status_notes`.
        Raises `InvalidTransition` when the ticket's life does not allow it.
        """
        if to not in self.next_statuses:
            allowed = ", ".join(sorted(self.next_statuses)) or "nothing: it is final"
            raise InvalidTransition(
                f"A ticket that is {self.status} cannot become {to}; it can become {allowed}."
            )
        self._check_decider(to, actor)
        before, self.status = self.status, to
        self.status_notes = excerpt(reason, NOTES, NOTES_BYTES)
        is_reopening = before is Status.RESOLVED and to is Status.IN_PROGRESS
        kind = "reopened" if is_reopening else "status_changed"
        entry = self.record(kind, now, actor, text=reason, data={"from": before, "to": to})
        self._turn_clocks(before, to, entry)
        return entry

    def _check_decider(self, to: Status, actor: Actor) -> None:
        """Over an appeal somebody else decides than whose decision it is about."""
        if to in (Status.RESOLVED, Status.CANCELLED) and actor.key == self.appealed_against != "":
            raise InvalidTransition("The citizen appealed; this time a colleague must decide.")

    def appeal(self, now: datetime, actor: Actor) -> Entry:
        """The citizen says that it is not solved: it is open again, and not with who resolved it."""
        entry = self.record("appealed", now, actor, data={"against": self.resolved_by})
        self.appealed_against = self.resolved_by
        if self.assignee == self.resolved_by:
            self.assignee = ""
        self.change_status(Status.IN_PROGRESS, now, actor)
        self.mark(ClockEvent.APPEALED, entry)
        return entry

    def _turn_clocks(self, before: Status, to: Status, entry: Entry) -> None:
        if before is Status.PENDING:
            self.mark(ClockEvent.RESUMED, entry)
        if before is Status.RESOLVED and to is Status.IN_PROGRESS:
            self.resolved_at = None
            self.mark(ClockEvent.REOPENED, entry)
        if to is Status.PENDING:
            self.mark(ClockEvent.PAUSED, entry)
        if to in (Status.RESOLVED, Status.CANCELLED):
            self.mark(ClockEvent.STOPPED, entry)
        if to is Status.RESOLVED:
            self.resolved_at, self.resolved_by = entry.at, entry.actor.key
        if to in FINAL_STATUSES:
            self.closed_at = entry.at

    def note_response(self, entry: Entry) -> None:
        """The city answered: the first such entry keeps the first-response promise."""
        if self.first_responded_at is None:
            self.first_responded_at = entry.at
            self.mark(ClockEvent.RESPONDED, entry)
