"""A conversation by text: which ticket is meant, where it is, and halves that come in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.messages import Channel, InboundMessage
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake.keywords import list_tickets
from chalicelib.tickets.model.records import Change, Contact
from chalicelib.tickets.model.ticket import SYSTEM, Actor, Ticket, Visibility

QUESTION_LIVES = timedelta(days=1)
HALVES = timedelta(minutes=10)
MOST_CHOICES = 5
LONGEST_PLACE = 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked by text, once, and what an answer to it does. The state is one contact item."""

    committer: Committer

    def open(
        self, message: InboundMessage, contact: Contact, ticket: Ticket, change: Change
    ) -> None:
        """What the next text of whoever opened `ticket` will be about: of a texter, or of somebody
        who is asked by text about a border."""
        now, phone = self.committer.clock.now(), ticket.requester.phone
        if message.channel is Channel.SMS and message.sender.key:
            self._take_away(message, contact, ticket, change)
            change.contacts.append(self.begin(contact, ticket, now))
        elif ticket.asked_sides and phone and ticket.preferred_channel is Channel.SMS:
            known = self.committer.store.contact(f"tel:{phone}")
            change.contacts.append(self.begin(known, ticket, now))

    def begin(self, contact: Contact, ticket: Ticket, now: datetime) -> Contact:
        """The contact with `ticket` as what is talked about now."""
        days = self.committer.catalogs.load().policy.conversation_days
        contact.conversation = ticket.ticket_id
        contact.conversation_ends_at = now + timedelta(days=days)
        contact.threads = (ticket.ticket_id, *contact.threads)[: 2 * MOST_CHOICES]
        needs_place = any(entry.data.get("needs_place") for entry in ticket.new_entries)
        contact.question = _question(now, place=ticket.ticket_id) if needs_place else {}
        contact.updated_at = now
        return contact

    def chosen(self, message: InboundMessage, contact: Contact, now: datetime) -> str:
        """The ticket that a bare number chooses from the list we sent; empty when it chooses none."""
        listed: Sequence[str] = _open_question(contact, now).get("tickets", ())
        if message.channel is not Channel.SMS or not message.text.isdecimal():
            return ""
        number = int(message.text)
        return listed[number - 1] if 1 <= number <= len(listed) else ""

    def resumed(self, message: InboundMessage, contact: Contact, now: datetime) -> InboundMessage:
        """`message`; a bare "new" that answers our question carries the words that we asked about."""
        said = _open_question(contact, now).get("text", "")
        is_bare = message.intent == "new" and not message.text
        return replace(message, text=said) if is_bare and said else message

    def _take_away(
        self, message: InboundMessage, contact: Contact, ticket: Ticket, change: Change
    ) -> None:
        """Say on the ticket that they were put on for the time being where such words are now."""
        said = _open_question(contact, self.committer.clock.now())
        if message.intent == "new" and said.get("text") == message.text:
            change.linked.append(self._left(said["ticket_id"], ticket.ticket_id))

    def _left(self, ticket_id: str, for_ticket_id: str) -> Ticket:
        guessed, now = self.committer.store.get(ticket_id), self.committer.clock.now()
        text = f"The citizen's last text belongs to {for_ticket_id}."
        guessed.record("noted", now, SYSTEM, visibility=Visibility.STAFF, text=text)
        return guessed

    def settle(
        self, contact: Contact, chosen: Ticket, message: InboundMessage, now: datetime
    ) -> Change:
        """Move what was said before the question to the chosen ticket; nothing is lost if it was there."""
        said, change = contact.question, Change()
        contact.conversation, contact.question = chosen.ticket_id, {}
        contact.updated_at = now
        change.contacts.append(contact)
        if said.get("ticket_id") == chosen.ticket_id:
            return change
        chosen.record(
            "appended",
            now,
            Actor("requester", contact.key),
            visibility=Visibility.REQUESTER,
            text=said.get("text", ""),
            channel=message.channel,
            message_key=said.get("message_key", ""),
            data={"moved_from": said["ticket_id"]},
        )
        change.linked.append(self._left(said["ticket_id"], chosen.ticket_id))
        return change

    def follow(
        self, message: InboundMessage, contact: Contact, ticket: Ticket, change: Change
    ) -> None:
        """What a text that was just added to `ticket` means for the conversation."""
        now = self.committer.clock.now()
        _put_in_order(message, ticket)
        if message.channel is not Channel.SMS or not contact.key:
            return
        if _open_question(contact, now).get("place") == ticket.ticket_id:
            ticket.address = ticket.address or message.text.strip()[:LONGEST_PLACE]
            contact.question = {}
            change.contacts.append(contact)
        elif len(contact.threads) > 1 and not _open_question(contact, now):
            self._ask_which(message, contact, ticket, change, now)

    def _ask_which(
        self,
        message: InboundMessage,
        contact: Contact,
        ticket: Ticket,
        change: Change,
        now: datetime,
    ) -> None:
        tickets = self.committer.store.tickets_of(contact.key)
        open_ones = [t for t in tickets if t.is_open][:MOST_CHOICES]
        if len(open_ones) < 2 or contact.suppressed.get(Channel.SMS):
            return
        contact.question = _question(
            now,
            tickets=[t.ticket_id for t in open_ones],
            ticket_id=ticket.ticket_id,
            text=message.text,
            message_key=f"{message.channel}:{message.message_id}",
        )
        change.contacts.append(contact)
        answer = self.committer.planner.answer(
            "sms_choose", contact, message.sender, now, tickets=list_tickets(open_ones)
        )
        change.notifications.append(answer)


def _question(now: datetime, **said: object) -> dict[str, object]:
    return {**said, "ends_at": (now + QUESTION_LIVES).isoformat()}


def _open_question(contact: Contact, now: datetime) -> dict[str, Any]:
    """What was asked and may still be answered."""
    ends_at = contact.question.get("ends_at", "")
    is_open = bool(ends_at) and datetime.fromisoformat(ends_at) > now
    return dict(contact.question) if is_open else {}


def _put_in_order(message: InboundMessage, ticket: Ticket) -> None:
    """A first half that came second is put before the words that opened the ticket."""
    early = ticket.requested_at - message.received_at
    if message.channel is Channel.SMS and timedelta(0) < early <= HALVES and message.text:
        ticket.description = f"{message.text}\n{ticket.description}"
        ticket.requested_at = message.received_at
