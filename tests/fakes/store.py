"""The stores of tickets and notifications in memory."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from chalicelib.errors import (
    AllowanceUsedUp,
    DuplicateMessage,
    InvalidRequest,
    MessageConflict,
    NotFound,
    StaleTicket,
    TicketNotFound,
)
from chalicelib.geography import Box, metres
from chalicelib.messages import Channel, Party
from chalicelib.tickets.catalog.allowances import CITY, current_row
from chalicelib.tickets.catalog.place_precision import place_in
from chalicelib.tickets.clocks.promises import next_due_at
from chalicelib.tickets.model.records import (
    Allowance,
    AuditRecord,
    Callback,
    Casefile,
    Change,
    Contact,
    DeliveryStatus,
    HandledMessage,
    Mark,
    Membership,
    Notification,
    Parked,
)
from chalicelib.tickets.model.ticket import Entry, Ticket
from chalicelib.tickets.ports import (
    CityUse,
    Page,
    PublicQuery,
    QueueQuery,
)
from tests.fakes.deliveries import FakeDeliveries
from tests.fakes.followers import FakeFollowers

T = TypeVar("T")
QUEUED, CLAIMED, UNKNOWN = DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED, DeliveryStatus.UNKNOWN
PRIVATE_WORDS: dict[str, Any] = {
    "description": "",
    "status_notes": "",
    "address": "",
    "attributes": {},
    "media_urls": (),
}


class FakeTicketStore(FakeFollowers, FakeDeliveries):
    """`TicketStore` and `NotificationStore` in memory.

    `fail_next` holds errors that the next saves raise instead of writing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[str, Ticket] = {}
        self.entries: dict[str, list[Entry]] = {}
        self.messages: dict[tuple[Channel, str], HandledMessage] = {}
        self.contents: dict[str, HandledMessage] = {}
        self.people: dict[str, Contact] = {}
        self.allowances: dict[tuple[str, Channel, str], int] = {}
        self.over: Counter[str] = Counter()
        self.records: list[AuditRecord] = []
        self.callbacks: list[Callback] = []
        self.members: dict[tuple[str, str], Membership] = {}
        self.fail_next: list[Exception] = []

    def save(self, change: Change) -> None:
        if self.fail_next:
            raise self.fail_next.pop(0)
        tickets = [*([change.ticket] if change.ticket else []), *change.linked]
        self._check_message(change)
        for ticket in tickets:
            self._check_version(
                "ticket", ticket.ticket_id, ticket, self.tickets.get(ticket.ticket_id)
            )
        for contact in change.contacts:
            self._check_version("contact", contact.key, contact, self.people.get(contact.key))
        self._check_allowances(change)
        self._write(change, tickets)

    def note_over(self, row: str, now: datetime) -> None:
        self.over[row] += 1

    def used_by_city(self, now: datetime) -> CityUse:
        taken: Counter[str] = Counter()
        for (key, _, bucket), used in self.allowances.items():
            if key == CITY and (row := current_row(bucket, now)):
                taken[row.name] += used
        return CityUse(taken, self.over)

    def _check_message(self, change: Change) -> None:
        message = change.message
        if not message:
            return
        stored = self.messages.get((message.channel, message.message_id))
        if change.message_was:
            if not stored or stored.outcome != change.message_was:
                raise StaleTicket("The released message was saved by somebody else; read it again.")
            return
        if stored:
            digests = {stored.content_digest, message.content_digest}
            if "" not in digests and len(digests) > 1:
                raise MessageConflict("Another message was handled under this id.")
            raise _duplicate(stored)
        if first := self.contents.get(message.content_digest):
            raise _duplicate(first)

    def _check_version(
        self, about: str, name: str, given: Ticket | Contact, stored: Ticket | Contact | None
    ) -> None:
        if (stored.version if stored else 0) != given.version:
            version = stored.version if stored else None
            raise StaleTicket(f"The {about} {name} was saved by somebody else.", version)

    def _check_allowances(self, change: Change) -> None:
        given = {contact.key: contact for contact in change.contacts}
        for allowance in change.allowances:
            contact = given.get(allowance.key) or self.people.get(allowance.key)
            if contact and allowance.asks_wish and contact.suppressed.get(allowance.channel):
                raise AllowanceUsedUp("This address is not written to on this channel.")
            used = self.allowances.get(_bucket(allowance), 0)
            if used + change.allowances.count(allowance) > allowance.limit:
                raise AllowanceUsedUp("This address has had its share.", allowance.bucket)

    def _write(self, change: Change, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            ticket.version += 1
            self.entries.setdefault(ticket.ticket_id, []).extend(copy.deepcopy(ticket.new_entries))
            self.tickets[ticket.ticket_id] = replace(copy.deepcopy(ticket), new_entries=[])
        for contact in change.contacts:
            contact.version += 1
            self.people[contact.key] = copy.deepcopy(contact)
        for notification in change.notifications:
            self.add(copy.deepcopy(notification))
        if change.message:
            self.messages[change.message.channel, change.message.message_id] = change.message
            if change.message.content_digest:
                self.contents[change.message.content_digest] = change.message
        for allowance in change.allowances:
            name = _bucket(allowance)
            self.allowances[name] = self.allowances.get(name, 0) + 1
        if change.ticket:
            for notification_id in change.cancelled:
                self.hold_back(change.ticket.ticket_id, notification_id)
        self.records += change.audit
        self.callbacks += change.callbacks
        self.follow(change)
        for member in change.members:
            self.members[member.purpose, member.party_key] = member

    def get(self, ticket_id: str) -> Ticket:
        if ticket_id not in self.tickets:
            raise TicketNotFound(f"There is no ticket {ticket_id}; check the reference.")
        return copy.deepcopy(self.tickets[ticket_id])

    def read(self, ticket_id: str, token: str = "") -> Casefile:
        page = self.timeline(self.get(ticket_id), token)
        sent = [*self.notices(ticket_id)][::-1]
        return Casefile(self.get(ticket_id), [*page.items], sent, page.next_token)

    def timeline(
        self, ticket: Ticket, token: str = "", is_shown: Callable[[Entry], bool] = lambda _: True
    ) -> Page[Entry]:
        latest = [entry for entry in self.recent(ticket) if is_shown(entry)]
        page = _page(latest, 50, token, ticket.ticket_id)
        return Page([*page.items][::-1], page.next_token)

    def look_back(self, ticket: Ticket) -> None:
        for entry in self.entries[ticket.ticket_id]:
            ticket.settled = ticket.settled.after(entry)

    def recent(self, ticket: Ticket, before: int = 0) -> Iterator[Entry]:
        kept = self.entries[ticket.ticket_id]
        return iter([e for e in reversed(kept) if not before or e.number < before])

    def entry(self, ticket_id: str, number: int) -> Entry:
        found = [e for e in self.entries[ticket_id] if e.number == number]
        if not found:
            raise NotFound(f"{ticket_id} has no entry {number}.")
        return found[0]

    def notices(self, ticket_id: str, after: str = "") -> Iterator[Notification]:
        found = [n for (of, _), n in sorted(self.notifications.items()) if of == ticket_id]
        return iter([n for n in copy.deepcopy(found[::-1]) if n.notification_id > after])

    def several(self, ticket_ids: Sequence[str]) -> list[Ticket]:
        return [self.get(each) for each in ticket_ids if each in self.tickets]

    def timelines(self, tickets: Sequence[Ticket], most: int = 30) -> dict[str, list[Entry]]:
        return {each.ticket_id: self.entries[each.ticket_id][-most:] for each in tickets}

    def queued(self, ticket_id: str, since: datetime | None = None) -> list[Notification]:
        found = sorted(self.notifications.items())
        return [copy.deepcopy(n) for (of, _), n in found if of == ticket_id and n.status is QUEUED]

    def contact(self, key: str) -> Contact:
        return copy.deepcopy(self.people.get(key) or Contact(key=key))

    def contacts(self, keys: Sequence[str]) -> dict[str, Contact]:
        return {key: self.contact(key) for key in keys if key in self.people}

    def handled(self, channel: Channel, message_id: str) -> HandledMessage | None:
        return self.messages.get((channel, message_id))

    def tickets_of(self, party_key: str, limit: int = 20) -> list[Ticket]:
        own = [t for t in self.tickets.values() if party_key and t.requester.key == party_key]
        own.sort(key=lambda ticket: ticket.requested_at, reverse=True)
        return copy.deepcopy(own[:limit])

    def ticket_of_provider_message(self, provider_message_ids: Sequence[str]) -> str | None:
        found = [self._sent[p].ticket_id for p in reversed(provider_message_ids) if p in self._sent]
        return found[0] if found else None

    def due_tickets(self, now: datetime) -> Iterator[str]:
        waiting = [t for t in self.tickets.values() if t.next_action_at and t.next_action_at <= now]
        waiting.sort(key=lambda ticket: (ticket.next_action_at, ticket.ticket_id))
        yield from [ticket.ticket_id for ticket in waiting]

    def queue(self, query: QueueQuery, size: int = 50, token: str = "") -> Page[Ticket]:
        chosen = [ticket for ticket in self.tickets.values() if _is_in(query, ticket)]
        if query.is_open:
            latest = datetime.max.replace(tzinfo=UTC)
            chosen.sort(key=lambda t: (next_due_at(t) or latest, t.requested_at, t.ticket_id))
        else:
            chosen.sort(key=lambda t: (t.updated_at, t.ticket_id), reverse=True)
        return _page(copy.deepcopy(chosen), size, token, query)

    def places(self, *, is_open: bool | None = None) -> list[str]:
        return ["all"]

    def standing(
        self, place: str, after: str = "", size: int = 100, since: datetime | None = None
    ) -> tuple[list[str], str]:
        found = sorted(ticket_id for ticket_id in self.tickets if ticket_id > after)[:size]
        return found, found[-1] if len(found) == size else ""

    def public(self, query: PublicQuery, size: int = 100, token: str = "") -> Page[Ticket]:
        sort: Callable[[Ticket], datetime] = (
            (lambda t: t.updated_at) if query.order == "updated" else (lambda t: t.requested_at)
        )
        chosen = [
            replace(copy.deepcopy(t), requester=Party(), subject="", assignee="", **PRIVATE_WORDS)
            for t in self.tickets.values()
            if t.is_listed
            and query.start <= sort(t) <= query.end
            and (not query.service_codes or t.service_code in query.service_codes)
            and query.is_open in (None, t.is_open)
            and (query.box is None or query.box.holds(*_told(t, query)))
        ]
        chosen.sort(key=lambda t: (sort(t), t.ticket_id), reverse=not query.is_oldest_first)
        return _page(chosen, size, token, query)

    def nearby(
        self,
        service_code: str,
        box: Box,
        since: datetime,
        *,
        is_public: bool | None = None,
        limit: int = 10,
    ) -> list[Ticket]:
        found = [
            ticket
            for ticket in self.tickets.values()
            if ticket.is_open
            and ticket.service_code == service_code
            and is_public in (None, ticket.is_listed)
            and ticket.requested_at >= since
            and box.holds(ticket.lat, ticket.long)
        ]
        found.sort(key=lambda t: metres(box.middle, (t.lat or 0.0, t.long or 0.0)))
        return copy.deepcopy(found[:limit])

    def marks(self, query: PublicQuery, most: int = 2_000) -> list[Mark]:
        tickets = self.public(replace(query, order="requested"), most).items
        return [
            Mark(t.ticket_id, t.service_code, *_mark_place(t, query), t.is_open, t.requested_at)
            for t in tickets
        ]

    def parked(self) -> list[Parked]:
        return []

    def retry_parked(self) -> list[str]:
        return []

    def quarantine(self, size: int = 50, token: str = "") -> Page[HandledMessage]:
        held = [m for m in self.messages.values() if m.outcome == "quarantined"]
        held.sort(
            key=lambda message: (message.at, message.channel, message.message_id), reverse=True
        )
        return _page(held, size, token, "quarantine")

    def audit(
        self,
        size: int = 50,
        token: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Page[AuditRecord]:
        newest = sorted(self.records, key=lambda r: (r.at, r.audit_id), reverse=True)
        within = [r for r in newest if (not start or r.at >= start) and (not end or r.at < end)]
        return _page(within, size, token, "audit")


def _duplicate(first: HandledMessage) -> DuplicateMessage:
    return DuplicateMessage(
        "This message was handled before.", first.ticket_id or None, first.outcome
    )


def _bucket(allowance: Allowance) -> tuple[str, Channel, str]:
    return allowance.key, allowance.channel, allowance.bucket


def _is_in(query: QueueQuery, ticket: Ticket) -> bool:
    return (
        ticket.is_open == query.is_open
        and (not query.agency_codes or ticket.agency_code in query.agency_codes)
        and (not query.statuses or ticket.status in query.statuses)
        and (not query.priorities or ticket.priority in query.priorities)
        and (not query.assignee or ticket.assignee == query.assignee)
        and not (query.is_unassigned and ticket.assignee)
    )


def _told(ticket: Ticket, query: PublicQuery) -> tuple[float | None, float | None]:
    if ticket.lat is None or ticket.long is None:
        return None, None
    place = (ticket.lat, ticket.long)
    return place_in(ticket.service_code, place, query.exactness) or (None, None)


def _mark_place(ticket: Ticket, query: PublicQuery) -> tuple[float, float]:
    lat, long = _told(ticket, query)
    return lat or 0.0, long or 0.0


def _page(rows: Sequence[T], size: int, token: str, filters: object) -> Page[T]:
    mark = hashlib.sha256(repr(filters).encode()).hexdigest()[:8]
    start, _, signed = (token or f"0.{mark}").partition(".")
    if not start.isdigit() or signed != mark:
        raise InvalidRequest("The page token is not one of ours for this list.")
    end = int(start) + size
    return Page(rows[int(start) : end], f"{end}.{mark}" if end < len(rows) else "")
