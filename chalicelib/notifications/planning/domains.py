"""How many automatic answers one mail domain gets, however many addresses it writes from; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.messages import Channel
from chalicelib.notifications.planning import danger
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.mail_domains import desk_of
from chalicelib.tickets.model.records import Allowance, Notification


def shares(answers: Sequence[Notification], policy: Policy) -> list[Allowance]:
    """What these take of their domains' hours. Whom to call in danger is told to everybody."""
    return [
        Allowance(
            key=f"domain:{domain}",
            channel=n.channel,
            bucket=n.created_at.strftime("domain:%Y-%m-%dT%H"),
            limit=policy.answers_per_domain_an_hour,
            expires_at=n.created_at + timedelta(hours=2),
            is_common=True,
        )
        for n in answers
        if n.channel is Channel.EMAIL and n.notice != danger.NOTICE
        for domain in (desk_of(n.recipient.email, policy),)
        if domain
    ]
