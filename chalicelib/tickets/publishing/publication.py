"""Which tickets everybody may know of, and the list of them; decides nothing about their words.

A private ticket is in no public index at all; what is decided here is the rest: a service that became
private takes its older tickets with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.areas import Area
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import CatalogStore, Page, PublicQuery, TicketStore
from chalicelib.tickets.publishing.public_words import public_words
from chalicelib.tickets.publishing.views import place_of

FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
LOOKED_AT = 1_000  # rows a sieved page may read; what lies further back is on the next one
ROWS_A_LOOK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """What a reader asks of the public list; empty fields do not restrict.

    `status` is `open` or `closed`; `words` are looked for in the public words, the place and the
    reference.
    """

    service_code: str = ""
    status: str = ""
    area_code: str = ""
    since: datetime | None = None
    words: str = ""
    order: str = "requested"


def is_published(ticket: Ticket, catalog: Catalog) -> bool:
    """Whether everybody may know of this ticket now."""
    return ticket.is_listed and is_public_service(ticket.service_code, catalog)


def is_public_service(service_code: str, catalog: Catalog) -> bool:
    """Whether the service shows its tickets today; of one that is gone the tickets themselves say it."""
    service = catalog.services.get(service_code)
    return service is None or service.shows_tickets


@dataclass(frozen=True, slots=True)
class PublicReports:
    """The list of what everybody may know of."""

    store: TicketStore
    catalogs: CatalogStore

    def page(self, sieve: Sieve, now: datetime, size: int = 20, token: str = "") -> Page[Ticket]:
        """One page, newest first. A sieved one may hold fewer than `size`, even none, and go on.

        Raises `InvalidRequest` for a token that is not ours.
        """
        catalog = self.catalogs.load()
        area = catalog.areas.get(sieve.area_code)
        if sieve.area_code and area is None:
            return Page([])
        query, fits = _query(sieve, now), _test(sieve, area, catalog)
        if not (sieve.words or area):
            found = self.store.public(query, size, token)
            return Page([t for t in found.items if fits(t)], found.next_token)
        return self._sieved(query, fits, size, token)

    def _sieved(
        self, query: PublicQuery, fits: Callable[[Ticket], bool], size: int, token: str
    ) -> Page[Ticket]:
        found: list[Ticket] = []
        for _ in range(LOOKED_AT // ROWS_A_LOOK):
            page = self.store.public(query, ROWS_A_LOOK, token)
            found += filter(fits, page.items)
            token = page.next_token
            if not token or len(found) >= size:
                break
        return Page(found, token)

    def month(self, start: datetime, end: datetime, size: int, token: str = "") -> Page[Ticket]:
        """Everything that was asked for from `start` until just before `end`."""
        catalog = self.catalogs.load()
        query = PublicQuery(start=start, end=end - timedelta(microseconds=1))
        found = self.store.public(query, size, token)
        return replace(found, items=[t for t in found.items if is_published(t, catalog)])


def _query(sieve: Sieve, now: datetime) -> PublicQuery:
    # The end is the end of the day, so that page tokens hold while one reads on.
    end = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return PublicQuery(
        start=sieve.since or FIRST_DAY,
        end=end,
        order=sieve.order,
        service_codes=(sieve.service_code,) if sieve.service_code else (),
        is_open={"open": True, "closed": False}.get(sieve.status),
    )


def _test(sieve: Sieve, area: Area | None, catalog: Catalog) -> Callable[[Ticket], bool]:
    wanted = re.findall(r"[\w-]+", _plain(sieve.words))

    def fits(ticket: Ticket) -> bool:
        if not is_published(ticket, catalog) or ticket.merged_into:
            return False
        exactness = catalog.exactness(ticket.service_code)
        if area and not _lies_in(ticket, area, exactness):
            return False
        return not wanted or _holds(ticket, wanted, exactness)

    return fits


def _lies_in(ticket: Ticket, area: Area, exactness: str) -> bool:
    place = place_of(ticket, exactness)
    return place is not None and area.contains(*place)


def _holds(ticket: Ticket, wanted: Sequence[str], exactness: str) -> bool:
    """Whether the reference is meant, or every word begins one of the ticket's.

    Words of languages that put no spaces between them may stand anywhere.
    """
    if "".join(wanted).replace("-", "") == ticket.ticket_id.casefold().replace("-", ""):
        return True
    shown = public_words(ticket, exactness)
    text = _plain(f" {shown.description} {shown.address} {ticket.service_name}")
    spaced = "".join(f" {word}" for word in re.findall(r"[\w-]+", text))
    return all((f" {word}" if word.isascii() else word) in spaced for word in wanted)


def _plain(text: str) -> str:
    """Letters without accents and case, and one spelling of the Persian ones."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return bare.translate({ord("ي"): "ی", ord("ك"): "ک", 0x200C: " "})
