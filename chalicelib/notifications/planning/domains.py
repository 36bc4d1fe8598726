"""How many automatic answers leave for one mail domain at once, however many write from there; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from chalicelib.messages import Channel
from chalicelib.notifications.planning import danger
from chalicelib.notifications.planning.notices import CAPPED
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.commit.foreign_desks import desk_of
from chalicelib.tickets.model.records import Allowance, DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Ticket

HELD = "domain_share"
_BUCKET, _HOUR = "desk:", timedelta(hours=1)


def shares(
    ticket: Ticket, notifications: Sequence[Notification], policy: Policy
) -> list[Allowance]:
    """What these take of their domains' hours; what is over it waits for the next one.

    Only a mail can be a machine's that answers us: who sent a form is a person. Whom to call in danger is
    told to everybody at once.
    """
    return [
        Allowance(
            key=f"domain:{desk}",
            channel=n.channel,
            bucket=_bucket(n),
            limit=policy.answers_per_domain_an_hour,
            expires_at=n.created_at + 2 * _HOUR,
            holds=True,
        )
        for n in notifications
        if _is_answer(n) and ticket.channel is Channel.EMAIL
        for desk in (desk_of(n.recipient.email, policy),)
        if desk
    ]


def is_share(bucket: str) -> bool:
    """Whether a used-up bucket is one of these."""
    return bucket.startswith(_BUCKET)


def hold(notifications: Iterable[Notification], bucket: str) -> None:
    """Keep those of them that the used-up `bucket` counts back until the next hour, and say why."""
    for notification in notifications:
        if _is_answer(notification) and _bucket(notification) == bucket:
            notification.due_at = _hour(notification.created_at) + _HOUR
            notification.reason = HELD


def _is_answer(n: Notification) -> bool:
    is_queued = n.status is DeliveryStatus.QUEUED and n.channel is Channel.EMAIL
    return is_queued and n.notice in CAPPED and n.notice != danger.NOTICE


def _bucket(n: Notification) -> str:
    return f"{_BUCKET}{_hour(n.created_at):%Y-%m-%dT%H}"


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
