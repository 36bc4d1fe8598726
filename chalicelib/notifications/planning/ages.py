"""How long each message is news: what waited longer is not sent any more; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.notifications.planning.notices import ABOUT, ANSWERS, CAPPED
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Ticket

# Whoever wrote a day ago has written again, or has given up waiting for an automatic answer.
ANSWER_AGE = timedelta(days=1)
AGE = timedelta(days=3)  # all others: longer than any night and weekend that holds a message back
LATE = timedelta(minutes=15)  # what waited longer is asked whether it is still true
MOST_LATER = 500  # messages of the same ticket among which a later reminder is looked for
REMINDERS = frozenset({"escalation_reminder", "escalation_supervisor", "escalation_citizen"})


def age_of(notice: str) -> timedelta:
    """How long after it was written a notice may still be sent."""
    return ANSWER_AGE if notice in CAPPED or notice in ANSWERS else AGE


def is_too_old(notification: Notification, now: datetime) -> bool:
    """Whether the hour for it has passed. Nothing is asked of one that cannot be read."""
    return now > notification.created_at + age_of(notification.notice)


def may_be_moot(notification: Notification, now: datetime) -> bool:
    """Whether it waited so long that its ticket should be asked."""
    is_about_a_state = bool(ABOUT.get(notification.notice))
    return is_about_a_state and now > notification.created_at + LATE


def has_left(notification: Notification, ticket: Ticket) -> bool:
    """Whether it speaks of a state that the ticket has left."""
    about = ABOUT.get(notification.notice, frozenset())
    return bool(about) and ticket.status not in about


def is_followed(notification: Notification, others: Iterable[Notification]) -> bool:
    """Whether it reminds of a step after which the same person is reminded of a later one."""
    return notification.notice in REMINDERS and any(
        other.notice == notification.notice
        and other.recipient.key == notification.recipient.key
        and other.created_at > notification.created_at
        and other.status is not DeliveryStatus.CANCELLED
        for other in islice(others, MOST_LATER)
    )


def iso(moment: datetime | None) -> str | None:
    """A moment as notices hold it."""
    return moment.isoformat() if moment else None


def hours_late(ticket: Ticket, at: datetime) -> int | None:
    """For how many hours the ticket is late at a moment, or None."""
    late = at - ticket.due_at if ticket.due_at else timedelta(0)
    return int(late.total_seconds() // 3600) if late > timedelta(0) else None
