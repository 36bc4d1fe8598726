"""Segments: the part of the public that consented to a purpose, and who belongs to it; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.messages import Channel, Party
from chalicelib.tickets.model.records import Contact, Membership

EVERYBODY, PEOPLE, BUSINESSES = "everybody", "people", "businesses"
WHO = (EVERYBODY, PEOPLE, BUSINESSES)
# A person's own reports are no news that anybody consents to.
CONSENTED = ("alerts", "consultations", "emergencies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Whom a broadcast is for; what is empty does not restrict.

    `area_codes` and `service_codes` ask for somebody who reported something there, or of that kind;
    both must be true of the same report. `locales` are the languages people chose.
    """

    area_codes: tuple[str, ...] = ()
    service_codes: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    who: str = EVERYBODY

    @property
    def asks_for_reports(self) -> bool:
        """Whether somebody's reports must be looked at."""
        return bool(self.area_codes or self.service_codes)

    def admits(self, member: Membership) -> bool:
        """Whether language and kind fit; nothing is looked up."""
        if self.locales and member.locale not in self.locales:
            return False
        return self.who == EVERYBODY or member.is_business == (self.who == BUSINESSES)

    def is_about(self, service_code: str, areas: Iterable[str]) -> bool:
        """Whether a report of this service in these areas makes its sender one of the segment."""
        if self.service_codes and service_code not in self.service_codes:
            return False
        return not self.area_codes or not set(self.area_codes).isdisjoint(areas)


class MemberStore(Protocol):
    """The lists of those who consented, one for each purpose; they are written with the contact."""

    def page(self, purpose: str, place: str, size: int) -> tuple[list[Membership], str]:
        """Some of a list from `place` on (empty: its beginning), and where it goes on; empty at the end."""
        ...


def channel_of(party_key: str) -> Channel:
    """The one channel on which a contact's key is an address."""
    return Channel.SMS if party_key.startswith("tel:") else Channel.EMAIL


def party_of(party_key: str) -> Party:
    """The address in a contact's key."""
    kind, _, address = party_key.partition(":")
    return Party(phone=address) if kind == "tel" else Party(email=address)


def memberships(contact: Contact, now: datetime, default_locale: str) -> list[Membership]:
    """For each purpose, whether the contact is on its list: only who chose this very address is."""
    way = channel_of(contact.key)
    return [
        Membership(
            party_key=contact.key,
            purpose=purpose,
            locale=contact.locale or default_locale,
            is_business=contact.is_business,
            ended_at=None if contact.purposes.get(purpose) == way else now,
        )
        for purpose in CONSENTED
    ]
