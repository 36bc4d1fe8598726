"""Merging: staff join reports of the same matter and take them apart; nothing is joined by itself."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.errors import InvalidRequest, InvalidTransition, StaleTicket
from chalicelib.tickets.commit import merged_reports
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.ticket import Actor, Ticket


@dataclass(frozen=True, slots=True)
class Merging:
    """Puts a report beside another, and apart. Both timelines say so, in one write."""

    committer: Committer

    def join(self, ticket_id: str, actor: Actor, main_id: str, *, version: int) -> Ticket:
        """Have a report follow another. Raises `InvalidRequest`, `StaleTicket`, `TicketNotFound`."""
        report, main = self._read(ticket_id, version), self.committer.store.get(main_id)
        if report.follows or report.me_too or not merged_reports.may_join(report, main):
            remedy = "Name another open report that follows none itself."
            raise InvalidRequest("These two cannot be joined.", {"main": remedy})
        store, now = self.committer.store, self.committer.clock.now()
        self.committer.commit(report, merged_reports.join(report, main, store, now, actor))
        return report

    def split(self, ticket_id: str, actor: Actor, *, version: int) -> Ticket:
        """Make a report a matter of its own again. Raises as `join` does."""
        report = self._read(ticket_id, version)
        if not report.follows:
            raise InvalidTransition("This report follows no other.")
        main = self.committer.store.get(report.follows)
        store, now = self.committer.store, self.committer.clock.now()
        self.committer.commit(report, merged_reports.split(report, main, store, now, actor))
        return report

    def _read(self, ticket_id: str, version: int) -> Ticket:
        ticket = self.committer.store.get(ticket_id)
        if version != ticket.version:
            raise StaleTicket(
                f"Ticket {ticket_id} was changed meanwhile; read it again and repeat your change.",
                ticket.version,
            )
        return ticket
