"""What staff do to a ticket: one act of the desk each; decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import door, reach, read_body, wanted_version
from chalicelib.handlers.api.schemas import plain
from chalicelib.handlers.api.staff_files import decoded, keep_files
from chalicelib.handlers.http import Call, Services, json_answer
from chalicelib.identity.accounts import Act, Staff
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.model.ticket import Actor, Status, Ticket

if TYPE_CHECKING:
    from chalicelib.channels.files.uploads import SentFile
    from chalicelib.tickets.desk import ServiceDesk

Perform = Callable[..., Ticket]


@dataclass(frozen=True, slots=True)
class Work:
    """One act about to happen: on which ticket, by whom, seeing which version."""

    services: Services
    ticket_id: str
    staff: Staff
    version: int

    @property
    def desk(self) -> ServiceDesk:
        """What acts."""
        return self.services.desk

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.staff.actor


def _act(path: str, summary: str, body: str) -> Callable[[Perform], Perform]:
    """Put an act under a route: body and version are read, and the ticket is this person's business."""

    def register(perform: Perform) -> Perform:
        @wraps(perform)
        def view(call: Call, ticket_id: str, **rest: str) -> Response:
            wanted: Any = read_body(call, getattr(schemas.bodies, body))
            version = wanted_version(call, wanted.version)
            ticket = perform(start(call.services, call.person, ticket_id, version), wanted, **rest)
            told = plain.ticket(ticket, call.services.directory)
            return json_answer(told, headers={"ETag": f'"{ticket.version}"'})

        register_door = door(
            "POST",
            f"/tickets/{{ticket_id}}{path}",
            Act.WORK_TICKETS,
            summary=summary,
            tag="Tickets",
            body=body,
            answers="TicketShape",
            is_versioned=True,
        )
        register_door(view)
        return perform

    return register


def start(services: Services, staff: Staff, ticket_id: str, version: int) -> Work:
    """An act on a ticket that is this person's business. Raises `TicketNotFound` for another's."""
    reach(services, staff, ticket_id)
    return Work(services, ticket_id, staff, version)


@_act("/reply", "Write to the citizen, with a new status if wanted", "Reply")
def reply(work: Work, body: schemas.bodies.Reply) -> Ticket:
    """Words for the citizen."""
    return send_reply(work, body.text, decoded(body.files), body.then)


def send_reply(
    work: Work, text: str, files: Sequence[SentFile], then: Status | None = None
) -> Ticket:
    """Words and files for the citizen. Raises `InvalidRequest` naming what is wrong."""
    return work.desk.reply(
        work.ticket_id,
        work.actor,
        text,
        version=work.version,
        attachments=keep_files(work.services, files),
        then=then,
    )


@_act("/note", "Leave a note for colleagues", "Note")
def note(work: Work, body: schemas.bodies.Note) -> Ticket:
    """Words for colleagues."""
    return work.desk.note(work.ticket_id, work.actor, body.text, version=work.version)


@_act("/assign", "Make somebody answerable, or nobody", "Assignment")
def assign(work: Work, body: schemas.bodies.Assignment) -> Ticket:
    """Who is answerable."""
    assignee = find_assignee(work.services, body.assignee, work.staff)
    return work.desk.assign(work.ticket_id, work.actor, assignee, version=work.version)


def find_assignee(services: Services, wanted: str, staff: Staff) -> str:
    """Who is meant by `wanted`: a `sub`, what they sign in with, `me`, or empty for nobody.

    Raises `InvalidRequest` when nobody of that name may work on tickets.
    """
    name = staff.sub if wanted == "me" else wanted.strip()
    if not name or name == staff.sub:
        return name
    person = services.directory.person(name)
    if person in {colleague.sub for colleague in services.directory.colleagues()}:
        return person
    raise InvalidRequest(
        "There is no such colleague.", {"assignee": "Choose one of /api/v1/people, me, or nobody."}
    )


@_act("/status", "Change the status; the citizen is told the reason", "StatusChange")
def change_status(work: Work, body: schemas.bodies.StatusChange) -> Ticket:
    """Where the ticket stands."""
    return work.desk.change_status(
        work.ticket_id, work.actor, body.status, body.reason, version=work.version
    )


@_act("/priority", "Change the priority", "PriorityChange")
def change_priority(work: Work, body: schemas.bodies.PriorityChange) -> Ticket:
    """How much it matters."""
    return work.desk.change_priority(
        work.ticket_id, work.actor, body.priority, body.reason, version=work.version
    )


@_act("/hand-over", "Give the ticket to another agency", "HandOver")
def hand_over(work: Work, body: schemas.bodies.HandOver) -> Ticket:
    """Who answers for it."""
    return work.desk.hand_over(
        work.ticket_id, work.actor, body.agency_code, body.reason, version=work.version
    )


@_act("/hand-over/accept", "Take what another agency handed over", "Acceptance")
def accept_hand_over(work: Work, _: schemas.bodies.Acceptance) -> Ticket:
    """It is ours."""
    return work.desk.accept_hand_over(work.ticket_id, work.actor, version=work.version)


@_act("/hand-over/refuse", "Say that it is not ours, and whose it is", "Refusal")
def refuse_hand_over(work: Work, body: schemas.bodies.Refusal) -> Ticket:
    """It is not ours."""
    return work.desk.refuse_hand_over(
        work.ticket_id, work.actor, body.agency_code, body.reason, version=work.version
    )


@_act("/side", "Say on which side of a border the report lies", "SideChoice")
def choose_side(work: Work, body: schemas.bodies.SideChoice) -> Ticket:
    """Where it is, as far as routes must know."""
    return decide_side(work, body.side)


def decide_side(work: Work, side: str) -> Ticket:
    """Settle the question of the border. Raises `InvalidRequest` for what was not asked."""
    return work.services.border_answers.decide(
        work.ticket_id, work.actor, side, version=work.version
    )


@_act("/reclassify", "Put the ticket under another service", "Reclassification")
def reclassify(work: Work, body: schemas.bodies.Reclassification) -> Ticket:
    """What it is about."""
    return work.desk.reclassify(
        work.ticket_id,
        work.actor,
        body.service_code,
        body.reason,
        version=work.version,
        publish=body.publish,
    )


@_act("/entries/{number}/accept", "Take unverified words as the requester's own", "Acceptance")
def accept_entry(work: Work, _: schemas.bodies.Acceptance, number: str) -> Ticket:
    """An unverified entry becomes the requester's."""
    return work.desk.accept_entry(
        work.ticket_id, work.actor, entry_number(number), version=work.version
    )


@_act("/entries/{number}/move", "Put a message on the ticket where it belongs", "EntryMove")
def move_entry(work: Work, body: schemas.bodies.EntryMove, number: str) -> Ticket:
    """A message goes to the right ticket."""
    return move(work, number, body.to_ticket_id, body.reason)


@_act("/join", "Have it follow another report of the same matter", "Joining")
def join_report(work: Work, body: schemas.bodies.Joining) -> Ticket:
    """It is the same matter; its words, its author and its place in the queue stay."""
    return join(work, body.main)


@_act("/split", "Make it a matter of its own again", "Acceptance")
def split_report(work: Work, _: schemas.bodies.Acceptance) -> Ticket:
    """It is another matter after all."""
    return work.services.merging.split(work.ticket_id, work.actor, version=work.version)


def join(work: Work, main_id: str) -> Ticket:
    """Join two reports; both must be this person's business. Raises `InvalidRequest`."""
    main = normalise_ticket_id(main_id)
    if not main:
        raise InvalidRequest("That is no reference.", {"main": "Write it as SR-XXXX-XXXX-X."})
    reach(work.services, work.staff, main)
    return work.services.merging.join(work.ticket_id, work.actor, main, version=work.version)


@_act("/reply-address/revoke", "End somebody's reply addresses", "AddressRevocation")
def revoke_reply_address(work: Work, body: schemas.bodies.AddressRevocation) -> Ticket:
    """What this person still sends to an old address is kept as unverified."""
    return revoke(work, body.party, body.reason)


@_act(
    "/link/renew",
    "End every tracking link made so far, and send the author a new one",
    "Acceptance",
)
def renew_link(work: Work, _: schemas.bodies.Acceptance) -> Ticket:
    """Whoever holds an earlier link can only ask for a new one, which goes to the author's address."""
    return work.services.links.renew_by_staff(work.ticket_id, work.actor, version=work.version)


def revoke(work: Work, party_key: str, reason: str) -> Ticket:
    """End one person's reply addresses on this ticket. Raises `NotFound` for who has none."""
    return work.services.revocations.revoke(
        work.ticket_id, work.actor, party_key.lower(), reason, version=work.version
    )


def move(work: Work, number: str, to_ticket_id: str, reason: str) -> Ticket:
    """Move one message; both tickets must be this person's business. Raises `InvalidRequest`."""
    to = normalise_ticket_id(to_ticket_id)
    if not to:
        raise InvalidRequest(
            "That is no reference.", {"to_ticket_id": "Write it as SR-XXXX-XXXX-X."}
        )
    reach(work.services, work.staff, to)
    return work.services.moving_entries.move_entry(
        work.ticket_id, work.actor, entry_number(number), to, reason, version=work.version
    )


def entry_number(text: str) -> int:
    """An entry's number in a path. Raises `NotFound` when it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise NotFound("This ticket has no such entry.")
    return int(text)
