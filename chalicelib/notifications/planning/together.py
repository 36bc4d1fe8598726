"""What staff hear of one ticket within a quarter of an hour comes in one message; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from chalicelib.messages import Audience
from chalicelib.tickets.model.records import Allowance, DeliveryStatus, Notification

# What anybody may cause, often, and how much of it leaves at once in a quarter of an hour: danger grows.
TOLD_TOGETHER = {"information_added": 1, "emergency_duty": 5}
SPAN = timedelta(minutes=15)
_BUCKET = "told:"


def is_told_together(notification: Notification) -> bool:
    """Whether it may wait for what else comes in."""
    is_for_staff = notification.audience is not Audience.REQUESTER
    is_queued = notification.status is DeliveryStatus.QUEUED
    return is_for_staff and is_queued and notification.notice in TOLD_TOGETHER


def shares(notifications: Sequence[Notification]) -> list[Allowance]:
    """The first of a quarter of an hour leave at once; what is over them waits for the next."""
    return [
        Allowance(
            key=n.recipient.key,
            channel=n.channel,
            bucket=_bucket(n),
            limit=TOLD_TOGETHER[n.notice],
            expires_at=n.created_at + timedelta(days=1),
            holds=True,
        )
        for n in notifications
        if is_told_together(n)
    ]


def is_share(bucket: str) -> bool:
    """Whether a used-up bucket is one of these."""
    return bucket.startswith(_BUCKET)


def hold(notifications: Iterable[Notification], bucket: str) -> None:
    """Keep those of them that the used-up `bucket` counts back until the next quarter of an hour."""
    wait(n for n in notifications if is_told_together(n) and _bucket(n) == bucket)


def wait(notifications: Iterable[Notification]) -> None:
    """Keep these back until the next quarter of an hour."""
    for notification in notifications:
        notification.is_held = True
        notification.due_at = _quarter(notification.created_at) + SPAN


def _bucket(n: Notification) -> str:
    return f"{_BUCKET}{n.notice}:{n.ticket_id}:{_quarter(n.created_at):%Y-%m-%dT%H:%M}"


def _quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
