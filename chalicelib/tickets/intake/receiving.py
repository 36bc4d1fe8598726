"""Receiving: every message becomes a ticket, an entry, or a kept refusal; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib import logs
from chalicelib.errors import (
    AllowanceUsedUp,
    DuplicateMessage,
    MessageConflict,
    StaleTicket,
    TicketNotFound,
)
from chalicelib.messages import Channel, InboundMessage, Nature
from chalicelib.tickets.commit import foreign_desks, merged_reports
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake import border_answers, confirmation, emergencies, rate_limits
from chalicelib.tickets.intake.conversation import Conversation
from chalicelib.tickets.intake.forwards import nobody, on_behalf
from chalicelib.tickets.intake.keywords import KeywordAnswers
from chalicelib.tickets.intake.opening import Opener, by_chance, cut_marks
from chalicelib.tickets.intake.unproven_staff import unproven_use
from chalicelib.tickets.model.authority import (
    MAY,
    Authority,
    authority_of,
    is_for_city,
    speaks_for,
)
from chalicelib.tickets.model.idempotency import CONFLICT, COPY, DESK, HELD, handled, nobodys
from chalicelib.tickets.model.records import Change, Contact
from chalicelib.tickets.model.ticket import FINAL_STATUSES, Status, Ticket, Visibility

log = logs.Log(__name__)

TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message, as in `HandledMessage`; `is_untold` when others used up its answer."""

    outcome: str
    reason: str = ""
    ticket_id: str | None = None
    ticket: Ticket | None = field(default=None, repr=False)
    is_repeat: bool = False
    is_untold: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """Decides what becomes of a message, and writes it with the proof that it was handled."""

    committer: Committer
    opener: Opener
    keyword_answers: KeywordAnswers
    is_staff: Callable[[str], bool] = nobody

    def receive(self, message: InboundMessage) -> Outcome:
        """Handle `message` exactly once.

        A repeated message has no effect and returns where the first one went. A ticket saved by
        somebody else meanwhile is read again; after a few tries `StaleTicket` is raised and the
        caller's queue offers the message anew.
        """
        intake = self
        for attempt in range(1, TRIES + 1):
            try:
                return intake._decide(message)
            except DuplicateMessage as error:
                return self._repeated(message, error)
            except MessageConflict:
                if message.channel is not Channel.EMAIL:
                    raise
                return self._conflicting(message)
            except AllowanceUsedUp:
                if message.channel is not Channel.EMAIL:
                    raise
                return self._keep(message, "quarantined", DESK, self.committer.clock.now())
            except StaleTicket:
                if attempt == TRIES:
                    raise
                intake = replace(self, opener=replace(self.opener, reference=by_chance))
        raise AssertionError("unreachable")

    def _repeated(self, message: InboundMessage, error: DuplicateMessage) -> Outcome:
        """Where the first one went; the same words under another id leave a proof of their own."""
        now = self.committer.clock.now()
        proof = handled(message, "duplicate", now, ticket_id=error.ticket_id or "", reason=COPY)
        with suppress(DuplicateMessage, MessageConflict):
            self.committer.write(Change(message=replace(proof, content_digest="")))
        return Outcome(
            outcome=error.outcome or "duplicate",
            reason="handled before",
            ticket_id=error.ticket_id,
            is_repeat=True,
        )

    def _conflicting(self, message: InboundMessage) -> Outcome:
        """Another mail under an id that was handled before: kept under a name of its own, for a person."""
        name = f"{message.message_id}~{message.content_digest[:16]}"
        try:
            now = self.committer.clock.now()
            return self._keep(replace(message, message_id=name), "quarantined", CONFLICT, now)
        except DuplicateMessage as error:
            return Outcome(outcome=error.outcome or "quarantined", reason=CONFLICT, is_repeat=True)

    def _decide(self, message: InboundMessage) -> Outcome:
        now = self.committer.clock.now()
        if message.nature in HELD:
            return self._keep(message, "quarantined", HELD[message.nature], now)
        if message.nature is Nature.OWN:
            return self._keep(message, "rejected", "written by the city itself", now)
        if message.nature in (Nature.AUTOMATIC, Nature.LIST, Nature.BOUNCE):
            return self._file(message, now)
        if reason := nobodys(message):
            return self._keep(message, "quarantined", reason, now)
        return self._join_or_open(message, now)

    def _join_or_open(self, message: InboundMessage, now: datetime) -> Outcome:
        contact = self._contact(message)
        message = self.conversation.resumed(message, contact, now)
        if message.intent and (answered := self.keyword_answers.answer(message, contact, now)):
            return Outcome(outcome="answered", reason=answered)
        if chosen := self.conversation.chosen(message, contact, now):
            return self._choose(message, contact, chosen, now)
        ticket = self._find_ticket(message, contact, now)
        if ticket is None:
            return self._open(message, contact, now)
        if self._has_ended(ticket, message, now):
            linked = "" if self._is_new_matter(message, ticket) else ticket.ticket_id
            return self._open(message, contact, now, linked_to=linked)
        return self._append(message, ticket, contact, now)

    @property
    def conversation(self) -> Conversation:
        """What is said by text, beyond keywords."""
        return Conversation(self.committer)

    def _choose(
        self, message: InboundMessage, contact: Contact, ticket_id: str, now: datetime
    ) -> Outcome:
        ticket = self.committer.store.get(ticket_id)
        change = self.conversation.settle(contact, ticket, message, now)
        change.message = handled(
            message, "answered", now, reason="chose a ticket", ticket_id=ticket_id
        )
        self.committer.commit(ticket, change)
        return Outcome(outcome="answered", reason="chose a ticket", ticket_id=ticket_id)

    def _contact(self, message: InboundMessage) -> Contact:
        """What is known about the sender; not asked where the answer would change nothing."""
        key = message.sender.key
        if not key or message.token or message.channel not in (Channel.EMAIL, Channel.SMS):
            return Contact(key=key)
        return self.committer.store.contact(key)

    def _find_ticket(
        self, message: InboundMessage, contact: Contact, now: datetime
    ) -> Ticket | None:
        if message.token:
            return self._get(message.token.ticket_id)
        if message.intent == "new":
            return None
        policy, holder = self.committer.catalogs.load().policy, self.committer.planner.holder
        if message.answers:
            found = self.committer.store.ticket_of_provider_message(message.answers)
            ticket = self._get(found) if found else None
            if ticket and foreign_desks.may_join_thread(message, ticket, policy, holder(ticket)):
                return ticket
        if message.claimed_ticket_id:
            ticket = self._get(message.claimed_ticket_id)
            if ticket and foreign_desks.may_join_by_name(message, ticket, policy, holder(ticket)):
                return ticket
        ends_at = contact.conversation_ends_at
        if contact.conversation and ends_at and ends_at > now:
            return self._get(contact.conversation)
        return None

    def _get(self, ticket_id: str) -> Ticket | None:
        try:
            ticket = self.committer.store.get(ticket_id)
            while ticket.merged_into:
                ticket = self.committer.store.get(ticket.merged_into)
        except TicketNotFound:
            return None
        return ticket

    def _voice(self, message: InboundMessage, ticket: Ticket) -> Authority:
        return authority_of(message, ticket, self.committer.planner.holder(ticket))

    def _has_ended(self, ticket: Ticket, message: InboundMessage, now: datetime) -> bool:
        """Whether the ticket takes no more words, so that they begin a new one."""
        if ticket.status in FINAL_STATUSES:
            return not MAY[self._voice(message, ticket)].add_to_closed
        if ticket.status is not Status.RESOLVED or ticket.resolved_at is None:
            return False
        window = timedelta(days=self.committer.catalogs.load().policy.reopen_days)
        return now > ticket.resolved_at + window

    def _is_new_matter(self, message: InboundMessage, ticket: Ticket) -> bool:
        """A changed subject on a closed ticket, or a voice that is not the requester's."""
        if not MAY[self._voice(message, ticket)].begin_linked:
            return True
        is_named = ticket.ticket_id in message.subject.upper()
        return message.channel is Channel.EMAIL and message.subject != "" and not is_named

    def _open(
        self, message: InboundMessage, contact: Contact, now: datetime, linked_to: str = ""
    ) -> Outcome:
        told = message if linked_to else on_behalf(message, self.is_staff)
        ticket = self.opener.open(told, contact, now, linked_to=linked_to)
        proof = handled(message, "opened", now, ticket_id=ticket.ticket_id)
        change = Change(message=proof, origin=message.origin)
        self.conversation.open(message, contact, ticket, change)
        policy = self.committer.catalogs.load().policy
        change.allowances += rate_limits.gate(message, ticket, policy, now)
        joined = merged_reports.chosen(message, ticket, self._get, self.committer.store, now)
        change.linked += joined.linked
        change.followers += joined.followers
        written = self.committer.commit(ticket, change)
        name, is_untold = ticket.ticket_id, rate_limits.is_untold(written)
        return Outcome(outcome="opened", ticket_id=name, ticket=ticket, is_untold=is_untold)

    def _append(
        self, message: InboundMessage, ticket: Ticket, contact: Contact, now: datetime
    ) -> Outcome:
        authority = self._voice(message, ticket)
        may, actor = MAY[authority], speaks_for(authority, message)
        is_city = authority is Authority.AGENCY
        catalog = self.committer.catalogs.load()
        danger = {} if is_city else emergencies.mark(message, ticket, catalog)
        entry = ticket.record(
            "appended",
            now,
            actor,
            visibility=Visibility.REQUESTER if may.be_shown_to_requester else Visibility.STAFF,
            text=message.text or message.full_text,
            attachments=message.attachments,
            channel=message.channel,
            message_key=f"{message.channel}:{message.message_id}",
            is_verified=may.be_verified,
            data={"authority": str(authority), "raw_key": message.raw_key}
            | cut_marks(message)
            | danger,
        )
        if may.count_as_staff_action:
            ticket.last_staff_action_at = now
        if may.resume and ticket.status is Status.PENDING:
            ticket.change_status(Status.IN_PROGRESS, now, actor)
        if may.reopen and ticket.status is Status.RESOLVED and message.intent == "appeal":
            ticket.appeal(now, actor)
        elif may.reopen and ticket.status is Status.RESOLVED:
            ticket.change_status(Status.IN_PROGRESS, now, actor)
        proof = handled(message, "appended", now, ticket_id=ticket.ticket_id)
        change = Change(message=proof, origin=message.origin)
        change.allowances += rate_limits.additions(message, ticket, entry, catalog.policy, now)
        if not is_city and is_for_city(message):
            change.audit.append(unproven_use(message, ticket.ticket_id, authority, now))
        if authority is Authority.REQUESTER:
            confirmation.prove(ticket, message, now)
            border_answers.hear(ticket, entry.text, actor, now, catalog)
            self.conversation.follow(message, contact, ticket, change)
        self.committer.commit(ticket, change)
        log.info("appended", ticket_id=ticket.ticket_id, entry=entry.number)
        return Outcome(outcome="appended", ticket_id=ticket.ticket_id, ticket=ticket)

    def _file(self, message: InboundMessage, now: datetime) -> Outcome:
        """Keep what a machine wrote: on the ticket it belongs to, where it changes and answers nothing."""
        ticket = self._get(message.token.ticket_id) if message.token else None
        if ticket is None:
            return self._keep(message, "rejected", message.nature_reason or message.nature, now)
        facts = {"nature": str(message.nature), "reason": message.nature_reason}
        facts["raw_key"] = message.raw_key
        ticket.record(
            "filed",
            now,
            speaks_for(Authority.THIRD_PARTY, message),
            visibility=Visibility.STAFF,
            text=message.text,
            channel=message.channel,
            message_key=f"{message.channel}:{message.message_id}",
            is_verified=False,
            data=facts | cut_marks(message),
        )
        proof = handled(message, "filed", now, ticket_id=ticket.ticket_id)
        self.committer.commit(ticket, Change(message=proof))
        return Outcome(outcome="filed", reason=message.nature_reason, ticket_id=ticket.ticket_id)

    def _keep(self, message: InboundMessage, outcome: str, reason: str, now: datetime) -> Outcome:
        self.committer.write(Change(message=handled(message, outcome, now, reason=reason)))
        return Outcome(outcome=outcome, reason=reason)
