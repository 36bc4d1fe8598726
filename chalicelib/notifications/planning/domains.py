"""How many automatic answers leave for one mail domain at once, however many write from there; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from chalicelib.messages import Channel
from chalicelib.notifications.planning import danger
from chalicelib.notifications.planning.notices import CAPPED
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.commit.foreign_desks import desk_of
from chalicelib.tickets.model.records import Allowance, DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Ticket

HELD = "domain_share"
_ROW, _HOUR = "answers_per_domain_an_hour", timedelta(hours=1)


def shares(
    ticket: Ticket, notifications: Sequence[Notification], policy: Policy
) -> list[Allowance]:
    """What these take of their domains' hours; what is over it waits for the next one.

    Only a mail can be a machine's that answers us: who sent a form is a person. Whom to call in danger is
    told to everybody at once.
    """
    return [
        leave(_ROW, policy, n.created_at, desk, channel=n.channel)
        for n in notifications
        if _is_answer(n) and ticket.channel is Channel.EMAIL
        for desk in (desk_of(n.recipient.email, policy),)
        if desk
    ]


def is_share(bucket: str) -> bool:
    """Whether a used-up bucket is one of these."""
    return bucket.startswith(_ROW)


def hold(notifications: Iterable[Notification]) -> None:
    """Keep the answers among them back until the next hour, and say why."""
    for notification in notifications:
        if _is_answer(notification):
            notification.due_at = _hour(notification.created_at) + _HOUR
            notification.reason = HELD


def _is_answer(n: Notification) -> bool:
    is_queued = n.status is DeliveryStatus.QUEUED and n.channel is Channel.EMAIL
    return is_queued and n.notice in CAPPED and n.notice != danger.NOTICE


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
