"""The service desk: every use case of citizens and staff, one method each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.errors import InvalidRequest, TicketNotFound
from chalicelib.messages import Channel, InboundMessage, TicketView
from chalicelib.signing import Signer
from chalicelib.templates import available_locales
from chalicelib.tickets.casework.obligations import Obligations
from chalicelib.tickets.intake import emergencies
from chalicelib.tickets.intake.receiving import Intake, Outcome
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import Actor, Ticket
from chalicelib.tickets.publishing.public_words import hide_more
from chalicelib.tickets.publishing.publication import is_published
from chalicelib.tickets.publishing.views import view_ticket


def tracking_secret(signer: Signer, ticket: Ticket) -> str:
    """What opens a ticket's tracking page; a raised `tracking_version` revokes it."""
    return signer.sign("tracking", *_tracking_parts(ticket))


def _tracking_parts(ticket: Ticket) -> tuple[str, str, str]:
    return ticket.jurisdiction_id, ticket.ticket_id, str(ticket.tracking_version)


@dataclass(frozen=True, slots=True)
class ServiceDesk(Obligations):
    """What citizens do, and through `Obligations` what staff do. `signer` is asked for when needed."""

    intake: Intake
    signer: Callable[[], Signer]

    def receive(self, message: InboundMessage) -> Outcome:
        """One message, whatever the channel; see `Intake.receive`."""
        return self.intake.receive(message)

    def track(self, ticket_id: str, secret: str) -> Casefile:
        """The file for the holder of its tracking link.

        Raises `TicketNotFound` alike for a wrong secret and an absent ticket.
        """
        casefile = self.committer.store.read(ticket_id)
        self._check_secret(casefile.ticket, secret)
        return casefile

    def _check_secret(self, ticket: Ticket, secret: str) -> None:
        if not self.signer().verify(secret, "tracking", *_tracking_parts(ticket)):
            raise TicketNotFound("There is no such page. Check that the link is complete.")

    def public_view(self, ticket_id: str, locale: str) -> TicketView:
        """What everybody may know. Raises `TicketNotFound` when it is private or absent."""
        return self.view(self.public_case(ticket_id), locale, "public")

    def public_case(self, ticket_id: str) -> Casefile:
        """The file that everybody may know something of, or the one that it was joined to.

        Raises `TicketNotFound` when it is private or absent.
        """
        casefile = self.committer.store.read(ticket_id)
        catalog = self.committer.catalogs.load()
        while is_published(casefile.ticket, catalog) and casefile.ticket.merged_into:
            casefile = self.committer.store.read(casefile.ticket.merged_into)
        if not is_published(casefile.ticket, catalog):
            raise TicketNotFound("There is no public report with this reference.")
        return casefile

    def hide_words(self, ticket_id: str, secret: str, words: str) -> Ticket:
        """The author takes words out of the public copy, by tracking link; see `hide_more`."""
        ticket = self.committer.store.get(ticket_id)
        self._check_secret(ticket, secret)
        hide_more(ticket, words, self.committer.clock.now())
        self.committer.commit(ticket)
        return ticket

    def view(self, casefile: Casefile, locale: str, audience: str) -> TicketView:
        """The file as `audience` (public, requester, staff) may see it."""
        return view_ticket(casefile, self.committer.catalogs.load(), locale, audience)

    def withdraw_emergency(self, ticket_id: str, secret: str) -> Casefile:
        """The holder of the tracking link saw whom to call and says that nobody is in danger.

        Safe to repeat. Raises `TicketNotFound` as `track` does.
        """
        casefile = self.track(ticket_id, secret)
        ticket = casefile.ticket
        if emergencies.EMERGENCY in ticket.tags:
            emergencies.unmark(ticket, self.committer.catalogs.load())
            actor = Actor("requester", ticket.requester.key)
            ticket.record("emergency_withdrawn", self.committer.clock.now(), actor)
            self.committer.commit(ticket)
        return casefile

    def change_preferences(
        self,
        ticket_id: str,
        secret: str,
        *,
        locale: str | None = None,
        channel: Channel | None = None,
    ) -> Ticket:
        """The citizen's own choice of language and channel for this ticket, by tracking link."""
        ticket = self.committer.store.get(ticket_id)
        self._check_secret(ticket, secret)
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
