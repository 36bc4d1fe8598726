"""The few roles that the rules need from outside, as protocols; fakes and AWS adapters fit them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from chalicelib.geography import Box
from chalicelib.messages import Attachment, Channel, DeliveryReceipt, OutboundMessage, Party
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.models import Actor, Entry, Ticket
from chalicelib.tickets.records import (
    Allowance,
    AuditRecord,
    Casefile,
    Change,
    Contact,
    DeliveryStatus,
    HandledMessage,
    Mark,
    Notification,
)

T = TypeVar("T")


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """Which open tickets a list shows; empty fields do not restrict. Sorted by `due_at`, soonest first.

    `agency_codes` are the agencies to merge. `assignee` restricts to one user's tickets,
    `is_unassigned` to nobody's. `statuses` may include resolved ones only with `is_open` False.
    """

    agency_codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    assignee: str = ""
    is_unassigned: bool = False
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicQuery:
    """Which public tickets a list shows, newest first by `order` (`requested` or `updated`).

    `is_oldest_first` turns that round, except in a box.

    With a `box` only what lies in it, read without looking at anything else; `latest` is then the
    present: nothing has changed since, and without it nothing that changed after `end` is found.
    """

    start: datetime
    end: datetime
    order: str = "requested"
    service_codes: tuple[str, ...] = ()
    is_open: bool | None = None
    is_oldest_first: bool = False
    box: Box | None = None
    latest: datetime | None = field(
        default=None, repr=False
    )  # so that no page token is bound to it


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, and the signed token that continues it (empty at the end)."""

    items: Sequence[T]
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class NotificationKey:
    """What names a stored notification; `urgency` only orders those that wait together."""

    ticket_id: str
    notification_id: str
    urgency: str = field(default="", compare=False)


class TicketStore(Protocol):
    """Tickets and what hangs on them. Index reads may lag; `save` never trusts them."""

    def save(self, change: Change) -> None:
        """Write all of `change` in one transaction and raise each ticket's and contact's `version` by one.

        Raises `StaleTicket` when a ticket or contact was saved by somebody else, `DuplicateMessage`
        when the message or its content was handled before, `AllowanceUsedUp` when an allowance is not
        to be had, `StoreBusy` when throttled throughout.
        A refusal caused by our own earlier attempt (lost answer) is success, not an error.
        """
        ...

    def get(self, ticket_id: str) -> Ticket:
        """The ticket alone, read consistently. Raises `TicketNotFound`."""
        ...

    def read(self, ticket_id: str) -> Casefile:
        """The ticket, its timeline in order, its notifications. Raises `TicketNotFound`."""
        ...

    def several(self, ticket_ids: Sequence[str]) -> list[Ticket]:
        """Those of the tickets that exist, in the same order, read consistently, a hundred a call."""
        ...

    def timelines(self, tickets: Sequence[Ticket]) -> dict[str, list[Entry]]:
        """The timelines of tickets by id, a hundred entries a call; very long words are cut short."""
        ...

    def queued(self, ticket_id: str) -> list[Notification]:
        """The ticket's notifications that have not left yet, read consistently."""
        ...

    def contact(self, key: str) -> Contact:
        """What is known about a party key; a fresh `Contact` with version 0 when nothing is."""
        ...

    def contacts(self, keys: Sequence[str]) -> dict[str, Contact]:
        """What is known about many party keys at once; those nothing is known about are left out."""
        ...

    def handled(self, channel: Channel, message_id: str) -> HandledMessage | None:
        """How this message was handled, or None."""
        ...

    def tickets_of(self, party_key: str, limit: int = 20) -> list[Ticket]:
        """The requester's tickets, newest first, re-read consistently."""
        ...

    def ticket_of_provider_message(self, provider_message_ids: Sequence[str]) -> str | None:
        """The ticket that one of our sent messages belongs to, or None."""
        ...

    def due_tickets(self, now: datetime) -> Iterator[str]:
        """Ids of tickets whose `next_action_at` has come, soonest first within a shard, lazily paged."""
        ...

    def queue(self, query: QueueQuery, size: int = 50, token: str = "") -> Page[Ticket]:
        """One page of a staff list. Raises `InvalidRequest` for a token that is not ours."""
        ...

    def public(self, query: PublicQuery, size: int = 100, token: str = "") -> Page[Ticket]:
        """One page of public tickets; private ones have no key in this index.

        A page is shorter than `size` when its tickets say very much.
        """
        ...

    def nearby(
        self,
        service_code: str,
        box: Box,
        since: datetime,
        *,
        is_public: bool | None = None,
        limit: int = 10,
    ) -> list[Ticket]:
        """Open tickets of a service in a box, asked for since a moment, nearest to its middle first.

        `is_public` reads only the public or only the private ones. They are whole and re-read
        consistently: what a reader may see of them is for the caller to decide.
        """
        ...

    def marks(self, query: PublicQuery, most: int = 2_000) -> list[Mark]:
        """The public tickets in the query's box as points, newest request first; no ticket is read."""
        ...

    def quarantine(self, size: int = 50, token: str = "") -> Page[HandledMessage]:
        """Messages held for a person, newest first."""
        ...

    def audit(self, size: int = 50, token: str = "") -> Page[AuditRecord]:
        """The audit trail, newest first."""
        ...


class NotificationStore(Protocol):
    """What delivery needs, each one call."""

    def claim(self, key: NotificationKey, now: datetime, lease: timedelta) -> Notification | None:
        """Take the notification for sending: queued and due (or a claim whose lease ran out) to claimed.

        Returns it as stored after the claim, its `lease` raised by one, or None when there is nothing
        to send: not due yet, held by another worker, already final. A claim that ran out comes back
        with status `unknown` semantics: `is_repeat` is True.
        """
        ...

    def settle(
        self,
        notification: Notification,
        status: DeliveryStatus,
        now: datetime,
        *,
        provider_message_id: str = "",
        due_at: datetime | None = None,
        reason: str = "",
        segments: int = 0,
        day: str = "",
        waited: float | None = None,
    ) -> bool:
        """Write the outcome of the claim that `notification` came from; False when the claim is lost.

        `due_at` is when it may be claimed again (queued, unknown); final states have none, and an
        accepted one is looked after then. In the same write, `segments` are counted as spent on `day`
        and the message, which took `waited` seconds to leave, where it stands now.
        """
        ...

    def notification(self, key: NotificationKey) -> Notification | None:
        """One notification as it is stored now, or None."""
        ...

    def under(self, ticket_id: str) -> Iterator[Notification]:
        """All notifications of one ticket, or of one part of a broadcast."""
        ...

    def lapse(
        self, key: NotificationKey, now: datetime, patience: timedelta
    ) -> Notification | None:
        """An accepted one whose time to be looked after has come, once; None for any other.

        When nothing was reported for `patience` since it was sent it has expired; until then it is
        looked after again at that moment.
        """
        ...

    def segments_spent(self, day: str) -> tuple[int, int]:
        """The text segments of a civil day (ISO) and of its month so far."""
        ...

    def join(self, notification: Notification, lines: Sequence[Mapping[str, str]]) -> bool:
        """Write into a claimed notification whom else it speaks for; False when the claim is lost."""
        ...

    def absorb(self, key: NotificationKey, leader_id: str, now: datetime) -> bool:
        """Queued to cancelled because `leader_id` speaks for it; True also when that was done before."""
        ...

    def record(self, receipt: DeliveryReceipt, now: datetime) -> Notification | None:
        """Apply a provider's receipt, forward only; the notification after it, or None when unknown."""
        ...

    def due_notifications(self, now: datetime) -> Iterator[NotificationKey]:
        """Notifications that should have left by now: failed enqueues, retries, lost leases, unknowns."""
        ...

    def unsent_to(self, party_key: str) -> Iterator[Notification]:
        """Queued notifications for one recipient."""
        ...

    def cancel(self, key: NotificationKey, now: datetime, reason: str) -> bool:
        """Queued to cancelled; False when it had left already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogItem:
    """One version of one thing that administrators write. `kind` is service, agency, calendar,
    target, rule or policy; `body` its JSON; `is_deleted` marks a tombstone."""

    kind: str
    code: str
    version: int
    body: Mapping[str, Any] = field(default_factory=dict)
    author: str = ""
    note: str = ""
    at: datetime | None = None
    is_deleted: bool = False


class CatalogStore(Protocol):
    """What administrators write, with every version kept."""

    def load(self) -> Catalog:
        """The published catalogue; may be up to a minute old."""
        ...

    def fresh(self) -> Catalog:
        """The published catalogue as stored now."""
        ...

    def items(self, kind: str) -> list[CatalogItem]:
        """The published items of one kind, by code."""
        ...

    def put(self, item: CatalogItem, actor: Actor, now: datetime) -> CatalogItem:
        """Publish `item` as the version after `item.version` (0: it must be new), with an audit record.

        Raises `StaleTicket` when somebody published another version meanwhile.
        """
        ...

    def history(self, kind: str, code: str) -> list[CatalogItem]:
        """All versions, newest first."""
        ...


class Planner(Protocol):
    """Decides which notices a change causes; pure."""

    def plan(
        self, ticket: Ticket, entries: Sequence[Entry], catalog: Catalog, now: datetime
    ) -> list[Notification]:
        """One notification per notice and recipient that `entries` cause, none to whoever acted."""
        ...

    def answer(
        self, notice: str, contact: Contact, recipient: Party, now: datetime, **context: Any
    ) -> Notification:
        """A notification about no ticket, to whoever wrote."""
        ...

    def link(self, ticket: Ticket) -> str:
        """The page of a ticket for its holder."""
        ...

    def allowances(
        self, ticket: Ticket, notifications: Sequence[Notification], catalog: Catalog
    ) -> list[Allowance]:
        """The caps under which the automatic answers among `notifications` may leave."""
        ...

    def shares(self, notifications: Sequence[Notification], catalog: Catalog) -> list[Allowance]:
        """What `notifications` take of each recipient's share of the day."""
        ...

    def hold(self, change: Change, bucket: str) -> None:
        """Keep back, until the morning, whatever the used-up share `bucket` would have counted."""
        ...

    def night_records(
        self, notifications: Sequence[Notification], catalog: Catalog, now: datetime
    ) -> list[AuditRecord]:
        """What the audit trail must say of urgent texts that leave in the quiet hours."""
        ...

    def is_moot(self, notification: Notification, ticket: Ticket) -> bool:
        """Whether a queued notification speaks of a state that the ticket has left."""
        ...


class DeliveryQueue(Protocol):
    """The queue between writing a notification and sending it; only keys travel."""

    def enqueue(self, keys: Iterable[NotificationKey]) -> None:
        """Hand over keys; a failure raises and the sweep makes up for it."""
        ...


class Sender(Protocol):
    """One provider on one channel; makes one attempt."""

    def cost(self, message: OutboundMessage) -> int:
        """The segments that will be billed; 0 where nothing is."""
        ...

    def send(self, message: OutboundMessage) -> str:
        """Send and return the provider's message id.

        Raises `TransientSendError` (not sent), `UnknownSendError` (perhaps sent) or
        `PermanentSendError` (refused).
        """
        ...


class FileStore(Protocol):
    """Attachments and raw mails, named by what they contain."""

    def put(self, attachment: Attachment) -> Attachment:
        """Keep the content; the attachment as kept, without content. Safe to repeat.

        Photos are kept without their metadata, so that digest and size may change.
        """
        ...

    def get(self, digest: str) -> bytes:
        """The content. Raises `NotFound`."""
        ...

    def raw(self, key: str) -> bytes:
        """The bytes of a raw mail. Raises `NotFound`."""
        ...
