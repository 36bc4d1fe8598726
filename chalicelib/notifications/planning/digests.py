"""Digests: several updates that waited become one message; knows no provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.messages import Audience
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.ports import NotificationKey, NotificationStore

NOTICE = "updates_joined"
MOST_LETTERS = 280  # of each; the rest is behind the link
MOST_QUOTED = 20
_SAID = ("reference", "service_name", "status")


def join_held(store: NotificationStore, leader: Notification, now: datetime) -> Notification | None:
    """`leader`, speaking also for the other held updates to the same person; None when its claim is lost.

    Whom it speaks for is written into it before any of them is called off, so that a worker that dies
    between loses none: the next one reads the same lines.
    """
    lines = leader.joined or _lines(store, leader)
    if not lines:
        return leader
    if not leader.joined and not store.join(leader, lines):
        return None
    kept = [line for line in lines if store.absorb(_key(line), leader.notification_id, now)]
    return _spoken_for(leader, kept) if kept else leader


def _lines(store: NotificationStore, leader: Notification) -> Sequence[Mapping[str, str]]:
    lines = [_line(other) for other in _others(store, leader)]
    if leader.audience is Audience.REQUESTER:
        return lines
    return [_short(line, number) for number, line in enumerate(lines, start=2)]


def _short(line: Mapping[str, str], number: int) -> dict[str, str]:
    """What staff need of it: very many may have come in, and all is behind the link."""
    words = line["words"][:MOST_LETTERS] if number <= MOST_QUOTED else ""
    return {name: line[name] for name in ("ticket_id", "notification_id")} | {"words": words}


def _others(store: NotificationStore, leader: Notification) -> list[Notification]:
    return [
        other
        for other in store.unsent_to(leader.recipient.key)
        if other.is_held
        and other.channel is leader.channel
        and other.notification_id != leader.notification_id
        and _are_joined(leader, other)
    ]


def _are_joined(leader: Notification, other: Notification) -> bool:
    """A citizen's updates of all tickets; what staff hear, of one ticket."""
    if leader.audience is Audience.REQUESTER:
        return other.audience is Audience.REQUESTER
    return (other.ticket_id, other.notice) == (leader.ticket_id, leader.notice)


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
    if leader.audience is not Audience.REQUESTER:
        return _in_one(leader, lines)
    numbered: list[dict[str, Any]] = [
        {**line, "number": number} for number, line in enumerate(lines, start=1)
    ]
    context = {**leader.context, "tickets": numbered}
    return replace(leader, notice=NOTICE, context=context)


def _in_one(leader: Notification, lines: Sequence[Mapping[str, str]]) -> Notification:
    """What came in, the first of it in its own words, and how much more there is."""
    quoted = [line["words"][:MOST_LETTERS] for line in lines[:MOST_QUOTED] if line["words"]]
    more = [f"… +{len(lines) - MOST_QUOTED}"] if len(lines) > MOST_QUOTED else []
    return replace(leader, context={**leader.context, "message": "\n\n".join([*quoted, *more])})
