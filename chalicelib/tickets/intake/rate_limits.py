"""Rate limits: what reports and additions count under before they are taken; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from chalicelib.messages import Channel, InboundMessage
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import MORE_WITH_WORK, leave, row_of
from chalicelib.tickets.commit import foreign_desks
from chalicelib.tickets.intake.emergencies import EMERGENCY
from chalicelib.tickets.model.records import Allowance, Notification
from chalicelib.tickets.model.ticket import Entry, Ticket


def gate(message: InboundMessage, ticket: Ticket, policy: Policy, now: datetime) -> list[Allowance]:
    """The counts that a new report falls under, by form, program or from one mail domain; over one of them
    it is not taken yet. What speaks of danger is never kept out."""
    if EMERGENCY in ticket.tags:
        return []
    return [*_of_network(message, policy, now), *foreign_desks.gates(message, policy, now)]


def _of_network(message: InboundMessage, policy: Policy, now: datetime) -> Iterator[Allowance]:
    """None, where the network is not known. A browser that worked is no stranger to the city any more."""
    origin, channel = message.origin, message.channel
    if origin and channel is Channel.OPEN311:
        yield leave("key_reports_an_hour", policy, now, origin, channel=channel)
    elif origin and message.has_worked:
        name, times = "network_reports_an_hour", MORE_WITH_WORK
        yield leave(name, policy, now, origin, channel=channel, kind="worked", times=times)
    elif origin:
        yield leave("network_reports_an_hour", policy, now, origin, channel=channel)
        yield leave("city_reports_an_hour", policy, now, channel=channel)


def is_untold(written: Sequence[Notification]) -> bool:
    """Whether an answer among them was not sent because its network or the city used up what there is."""
    return any((row := row_of(each.reason)) and row.is_shared for each in written)


def additions(
    message: InboundMessage, ticket: Ticket, entry: Entry, policy: Policy, now: datetime
) -> list[Allowance]:
    """The counts that words and files of whoever holds the link of `ticket` fall under."""
    if message.channel is not Channel.WEB or EMERGENCY in entry.data:
        return []
    link, channel = ticket.ticket_id, message.channel
    found = [leave("additions_a_day", policy, now, link, channel=channel)]
    found += [leave("added_files_a_day", policy, now, link, channel=channel)] * len(
        message.attachments
    )
    if message.origin:
        found.append(leave("network_additions_an_hour", policy, now, message.origin))
    return found
