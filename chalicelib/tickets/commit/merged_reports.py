"""Merged reports: one joined to another stays itself, counts there, and moves along."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from chalicelib.errors import InvalidTransition
from chalicelib.messages import InboundMessage
from chalicelib.signing import party_mark
from chalicelib.tickets.model.followers import Follower, Move, Step
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Actor, ClockEvent, Entry, Status, Ticket, Visibility
from chalicelib.tickets.ports import FollowerStore

# Imported where used: the patterns of masking take 17 ms, and most writes join nothing.

# What became of the one is true for the other; a question to its author, or that it is given up, is not.
CARRIED = frozenset({Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED})


def may_join(report: Ticket, main: Ticket) -> bool:
    """Whether `report` may be joined to `main`: an open one that follows no other itself."""
    is_other = main.ticket_id != report.ticket_id
    return is_other and main.is_open and not main.follows and not main.merged_into


def join(report: Ticket, main: Ticket, store: FollowerStore, now: datetime, actor: Actor) -> Change:
    """`report` follows `main` from now on: what has to be written with it. Its words, its author and its
    place in the queue stay. Whoever follows with another report already is counted no second time.
    """
    author = _author(report)
    is_known = author and store.follows(main.ticket_id, author, report.ticket_id)
    main.me_too += not is_known
    report.record("joined", now, actor, data={"to": main.ticket_id})
    data = {"report": report.ticket_id}
    main.record("me_too", now, actor, visibility=Visibility.STAFF, data=data)
    report.follows, report.followed = main.ticket_id, main.entry_count
    follower = Follower(main_id=main.ticket_id, ticket_id=report.ticket_id, author=author)
    return Change(linked=[main], followers=[follower])


def chosen(
    message: InboundMessage,
    report: Ticket,
    get: Callable[[str], Ticket | None],
    store: FollowerStore,
    now: datetime,
) -> Change:
    """What has to be written with a new report that joins another because its author said so.

    One that is closed by now, or that everybody may not know of, is joined by nobody from outside.
    """
    main = get(message.follows) if message.follows else None
    if main is None or not main.is_public or not may_join(report, main):
        return Change()
    return join(report, main, store, now, Actor("requester", message.sender.key))


def split(
    report: Ticket, main: Ticket, store: FollowerStore, now: datetime, actor: Actor
) -> Change:
    """`report` is a matter of its own again: what has to be written with it."""
    author = _author(report)
    stays = author and store.follows(main.ticket_id, author, report.ticket_id)
    main.me_too = max(0, main.me_too - (not stays))
    main.linked_to = tuple(each for each in main.linked_to if each != report.ticket_id)
    report.follows = ""
    report.record("split", now, actor, visibility=Visibility.STAFF, data={"from": main.ticket_id})
    data = {"report": report.ticket_id, "is_gone": True}
    main.record("me_too", now, actor, visibility=Visibility.STAFF, data=data)
    gone = Follower(main_id=main.ticket_id, ticket_id=report.ticket_id, author=author, gone_at=now)
    return Change(linked=[main], followers=[gone])


def _author(report: Ticket) -> str:
    return party_mark(report.requester.key) if report.requester.key else ""


def moves_of(main: Ticket) -> list[Move]:
    """What the new entries of `main` mean for those that follow it: one move, however many they are."""
    went = [e for e in main.new_entries if e.data.get("to") in CARRIED and _is_change(e)]
    if not went or not main.me_too:
        return []
    return [Move(main_id=main.ticket_id, steps=(_step(main, went[-1]),))]


def _is_change(entry: Entry) -> bool:
    return entry.kind in ("status_changed", "reopened")


def _step(main: Ticket, entry: Entry) -> Step:
    from chalicelib.tickets.publishing.masking import mask

    return Step(
        number=entry.number,
        to=Status(entry.data["to"]),
        at=entry.at,
        actor=entry.actor,
        reason=mask(entry.text, names=(main.requester.name,)),
        is_reopening=entry.kind == "reopened",
    )


def advance(follower: Ticket, move: Move, now: datetime) -> bool:
    """Take a follower where its main ticket went last, by the step before where there is no other way;
    whether it moved. It goes no step twice.

    One that follows no more stays, and so does one whose author has said since that it is not done.
    """
    ahead = [s for s in move.steps if s.number > follower.followed and _is_for(follower, s)]
    if follower.follows != move.main_id or not ahead or ahead[-1].to == follower.status:
        return False
    way = ahead[-1:] if _leads_on(follower, ahead[-1]) else ahead
    before = follower.entry_count
    for step in way:
        _go(follower, step, now)
    follower.followed = ahead[-1].number
    return follower.entry_count > before


def _is_for(follower: Ticket, step: Step) -> bool:
    again = (ClockEvent.APPEALED, ClockEvent.REOPENED)
    return not any(mark.event in again and mark.at > step.at for mark in follower.ledger)


def _leads_on(follower: Ticket, step: Step) -> bool:
    """Whether the step is open to it; what its own staff have solved is not taken up again by itself."""
    is_done = follower.status is Status.RESOLVED and step.to is Status.IN_PROGRESS
    return step.to in follower.next_statuses and (step.is_reopening or not is_done)


def _go(follower: Ticket, step: Step, now: datetime) -> None:
    if _leads_on(follower, step):
        with suppress(InvalidTransition):  # its author appealed: somebody else decides over that
            follower.change_status(step.to, now, step.actor, reason=step.reason)
