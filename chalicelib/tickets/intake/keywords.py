"""Keywords of text messages: what stop, start, help and status do; pure but for its store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any

from chalicelib.messages import Channel, InboundMessage
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.records import Change, Contact, HandledMessage
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import NotificationKey

OPTED_OUT = "opted_out"
CONSENTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class KeywordAnswers:
    """Answers keywords; everything else is a report and none of its business."""

    committer: Committer

    def answer(self, message: InboundMessage, contact: Contact, now: datetime) -> str:
        """Act on the message's intent and say what was done; empty when the words are a report."""
        act = self._acts().get(message.intent)
        return act(message, contact, now) if act else ""

    def _acts(self) -> dict[str, Callable[[InboundMessage, Contact, datetime], str]]:
        return {
            "stop": self._stop,
            "start": self._start,
            "help": self._help,
            "status": self._status,
            "new": self._new,
        }

    def _stop(self, message: InboundMessage, contact: Contact, now: datetime) -> str:
        """Effective before the next send: first the contact, then what is queued for it."""
        at = min(message.received_at, now)
        if _is_older(at, contact):
            return self._write(message, None, [], now, "older than what was said since")
        contact.wish_at = at
        if contact.suppressed.get(Channel.SMS) == OPTED_OUT:
            return self._write(message, None, [], now, "already stopped")
        contact.suppressed[Channel.SMS] = OPTED_OUT
        note_consent(contact, at, "texts stopped by text message")
        reason = self._write(message, contact, ["sms_stopped"], now, "texts stopped")
        for notification in self.committer.deliveries.unsent_to(contact.key):
            key = NotificationKey(notification.ticket_id, notification.notification_id)
            if notification.channel is Channel.SMS and notification.notice != "sms_stopped":
                self.committer.deliveries.cancel(key, now, OPTED_OUT)
        return reason

    def _start(self, message: InboundMessage, contact: Contact, now: datetime) -> str:
        at = min(message.received_at, now)
        if _is_older(at, contact):
            return self._write(message, None, [], now, "older than what was said since")
        contact.wish_at = at
        contact.suppressed.pop(Channel.SMS, None)
        note_consent(contact, at, "texts started by text message")
        return self._write(message, contact, ["sms_started"], now, "texts started")

    def _new(self, message: InboundMessage, contact: Contact, now: datetime) -> str:
        """Without words of its own it ends the conversation: the next text is another report."""
        if message.text:
            return ""
        contact.conversation, contact.question = "", {}
        notices = [] if contact.suppressed.get(Channel.SMS) else ["sms_new"]
        return self._write(message, contact, notices, now, "another report follows")

    def _help(self, message: InboundMessage, contact: Contact, now: datetime) -> str:
        if contact.suppressed.get(Channel.SMS):
            return self._write(message, None, [], now, "help asked by an opted-out number")
        return self._write(message, None, ["sms_help"], now, "help asked")

    def _status(self, message: InboundMessage, contact: Contact, now: datetime) -> str:
        if contact.suppressed.get(Channel.SMS):
            return self._write(message, None, [], now, "status asked by an opted-out number")
        theirs = list(self.committer.store.tickets_of(contact.key))
        named = [t for t in theirs if t.ticket_id == message.claimed_ticket_id]
        tickets = named or [t for t in theirs if t.is_open][:3]
        facts: dict[str, Any] = {"tickets": list_tickets(tickets)}
        if tickets:
            facts["tracking_url"] = self.committer.planner.link(tickets[0])
        if len(tickets) == 1:
            facts |= _standing(tickets[0])
        return self._write(message, None, ["sms_status"], now, "status asked", **facts)

    def _write(
        self,
        message: InboundMessage,
        contact: Contact | None,
        notices: list[str],
        now: datetime,
        reason: str,
        **context: Any,
    ) -> str:
        who = contact or Contact(key=message.sender.key, locale=message.locale)
        who.locale = who.locale or message.locale
        answers = [
            self.committer.planner.answer(notice, who, message.sender, now, **context)
            for notice in notices
        ]
        proof = HandledMessage(
            channel=message.channel,
            message_id=message.message_id,
            outcome="answered",
            at=now,
            reason=reason,
            sender_key=message.sender.key,
        )
        if contact:
            contact.updated_at = now
        self.committer.write(
            Change(message=proof, contacts=[contact] if contact else [], notifications=answers)
        )
        return reason


def _is_older(at: datetime, contact: Contact) -> bool:
    """A wish that arrives late changes nothing that was wished since."""
    return contact.wish_at is not None and at < contact.wish_at


def note_consent(contact: Contact, at: datetime, what: str) -> None:
    """Add a line to the log of what a person chose; the oldest of very many are dropped."""
    line = {"at": at.isoformat(), "what": what}
    contact.consents = (*contact.consents, line)[-CONSENTS_KEPT:]


def _standing(ticket: Ticket) -> dict[str, Any]:
    """Where the one open ticket stands."""
    due = {"expected_at": ticket.due_at.isoformat()} if ticket.due_at else {}
    return {
        "reference": ticket.ticket_id,
        "service_name": ticket.service_name,
        "status": str(ticket.status),
        **due,
    }


def list_tickets(tickets: Sequence[Ticket]) -> list[dict[str, str]]:
    """Tickets as a numbered list for a text message; an unclassified one by its first words."""
    return [
        {
            "number": str(number),
            "reference": ticket.ticket_id,
            "service_name": ticket.service_name or shorten(ticket.description, 30, placeholder="…"),
            "status": str(ticket.status),
        }
        for number, ticket in enumerate(tickets, start=1)
    ]
