"""Rate limits: reports that a network may send by form, and a desk by mail, before somebody looks; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.messages import InboundMessage
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.commit import foreign_desks
from chalicelib.tickets.intake.emergencies import EMERGENCY
from chalicelib.tickets.model.records import Allowance
from chalicelib.tickets.model.ticket import Ticket

MORE_WITH_WORK = 5  # times as many, for browsers that worked


def gate(message: InboundMessage, ticket: Ticket, policy: Policy, now: datetime) -> list[Allowance]:
    """The counts that a new report falls under, by form or from one mail domain; over one of them it is
    not taken yet. What speaks of danger is never kept out."""
    if EMERGENCY in ticket.tags:
        return []
    return _by_form(message, policy, now) + foreign_desks.gates(message, policy, now)


def _by_form(message: InboundMessage, policy: Policy, now: datetime) -> list[Allowance]:
    """None, where the network is not known."""
    if not message.origin:
        return []
    kind, times = ("worked", MORE_WITH_WORK) if message.has_worked else ("network", 1)
    return [
        Allowance(
            key=f"origin:{message.origin}",
            channel=message.channel,
            bucket=f"{kind}:{now:%Y-%m-%dT%H}",
            limit=times * policy.network_reports_an_hour,
            expires_at=now + timedelta(hours=2),
            is_gate=True,
        )
    ]
