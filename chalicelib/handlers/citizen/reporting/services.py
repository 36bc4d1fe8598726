"""Services as citizens choose among them, in their words; knows no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib.channels.questions import Question
from chalicelib.tickets.catalog import Catalog, Service, fold, words

OTHER = "other"
# The catalogue's own words, which come again with every request; never a citizen's.
_folded = lru_cache(maxsize=4096)(fold)


@dataclass(frozen=True, slots=True)
class Offer:
    """One service in one language. `words` is everything that one may search it by, folded."""

    code: str
    name: str
    description: str = ""
    group: str = ""
    notice: str = ""
    words: str = ""
    needs_location: bool = False
    emergency_number: str = ""


@dataclass(frozen=True, slots=True)
class OfferGroup:
    """Services that belong together."""

    name: str
    services: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class AnyService:
    """What a report that names no service is held against; its words decide where it goes."""

    service_code: str = ""
    needs_location: bool = False
    attributes: Sequence[Question] = field(default_factory=tuple)


def offers(catalog: Catalog, locale: str) -> list[Offer]:
    """The active services by group and name."""
    found = [_offer(service, locale) for service in catalog.services.values() if service.is_active]
    return sorted(found, key=lambda offer: (offer.group, offer.name))


def search(found: Sequence[Offer], query: str) -> list[Offer]:
    """Those that every word of `query` fits, in any language; all of them for an empty query."""
    wanted = fold(query).split()
    return [offer for offer in found if all(word in offer.words for word in wanted)]


def grouped(found: Sequence[Offer]) -> list[OfferGroup]:
    """The offers under the names of their groups."""
    groups: dict[str, list[Offer]] = {}
    for offer in found:
        groups.setdefault(offer.group, []).append(offer)
    return [OfferGroup(name, tuple(items)) for name, items in groups.items()]


def offer_of(catalog: Catalog, code: str, locale: str) -> Offer:
    """One service by its code. Raises `UnknownService`."""
    return _offer(catalog.service(code), locale)


def _offer(service: Service, locale: str) -> Offer:
    texts = [*service.service_name.values(), *service.description.values()]
    texts += [word for each in service.keywords.values() for word in each]
    return Offer(
        code=service.service_code,
        name=words(service.service_name, locale),
        description=words(service.description, locale),
        group=words(service.group, locale),
        notice=words(service.service_notice, locale),
        words=" ".join(_folded(text) for text in texts),
        needs_location=service.needs_location,
        emergency_number=service.emergency_number,
    )
