"""The link that opens a report for its author: when it ends, and how its owner gets a new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.errors import AllowanceUsedUp, LinkEnded, StaleTicket, TicketNotFound
from chalicelib.signing import Signer
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.records import Allowance, Change
from chalicelib.tickets.model.ticket import Actor, Ticket

EARLIER = 50  # versions back for which a link is still told from a wrong one


def tracking_secret(signer: Signer, ticket: Ticket) -> str:
    """What opens a ticket's tracking page; `Ticket.renew_link` revokes it."""
    return signer.sign("tracking", *_parts(ticket, ticket.tracking_version))


def check(signer: Signer, ticket: Ticket, secret: str, policy: Policy, now: datetime) -> None:
    """Raises `TicketNotFound` for a secret that was never ours, `LinkEnded` for one that has ended."""
    if signer.verify(secret, "tracking", *_parts(ticket, ticket.tracking_version)):
        if has_ended(ticket, policy, now):
            raise LinkEnded("This link has ended.")
        return
    newest = ticket.tracking_version - 1
    for version in range(newest, max(0, newest - EARLIER), -1):
        if signer.verify(secret, "tracking", *_parts(ticket, version)):
            raise LinkEnded("This link has ended.")
    raise TicketNotFound("There is no such page. Check that the link is complete.")


def has_ended(ticket: Ticket, policy: Policy, now: datetime) -> bool:
    """Whether the report has been closed, and its link untouched, for the days of the policy."""
    if ticket.is_open or ticket.closed_at is None:
        return False
    since = max(ticket.closed_at, ticket.link_made_at or ticket.closed_at)
    return now > since + timedelta(days=policy.link_days)


def _parts(ticket: Ticket, version: int) -> tuple[str, str, str]:
    return ticket.jurisdiction_id, ticket.ticket_id, str(version)


@dataclass(frozen=True, slots=True)
class Links:
    """New tracking links, for whoever holds one and for staff."""

    committer: Committer
    signer: Callable[[], Signer]

    def ended(self, ticket_id: str, secret: str) -> Ticket | None:
        """The ticket of a link of ours that has ended, None for one that is good.

        Raises `TicketNotFound` alike for a wrong secret and an absent ticket.
        """
        ticket, now = self.committer.store.get(ticket_id), self.committer.clock.now()
        try:
            check(self.signer(), ticket, secret, self._policy, now)
        except LinkEnded:
            return ticket
        return None

    def send(self, ticket: Ticket, origin: str) -> None:
        """Send the good link to the address on file, for whoever held one that ended; nothing without.

        Over the day's share nothing is sent, and who asked is not told: they may be anybody.
        """
        if not ticket.requester.key or not ticket.is_confirmed:
            return
        now = self.committer.clock.now()
        if has_ended(ticket, self._policy, now):
            ticket.renew_link(now)
        try:
            self._commit(ticket, Actor("requester", ticket.requester.key), now, origin)
        except AllowanceUsedUp:
            return

    def renew(self, ticket: Ticket, origin: str) -> None:
        """The holder of a good link ends it and makes another; it goes to the confirmed address.

        Raises `AllowanceUsedUp`, with nothing changed, when it may not be sent.
        """
        now = self.committer.clock.now()
        ticket.renew_link(now)
        self._commit(ticket, Actor("requester", ticket.requester.key), now, origin)

    def renew_by_staff(self, ticket_id: str, actor: Actor, *, version: int) -> Ticket:
        """Staff end every link made so far. Raises `StaleTicket`, `TicketNotFound`."""
        ticket, now = self.committer.store.get(ticket_id), self.committer.clock.now()
        if version != ticket.version:
            raise StaleTicket(
                f"Ticket {ticket_id} was changed meanwhile; read it again and repeat your change.",
                ticket.version,
            )
        ticket.renew_link(now)
        ticket.record("link_renewed", now, actor)
        self.committer.commit(ticket)
        return ticket

    def revive(self, ticket: Ticket) -> None:
        """Whoever has the claim code of a report whose link ended has its days anew."""
        now = self.committer.clock.now()
        if has_ended(ticket, self._policy, now):
            ticket.link_made_at = now
            self.committer.commit(ticket)

    def _commit(self, ticket: Ticket, actor: Actor, now: datetime, origin: str) -> None:
        ticket.record("link_renewed", now, actor)
        self.committer.commit(ticket, Change(allowances=self._counts(ticket, now, origin)))

    def _counts(self, ticket: Ticket, now: datetime, origin: str) -> list[Allowance]:
        key, way, policy = ticket.requester.key, ticket.preferred_channel, self._policy
        if not key or not ticket.is_confirmed:
            return []
        rows = [leave("my_reports_a_day", policy, now, key, channel=way)]
        if origin:
            name = "network_my_reports_an_hour"
            rows.append(leave(name, policy, now, origin, channel=way, whose=key))
        return [*rows, leave("city_my_reports_an_hour", policy, now, channel=way, whose=key)]

    @property
    def _policy(self) -> Policy:
        return self.committer.catalogs.load().policy
