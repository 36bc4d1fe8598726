"""What whoever operates the city sees of sending, as metrics; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from chalicelib import metrics
from chalicelib.messages import Channel
from chalicelib.metrics import Metric
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.model.receipts import BROADCAST
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.ports import NotificationKey

MICROS = 1_000_000
_GIVEN_UP = frozenset({DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.EXPIRED})


def overdue(keys: Iterable[NotificationKey], now: datetime) -> Iterator[NotificationKey]:
    """`keys` as they come; when they end, for whichever reason, it is told how late the latest is."""
    oldest = now
    try:
        for key in keys:
            oldest = min(oldest, key.due_at or now)
            yield key
    finally:
        metrics.put(Metric.OLDEST_UNSENT, (now - oldest).total_seconds())


def sent(notification: Notification, waited: float, segments: int, policy: Policy) -> None:
    """A provider took it after `waited` seconds. A broadcast waits by design and is not measured."""
    if notification.is_simulated:
        return
    if notification.urgency != BROADCAST:
        metrics.put(Metric.INTAKE_TO_SENT, waited)
    if segments:
        metrics.put(Metric.TEXT_SEGMENTS, segments)
        metrics.put(Metric.TEXT_COST, segments * policy.sms_price_micros / MICROS)


def ended(notification: Notification, status: DeliveryStatus) -> None:
    """It is tried no more, and nobody knows that it arrived."""
    if not notification.is_simulated and status in _GIVEN_UP:
        metrics.put(Metric.MESSAGES_GIVEN_UP)


def refused(notification: Notification) -> None:
    """A provider will not bring it to its reader."""
    if notification.channel is Channel.SMS and not notification.is_simulated:
        metrics.put(Metric.TEXTS_REFUSED)
