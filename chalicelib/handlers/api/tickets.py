"""Tickets for staff to read: lists, whole files, attachments; changes nothing."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.handlers.api.doors import Argument, door
from chalicelib.handlers.api.schemas import plain
from chalicelib.handlers.downloads import deliver_file, deliver_thumbnail
from chalicelib.handlers.http import Call, Services, json_answer
from chalicelib.handlers.looking import looked
from chalicelib.handlers.whole_words import counted, number_in, part_of
from chalicelib.identity.accounts import Act, Staff, require_ticket
from chalicelib.tickets.casework.following import followers_of
from chalicelib.tickets.model.ticket import Entry, Priority, Status
from chalicelib.tickets.ports import QueueQuery

TAG = "Tickets"
ONE = "/tickets/{ticket_id}"
LIST_ARGUMENTS = (
    Argument(name="agency", description="Only these agencies.", is_list=True),
    Argument(
        name="status", description="Only these statuses.", is_list=True, choices=tuple(Status)
    ),
    Argument(
        name="priority", description="Only these priorities.", is_list=True, choices=tuple(Priority)
    ),
    Argument(name="assignee", description="Only this person's tickets; `me` is you."),
    Argument(name="unassigned", description="Only nobody's.", choices=("true", "false")),
    Argument(
        name="open", description="Open tickets (the rule) or others.", choices=("true", "false")
    ),
    Argument(name="size", description="How many at once, 1 to 100."),
    Argument(name="token", description="The `next_token` of the page before."),
)


@door(
    "GET",
    "/tickets",
    Act.READ_TICKETS,
    summary="Tickets by due time, soonest first",
    tag=TAG,
    answers="TicketPage",
    arguments=LIST_ARGUMENTS,
)
def list_tickets(call: Call) -> Response:
    """The queue that the arguments describe."""
    query = make_query(call, call.person)
    page = call.services.store.queue(query, size_of(call), call.arg("token"))
    found = [plain.ticket(ticket, call.services.directory) for ticket in page.items]
    return json_answer({"tickets": found, "next_token": page.next_token})


def make_query(call: Call, staff: Staff) -> QueueQuery:
    """The query's arguments as a `QueueQuery` within the person's agencies.

    Raises `InvalidRequest` for an unknown word and for somebody else's agency.
    """
    agencies = tuple(code for code in call.query.get("agency", ()) if code)
    if not all(staff.serves(code) for code in agencies):
        raise InvalidRequest("You do not work for it.", {"agency": "Choose an agency of yours."})
    assignee = call.arg("assignee")
    return QueueQuery(
        agency_codes=agencies or staff.scope,
        statuses=_chosen(call, "status", tuple(Status)),
        priorities=_chosen(call, "priority", tuple(Priority)),
        assignee=staff.sub if assignee == "me" else call.services.directory.person(assignee),
        is_unassigned=_flag(call, "unassigned", default=False),
        is_open=_flag(call, "open", default=True),
    )


def _chosen(call: Call, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    wanted = tuple(value for value in call.query.get(name, ()) if value)
    if not set(wanted) <= set(known):
        raise InvalidRequest(
            f"There is no such {name}.", {name: f"Choose among {', '.join(known)}."}
        )
    return wanted


def _flag(call: Call, name: str, *, default: bool) -> bool:
    text = call.arg(name) or str(default).lower()
    if text not in ("true", "false"):
        raise InvalidRequest(f"{name} is not true or false.", {name: "Say true or false."})
    return text == "true"


def size_of(call: Call, default: int = 50) -> int:
    """How many a list shows at once. Raises `InvalidRequest` outside 1 to 100."""
    size = bounds.whole(call.arg("size") or str(default))
    if size is None or not 1 <= size <= bounds.LIST_SIZE:
        raise InvalidRequest("The size is wrong.", {"size": "Give a number from 1 to 100."})
    return size


@door(
    "GET",
    ONE,
    Act.READ_TICKETS,
    summary="A ticket with a page of its timeline, the latest first",
    tag=TAG,
    answers="CaseShape",
    arguments=(Argument(name="token", description="The `next_token` of the page before."),),
)
def get_ticket(call: Call, ticket_id: str) -> Response:
    """The ticket, some of its timeline in order and those messages; the version is the ETag too."""
    found = call.services.desk.case(ticket_id, call.arg("token"))
    require_ticket(call.person, found.ticket)
    looked(call.person.sub, call.services.clock.now())
    told = plain.case(found, call.services.directory)
    return json_answer(told, headers={"ETag": f'"{found.ticket.version}"'})


@door(
    "GET",
    f"{ONE}/followers",
    Act.READ_TICKETS,
    summary="The tickets that follow one",
    tag=TAG,
    answers="FollowerPage",
    arguments=LIST_ARGUMENTS[-2:],
)
def list_followers(call: Call, ticket_id: str) -> Response:
    """Ids of those that move along with a ticket."""
    ticket = call.services.store.get(ticket_id)
    require_ticket(call.person, ticket)
    page = followers_of(ticket, call.services.store, size_of(call), call.arg("token"))
    return json_answer({"followers": list(page.items), "next_token": page.next_token})


@door(
    "GET",
    f"{ONE}/entries/{{number}}",
    Act.READ_TICKETS,
    summary="All words of one entry, a part at a time",
    tag=TAG,
    answers="WordsShape",
    arguments=(Argument(name="part", description="Which part, from 1."),),
)
def get_words(call: Call, ticket_id: str, number: str) -> Response:
    """What was written, however long it is."""
    found = entry_of(call.services, call.person, ticket_id, number)
    part = part_of(call, found.text)
    return json_answer(
        {"number": found.number, "part": part.number, "parts": part.parts, "text": part.text}
    )


def entry_of(services: Services, staff: Staff, ticket_id: str, number: str) -> Entry:
    """An entry, with all of its words, of a ticket that is this person's business."""
    ticket = services.store.get(ticket_id)
    require_ticket(staff, ticket)
    return services.desk.words(ticket, number_in(number), "staff")


@door(
    "GET",
    f"{ONE}/files/{{digest}}",
    Act.READ_TICKETS,
    summary="A file of a ticket",
    tag=TAG,
    arguments=(
        Argument(name="entry", description="The entry that it came with; needed far back alone."),
    ),
)
def get_file(call: Call, ticket_id: str, digest: str) -> Response:
    """The bytes, always as a download."""
    return file_answer(call, call.person, ticket_id, digest)


def file_answer(call: Call, staff: Staff, ticket_id: str, digest: str) -> Response:
    """A ticket's file as a download. Raises `NotFound` for one that is not this ticket's."""
    filename = _file_name(call, staff, ticket_id, digest)
    looked(staff.sub, call.services.clock.now())
    return deliver_file(call.services, digest, filename, ticket_id, staff.actor)


def small_answer(call: Call, staff: Staff, ticket_id: str, digest: str) -> Response:
    """The small picture of a ticket's photo. Raises `NotFound` as for the file itself."""
    _file_name(call, staff, ticket_id, digest)
    return deliver_thumbnail(call.services, digest, ticket_id, staff.actor)


def _file_name(call: Call, staff: Staff, ticket_id: str, digest: str) -> str:
    ticket = call.services.store.get(ticket_id)
    require_ticket(staff, ticket)
    filename = call.services.desk.file_name(ticket, digest, "staff", counted(call, "entry"))
    if not filename:
        raise NotFound("This ticket has no such file.")
    return filename
