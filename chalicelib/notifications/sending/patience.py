"""What a message waits for before it is sent or given up; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.messages import Channel
from chalicelib.templates import notice_names
from chalicelib.tickets.model.quiet_hours import last_morning, opening
from chalicelib.tickets.model.records import UNREADABLE, Notification

RETRY_STEP = timedelta(minutes=5)
RETRY_HORIZON = timedelta(hours=4)
# Asked for by strangers, too, and sent only to an address that has something here.
FOR_KNOWN_ONLY = frozenset({"my_cases"})
PARKED = "What was written down of this message cannot be read; write it again."
MOST_DOUBTS = 2  # tries of which nobody knows whether they sent it
PERHAPS_SENT = "perhaps_sent"
UNFORESEEN = "unforeseen"
TOO_OLD, MOOT = "too_old", "moot"
LEFT = "left for a later release"
NOBODYS = "A later release wrote this message, and none came by to send it; write it again."
LEAVE = timedelta(minutes=15)
MOST_LEFT = timedelta(days=7) // LEAVE


def is_for_a_later_release(notification: Notification) -> bool:
    """Whether this release cannot say it, and a later one wrote it, for it names what we do not have."""
    if notification.notice == UNREADABLE or notification.is_beyond_us:
        return notification.is_beyond_us
    is_own = notification.template_version or notification.template
    return not is_own and notification.notice not in notice_names()


def began(notification: Notification, now: datetime) -> datetime:
    """When the hours of retrying began: a message that waited for a morning has them from then."""
    is_text = notification.channel is Channel.SMS and notification.quiet_hours
    if not (is_text or notification.is_held):
        return notification.created_at
    morning = last_morning(now, notification.quiet_hours, notification.zone)
    return max(notification.created_at, morning)


def opens_at(notification: Notification, now: datetime) -> datetime | None:
    """When quiet hours let a claimed text go; None for now."""
    if notification.channel is not Channel.SMS or notification.urgency == "urgent":
        return None
    return opening(now, notification.quiet_hours, notification.zone)


def retry_at(notification: Notification, now: datetime) -> datetime | None:
    """When to try again what was refused for now; None when its hours are over."""
    if now + RETRY_STEP > began(notification, now) + RETRY_HORIZON:
        return None
    return now + min(RETRY_STEP, timedelta(minutes=notification.attempts + 1))
