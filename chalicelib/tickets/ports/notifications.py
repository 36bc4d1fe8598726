"""Notifications as the rules need them planned and kept; protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.messages import Channel, DeliveryReceipt, Party
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.model.records import (
    Allowance,
    AuditRecord,
    Change,
    Contact,
    DeliveryStatus,
    Notification,
)
from chalicelib.tickets.model.ticket import Entry, Ticket


@dataclass(frozen=True, slots=True)
class NotificationKey:
    """What names a stored notification; `urgency` says in which queue it waits, `due_at` since when."""

    ticket_id: str
    notification_id: str
    urgency: str = field(default="", compare=False)
    due_at: datetime | None = field(default=None, compare=False)


# How long silence about an accepted message says nothing yet; None where it never says anything.
Patience = Callable[[Channel], timedelta | None]


class NotificationStore(Protocol):
    """What delivery needs, each one call."""

    def claim(self, key: NotificationKey, now: datetime, lease: timedelta) -> Notification | None:
        """Take the notification for sending: queued and due (or a claim whose lease ran out) to claimed.

        Returns it as stored after the claim, its `lease` raised by one, or None when there is nothing
        to send: not due yet, held by another worker, already final. A claim that ran out comes back
        with status `unknown` semantics: `is_repeat` is True. `doubts` counts this try until `settle`
        says that it certainly sent nothing.
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

        `due_at` is when it may be claimed again (queued, unknown); final states have none, an unknown
        one without has ended, and an accepted one is looked after then. In the same write, `segments`
        are counted as spent on `day` and the message, which took `waited` seconds to leave, where it
        stands now.
        """
        ...

    def notification(self, key: NotificationKey) -> Notification | None:
        """One notification as it is stored now, or None."""
        ...

    def under(self, ticket_id: str) -> Iterator[Notification]:
        """All notifications of one ticket, or of one part of a broadcast."""
        ...

    def lapse(self, key: NotificationKey, now: datetime, patience: Patience) -> Notification | None:
        """An accepted one whose time to be looked after has come, once; None for any other.

        When nothing was reported for its channel's `patience` since it was sent it has expired; until
        then it is looked after again at that moment. Without one it stays accepted, looked after no more.
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

    def stand_in(self, assignee: str, agency_code: str, /) -> str:
        """Who has the tickets of somebody at this moment: themselves, who stands in, or nobody."""
        ...

    def holder(self, ticket: Ticket) -> str:
        """The proven mail address of the colleague who has the ticket; empty where there is none."""
        ...

    def allowances(
        self,
        ticket: Ticket,
        notifications: Sequence[Notification],
        catalog: Catalog,
        origin: str = "",
    ) -> list[Allowance]:
        """The caps under which automatic answers among `notifications`, caused from `origin`, may leave."""
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
