"""What staff do with a ticket: answer, note, assign, move on, hand over; each one change, one write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidRequest, InvalidTransition, NotFound, StaleTicket
from chalicelib.messages import Attachment
from chalicelib.tickets.casework import handovers
from chalicelib.tickets.casework.settling import settled
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.intake.opening import place
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.ticket import (
    OPEN_STATUSES,
    Actor,
    Entry,
    Priority,
    Status,
    Ticket,
    Visibility,
)
from chalicelib.tickets.publishing.public_words import correct

MAX_REPLY = 1_200_000  # the citizen is sent its beginning, and reads all of it on the report's page


@dataclass(frozen=True, slots=True)
class Casework:
    """What can be done with tickets. Every change names its actor and the version it was based on."""

    committer: Committer

    def case(self, ticket_id: str, token: str = "") -> Casefile:
        """One page of the file, for staff; see `TicketStore.read`."""
        return self.committer.store.read(ticket_id, token)

    def reply(
        self,
        ticket_id: str,
        actor: Actor,
        text: str,
        *,
        version: int,
        attachments: tuple[Attachment, ...] = (),
        then: Status | None = None,
    ) -> Ticket:
        """Write to the citizen and, if `then` is given, change the status in the same act.

        A first reply to a new ticket also takes it into work. Raises `InvalidRequest`,
        `InvalidTransition`, `StaleTicket`, `TicketNotFound`.
        """
        words = required(text, "text", MAX_REPLY)

        def change(ticket: Ticket) -> None:
            now = self.committer.clock.now()
            moves_to = then or (Status.IN_PROGRESS if ticket.status is Status.NEW else None)
            entry = ticket.record(
                "replied",
                now,
                actor,
                text=words,
                attachments=attachments,
                data={"then": str(moves_to or "")},
            )
            ticket.note_response(entry)
            handovers.accept_by_working(ticket, actor, now)
            ticket.last_staff_action_at = now
            if moves_to and moves_to is not ticket.status:
                ticket.change_status(moves_to, now, actor, reason=words)

        return self._change(ticket_id, version, change)

    def note(self, ticket_id: str, actor: Actor, text: str, *, version: int) -> Ticket:
        """Leave a note for colleagues; no citizen ever sees it."""
        words = required(text, "text", MAX_REPLY)
        return self._act(
            ticket_id, version, actor, "noted", text=words, visibility=Visibility.STAFF
        )

    def assign(self, ticket_id: str, actor: Actor, assignee: str, *, version: int) -> Ticket:
        """Make one person answerable (`assignee` is a user name), or nobody when empty.

        While that person is away it goes to who stands in; but who takes it themselves has it.
        """

        def change(ticket: Ticket) -> None:
            chosen = self._present(assignee, ticket, actor)
            if chosen and chosen == ticket.appealed_against:
                raise InvalidRequest(
                    "The citizen appealed against this person's decision.",
                    {"assignee": "Choose somebody else."},
                )
            before, ticket.assignee = ticket.assignee, chosen
            data = {"from": before, "to": chosen}
            if chosen != assignee:
                data["instead_of"] = assignee
            self._record(ticket, actor, "assigned", visibility=Visibility.STAFF, data=data)

        return self._change(ticket_id, version, change)

    def _present(self, assignee: str, ticket: Ticket, actor: Actor) -> str:
        if assignee == actor.key:
            return assignee
        present = self.committer.planner.stand_in(assignee, ticket.agency_code)
        if assignee and not present:
            raise InvalidRequest(
                "This person is away, and nobody who may stand in is there.",
                {"assignee": "Choose somebody else."},
            )
        return present

    def change_status(
        self, ticket_id: str, actor: Actor, status: Status, reason: str, *, version: int
    ) -> Ticket:
        """Move the ticket on; `reason` is told to the citizen.

        Closing, cancelling and waiting for the citizen need a reason (`InvalidRequest`).
        """
        needs_reason = status in (Status.PENDING, Status.RESOLVED, Status.CANCELLED)
        words = required(reason, "reason", 1_000) if needs_reason else reason.strip()

        def change(ticket: Ticket) -> None:
            now = self.committer.clock.now()
            entry = ticket.change_status(status, now, actor, reason=words)
            ticket.note_response(entry)
            handovers.accept_by_working(ticket, actor, now)
            ticket.last_staff_action_at = now

        return self._change(ticket_id, version, change)

    def change_priority(
        self, ticket_id: str, actor: Actor, priority: Priority, reason: str, *, version: int
    ) -> Ticket:
        """Say how much it matters, and why."""
        words = required(reason, "reason", 1_000)

        def change(ticket: Ticket) -> None:
            before, ticket.priority = ticket.priority, priority
            data = {"from": str(before), "to": str(priority)}
            self._record(
                ticket,
                actor,
                "priority_changed",
                visibility=Visibility.STAFF,
                text=words,
                data=data,
            )

        return self._change(ticket_id, version, change)

    def reclassify(
        self,
        ticket_id: str,
        actor: Actor,
        service_code: str,
        reason: str,
        *,
        version: int,
        publish: bool = False,
    ) -> Ticket:
        """Put the ticket under another service and so its agency and promises.

        A private report stays private, unless `publish` says that everybody may read it from now on.
        """
        catalog = self.committer.catalogs.load()
        service = catalog.service(service_code)

        def change(ticket: Ticket) -> None:
            open_only(ticket, "put under another service")
            before, priority = ticket.service_code, ticket.priority
            trace = place(ticket, catalog, service_code)
            ticket.priority = priority
            data: dict[str, Any] = {"from": before, "to": service_code, **trace}
            if publish and not ticket.is_public and service.shows_tickets:
                ticket.is_public = data["published"] = True
            self._record(
                ticket,
                actor,
                "reclassified",
                visibility=Visibility.STAFF,
                text=reason.strip(),
                data=data,
            )

        return self._change(ticket_id, version, change)

    def accept_entry(
        self, ticket_id: str, actor: Actor, entry_number: int, *, version: int
    ) -> Ticket:
        """Take an unverified entry as the requester's own: the clock and status follow it."""
        entry = self.committer.store.entry(ticket_id, entry_number)

        def change(ticket: Ticket) -> None:
            if entry.is_verified or entry_number in settled(ticket, self.committer.store).accepted:
                raise NotFound(f"Entry {entry_number} of this ticket does not wait to be accepted.")
            now = self.committer.clock.now()
            self._record(
                ticket,
                actor,
                "accepted",
                visibility=Visibility.REQUESTER,
                text=entry.text,
                attachments=entry.attachments,
                data={"entry": entry_number},
            )
            if ticket.status in (Status.PENDING, Status.RESOLVED):
                ticket.change_status(Status.IN_PROGRESS, now, actor)

        return self._change(ticket_id, version, change)

    def correct_public_words(
        self, ticket_id: str, actor: Actor, text: str, photos: Sequence[str] = (), *, version: int
    ) -> Ticket:
        """Put right what everybody may see of the citizen's report; see `public_words.correct`."""

        def change(ticket: Ticket) -> None:
            correct(ticket, text, photos, self.committer.clock.now(), actor)

        return self._change(ticket_id, version, change)

    def _act(
        self,
        ticket_id: str,
        version: int,
        actor: Actor,
        kind: str,
        *,
        text: str,
        visibility: Visibility,
    ) -> Ticket:
        def change(ticket: Ticket) -> None:
            self._record(ticket, actor, kind, text=text, visibility=visibility)

        return self._change(ticket_id, version, change)

    def _record(
        self,
        ticket: Ticket,
        actor: Actor,
        kind: str,
        *,
        text: str = "",
        visibility: Visibility,
        attachments: tuple[Attachment, ...] = (),
        data: Mapping[str, Any] | None = None,
    ) -> Entry:
        now = self.committer.clock.now()
        if actor.kind == "staff":
            ticket.last_staff_action_at = now
        return ticket.record(
            kind,
            now,
            actor,
            visibility=visibility,
            text=text,
            attachments=attachments,
            data=data,
        )

    def _change(self, ticket_id: str, version: int, change: Callable[[Ticket], None]) -> Ticket:
        """Read, check the version the actor saw, change, commit."""
        ticket = self.committer.store.get(ticket_id)
        if version != ticket.version:
            raise StaleTicket(
                f"Ticket {ticket_id} was changed meanwhile: you saw version {version}, it is now "
                f"{ticket.version}. Read it again and repeat your change.",
                ticket.version,
            )
        change(ticket)
        self.committer.commit(ticket)
        return ticket


def required(text: str, field: str, limit: int) -> str:
    """The text without its edges. Raises `InvalidRequest` when nothing or too much is there."""
    words = text.strip()
    if not words:
        raise InvalidRequest("Something is missing.", {field: "Write at least one word."})
    if len(words) > limit:
        raise InvalidRequest("Something is too long.", {field: f"At most {limit} characters."})
    return words


def open_only(ticket: Ticket, act: str) -> None:
    """Raises `InvalidTransition` for a ticket on which no work is owed."""
    if ticket.status not in OPEN_STATUSES:
        raise InvalidTransition(f"A ticket that is {ticket.status} cannot be {act}.")
