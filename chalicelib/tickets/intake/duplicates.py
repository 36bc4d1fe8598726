"""Open reports that may be about the same matter: same service, same place, not long ago; joins nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.geography import ROUGH_METRES, circle, metres
from chalicelib.tickets.catalog import Catalog, fold
from chalicelib.tickets.catalog.place_precision import EXACT
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.model.wording import is_spaced
from chalicelib.tickets.ports import CatalogStore, Clock, PublicQuery, TicketStore
from chalicelib.tickets.publishing.public_words import public_words
from chalicelib.tickets.publishing.publication import is_public_service, is_published
from chalicelib.tickets.publishing.views import place_of

RECENT = timedelta(days=30)
FRESH = timedelta(minutes=10)
MOST = 5
LOOKED_AT = (
    200  # of the newest public reports of a service, when a place is known by its words alone
)
NEAREST = 40  # read whole, when very many are open
LEAST_LETTERS = 4  # of a place in a script without spaces
_SHORT = {
    "st": "street",
    "str": "street",
    "rd": "road",
    "ave": "avenue",
    "av": "avenue",
    "ln": "lane",
    "dr": "drive",
    "blvd": "boulevard",
    "sq": "square",
    "c": "calle",
    "avda": "avenida",
    "خ": "خیابان",
}
# Words that stand beside a name and tell no two places apart.
_COMMON = frozenset(
    fold(
        "the a at in on of near by to from front corner and el la los las de del en y cerca frente junto"
        " esquina نزدیک روبروی جنب کنار در سر و"
    ).split()
)
_KINDS = frozenset(
    fold(
        "street road avenue lane drive boulevard square calle avenida plaza خیابان کوچه میدان بلوار"
    ).split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What is known of a report before it is sent: its service and its place."""

    service_code: str
    address: str = ""
    lat: float | None = None
    long: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest open public reports of a service, as they were at a moment; all there are or not."""

    at: datetime
    tickets: tuple[Ticket, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Looks for reports that somebody may mean again.

    What a form may be held against is read when the form is loaded, and kept for some minutes, so that
    sending it costs no call more.
    """

    store: TicketStore
    catalogs: CatalogStore
    clock: Clock
    kept: dict[str, Snapshot] = field(default_factory=dict)

    def prepare(self, service_code: str) -> None:
        """Read what reports of this service will be held against."""
        catalog, now = self.catalogs.load(), self.clock.now()
        if not service_code or not is_public_service(service_code, catalog):
            return
        query = PublicQuery(
            start=now - RECENT, end=now, service_codes=(service_code,), is_open=True
        )
        page = self.store.public(query, LOOKED_AT)
        open_ones = tuple(t for t in page.items if is_published(t, catalog))
        self.kept[service_code] = Snapshot(now, open_ones, is_whole=not page.next_token)

    def shown(self, spot: Spot) -> list[Ticket]:
        """Those that everybody may know of, the nearest first; never a private one."""
        held = self._held(spot.service_code)
        if held is None:
            return []
        exactness = self.catalogs.load().exactness(spot.service_code)
        return _few([*self._near_public(spot, held), *_named(spot, held.tickets, exactness)])

    def of(self, ticket: Ticket) -> list[Ticket]:
        """Those that staff may want to join `ticket` with, private ones near it too."""
        spot = Spot(
            service_code=ticket.service_code,
            address=ticket.address,
            lat=ticket.lat,
            long=ticket.long,
        )
        held, catalog = self._held(spot.service_code), self.catalogs.load()
        near = self._near(spot, _radius(spot.service_code, catalog))
        known, exactness = held.tickets if held else (), catalog.exactness(spot.service_code)
        found = [*near, *_named(spot, known, exactness)]
        return _few(t for t in found if t.ticket_id != ticket.ticket_id)

    def _held(self, service_code: str) -> Snapshot | None:
        held = self.kept.get(service_code)
        if held is None or self.clock.now() - held.at > FRESH:
            self.prepare(service_code)
        return self.kept.get(service_code)

    def _near_public(self, spot: Spot, held: Snapshot) -> list[Ticket]:
        """Those near the spot by what everybody may know of their places, the nearest first."""
        catalog = self.catalogs.load()
        exactness, reach = catalog.exactness(spot.service_code), _reach(spot.service_code, catalog)
        known: Iterable[Ticket] = held.tickets
        if not held.is_whole:
            known = self._near(spot, reach + ROUGH_METRES, is_public=True, most=NEAREST)
        found = [(_distance(spot, t, exactness), t) for t in known if t.is_public]
        near = [pair for pair in found if reach and pair[0] <= reach]
        return [ticket for _, ticket in sorted(near, key=lambda pair: pair[0])]

    def _near(
        self, spot: Spot, radius: int, *, is_public: bool | None = None, most: int = MOST
    ) -> list[Ticket]:
        if spot.lat is None or spot.long is None or not radius:
            return []
        since, box = self.clock.now() - RECENT, circle(spot.lat, spot.long, radius)
        return self.store.nearby(spot.service_code, box, since, is_public=is_public, limit=most)


def _distance(spot: Spot, ticket: Ticket, exactness: str) -> float:
    place = place_of(ticket, exactness)
    if place is None or spot.lat is None or spot.long is None:
        return math.inf
    return metres((spot.lat, spot.long), place)


def _named(spot: Spot, tickets: Iterable[Ticket], exactness: str) -> list[Ticket]:
    """Those whose public place has the same words."""
    if not spot.address:
        return []
    return [t for t in tickets if is_same_place(spot.address, public_words(t, exactness).address)]


def _reach(service_code: str, catalog: Catalog) -> int:
    """How near a public report must be to be offered; less near where places are told roughly."""
    radius = _radius(service_code, catalog)
    is_rough = radius and catalog.exactness(service_code) != EXACT
    return radius + ROUGH_METRES if is_rough else radius


def _radius(service_code: str, catalog: Catalog) -> int:
    service = catalog.services.get(service_code)
    return service.duplicate_radius_metres if service else 0


def _few(found: Iterable[Ticket]) -> list[Ticket]:
    """Each once, without those that were joined to another already."""
    once = {t.ticket_id: t for t in found if t.is_open and not t.merged_into and not t.follows}
    return [*once.values()][:MOST]


def is_same_place(one: str, other: str) -> bool:
    """Whether two people's words may name the same place.

    House numbers must agree where both give them, and the names of one must all stand in the other.
    """
    if not is_spaced(one) or not is_spaced(other):
        short, long = sorted((fold(one).replace(" ", ""), fold(other).replace(" ", "")), key=len)
        return len(short) >= LEAST_LETTERS and short in long
    first, second = _tokens(one), _tokens(other)
    numbers = [{t for t in each if t[0].isdecimal()} for each in (first, second)]
    if all(numbers) and numbers[0] != numbers[1]:
        return False
    few, many = sorted(({*first} - numbers[0], {*second} - numbers[1]), key=len)
    return bool(few - _KINDS) and few <= many


def _tokens(address: str) -> list[str]:
    spelled = (_SHORT.get(token, token) for token in fold(address).split())
    return [token for token in spelled if token not in _COMMON]
