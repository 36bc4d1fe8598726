"""Obligations of agencies: hand-overs answered, news that really arrived."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.errors import StaleTicket, TicketNotFound
from chalicelib.messages import Audience
from chalicelib.tickets.casework import handovers
from chalicelib.tickets.casework.staff import open_only, required
from chalicelib.tickets.casework.undelivered import Undelivered
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.model.ticket import SYSTEM, Actor, ClockEvent, Ticket, Visibility
from chalicelib.tickets.worktime.sla import periods

TRIES = 3


@dataclass(frozen=True, slots=True)
class Obligations(Undelivered):
    """Hand-overs and the proof that the citizen was informed."""

    def hand_over(
        self, ticket_id: str, actor: Actor, agency_code: str, reason: str, *, version: int
    ) -> Ticket:
        """Offer the ticket to another agency, which accepts or refuses it.

        Its clocks keep running, and the citizen is told who holds it.
        """
        words = required(reason, "reason", 1_000)
        catalog = self.committer.catalogs.load()

        def change(ticket: Ticket) -> None:
            open_only(ticket, "handed over")
            now = self.committer.clock.now()
            handovers.offer(ticket, agency_code, words, actor, now, catalog)
            ticket.last_staff_action_at = now

        return self._change(ticket_id, version, change)

    def accept_hand_over(self, ticket_id: str, actor: Actor, *, version: int) -> Ticket:
        """Take what was handed over. Raises `InvalidTransition` when nothing waits for that."""

        def change(ticket: Ticket) -> None:
            open_only(ticket, "accepted")
            now = self.committer.clock.now()
            handovers.accept(ticket, actor, now)
            ticket.last_staff_action_at = now

        return self._change(ticket_id, version, change)

    def refuse_hand_over(
        self, ticket_id: str, actor: Actor, agency_code: str, reason: str, *, version: int
    ) -> Ticket:
        """Say that it is not ours and whose it is; with no agency named the arbiter's desk gets it."""
        words = required(reason, "reason", 1_000)
        catalog = self.committer.catalogs.load()

        def change(ticket: Ticket) -> None:
            open_only(ticket, "refused")
            now = self.committer.clock.now()
            handovers.refuse(ticket, agency_code, words, actor, now, catalog)
            ticket.last_staff_action_at = now

        return self._change(ticket_id, version, change)

    def note_informed(self, notification: Notification, *, by_carrier: bool = False) -> None:
        """A message arrived with the citizen: the promise to inform them is kept.

        `by_carrier` when only the carrier of a text has it, which counts where the city says so.
        Does nothing where no such promise is made, and nothing twice.
        """
        catalog = self.committer.catalogs.load()
        if by_carrier and catalog.policy.sms_arrival != "carrier":
            return
        is_promised = any(target.clock == "informed" for target in catalog.targets)
        if not is_promised or notification.audience is not Audience.REQUESTER:
            return
        if notification.ticket_id.startswith("CONTACT-"):
            return
        for _ in range(TRIES):
            try:
                self._note_informed(notification)
            except StaleTicket:
                continue
            except TicketNotFound:
                pass
            return

    def _note_informed(self, notification: Notification) -> None:
        ticket = self.committer.store.get(notification.ticket_id)
        runs = periods(ticket.ledger, "informed")
        if not runs or runs[-1].stopped_at or notification.created_at < runs[-1].started_at:
            return
        data = {"notice": notification.notice, "notification_id": notification.notification_id}
        now = self.committer.clock.now()
        entry = ticket.record("informed", now, SYSTEM, visibility=Visibility.STAFF, data=data)
        ticket.mark(ClockEvent.INFORMED, entry)
        self.committer.commit(ticket)
