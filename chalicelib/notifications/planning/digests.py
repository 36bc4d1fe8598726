"""Digests: several updates that waited for the morning become one message; knows no provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.ports import NotificationKey, NotificationStore

NOTICE = "updates_joined"
_SAID = ("reference", "service_name", "status")


def join_held(store: NotificationStore, leader: Notification, now: datetime) -> Notification | None:
    """`leader`, speaking also for the other held updates to the same person; None when its claim is lost.

    Whom it speaks for is written into it before any of them is called off, so that a worker that dies
    between loses none: the next one reads the same lines.
    """
    lines = leader.joined or [_line(n) for n in _others(store, leader)]
    if not lines:
        return leader
    if not leader.joined and not store.join(leader, lines):
        return None
    kept = [line for line in lines if store.absorb(_key(line), leader.notification_id, now)]
    return _spoken_for(leader, kept) if kept else leader


def _others(store: NotificationStore, leader: Notification) -> list[Notification]:
    return [
        other
        for other in store.unsent_to(leader.recipient.key)
        if other.is_held
        and other.channel is leader.channel
        and other.notification_id != leader.notification_id
    ]


def _line(notification: Notification) -> dict[str, str]:
    context = notification.context
    said = {name: str(context.get(name, "")) for name in _SAID}
    words = str(context.get("message") or context.get("reason") or "")
    named = {"ticket_id": notification.ticket_id, "notification_id": notification.notification_id}
    return {**said, "words": words, **named}


def _key(line: Mapping[str, str]) -> NotificationKey:
    return NotificationKey(line["ticket_id"], line["notification_id"])


def _spoken_for(leader: Notification, others: Sequence[Mapping[str, str]]) -> Notification:
    lines = sorted([_line(leader), *others], key=lambda line: line["notification_id"])
    numbered: list[dict[str, Any]] = [
        {**line, "number": number} for number, line in enumerate(lines, start=1)
    ]
    context = {**leader.context, "tickets": numbered}
    return replace(leader, notice=NOTICE, context=context)
