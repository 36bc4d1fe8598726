"""What messages to people whom nobody has proven take of their network, and of the city's purse; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chalicelib.messages import Audience, Channel
from chalicelib.notifications.planning import danger, together
from chalicelib.notifications.planning.digests import DUTY
from chalicelib.notifications.planning.notices import CAPPED
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.model.records import Allowance, Notification
from chalicelib.tickets.model.ticket import SYSTEM, Ticket

_ALARMS = "network_duty_alarms_an_hour"
_TEXTS = ("network_texts_an_hour", "city_texts_an_hour", "city_texts_a_day")
_DANGER = ("network_texts_an_hour", "city_danger_texts_an_hour")
_MAILS = ("network_mails_an_hour", "city_mails_an_hour")


def counts(
    ticket: Ticket, notifications: Sequence[Notification], policy: Policy, origin: str
) -> list[Allowance]:
    """What messages to an unconfirmed requester take that nobody of the city wrote, and what calls the
    officer on duty.

    A mail that says whom to call costs next to nothing and is never counted; urgent texts have a purse
    of their own.
    """
    taken = [
        each for n in _to_strangers(ticket, notifications) for each in takes(n, policy, origin)
    ]
    sender = origin or ticket.requester.key
    calls = [n for n in notifications if n.notice == DUTY and sender]
    return taken + [leave(_ALARMS, policy, n.created_at, sender, channel=n.channel) for n in calls]


def _to_strangers(ticket: Ticket, notifications: Sequence[Notification]) -> Iterator[Notification]:
    """Answers, and texts that a rule or the clock sends."""
    ours = {entry.number for entry in ticket.new_entries if entry.actor.kind == SYSTEM.kind}
    for n in notifications:
        is_ours = n.entry in ours and n.channel is Channel.SMS
        is_to_citizen = n.audience is Audience.REQUESTER and not ticket.is_confirmed
        if is_to_citizen and (n.notice in CAPPED or is_ours):
            yield n


def takes(n: Notification, policy: Policy, origin: str = "") -> Iterator[Allowance]:
    """What one message to an unproven address takes of its network and of the city.

    A link or code that cannot be sent is not made either: its counts are gates.
    """
    is_urgent = n.urgency == "urgent"
    kind = "danger" if is_urgent else ""
    for name in _rows(n.channel, is_urgent):
        is_of_network = name.startswith("network")
        if origin or not is_of_network:
            of, apart = (origin, kind) if is_of_network else ("", "")
            at, whose = n.created_at, n.recipient.key
            found = leave(name, policy, at, of, channel=n.channel, kind=apart, whose=whose)
            yield replace(found, is_gate=n.notice in danger.CODES)


def _rows(channel: Channel, is_urgent: bool) -> tuple[str, ...]:
    if channel is Channel.SMS:
        return _DANGER if is_urgent else _TEXTS
    return () if is_urgent else _MAILS


def is_alarm(bucket: str) -> bool:
    """Whether a used-up bucket counts calls of the officer on duty."""
    return bucket.startswith(_ALARMS)


def hold_alarms(notifications: Iterable[Notification]) -> None:
    """Call the officer with the next quarter of an hour, once for all that wait until then."""
    together.wait(n for n in notifications if n.notice == DUTY)
