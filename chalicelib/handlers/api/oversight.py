"""Quarantine, audit trail, people and oneself as JSON; decides nothing itself."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.handlers import audit_search
from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import Argument, door, read_body
from chalicelib.handlers.api.schemas import plain
from chalicelib.handlers.api.tickets import size_of
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act

PAGING = (
    Argument(name="size", description="How many at once, 1 to 100."),
    Argument(name="token", description="The `next_token` of the page before."),
)

TRAIL = (
    Argument(name="person", description="Words of a name or address, or the user pool's own id."),
    Argument(name="action", description="Words of what was done, as `key_made`."),
    Argument(name="subject", description="What it was about: a report, a key, an entry."),
    Argument(name="from", description="The first day, as 2026-03-02, in the city's time."),
    Argument(name="until", description="The last day."),
)


@door("GET", "/me", None, summary="Who is signed in", tag="People", answers="Myself")
def get_me(call: Call) -> Response:
    """The person behind the token and what they may do."""
    return json_answer(plain.myself(call.person))


@door(
    "GET",
    "/people",
    Act.READ_TICKETS,
    summary="Everybody to whom a ticket can be given",
    tag="People",
    answers="People",
)
def list_people(call: Call) -> Response:
    """Colleagues who may work on tickets."""
    return json_answer({"people": [plain.person(p) for p in call.services.directory.colleagues()]})


@door(
    "GET",
    "/quarantine",
    Act.READ_QUARANTINE,
    summary="Messages that wait for a person, newest first",
    tag="Quarantine",
    answers="HeldPage",
    arguments=PAGING,
)
def list_quarantine(call: Call) -> Response:
    """What was held, and why."""
    all_ = call.services.store.quarantine(size_of(call), call.arg("token"))
    page = call.services.narrowing.held(call.person, all_)
    found = [plain.held(message) for message in page.items]
    return json_answer({"messages": found, "next_token": page.next_token})


@door(
    "POST",
    "/quarantine/release",
    Act.DECIDE_QUARANTINE,
    summary="Let a held message in as if it had never been held",
    tag="Quarantine",
    body="Release",
    answers="Released",
)
def release_message(call: Call) -> Response:
    """The message opens a ticket."""
    key = read_body(call, schemas.bodies.Release).message_key
    call.services.narrowing.held_one(call.person, key)
    ticket_id = call.services.quarantine.release(key, call.person.actor)
    return json_answer({"message_key": key, "ticket_id": ticket_id})


@door(
    "POST",
    "/quarantine/discard",
    Act.DECIDE_QUARANTINE,
    summary="Throw a held message away",
    tag="Quarantine",
    body="Discard",
    answers="Discarded",
)
def discard_message(call: Call) -> Response:
    """The message is no longer held; its record stays."""
    body = read_body(call, schemas.bodies.Discard)
    call.services.narrowing.held_one(call.person, body.message_key)
    call.services.quarantine.discard(body.message_key, call.person.actor, body.reason)
    return json_answer({"message_key": body.message_key})


@door(
    "GET",
    "/parked",
    Act.READ_QUARANTINE,
    summary="Tickets that cannot be read, at most a hundred",
    tag="Parked tickets",
    answers="ParkedTickets",
)
def list_parked(call: Call) -> Response:
    """Which tickets are in no list because nothing can be made of what is stored of them, and why."""
    return json_answer({"tickets": [plain.parked(each) for each in call.services.store.parked()]})


@door(
    "POST",
    "/parked/retry",
    Act.DECIDE_QUARANTINE,
    summary="Read the parked tickets once more",
    tag="Parked tickets",
    answers="Unparked",
)
def retry_parked(call: Call) -> Response:
    """Those that are well now are back in their lists, as they were."""
    return json_answer({"ticket_ids": call.services.retry_parked()})


@door(
    "GET",
    "/audit",
    Act.READ_AUDIT,
    summary="Who did what outside a ticket's timeline, newest first",
    tag="Audit",
    answers="AuditPage",
    arguments=(*TRAIL, *PAGING),
)
def list_audit(call: Call) -> Response:
    """The audit trail. Where few lines fit, a page ends early and says up to when was looked."""
    asked = audit_search.wanted(call)
    page = audit_search.search(call.services, call.person, asked, size_of(call), call.arg("token"))
    found = [plain.audit(record) for record in page.items]
    looked_to = plain.moment(page.looked_to) if page.looked_to else None
    return json_answer({"records": found, "next_token": page.next_token, "looked_to": looked_to})
