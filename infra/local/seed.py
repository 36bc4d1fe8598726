"""Gives a town its past: every story is lived through the real use cases at its own time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.messages import Audience, Channel, InboundMessage, Party, Proof, ReplyToken
from chalicelib.tickets.desk import ServiceDesk
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.escalation import Escalations
from chalicelib.tickets.intake.keywords import KeywordAnswers
from chalicelib.tickets.intake.receiving import Intake
from chalicelib.tickets.model.ticket import Actor, Priority, Status, Ticket
from infra.local.clock import TownClock
from infra.local.memory import MemoryStore
from infra.local.people import STAFF
from infra.local.stories import Act, Story, stories

BATCH = 25  # what DynamoDB writes in one call
ACTORS = {person.login: Actor("staff", person.email, person.name) for person in STAFF}


def seed(table: Any, now: datetime) -> int:
    """Write the town's past as it stands at `now`; how many tickets that makes."""
    services = bootstrap.services()
    past = Past(services, now)
    told = stories()
    for number, story in enumerate(told, start=1):
        past.live(story, number)
    keys = Keys(services.settings.jurisdiction_id, services.settings.index_shards)
    _write(table, services.settings.table_name, past.store.items(keys))
    return len(told)


class Past:
    """The product's use cases on tickets in memory, with a clock of their own."""

    def __init__(self, services: bootstrap.Services, now: datetime) -> None:
        self.store = MemoryStore()
        self._now = now
        self._clock = TownClock(now)
        committer = replace(
            services.committer,
            store=self.store,
            deliveries=self.store,
            queue=self.store,
            clock=self._clock,
        )
        intake = Intake(committer, services.opener, KeywordAnswers(committer))
        self._desk = ServiceDesk(committer, intake, lambda: services.signer)
        self._ladders = Escalations(self.store, services.catalog, committer, self._clock)

    def live(self, story: Story, number: int) -> None:
        """Let the story happen, escalations in between, as far as it lies in the past."""
        began = self._now - timedelta(days=story.days)
        self._clock.move_to(began)
        opened = self._desk.receive(_report(story, number, began))
        ticket_id = opened.ticket_id or ""
        for index, act in enumerate(story.acts):
            at = began + timedelta(hours=act.hours)
            if at > self._now:
                break
            self._escalate_until(at, ticket_id)
            self._clock.move_to(at)
            ACTS[act.kind](self._desk, self.store.get(ticket_id), act, f"{number}-{index}")
        self._escalate_until(self._now, ticket_id)

    def _escalate_until(self, end: datetime, ticket_id: str) -> None:
        """Fire what falls due on the way to `end`, each step at its time."""
        for _ in range(30):
            due = self.store.get(ticket_id).next_action_at
            if due is None or due > end:
                return
            self._clock.move_to(max(due, self._clock.now()))
            self._ladders.run(lambda: 60_000)


def _report(story: Story, number: int, at: datetime) -> InboundMessage:
    is_phone = story.address.startswith("+")
    party = Party(
        name=story.name,
        phone=story.address if is_phone else None,
        email=None if is_phone else story.address or None,
    )
    return InboundMessage(
        channel=Channel(story.channel),
        message_id=f"past-{number}",
        sender=party,
        received_at=at,
        text=story.words,
        full_text=story.words,
        subject=story.subject,
        proof=Proof.PROVEN,
        locale=story.locale,
        service_code=story.service,
        address=story.place,
        attributes=story.attributes,
        jurisdiction_id=bootstrap.services().settings.jurisdiction_id,
    )


def _reply(desk: ServiceDesk, ticket: Ticket, act: Act, _id: str) -> None:
    then = Status(act.value) if act.value else None
    desk.reply(ticket.ticket_id, ACTORS[act.by], act.text, version=ticket.version, then=then)


def _note(desk: ServiceDesk, ticket: Ticket, act: Act, _id: str) -> None:
    desk.note(ticket.ticket_id, ACTORS[act.by], act.text, version=ticket.version)


def _assign(desk: ServiceDesk, ticket: Ticket, act: Act, _id: str) -> None:
    to = ACTORS[act.value].key
    desk.assign(ticket.ticket_id, ACTORS[act.by], to, version=ticket.version)


def _status(desk: ServiceDesk, ticket: Ticket, act: Act, _id: str) -> None:
    to, actor = Status(act.value), ACTORS[act.by]
    desk.change_status(ticket.ticket_id, actor, to, act.text, version=ticket.version)


def _priority(desk: ServiceDesk, ticket: Ticket, act: Act, _id: str) -> None:
    to, actor = Priority(act.value), ACTORS[act.by]
    desk.change_priority(ticket.ticket_id, actor, to, act.text, version=ticket.version)


def _hand_over(desk: ServiceDesk, ticket: Ticket, act: Act, _id: str) -> None:
    actor = ACTORS[act.by]
    desk.hand_over(ticket.ticket_id, actor, act.value, act.text, version=ticket.version)


def _more(desk: ServiceDesk, ticket: Ticket, act: Act, name: str) -> None:
    desk.receive(
        InboundMessage(
            channel=Channel.WEB,
            message_id=f"past-{name}",
            sender=ticket.requester,
            received_at=desk.committer.clock.now(),
            text=act.text,
            full_text=act.text,
            proof=Proof.PROVEN,
            token=ReplyToken(
                ticket_id=ticket.ticket_id,
                audience=Audience.REQUESTER,
                party_key=ticket.requester.key,
            ),
        )
    )


ACTS: Mapping[str, Callable[[ServiceDesk, Ticket, Act, str], None]] = {
    "reply": _reply,
    "note": _note,
    "assign": _assign,
    "status": _status,
    "priority": _priority,
    "hand_over": _hand_over,
    "more": _more,
}


def _write(table: Any, name: str, items: Iterator[Any]) -> None:
    while batch := list(itertools.islice(items, BATCH)):
        table.batch_write_item(
            RequestItems={name: [{"PutRequest": {"Item": item}} for item in batch]}
        )
