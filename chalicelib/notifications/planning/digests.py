"""Digests: several updates that waited become one message; knows no provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.messages import Audience
from chalicelib.tickets.model.excerpts import ELLIPSIS, excerpt
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.ports import NotificationKey, NotificationStore

NOTICE = "updates_joined"
DUTY = "emergency_duty"  # whose reader is called once for all that waits
MOST_JOINED = 25  # updates that one message names; more wait for the next message
MOST_LETTERS = 280  # of each; the rest is behind the link
MOST_QUOTED = 20  # of what came in on one ticket
MOST_WORDS = 2_400  # letters of all of them
MOST_COUNTED = 500  # that a message to staff speaks for beside those it quotes
NAME = 80  # letters of what a line says beside words
_SAID = ("reference", "service_name", "status")


def join_held(store: NotificationStore, leader: Notification, now: datetime) -> Notification | None:
    """`leader`, speaking also for the other held updates to the same person; None when its claim is lost.

    Whom it speaks for is written into it before any of them is called off, so that a worker that dies
    between loses none: the next one reads the same lines. Of what staff are told of one ticket only the
    first are written; of the others, which are all on the ticket, it says how many there are.
    """
    lines = leader.joined or [*_rationed(_lines(store, leader))]
    if not lines:
        return leader
    if not leader.joined and not store.join(leader, lines):
        return None
    kept = [line for line in lines if store.absorb(_key(line), leader.notification_id, now)]
    if leader.audience is Audience.REQUESTER:
        return _spoken_for(leader, kept) if kept else leader
    more = _counted(store, leader, now) if len(lines) >= MOST_QUOTED - 1 else 0
    return _called_once(_in_one(leader, kept, more), len(kept) + more)


def _lines(store: NotificationStore, leader: Notification) -> list[dict[str, str]]:
    others = _others(store, leader)
    if leader.audience is Audience.REQUESTER:
        return [_line(other) for other in islice(others, MOST_JOINED)]
    return [_short(_line(other)) for other in islice(others, MOST_QUOTED - 1)]


def _short(line: Mapping[str, str]) -> dict[str, str]:
    """What staff need of it: all is behind the link."""
    return {name: line[name] for name in ("ticket_id", "notification_id", "words")}


def _rationed(lines: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """The same lines, with no more words in all than one message holds."""
    left = MOST_WORDS
    for line in lines:
        words = excerpt(line["words"], min(MOST_LETTERS, left)) if left else ""
        left -= len(words)
        yield {**line, "words": words}


def _counted(store: NotificationStore, leader: Notification, now: datetime) -> int:
    """How many more were called off because `leader` speaks for them."""
    others = islice(_others(store, leader), MOST_COUNTED)
    keys = [NotificationKey(other.ticket_id, other.notification_id) for other in others]
    return sum(store.absorb(key, leader.notification_id, now) for key in keys)


def _others(store: NotificationStore, leader: Notification) -> Iterator[Notification]:
    return (
        other
        for other in store.unsent_to(leader.recipient.key)
        if other.is_held
        and other.channel is leader.channel
        and other.notification_id != leader.notification_id
        and _are_joined(leader, other)
    )


def _are_joined(leader: Notification, other: Notification) -> bool:
    """A citizen's updates of all tickets; what staff hear, of one, but the officer on duty of all."""
    if leader.audience is Audience.REQUESTER:
        return other.audience is Audience.REQUESTER
    if leader.notice == DUTY:
        return other.notice == DUTY
    return (other.ticket_id, other.notice) == (leader.ticket_id, leader.notice)


def _line(notification: Notification) -> dict[str, str]:
    context = notification.context
    said = {name: excerpt(str(context.get(name, "")), NAME) for name in _SAID}
    words = str(context.get("message") or context.get("reason") or "")
    named = {"ticket_id": notification.ticket_id, "notification_id": notification.notification_id}
    return {**said, "words": words, **named}


def _key(line: Mapping[str, str]) -> NotificationKey:
    return NotificationKey(line["ticket_id"], line["notification_id"])


def _spoken_for(leader: Notification, others: Sequence[Mapping[str, str]]) -> Notification:
    own = {**_line(leader), "words": excerpt(_line(leader)["words"], MOST_LETTERS)}
    lines = sorted([own, *others], key=lambda line: line["notification_id"])
    numbered: list[dict[str, Any]] = [
        {**line, "number": number} for number, line in enumerate(lines, start=1)
    ]
    context = {**leader.context, "tickets": numbered, "is_cut": _is_cut(lines)}
    return replace(leader, notice=NOTICE, context=context)


def _is_cut(lines: Sequence[Mapping[str, str]]) -> bool:
    return any(line["words"].endswith(ELLIPSIS) for line in lines)


def _called_once(leader: Notification, more: int) -> Notification:
    """To the officer on duty, for how many other reports of danger this one speaks."""
    if leader.notice != DUTY or not more:
        return leader
    return replace(leader, context={**leader.context, "more": more})


def _in_one(leader: Notification, others: Sequence[Mapping[str, str]], more: int) -> Notification:
    """What came in, the first of it in its own words, and how much more there is."""
    lines = sorted([_line(leader), *others], key=lambda line: line["notification_id"])
    quoted = [excerpt(line["words"], MOST_LETTERS) for line in lines if line["words"]]
    rest = [f"+{more} {ELLIPSIS}"] if more else []
    context = {**leader.context, "message": "\n\n".join([*quoted, *rest])}
    return replace(leader, context=context | {"is_cut": bool(more) or _is_cut(lines)})
