"""The neutral language between channels and tickets; knows no provider and no table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"
    WEB = "web"
    OPEN311 = "open311"
    PHONE = "phone"
    LETTER = "letter"
    IN_PERSON = "in_person"


class Nature(StrEnum):
    """What wrote a message: only `HUMAN` is ever answered."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    LIST = "list"
    OWN = "own"
    SPAM = "spam"
    VIRUS = "virus"
    MISDIRECTED = "misdirected"
    UNREADABLE = "unreadable"
    UNCLEAR = "unclear"  # perhaps a wish to be written to no more


class Proof(StrEnum):
    """What the receiving provider says about the sender's identity; anything but `PROVEN` is not proof."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    FORGED = "forged"


class Audience(StrEnum):
    """For whom a notification or a reply address was made."""

    REQUESTER = "requester"
    FOLLOWER = "follower"
    AGENCY = "agency"
    ASSIGNEE = "assignee"
    SUPERVISOR = "supervisor"
    DUTY = "duty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A name with an email address or a phone number (E.164); an anonymous party has neither."""

    name: str = ""
    email: str | None = None
    phone: str | None = None

    @property
    def key(self) -> str:
        """`email:…`, `tel:+…`, or empty when there is no way to reach this party."""
        if self.email:
            return f"email:{self.email.lower()}"
        return f"tel:{self.phone}" if self.phone else ""

    @property
    def keys(self) -> frozenset[str]:
        """The key of each way to reach this party; addresses that differ in case alone are one."""
        ways = Party(email=self.email), Party(phone=self.phone)
        return frozenset(way.key for way in ways if way.key)

    def address(self, channel: Channel) -> str | None:
        """The address on `channel` (email or SMS), or None."""
        return self.phone if channel is Channel.SMS else self.email


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file. `digest` is the SHA-256 in hex, which is also its name in the store.

    `filename` is safe to show; `content_type` is what the bytes are, not what the sender claimed.
    `content` is present only on the way in, before the file is stored.
    """

    filename: str
    content_type: str
    size: int
    digest: str
    content_id: str = ""
    is_inline: bool = False
    content: bytes | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToken:
    """What a valid reply address or tracking link proves: this ticket, made for this party.

    `turn` counts how often the party's addresses on the ticket had been revoked when it was made.
    """

    ticket_id: str
    audience: Audience
    party_key: str
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message as it reached the city, whatever the channel.

    `message_id` is unique in its channel and chosen by the provider, never by the sender (web: the
    form's idempotency key, with a digest of what it says in `content_digest`).
    `text` holds the new words only, `full_text` everything readable; `html` is unsanitised.
    `answers` are provider ids from In-Reply-To and References; `claimed_ticket_id` is a reference
    found in subject or text, which proves nothing. `token` is set only when it verified.
    `intent` is a keyword's meaning in a text message (stop, start, help, status, new), or
    `appeal` for "not solved" on the tracking page, else empty.
    `bounce` is what a delivery report that came as a mail says about one of our own messages.
    `nature_reason` says why `nature` is what it is. `raw_key` names the kept bytes.
    `photo_place` is where the first photo that tells it was taken, before the photo forgot it.
    `follows` is the report that its author says is the same matter.
    `origin` is a mark of the network that a form came from, not its address; `has_worked` says that
    the browser did the work that is asked for when very many come from there.
    `report` is what a bounce says about one of our own messages, as far as it proves itself ours.
    `cut` names what was longer than is read (`channels/bounds`): nothing that was cut proves anything.
    `left_out` are the names of the files for which there was no room.
    `is_disguised` when its subject or sender's name held characters that hide or turn others.
    """

    channel: Channel
    message_id: str
    sender: Party
    received_at: datetime
    text: str = ""
    subject: str = ""
    full_text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    recipients: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    claimed_ticket_id: str | None = None
    token: ReplyToken | None = None
    proof: Proof = Proof.UNPROVEN
    nature: Nature = Nature.HUMAN
    nature_reason: str = ""
    locale: str = ""
    raw_key: str = ""
    content_digest: str = ""
    forwarded_from: Party | None = None
    service_code: str = ""
    jurisdiction_id: str = ""
    address: str = ""
    lat: float | None = None
    long: float | None = None
    attributes: Mapping[str, str | list[str]] = field(default_factory=dict)
    media_urls: tuple[str, ...] = ()
    photo_place: tuple[float, float] | None = None
    preferred_channel: Channel | None = None
    source: str = ""
    report: DeliveryReceipt | None = None
    intent: str = ""
    follows: str = ""
    origin: str = ""
    has_worked: bool = False
    bounce: DeliveryReceipt | None = None
    is_disguised: bool = False
    cut: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkReport:
    """What another system says became of a ticket: in words, and perhaps a state.

    `report_id` is unique for each system, and `digest` tells whether the same id says the same.
    `status` is one of our own, or empty; `said_at` is when it happened there.
    """

    report_id: str
    ticket_id: str
    said_at: datetime
    digest: str
    text: str = ""
    status: str = ""
    media_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One rendered message, ready for a sender.

    `tags` come back in the provider's receipts. `reply_to` and `headers` are for mail only; no header
    ever carries words of a citizen. `in_reply_to` holds stored provider ids, oldest first.
    """

    notification_id: str
    channel: Channel
    recipient: Party
    text: str
    subject: str = ""
    html: str = ""
    locale: str = "en"
    reply_to: str = ""
    in_reply_to: tuple[str, ...] = ()
    is_automatic: bool = True
    is_broadcast: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class ReceiptKind(StrEnum):
    """What a provider reports about a message it accepted.

    `SENT_ON`: the carrier has taken a text, the handset has said nothing. `UNKNOWN`: the provider
    itself does not know what became of it.
    """

    DELIVERED = "delivered"
    SENT_ON = "sent_on"
    UNKNOWN = "unknown"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReceipt:
    """A provider's word on one sent message.

    `ticket_id` and `notification_id` come from our own tags and may be empty (then
    `provider_message_id` decides). `is_permanent` tells a hard bounce from a soft one, `correlation_id`
    what the message was sent for (`logs`).
    """

    kind: ReceiptKind
    channel: Channel
    at: datetime
    provider_message_id: str = ""
    jurisdiction_id: str = ""
    ticket_id: str = ""
    notification_id: str = ""
    recipient: str = ""
    reason: str = ""
    is_permanent: bool = False
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One line of a timeline as its reader may see it. `attachments` are (digest, filename) pairs."""

    number: int
    at: datetime
    kind: str
    author: str
    text: str
    attachments: tuple[tuple[str, str], ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    is_verified: bool = True
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A ticket as one reader may see it; `is_open` is the Open311 state, `is_rough` a place to 100 m."""

    ticket_id: str
    status: str
    is_open: bool
    service_code: str
    service_name: str
    requested_at: datetime
    updated_at: datetime
    status_notes: str = ""
    description: str = ""
    agency_name: str = ""
    service_notice: str = ""
    expected_at: datetime | None = None
    address: str = ""
    lat: float | None = None
    long: float | None = None
    is_rough: bool = False
    media_urls: tuple[str, ...] = ()
    locale: str = "en"
    channel: str = ""
    priority: str = ""
    entries: tuple[EntryView, ...] = ()
    attributes: Mapping[str, str | list[str]] = field(default_factory=dict)
    me_too: int = 0
    can_reply: bool = False
    can_reopen: bool = False
