"""Merged reports: one joined to another stays itself, counts there, and moves along; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from chalicelib.errors import InvalidTransition, TicketNotFound
from chalicelib.messages import InboundMessage
from chalicelib.tickets.model.ticket import Actor, Status, Ticket, Visibility

# Imported where used: the patterns of masking take 17 ms, and most writes join nothing.

# What became of the one is true for the other; a question to its author, or that it is given up, is not.
CARRIED = frozenset({Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED})
MOST_AT_ONCE = 12  # of a transaction's hundred items


def may_join(report: Ticket, main: Ticket) -> bool:
    """Whether `report` may be joined to `main`: an open one that follows no other itself."""
    is_other = main.ticket_id != report.ticket_id
    return is_other and main.is_open and not main.follows and not main.merged_into


def join(report: Ticket, main: Ticket, now: datetime, actor: Actor) -> None:
    """`report` follows `main` from now on. Its words, its author and its place in the queue stay."""
    report.follows = main.ticket_id
    main.me_too += 1
    main.linked_to = (*main.linked_to, report.ticket_id)
    report.record("joined", now, actor, data={"to": main.ticket_id})
    data = {"report": report.ticket_id}
    main.record("me_too", now, actor, visibility=Visibility.STAFF, data=data)


def chosen(
    message: InboundMessage, report: Ticket, get: Callable[[str], Ticket | None], now: datetime
) -> list[Ticket]:
    """The ticket that a new report joins because its author said so, to be saved with it.

    One that is closed by now, or that everybody may not know of, is joined by nobody from outside.
    """
    main = get(message.follows) if message.follows else None
    if main is None or not main.is_public or not may_join(report, main):
        return []
    join(report, main, now, Actor("requester", message.sender.key))
    return [main]


def split(report: Ticket, main: Ticket, now: datetime, actor: Actor) -> None:
    """`report` is a matter of its own again."""
    report.follows = ""
    main.me_too = max(0, main.me_too - 1)
    main.linked_to = tuple(each for each in main.linked_to if each != report.ticket_id)
    report.record("split", now, actor, visibility=Visibility.STAFF, data={"from": main.ticket_id})
    data = {"report": report.ticket_id, "is_gone": True}
    main.record("me_too", now, actor, visibility=Visibility.STAFF, data=data)


def moved_along(main: Ticket, get: Callable[[str], Ticket], now: datetime) -> Iterator[Ticket]:
    """The followers of `main` that what just happened to it moves too, each with its new entries."""
    if not main.me_too or not _target(main):
        return
    for ticket_id in main.linked_to:
        follower = _found(ticket_id, get)
        if follower and follower.follows == main.ticket_id and _move(main, follower, now):
            yield follower


def _target(main: Ticket) -> list[tuple[Status, Actor, str]]:
    """Where `main` has just gone, by whom, and what was said about it that others may read."""
    from chalicelib.tickets.publishing.masking import mask

    return [
        (Status(e.data["to"]), e.actor, mask(e.text, names=(main.requester.name,)))
        for e in main.new_entries
        if e.kind in ("status_changed", "reopened") and e.data.get("to") in CARRIED
    ]


def _move(main: Ticket, follower: Ticket, now: datetime) -> bool:
    before = follower.entry_count
    for to, actor, reason in _target(main):
        if to not in follower.next_statuses:
            continue
        try:
            follower.change_status(to, now, actor, reason=reason)
        except InvalidTransition:  # its author appealed: somebody else has to decide over that
            continue
    return follower.entry_count > before


def _found(ticket_id: str, get: Callable[[str], Ticket]) -> Ticket | None:
    try:
        return get(ticket_id)
    except TicketNotFound:
        return None
