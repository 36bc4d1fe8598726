"""What messages to people whom nobody has proven take of their network, and of the city's purse; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chalicelib.messages import Channel
from chalicelib.notifications.planning import danger, together
from chalicelib.notifications.planning.digests import DUTY
from chalicelib.notifications.planning.notices import CAPPED
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.model.records import Allowance, Notification
from chalicelib.tickets.model.ticket import Ticket

_ALARMS = "network_duty_alarms_an_hour"
_TEXTS = ("network_texts_an_hour", "city_texts_an_hour", "city_texts_a_day")
_DANGER = ("network_texts_an_hour", "city_danger_texts_an_hour")
_MAILS = ("network_mails_an_hour", "city_mails_an_hour")


def counts(
    ticket: Ticket, notifications: Sequence[Notification], policy: Policy, origin: str
) -> list[Allowance]:
    """What automatic answers to an unconfirmed requester take, and what calls the officer on duty.

    A mail that says whom to call costs next to nothing and is never counted; texts of danger have a purse
    of their own.
    """
    answers = [] if ticket.is_confirmed else [n for n in notifications if n.notice in CAPPED]
    taken = [each for n in answers for each in _taken(n, policy, origin)]
    sender = origin or ticket.requester.key
    calls = [n for n in notifications if n.notice == DUTY and sender]
    return taken + [leave(_ALARMS, policy, n.created_at, sender, channel=n.channel) for n in calls]


def _taken(n: Notification, policy: Policy, origin: str) -> Iterator[Allowance]:
    """A link or code that cannot be sent is not made either: its counts are gates."""
    is_danger = n.notice == danger.NOTICE
    kind = "danger" if is_danger else ""
    for name in _rows(n.channel, is_danger):
        is_of_network = name.startswith("network")
        if origin or not is_of_network:
            of, apart = (origin, kind) if is_of_network else ("", "")
            at, whose = n.created_at, n.recipient.key
            found = leave(name, policy, at, of, channel=n.channel, kind=apart, whose=whose)
            yield replace(found, is_gate=n.notice == danger.CONFIRM)


def _rows(channel: Channel, is_danger: bool) -> tuple[str, ...]:
    if channel is Channel.SMS:
        return _DANGER if is_danger else _TEXTS
    return () if is_danger else _MAILS


def is_alarm(bucket: str) -> bool:
    """Whether a used-up bucket counts calls of the officer on duty."""
    return bucket.startswith(_ALARMS)


def hold_alarms(notifications: Iterable[Notification]) -> None:
    """Call the officer with the next quarter of an hour, once for all that wait until then."""
    together.wait(n for n in notifications if n.notice == DUTY)
