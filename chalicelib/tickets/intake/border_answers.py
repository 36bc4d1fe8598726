"""Answers to the border question: the citizen or staff say on which side a report lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.errors import InvalidRequest, StaleTicket
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.borders import meant
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake.opening import place
from chalicelib.tickets.model.ticket import Actor, Entry, Ticket, Visibility


@dataclass(frozen=True, slots=True)
class BorderAnswers:
    """Settles what was asked about a border."""

    committer: Committer

    def decide(self, ticket_id: str, actor: Actor, side: str, *, version: int = 0) -> Ticket:
        """It lies in `side`; without a version, whatever happened to the ticket meanwhile.

        Raises `InvalidRequest`, `StaleTicket`, `TicketNotFound`.
        """
        ticket = self.committer.store.get(ticket_id)
        if version and version != ticket.version:
            raise StaleTicket(
                f"Ticket {ticket_id} was changed meanwhile; read it again and repeat your change.",
                ticket.version,
            )
        now = self.committer.clock.now()
        settle(ticket, side, actor, now, self.committer.catalogs.load())
        if actor.kind == "staff":
            ticket.last_staff_action_at = now
        self.committer.commit(ticket)
        return ticket


def hear(ticket: Ticket, text: str, actor: Actor, now: datetime, catalog: Catalog) -> None:
    """Take the citizen's words as the answer when they are one: a number of the list, or a name."""
    if code := meant(ticket, text, catalog):
        settle(ticket, code, actor, now, catalog)


def settle(ticket: Ticket, side: str, actor: Actor, now: datetime, catalog: Catalog) -> Entry:
    """The report lies in `side`: its way is looked for anew, and the question is over.

    Its clocks keep running. Raises `InvalidRequest` for what was not asked.
    """
    if side not in ticket.asked_sides:
        raise InvalidRequest("That side was not asked about.", {"side": "Choose one of the list."})
    before, assignee, priority = ticket.agency_code, ticket.assignee, ticket.priority
    ticket.side = side
    trace = place(ticket, catalog, ticket.service_code)
    ticket.asked_sides, ticket.priority = (), priority
    ticket.assignee = assignee if ticket.agency_code == before else ""
    data = {"side": side, "from": before, "to": ticket.agency_code} | trace
    return ticket.record("placed", now, actor, visibility=Visibility.REQUESTER, data=data)
