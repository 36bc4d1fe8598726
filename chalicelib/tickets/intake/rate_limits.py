"""Rate limits: forms that a network may send before its browsers are asked for work; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.messages import InboundMessage
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.intake.emergencies import EMERGENCY
from chalicelib.tickets.model.records import Allowance
from chalicelib.tickets.model.ticket import Ticket

MORE_WITH_WORK = 5  # times as many, for browsers that worked


def gate(message: InboundMessage, ticket: Ticket, policy: Policy, now: datetime) -> list[Allowance]:
    """The count that a new report by form falls under; over it the report is not taken yet.

    What speaks of danger is never kept out, nor is a report whose network is not known.
    """
    if not message.origin or EMERGENCY in ticket.tags:
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
