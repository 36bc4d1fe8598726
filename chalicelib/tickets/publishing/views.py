"""A ticket as each kind of reader may see it; pure. What is not made here never leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from chalicelib.geography import Place
from chalicelib.messages import EntryView, TicketView
from chalicelib.tickets.catalog import Catalog, words
from chalicelib.tickets.catalog.place_precision import ABOUT, EXACT, shown_place
from chalicelib.tickets.clocks.promises import expected_at
from chalicelib.tickets.model.public_copy import PublicWords
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import Entry, Status, Ticket, Visibility
from chalicelib.tickets.publishing.public_words import public_words

READABLE = {
    "public": {Visibility.PUBLIC},
    "requester": {Visibility.PUBLIC, Visibility.REQUESTER},
    "staff": set(Visibility),
}
# The entries whose fact (not words) everybody may know about a public ticket.
_PUBLIC_KINDS = {"opened", "status_changed", "reopened"}
# What everybody who may see the ticket learns: who holds it, by the names of agencies.
_CHAIN = {"handed_over", "hand_over_accepted", "hand_over_refused"}


def view_ticket(casefile: Casefile, catalog: Catalog, locale: str, audience: str) -> TicketView:
    """The ticket for `audience`: public, requester or staff.

    The public sees the derived copy of the words and only the bare facts of the timeline; nobody
    but staff sees entries made for staff. Names of staff are given as the agency's.
    """
    ticket = casefile.ticket
    service = catalog.services.get(ticket.service_code)
    agency = catalog.agencies.get(ticket.agency_code)
    is_public = audience == "public"
    exactness = catalog.exactness(ticket.service_code) if is_public else EXACT
    shown = public_words(ticket, exactness) if is_public else _own_words(ticket)
    lat, long = place_of(ticket, exactness) or (None, None)
    return TicketView(
        ticket_id=ticket.ticket_id,
        status=str(ticket.status),
        is_open=ticket.is_open,
        service_code=ticket.service_code,
        service_name=words(service.service_name, locale) if service else ticket.service_name,
        requested_at=ticket.requested_at,
        updated_at=ticket.updated_at,
        status_notes=shown.notes,
        description=shown.description,
        agency_name=words(agency.agency_name, locale) if agency else "",
        service_notice=words(service.service_notice, locale) if service else "",
        expected_at=expected_at(ticket),
        address=shown.address,
        lat=lat,
        long=long,
        is_rough=exactness == ABOUT,
        media_urls=_photos(ticket, shown) if is_public else ticket.media_urls,
        locale=ticket.locale,
        channel=str(ticket.channel),
        priority=str(ticket.priority) if audience == "staff" else "",
        entries=tuple(_entries(casefile, audience, _agency_names(catalog, locale))),
        attributes={} if is_public else dict(ticket.attributes),
        me_too=ticket.me_too,
        can_reply=audience == "requester" and not ticket.merged_into,
        can_reopen=audience == "requester" and ticket.status is Status.RESOLVED,
    )


def place_of(ticket: Ticket, exactness: str) -> Place | None:
    """Where a ticket is, as exactly as may be told; None when that is not known or not told."""
    if ticket.lat is None or ticket.long is None:
        return None
    return shown_place((ticket.lat, ticket.long), exactness)


def _photos(ticket: Ticket, shown: PublicWords) -> tuple[str, ...]:
    """Our own paths to the photos that everybody may see."""
    return tuple(f"/tickets/{ticket.ticket_id}/photos/{digest}" for digest in shown.photos)


def _own_words(ticket: Ticket) -> PublicWords:
    return PublicWords(
        description=ticket.description, notes=ticket.status_notes, address=ticket.address
    )


def _agency_names(catalog: Catalog, locale: str) -> dict[str, str]:
    return {code: words(a.agency_name, locale) for code, a in catalog.agencies.items()}


def _entries(casefile: Casefile, audience: str, names: Mapping[str, str]) -> Iterator[EntryView]:
    is_shown = shown_to(casefile.ticket, audience)
    for entry in filter(is_shown, casefile.entries):
        if audience != "staff" and entry.kind in _CHAIN:
            yield _bare(entry, {"agency_name": names.get(str(entry.data.get("to", "")), "")})
        elif entry.visibility in READABLE[audience]:
            yield _entry(entry, audience)
        else:
            yield _bare(entry)


def shown_to(ticket: Ticket, audience: str) -> Callable[[Entry], bool]:
    """Whether an entry of the ticket, or the fact of it, is for `audience`.

    Words and files that were moved to another ticket are staff's alone; read `ticket.settled` first.
    """
    readable, kinds = (
        READABLE[audience],
        _CHAIN | (_PUBLIC_KINDS if audience == "public" else set()),
    )

    def is_shown(entry: Entry) -> bool:
        is_moved = entry.number in ticket.settled.moved and entry.kind != "opened"
        is_seen = entry.visibility in readable or entry.kind in kinds
        return audience == "staff" or (is_seen and not is_moved)

    return is_shown


def _bare(entry: Entry, data: Mapping[str, str] | None = None) -> EntryView:
    """That it happened, and nothing that anybody wrote."""
    codes = _codes(entry) | dict(data or {})
    return EntryView(
        number=entry.number, at=entry.at, kind=entry.kind, author="", text="", data=codes
    )


def _entry(entry: Entry, audience: str) -> EntryView:
    is_public = audience == "public"
    return EntryView(
        number=entry.number,
        at=entry.at,
        kind=entry.kind,
        author=_author(entry, audience),
        text="" if is_public else entry.text,
        attachments=() if is_public else tuple((a.digest, a.filename) for a in entry.attachments),
        data=_codes(entry),
        is_verified=entry.is_verified,
        is_cut=entry.is_cut and not is_public,
    )


def _author(entry: Entry, audience: str) -> str:
    """Who to name: the kind of actor; staff also see the person."""
    if audience == "staff":
        return entry.actor.name or entry.actor.key or entry.actor.kind
    return entry.actor.kind


def _codes(entry: Entry) -> dict[str, str]:
    shown = ("from", "to", "agency_code", "level", "expected_at")
    return {name: str(entry.data[name]) for name in shown if name in entry.data}


def find_attachment(ticket: Ticket, entries: Iterable[Entry], digest: str, audience: str) -> str:
    """The file name under which this reader may fetch `digest`; empty when it is not theirs."""
    is_shown, readable = shown_to(ticket, audience), READABLE[audience]
    files = chain(
        ticket.attachments if audience != "public" else (),
        (a for e in entries if is_shown(e) and e.visibility in readable for a in e.attachments),
    )
    return next((file.filename for file in files if file.digest == digest), "")
