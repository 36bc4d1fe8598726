"""Quarantine: a held message is released or discarded by a person, who says why."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.errors import NotFound
from chalicelib.messages import Channel, InboundMessage, Nature, Party, Proof
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake.opening import Opener
from chalicelib.tickets.model.idempotency import CARRIES_VIRUS, CUT
from chalicelib.tickets.model.records import AuditRecord, Change, Contact, HandledMessage
from chalicelib.tickets.model.ticket import Actor

HELD = "quarantined"
NO_MESSAGE = "No held message has this name; somebody may have decided it already."


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Decides over held messages. A `message_key` is `<channel>:<message_id>`."""

    committer: Committer
    opener: Opener

    def held(self, message_key: str) -> HandledMessage:
        """The held message. Raises `NotFound` when there is none, or it was decided already."""
        channel, _, message_id = message_key.partition(":")
        if channel in Channel.__members__.values():
            found = self.committer.store.handled(Channel(channel), message_id)
            if found and found.outcome == HELD:
                return found
        raise NotFound(NO_MESSAGE)

    def agency_of(self, message: HandledMessage) -> str:
        """The agency that would get the message if it were released now."""
        contact, now = Contact(key=message.sender_key), self.committer.clock.now()
        return self.opener.open(_revived(message), contact, now).agency_code

    def release(self, message_key: str, actor: Actor) -> str:
        """Open a ticket from a held message, unconfirmed and unanswered; the ticket's id."""
        message, now = self.held(message_key), self.committer.clock.now()
        ticket = self.opener.open(_revived(message), Contact(key=message.sender_key), now)
        decided = replace(
            message, outcome="opened", reason="released", ticket_id=ticket.ticket_id, text=""
        )
        self.committer.commit(ticket, self._decision(decided, actor, "message_released", now))
        return ticket.ticket_id

    def discard(self, message_key: str, actor: Actor, reason: str) -> None:
        """Keep a held message out for good; its proof and its raw bytes stay until their time ends."""
        message, now = self.held(message_key), self.committer.clock.now()
        decided = replace(message, outcome="discarded", reason=reason.strip() or "discarded")
        self.committer.write(self._decision(decided, actor, "message_discarded", now))

    def _decision(
        self, decided: HandledMessage, actor: Actor, action: str, now: datetime
    ) -> Change:
        record = AuditRecord(
            audit_id=secrets.token_hex(8),
            at=now,
            actor=actor,
            action=action,
            subject=f"{decided.channel}:{decided.message_id}",
            data={"reason": decided.reason, "ticket_id": decided.ticket_id},
        )
        return Change(message=decided, message_was=HELD, audit=[record])


def _revived(message: HandledMessage) -> InboundMessage:
    """The message as it can be read again; nothing about its sender is taken as proven."""
    kind, _, address = message.sender_key.partition(":")
    sender = Party(
        name=message.sender_name,
        email=address if kind == "email" else None,
        phone=address if kind == "tel" else None,
    )
    return InboundMessage(
        channel=message.channel,
        message_id=message.message_id,
        sender=sender,
        received_at=message.at,
        subject=message.subject,
        text=message.text,
        attachments=message.attachments,
        raw_key=message.raw_key,
        proof=Proof.FORGED,
        cut=("sender",) if message.reason == CUT else (),
        nature=Nature.VIRUS if message.reason == CARRIES_VIRUS else Nature.HUMAN,
        source="released",
    )
