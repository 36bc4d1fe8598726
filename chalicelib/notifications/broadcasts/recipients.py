"""Recipients of a segment, collected list by list into rows; knows no table and sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib import logs
from chalicelib.errors import StaleTicket
from chalicelib.messages import Channel
from chalicelib.notifications.broadcasts.recipient_lists import Listing
from chalicelib.notifications.broadcasts.rows import HEADING, MOST_ROWS, write_row
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.commit.reachability import refusal
from chalicelib.tickets.model.records import Contact, Membership
from chalicelib.tickets.people.broadcasts import Broadcast, BroadcastStore, Stage, move
from chalicelib.tickets.people.segments import MemberStore, Segment, channel_of, party_of
from chalicelib.tickets.ports import TicketStore

log = logs.Log(__name__)

STEP = 500  # people looked at before the place is written down
REPORTS_LOOKED_AT = 50  # the newest of a person


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRecipients:
    """Turns a segment into the rows of a broadcast, a step at a time; a step repeated changes nothing."""

    listing: Listing
    store: BroadcastStore
    tickets: TicketStore
    members: MemberStore

    def run(
        self,
        broadcast: Broadcast,
        remaining: Callable[[], int] = lambda: 60_000,
        steps: int | None = None,
    ) -> None:
        """Go on collecting recipients while there is time, at most `steps`; at the end it is a draft."""
        done = 0
        while broadcast.stage is Stage.PREPARING and done != steps and remaining() > 15_000:
            self._step(broadcast)
            done += 1
            try:
                self.store.save(broadcast)
            except StaleTicket:
                log.info("a broadcast was ended or taken over by another run")
                return

    def _step(self, broadcast: Broadcast) -> None:
        found, place = self.members.page(broadcast.purpose, broadcast.place, STEP)
        chosen = list(self._chosen(broadcast, found))[: MOST_ROWS - broadcast.rows]
        if chosen:
            self._keep(broadcast, chosen)
        broadcast.place = place
        if not place or broadcast.rows >= MOST_ROWS:
            move(broadcast, Stage.DRAFT)

    def _keep(self, broadcast: Broadcast, chosen: list[Contact]) -> None:
        heading = "" if broadcast.parts else HEADING
        lines = [heading, *(write_row(party_of(contact.key)) for contact in chosen)]
        broadcast.parts = (*broadcast.parts, self.listing.keep("".join(lines).encode()))
        texts = sum(channel_of(contact.key) is Channel.SMS for contact in chosen)
        broadcast.rows += len(chosen)
        broadcast.texts += texts
        broadcast.mails += len(chosen) - texts
        words = self.listing.words(broadcast)
        broadcast.segments = broadcast.texts * self.listing.segments_of(words, broadcast.values)
        policy = self.listing.catalogs.load().policy
        broadcast.cost_micros = broadcast.segments * policy.sms_price_micros

    def _chosen(self, broadcast: Broadcast, found: Iterable[Membership]) -> Iterator[Contact]:
        """Who belongs to the segment, still consents, and can be written to."""
        segment, catalog = broadcast.segment or Segment(), self.listing.catalogs.load()
        admitted = [member.party_key for member in found if segment.admits(member)]
        contacts = self.tickets.contacts(admitted)
        for contact in contacts.values():
            if withdrawn(contact, broadcast.purpose):
                continue
            if segment.asks_for_reports and not self._has_reported(contact, segment, catalog):
                continue
            if refusal(contact, channel_of(contact.key), broadcast.purpose):
                broadcast.kept_back += 1
            else:
                yield contact

    def _has_reported(self, contact: Contact, segment: Segment, catalog: Catalog) -> bool:
        found = self.tickets.tickets_of(contact.key, REPORTS_LOOKED_AT)
        return any(
            segment.is_about(t.service_code, catalog.facts(t.service_code, t.lat, t.long).areas)
            for t in found
        )


def withdrawn(contact: Contact, purpose: str) -> bool:
    """Whether the contact does not consent (any more) to hear of a purpose on its own address."""
    return contact.purposes.get(purpose) != channel_of(contact.key)


def faults_of(segment: Segment, catalog: Catalog, locales: Iterable[str]) -> Mapping[str, str]:
    """What a segment names that there is not, by field."""
    known: Mapping[str, tuple[Sequence[str], Collection[str]]] = {
        "areas": (segment.area_codes, catalog.areas),
        "services": (segment.service_codes, catalog.services),
        "locales": (segment.locales, tuple(locales)),
    }
    return {
        f"segment.{field}": f"There is no {code!r}."
        for field, (codes, there) in known.items()
        for code in codes
        if code not in there
    }
