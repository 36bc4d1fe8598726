"""The store of notifications in memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.messages import DeliveryReceipt, ReceiptKind
from chalicelib.tickets.model.receipts import ENDS, FINAL, GRACES, after, ends_watch, is_news
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.ports import NotificationKey, Patience

QUEUED, CLAIMED, UNKNOWN = DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED, DeliveryStatus.UNKNOWN


class FakeDeliveries:
    """`NotificationStore` in memory."""

    def __init__(self) -> None:
        self.notifications: dict[tuple[str, str], Notification] = {}
        self._sent: dict[str, NotificationKey] = {}
        self._reported: set[tuple[str, str]] = set()
        self.spent: dict[str, int] = {}

    def add(self, notification: Notification) -> None:
        if notification.status is QUEUED:
            notification.due_at = notification.due_at or notification.created_at
        self.notifications[notification.ticket_id, notification.notification_id] = notification

    def hold_back(self, ticket_id: str, notification_id: str) -> None:
        found = self.notifications.get((ticket_id, notification_id))
        if found and found.status is QUEUED:
            found.status, found.due_at = DeliveryStatus.CANCELLED, None

    def claim(self, key: NotificationKey, now: datetime, lease: timedelta) -> Notification | None:
        found = self.notifications.get((key.ticket_id, key.notification_id))
        if not found or found.status not in (QUEUED, CLAIMED, UNKNOWN):
            return None
        if not found.due_at or found.due_at > now:
            return None
        found.is_repeat = found.status is not QUEUED
        found.status, found.due_at = CLAIMED, now + lease
        found.lease += 1
        found.attempts += 1
        found.doubts += 1
        return copy.deepcopy(found)

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
        name = (notification.ticket_id, notification.notification_id)
        found = self.notifications[name]
        if found.lease != notification.lease:
            return False
        if found.status is not CLAIMED:
            return name in self._reported
        found.status, found.reason = status, reason or found.reason
        found.due_at = due_at or (now if status is QUEUED else None)
        found.doubts -= status is QUEUED
        found.settled_at = now if status in ENDS and not found.due_at else found.settled_at
        self._note_sent(found, provider_message_id, now)
        self.spent[day] = self.spent.get(day, 0) + segments
        return True

    def notification(self, key: NotificationKey) -> Notification | None:
        return copy.deepcopy(self.notifications.get((key.ticket_id, key.notification_id)))

    def under(self, ticket_id: str) -> Iterator[Notification]:
        found = sorted(self.notifications.items())
        return iter([copy.deepcopy(n) for (of, _), n in found if of == ticket_id])

    def lapse(self, key: NotificationKey, now: datetime, patience: Patience) -> Notification | None:
        found = self.notifications.get((key.ticket_id, key.notification_id))
        if not found or found.status is not DeliveryStatus.ACCEPTED:
            return None
        if not found.due_at or found.due_at > now:
            return None
        if (span := patience(found.channel)) is None:
            found.due_at = None
            return copy.deepcopy(found)
        ends_at = (found.sent_at or now) + span
        found.due_at = ends_at if now < ends_at else None
        if now >= ends_at:
            found.status, found.reason, found.settled_at = DeliveryStatus.EXPIRED, "no_receipt", now
        return copy.deepcopy(found)

    def segments_spent(self, day: str) -> tuple[int, int]:
        month = sum(count for of, count in self.spent.items() if of[:7] == day[:7])
        return self.spent.get(day, 0), month

    def join(self, notification: Notification, lines: Sequence[Mapping[str, str]]) -> bool:
        found = self.notifications[notification.ticket_id, notification.notification_id]
        if found.lease != notification.lease or found.status is not CLAIMED:
            return False
        found.joined = tuple(lines)
        return True

    def absorb(self, key: NotificationKey, leader_id: str, now: datetime) -> bool:
        reason = f"joined:{leader_id}"
        found = self.notifications.get((key.ticket_id, key.notification_id))
        return self.cancel(key, now, reason) or bool(found and found.reason == reason)

    def _note_sent(self, found: Notification, provider_message_id: str, at: datetime) -> None:
        if provider_message_id:
            found.provider_message_id, found.sent_at = provider_message_id, at
            key = NotificationKey(found.ticket_id, found.notification_id)
            self._sent[provider_message_id] = key

    def record(self, receipt: DeliveryReceipt, now: datetime) -> Notification | None:
        key = NotificationKey(receipt.ticket_id, receipt.notification_id)
        if not (receipt.ticket_id and receipt.notification_id):
            key = self._sent.get(receipt.provider_message_id, key)
        found = self.notifications.get((key.ticket_id, key.notification_id))
        if not found:
            return None
        name = (key.ticket_id, key.notification_id)
        was_told = receipt.kind is ReceiptKind.UNKNOWN and name in self._reported
        if is_news(found.status, receipt) and not was_told:
            self._reported.add(name)
            if ends_watch(found.status, receipt):
                found.due_at = None
            found.status, found.is_repeat = after(found.status, receipt), False
            status = found.status
            found.reason = receipt.reason or found.reason
            found.settled_at = now if status in FINAL else found.settled_at
            if not found.sent_at:
                self._note_sent(found, receipt.provider_message_id, receipt.at)
        return copy.deepcopy(found)

    def due_notifications(self, now: datetime) -> Iterator[NotificationKey]:
        for found in sorted(self.notifications.values(), key=lambda n: n.notification_id):
            if found.due_at and found.due_at <= now - _grace(found):
                yield NotificationKey(found.ticket_id, found.notification_id, found.urgency)

    def unsent_to(self, party_key: str) -> Iterator[Notification]:
        for found in sorted(self.notifications.values(), key=lambda n: n.created_at):
            if found.status is QUEUED and found.recipient.key == party_key:
                yield copy.deepcopy(found)

    def cancel(self, key: NotificationKey, now: datetime, reason: str) -> bool:
        found = self.notifications.get((key.ticket_id, key.notification_id))
        if not found or found.status is not QUEUED:
            return False
        found.status, found.due_at = DeliveryStatus.CANCELLED, None
        found.reason, found.settled_at = reason, now
        return True


def _grace(notification: Notification) -> timedelta:
    """What was enqueued as it was written is left alone for a while."""
    is_fresh = not notification.lease and notification.due_at == notification.created_at
    if not is_fresh:
        return timedelta()
    return GRACES[notification.urgency]
