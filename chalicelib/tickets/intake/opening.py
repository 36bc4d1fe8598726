"""How a message becomes a ticket: which service, whose agency, what is owed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.messages import Channel, InboundMessage, Nature, Proof
from chalicelib.templates import available_locales
from chalicelib.tickets.catalog import UNCLASSIFIED, Catalog, words
from chalicelib.tickets.catalog.classification import classify
from chalicelib.tickets.catalog.routing import choose
from chalicelib.tickets.intake import confirmation, emergencies
from chalicelib.tickets.intake.place_words import mentions_place
from chalicelib.tickets.model.excerpts import excerpt
from chalicelib.tickets.model.records import Contact
from chalicelib.tickets.model.references import new_ticket_id, ticket_id_for
from chalicelib.tickets.model.ticket import (
    DESCRIPTION_BYTES,
    MAX_DESCRIPTION,
    MOST_FILES,
    Actor,
    ClockEvent,
    Priority,
    Ticket,
    Visibility,
)
from chalicelib.tickets.ports import CatalogStore

MAX_SUBJECT = 200
NAMED = 20  # files left out that are written down by name; of the others the number


def mails_own(message: InboundMessage) -> str:
    """The reference of a new ticket: a mail always gets the same, so that one that is read again out of the
    bucket, after its ticket was lost, keeps the reference and the link that its writer was given."""
    if message.channel is not Channel.EMAIL:
        return new_ticket_id()
    return ticket_id_for(f"mail:{message.message_id}")


def by_chance(_message: InboundMessage) -> str:
    """A reference that nobody has: where the mail's own is another ticket's."""
    return new_ticket_id()


@dataclass(frozen=True, slots=True)
class Opener:
    """Makes tickets out of messages; `reference` chooses their names."""

    catalogs: CatalogStore
    jurisdiction_id: str
    default_locale: str
    reference: Callable[[InboundMessage], str] = mails_own

    def open(
        self, message: InboundMessage, contact: Contact, now: datetime, *, linked_to: str = ""
    ) -> Ticket:
        """A new ticket for `message`, its `opened` entry recorded and its clocks started.

        A named service must exist (`UnknownService`); otherwise the words decide, and what nobody
        recognises goes to the triage agency as `unclassified`.
        """
        catalog = self.catalogs.load()
        locale = self._locale(message, contact)
        service_code = message.service_code or self._classify(message, catalog, locale)
        ticket = self._blank(message, locale, now)
        trace = place(ticket, catalog, service_code)
        ticket.preferred_channel = _channel(message, contact)
        ticket.linked_to = (linked_to,) if linked_to else ()
        confirmation.ask_newcomer(ticket, message, now)
        danger = emergencies.mark(message, ticket, catalog, service_code)
        entry = ticket.record(
            "opened",
            now,
            Actor("requester", message.sender.key, message.sender.name),
            visibility=Visibility.REQUESTER,
            text=_words(message),
            attachments=message.attachments,
            channel=message.channel,
            message_key=f"{message.channel}:{message.message_id}",
            is_verified=ticket.is_confirmed,
            data=_evidence(message, linked_to)
            | _unspoken(message, locale)
            | _asks_where(message, ticket, catalog)
            | trace
            | danger,
        )
        # What waited in a queue was promised from the moment when it reached the city.
        ticket.mark(ClockEvent.STARTED, entry, ticket.requested_at)
        return ticket

    def _blank(self, message: InboundMessage, locale: str, now: datetime) -> Ticket:
        requested_at = min(message.received_at, now)
        return Ticket(
            ticket_id=self.reference(message),
            jurisdiction_id=self.jurisdiction_id,
            channel=message.channel,
            service_code="",
            service_name="",
            agency_code="",
            requester=message.sender,
            description=_description(message),
            subject=_shortened(message.subject, MAX_SUBJECT),
            requested_at=requested_at,
            updated_at=now,
            locale=locale,
            is_confirmed=message.proof is Proof.PROVEN,
            address=message.address,
            lat=message.lat,
            long=message.long,
            attributes=dict(message.attributes),
            media_urls=message.media_urls,
            attachments=message.attachments[:MOST_FILES],
        )

    def _locale(self, message: InboundMessage, contact: Contact) -> str:
        for wish in (contact.locale, message.locale):
            if wish.partition("-")[0] in available_locales():
                return wish.partition("-")[0]
        return self.default_locale

    def _classify(self, message: InboundMessage, catalog: Catalog, locale: str) -> str:
        if message.nature is Nature.UNREADABLE:
            return UNCLASSIFIED
        code, _ = classify(f"{message.subject}\n{message.text}", catalog, locale)
        return code


def place(ticket: Ticket, catalog: Catalog, service_code: str) -> dict[str, str]:
    """Put a ticket under a service: its name, agency, priority, notice and whether it is public.

    The city's routes may send it to another agency than the service's own; the trace says why. What was
    taken as private stays so under a public service: publishing is a decision of its own.
    """
    _put_under(ticket, catalog, service_code)
    choice = choose(ticket, catalog.routes, catalog.areas.values(), catalog.facts(service_code))
    ticket.asked_sides = choice.sides if choice else ()
    if choice is None:
        return {}
    ticket.agency_code = choice.agency_code or ticket.agency_code
    trace = {"route": choice.trace, "near_border": ", ".join(choice.border)}
    return {name: text for name, text in trace.items() if text}


def _put_under(ticket: Ticket, catalog: Catalog, service_code: str) -> None:
    may_show = ticket.is_public or not ticket.service_code
    if service_code == UNCLASSIFIED:
        ticket.service_code, ticket.service_name = UNCLASSIFIED, ""
        ticket.agency_code, ticket.is_public = catalog.triage().agency_code, False
        return
    service = catalog.service(service_code)
    ticket.service_code = service.service_code
    ticket.service_name = words(service.service_name, ticket.locale)
    ticket.service_notice = words(service.service_notice, ticket.locale)
    ticket.agency_code = service.agency_code
    ticket.priority = Priority(service.priority)
    ticket.is_public = may_show and service.shows_tickets


def _description(message: InboundMessage) -> str:
    return excerpt(_words(message), MAX_DESCRIPTION, DESCRIPTION_BYTES)


def _words(message: InboundMessage) -> str:
    return (message.text or message.full_text or message.subject).strip()


def _shortened(text: str, most: int) -> str:
    """`text` in at most `most` letters; one that was cut ends with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _channel(message: InboundMessage, contact: Contact) -> Channel:
    wish = message.preferred_channel or contact.preferred_channel
    if wish and message.sender.address(wish):
        return wish
    return Channel.EMAIL if message.sender.email else Channel.SMS


def _asks_where(message: InboundMessage, ticket: Ticket, catalog: Catalog) -> dict[str, str]:
    """Whether a text that names no place is answered with the question for one."""
    service = catalog.services.get(ticket.service_code)
    is_placed = bool(ticket.address or ticket.lat is not None)
    is_report = message.channel is Channel.SMS and message.nature is Nature.HUMAN
    if not is_report or is_placed or not service or not service.needs_location:
        return {}
    return {} if mentions_place(message.text) else {"needs_place": "yes"}


def _place_in_words(place: tuple[float, float] | None) -> str:
    """Coordinates as people paste them into a map; staff see them, nobody else does."""
    return f"{place[0]}, {place[1]}" if place else ""


def _unspoken(message: InboundMessage, locale: str) -> dict[str, str]:
    """The language of the words when the city has none of its own in it; staff see it."""
    asked = message.locale.partition("-")[0]
    is_unspoken = asked and asked != locale and asked not in available_locales()
    return {"asked_locale": asked} if is_unspoken else {}


def cut_marks(message: InboundMessage) -> dict[str, str]:
    """What of a message was longer than is read, and which files did not fit; staff see both."""
    cut = dict.fromkeys(message.cut)
    names, rest = message.left_out[:NAMED], len(message.left_out[NAMED:])
    listed = ", ".join(names) + (f" … +{rest}" if rest else "")
    count = str(len(message.left_out)) if listed else ""
    facts = {"cut": " ".join(cut), "left_out": listed, "left_out_count": count}
    return {name: value for name, value in facts.items() if value}


def _evidence(message: InboundMessage, linked_to: str) -> dict[str, str]:
    """What staff may want to know about how the message came; empty facts are left out."""
    facts = {
        "nature": str(message.nature) if message.nature is not Nature.HUMAN else "",
        "nature_reason": message.nature_reason,
        "raw_key": message.raw_key,
        "linked_to": linked_to,
        "proof": str(message.proof),
        "source": message.source,
        "disguised": "yes" if message.is_disguised else "",
        **cut_marks(message),
        "photo_place": _place_in_words(message.photo_place),
    }
    return {name: value for name, value in facts.items() if value}
