"""The service desk: every use case of citizens and staff, one method each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from chalicelib import metrics
from chalicelib.errors import InvalidRequest, NotFound, TicketNotFound
from chalicelib.messages import Channel, InboundMessage, TicketView
from chalicelib.metrics import Metric
from chalicelib.signing import Signer
from chalicelib.templates import available_locales
from chalicelib.tickets.casework.obligations import Obligations
from chalicelib.tickets.catalog.allowances import leave, percent
from chalicelib.tickets.intake import emergencies
from chalicelib.tickets.intake.receiving import Intake, Outcome
from chalicelib.tickets.model.records import Casefile, Change
from chalicelib.tickets.model.ticket import Actor, Entry, Ticket
from chalicelib.tickets.people import links
from chalicelib.tickets.publishing.public_words import hide_more
from chalicelib.tickets.publishing.publication import is_published
from chalicelib.tickets.publishing.views import READABLE, find_attachment, shown_to, view_ticket

LOOKED_AT = 1_000  # entries among which a file is looked for


@dataclass(frozen=True, slots=True)
class ServiceDesk(Obligations):
    """What citizens do, and through `Obligations` what staff do. `signer` is asked for when needed."""

    intake: Intake
    signer: Callable[[], Signer]

    def receive(self, message: InboundMessage) -> Outcome:
        """One message, whatever the channel; see `Intake.receive`."""
        return self.intake.receive(message)

    def count_files(self, origin: str, number: int) -> None:
        """Count files before they are kept, for the network that they come from and the city, in one write.

        Raises `AllowanceUsedUp`; costs nothing where there are none.
        """
        policy, now = self.committer.catalogs.load().policy, self.committer.clock.now()
        rows = [leave("city_uploads_an_hour", policy, now)]
        rows += [leave("network_uploads_an_hour", policy, now, origin)] if origin else []
        if number:
            self.committer.write(Change(allowances=rows * number))

    def spend(self, *taken: tuple[str, str]) -> None:
        """Count one of each of these rows of the table for whom they name, in one write.

        Raises `AllowanceUsedUp`.
        """
        policy, now = self.committer.catalogs.load().policy, self.committer.clock.now()
        rows = [leave(name, policy, now, of) for name, of in taken if of]
        if rows:
            self.committer.write(Change(allowances=rows))

    def watch_purses(self) -> None:
        """Tell whoever operates the city when much of what strangers may cause in it is taken."""
        policy = self.committer.catalogs.load().policy
        use = self.committer.store.used_by_city(self.committer.clock.now())
        shares = [percent(name, taken, policy) for name, taken in use.taken.items()]
        if shares and max(shares) >= policy.purse_alarm_percent:
            metrics.put(Metric.PURSE_SHARE, max(shares))

    def held(self, ticket_id: str, secret: str) -> Ticket:
        """The ticket of the holder of its tracking link.

        Raises `TicketNotFound` alike for a wrong secret and an absent ticket, `LinkEnded` for a link of
        ours that has ended.
        """
        ticket = self.committer.store.get(ticket_id)
        self._check_secret(ticket, secret)
        return ticket

    def track(self, ticket_id: str, secret: str, token: str = "") -> Casefile:
        """One page of the file for the holder of its tracking link; raises as `held` does."""
        return self.story(self.held(ticket_id, secret), "requester", token)

    def story(self, ticket: Ticket, audience: str, token: str = "") -> Casefile:
        """A ticket with one page of what `audience` may see of its timeline; see `TicketStore.timeline`."""
        page = self.committer.store.timeline(ticket, token, shown_to(ticket, audience))
        return Casefile(ticket, [*page.items], next_token=page.next_token)

    def words(self, ticket: Ticket, number: int, audience: str) -> Entry:
        """One entry with all of its words, for somebody who may read them. Raises `NotFound`."""
        store = self.committer.store
        store.look_back(ticket)
        entry = store.entry(ticket.ticket_id, number)
        if not shown_to(ticket, audience)(entry) or entry.visibility not in READABLE[audience]:
            raise NotFound(f"{ticket.ticket_id} has no entry {number}.")
        return entry

    def file_name(self, ticket: Ticket, digest: str, audience: str, number: int = 0) -> str:
        """The name under which `audience` may fetch a file, empty for none.

        It is looked for in entry `number` and before it, or in the latest ones.
        """
        store = self.committer.store
        store.look_back(ticket)
        entries = islice(store.recent(ticket, number + 1 if number else 0), LOOKED_AT)
        return find_attachment(ticket, entries, digest, audience)

    def _check_secret(self, ticket: Ticket, secret: str) -> None:
        policy, now = self.committer.catalogs.load().policy, self.committer.clock.now()
        links.check(self.signer(), ticket, secret, policy, now)

    def public_case(self, ticket_id: str, token: str = "") -> Casefile:
        """A page of the file that everybody may know something of; raises as `public_ticket` does."""
        return self.story(self.public_ticket(ticket_id), "public", token)

    def public_ticket(self, ticket_id: str) -> Ticket:
        """The ticket that everybody may know something of, or the one that it was joined to.

        Raises `TicketNotFound` when it is private or absent.
        """
        store, catalog = self.committer.store, self.committer.catalogs.load()
        ticket = store.get(ticket_id)
        while is_published(ticket, catalog) and ticket.merged_into:
            ticket = store.get(ticket.merged_into)
        if not is_published(ticket, catalog):
            raise TicketNotFound("There is no public report with this reference.")
        return ticket

    def hide_words(self, ticket_id: str, secret: str, words: str) -> Ticket:
        """The author takes words out of the public copy, by tracking link; see `hide_more`."""
        ticket = self.held(ticket_id, secret)
        hide_more(ticket, words, self.committer.clock.now())
        self.committer.commit(ticket)
        return ticket

    def view(self, casefile: Casefile, locale: str, audience: str) -> TicketView:
        """The file as `audience` (public, requester, staff) may see it."""
        return view_ticket(casefile, self.committer.catalogs.load(), locale, audience)

    def withdraw_emergency(self, ticket_id: str, secret: str) -> Ticket:
        """The holder of the tracking link saw whom to call and says that nobody is in danger.

        Safe to repeat. Raises `TicketNotFound` as `held` does.
        """
        ticket = self.held(ticket_id, secret)
        if emergencies.EMERGENCY in ticket.tags:
            emergencies.unmark(ticket, self.committer.catalogs.load())
            actor = Actor("requester", ticket.requester.key)
            ticket.record("emergency_withdrawn", self.committer.clock.now(), actor)
            self.committer.commit(ticket)
        return ticket

    def change_preferences(
        self,
        ticket_id: str,
        secret: str,
        *,
        locale: str | None = None,
        channel: Channel | None = None,
    ) -> Ticket:
        """The citizen's own choice of language and channel for this ticket, by tracking link."""
        ticket = self.held(ticket_id, secret)
        if locale is not None and locale not in available_locales():
            raise InvalidRequest("We cannot write in that language.", {"locale": "Choose another."})
        if channel is not None and not ticket.requester.address(channel):
            raise InvalidRequest(
                "We have no such address of yours.", {"channel": "Choose another way."}
            )
        ticket.locale = locale or ticket.locale
        ticket.preferred_channel = channel or ticket.preferred_channel
        actor = Actor("requester", ticket.requester.key)
        data = {"locale": ticket.locale, "channel": str(ticket.preferred_channel)}
        ticket.record("preferences_changed", self.committer.clock.now(), actor, data=data)
        self.committer.commit(ticket)
        return ticket
