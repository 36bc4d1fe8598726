"""What is kept beside a ticket: notifications, handled messages, contacts, audit; pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.messages import Attachment, Audience, Channel, Party
from chalicelib.tickets.model.followers import Follower, Move
from chalicelib.tickets.model.later import NOTHING, Carried
from chalicelib.tickets.model.ticket import Actor, Entry, Ticket

UNREADABLE = "unreadable"  # the notice of a stored row that nobody can read any more


class DeliveryStatus(StrEnum):
    """The life of one notification; forward only, the second row is final.

    Unknown is one that was perhaps sent: it is tried once more, and with no `due_at` it has ended so.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Mark:
    """A public ticket as a point on a map; its place is true to a few decimetres."""

    ticket_id: str
    service_code: str
    lat: float
    long: float
    is_open: bool
    requested_at: datetime


@dataclass(slots=True, kw_only=True)
class Notification:
    """One message that the city owes somebody, written with the change that causes it.

    `context` holds everything the notice says (JSON values; moments as ISO 8601), so that it can be
    rendered later exactly as it was meant. `ticket_id` is the contact's own id (`contact_id`) for a
    notice about no ticket. `due_at` is when it may next be claimed; `lease` is the
    fencing number of the worker that holds it. `attempts` counts what was tried, `doubts` those of
    which nobody knows whether they sent it, with the one that goes on. `reply_turn` is written into
    the reply address (`Ticket.reply_turns`).

    `urgency` is urgent, ordinary or broadcast; `purpose` what the person may have opted out of.
    `quiet_hours` (such as `21:00-08:00`, by the clock of `context["timezone"]`) hold it back; empty
    for what may leave at night. `is_held` marks one that waits to be joined with others: `joined` are the
    lines of those it then speaks for. `tried` are channels that did not reach the person; `is_unproven`
    says that nobody confirmed the address. `template` names a template of the catalogue, `source` the API
    key or broadcast that asked for it, and a simulated one never leaves the house. One that `is_beyond_us`
    was written by a later release in words that this one does not know: that one sends it.
    """

    notification_id: str
    ticket_id: str
    jurisdiction_id: str
    notice: str
    audience: Audience
    channel: Channel
    recipient: Party
    locale: str
    created_at: datetime
    entry: int = 0
    status: DeliveryStatus = DeliveryStatus.QUEUED
    context: Mapping[str, Any] = field(default_factory=dict)
    template_version: int = 0
    attempts: int = 0
    doubts: int = 0
    lease: int = 0
    due_at: datetime | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    provider_message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    reply_turn: int = 0
    reason: str = ""
    is_repeat: bool = False
    urgency: str = "ordinary"
    purpose: str = "cases"
    quiet_hours: str = ""
    is_held: bool = False
    joined: tuple[Mapping[str, str], ...] = ()
    tried: tuple[str, ...] = ()
    template: str = ""
    source: str = ""
    client_reference: str = ""
    is_simulated: bool = False
    timezone: str = ""
    is_beyond_us: bool = False
    is_unproven: bool = False

    @property
    def zone(self) -> str:
        """The zone by whose clock quiet hours and mornings go: the person's own, else the city's."""
        return self.timezone or str(self.context.get("timezone", "UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledMessage:
    """The durable proof that one inbound message was handled, and how.

    `outcome` is opened, appended, filed, duplicate, quarantined, rejected or answered (an SMS
    keyword); `reason` says why in words.
    """

    channel: Channel
    message_id: str
    outcome: str
    at: datetime
    reason: str = ""
    ticket_id: str = ""
    content_digest: str = ""
    raw_key: str = ""
    sender_key: str = ""
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    is_proven: bool = False
    attachments: tuple[Attachment, ...] = ()
    carried: Carried = field(default=NOTHING, repr=False, compare=False)


@dataclass(slots=True, kw_only=True)
class Contact:
    """What the city knows about one address or number besides its tickets.

    `suppressed` maps a channel to why nothing may be sent there (opted_out, bounced, complained).
    `conversation` is the ticket that a text from this number continues until `conversation_ends_at`.
    `answered` maps a civil day (ISO) to how many automatic answers it got.
    `soft_bounces` maps a notification to when it came back (ISO); `released_at` is when staff last
    lifted a suppression, `wish_at` when the person last said stop or start: what is older than
    either changes nothing. `threads` are tickets begun by text, newest first; `question` is what
    was last asked by text and not answered yet. `purposes` maps a purpose to how the person wants
    to be told (email, sms, none); `quiet_hours` is theirs, as `21:00-08:00`. `consents` is the log
    of what they chose, oldest first. `is_business` and `timezone` are said by themselves.
    """

    key: str
    locale: str = ""
    preferred_channel: Channel | None = None
    suppressed: dict[str, str] = field(default_factory=dict)
    conversation: str = ""
    conversation_ends_at: datetime | None = None
    answered: dict[str, int] = field(default_factory=dict)
    soft_bounces: dict[str, str] = field(default_factory=dict)
    released_at: datetime | None = None
    wish_at: datetime | None = None
    threads: tuple[str, ...] = ()
    question: Mapping[str, Any] = field(default_factory=dict)
    purposes: dict[str, str] = field(default_factory=dict)
    quiet_hours: str = ""
    consents: tuple[Mapping[str, str], ...] = ()
    is_business: bool = False
    timezone: str = ""
    updated_at: datetime | None = None
    version: int = 0
    carried: Carried = field(default=NOTHING, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """That a contact consented to hear of a purpose on this very address; `ended_at` takes it back."""

    party_key: str
    purpose: str
    locale: str = ""
    is_business: bool = False
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """Who changed or looked at what outside a ticket's own timeline."""

    audit_id: str
    at: datetime
    actor: Actor
    action: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One thing to tell another system, with the same id on every try.

    Either that a message of its reached a status, or, `about` a ticket, that a rule's step calls it.
    """

    event_id: str
    key_id: str
    at: datetime
    notification_id: str = ""
    status: str = ""
    client_reference: str = ""
    reason: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A stored ticket that this release cannot read, but a later one that wrote it may (`is_newer`)."""

    ticket_id: str
    what: str
    at: datetime | None
    is_newer: bool = False


@dataclass(slots=True)
class Casefile:
    """A ticket with a page of its timeline, in order, and the notifications of that page.

    `next_token` leads to the page before it, and is empty where there is none. `has_more_messages` says
    that there are more notifications than are told.
    """

    ticket: Ticket
    entries: list[Entry] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    next_token: str = ""
    has_more_messages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Leave to cause one thing, a row of `catalog.allowances`: counted in the transaction that causes it.

    At most `limit` per `key` and `bucket` (row and period), and no message when the contact is suppressed
    on `channel`. `expires_at` is when the count may be forgotten. Where it `holds`, what is over it waits;
    its planner has read the contact. A ticket over one with a `tag` is written with it. Over a gate nothing
    is written, and the caller hears of it. `whose` message it is that is counted for a network or the city.
    """

    key: str
    channel: Channel
    bucket: str
    limit: int
    expires_at: datetime
    holds: bool = False
    tag: str = ""
    is_gate: bool = False
    whose: str = field(default="", compare=False)

    @property
    def asks_wish(self) -> bool:
        """Whether the write asks what the contact wishes: of automatic answers nobody did before, and
        a stop to texts that came in between counts."""
        is_known = self.holds and self.channel is not Channel.SMS
        return not (self.tag or self.is_gate or is_known or self.whose)


@dataclass(slots=True, kw_only=True)
class Change:
    """All that one use case wants written, in one transaction or not at all.

    `ticket` is saved on condition of the version that was read and brings its `new_entries`;
    `linked` are other tickets changed by the same act (merge, link). `cancelled` are queued
    notifications of this ticket that must not leave any more. `message` and its `content_digest`
    guard are written on condition of absence. `contacts` are saved on condition of their version.
    `message_was` names the stored outcome that a new decision over the same message replaces. An
    allowance that is used up refuses all of it with `AllowanceUsedUp`; `origin` marks the act's network.
    `callbacks` are what other systems are to hear of it. `members` are put on the lists of their purposes
    or taken off them, `followers` on those of tickets they follow, which `moves` takes along.
    """

    ticket: Ticket | None = None
    linked: list[Ticket] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    message: HandledMessage | None = None
    message_was: str = ""
    contacts: list[Contact] = field(default_factory=list)
    allowances: list[Allowance] = field(default_factory=list)
    audit: list[AuditRecord] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    members: list[Membership] = field(default_factory=list)
    followers: list[Follower] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    origin: str = ""
