"""Every act on a ticket by form, known by its function's name; decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chalicelib.errors import InvalidRequest
from chalicelib.handlers.api.acts import (
    Work,
    decide_side,
    entry_number,
    find_assignee,
    move,
    revoke,
    send_reply,
)
from chalicelib.handlers.http import Form
from chalicelib.tickets.model.ticket import Priority, Status, Ticket

ACTS: dict[str, Callable[[Work, Form], Ticket]] = {}
Perform = Callable[[Work, Form], Ticket]
Choice = TypeVar("Choice", Status, Priority)


def act(perform: Perform) -> Perform:
    """Make an act known by its function's name, with hyphens."""
    ACTS[perform.__name__.strip("_").replace("_", "-")] = perform
    return perform


@act
def reply(work: Work, form: Form) -> Ticket:
    """Words for the citizen, and a status with them if wanted."""
    then = _choice(Status, form, "then") if form.get("then") else None
    return send_reply(work, form.get("text"), form.files.get("files", ()), then)


@act
def note(work: Work, form: Form) -> Ticket:
    """Words for colleagues."""
    return work.desk.note(work.ticket_id, work.actor, form.get("text"), version=work.version)


@act
def assign(work: Work, form: Form) -> Ticket:
    """Who is answerable."""
    assignee = find_assignee(work.services, form.get("assignee"), work.staff)
    return work.desk.assign(work.ticket_id, work.actor, assignee, version=work.version)


@act
def status(work: Work, form: Form) -> Ticket:
    """Where the ticket stands."""
    to = _choice(Status, form, "status")
    return work.desk.change_status(
        work.ticket_id, work.actor, to, form.get("reason"), version=work.version
    )


@act
def priority(work: Work, form: Form) -> Ticket:
    """How much it matters."""
    to = _choice(Priority, form, "priority")
    return work.desk.change_priority(
        work.ticket_id, work.actor, to, form.get("reason"), version=work.version
    )


@act
def hand_over(work: Work, form: Form) -> Ticket:
    """Which agency answers for it."""
    code, reason = form.get("agency_code"), form.get("reason")
    return work.desk.hand_over(work.ticket_id, work.actor, code, reason, version=work.version)


@act
def accept_hand_over(work: Work, _: Form) -> Ticket:
    """It is ours."""
    return work.desk.accept_hand_over(work.ticket_id, work.actor, version=work.version)


@act
def refuse_hand_over(work: Work, form: Form) -> Ticket:
    """It is not ours; whose it is."""
    code, reason = form.get("agency_code"), form.get("reason")
    return work.desk.refuse_hand_over(
        work.ticket_id, work.actor, code, reason, version=work.version
    )


@act
def side(work: Work, form: Form) -> Ticket:
    """On which side of a border it lies."""
    return decide_side(work, form.get("side"))


@act
def reclassify(work: Work, form: Form) -> Ticket:
    """What it is about."""
    code, reason = form.get("service_code"), form.get("reason")
    publish = form.get("publish") == "yes"
    return work.desk.reclassify(
        work.ticket_id, work.actor, code, reason, version=work.version, publish=publish
    )


@act
def public_words(work: Work, form: Form) -> Ticket:
    """What everybody may see of the citizen's words and photos."""
    text, photos = form.get("public"), form.all("photo")
    return work.desk.correct_public_words(
        work.ticket_id, work.actor, text, photos, version=work.version
    )


@act
def accept(work: Work, form: Form) -> Ticket:
    """Unverified words become the requester's own."""
    number = entry_number(form.get("entry"))
    return work.desk.accept_entry(work.ticket_id, work.actor, number, version=work.version)


@act
def move_entry(work: Work, form: Form) -> Ticket:
    """A message goes to the ticket where it belongs."""
    return move(work, form.get("message"), form.get("to_ticket_id"), form.get("reason"))


@act
def renew_link(work: Work, form: Form) -> Ticket:
    """Every tracking link made so far ends; the author is sent a new one."""
    return work.services.links.renew_by_staff(work.ticket_id, work.actor, version=work.version)


@act
def revoke_reply_address(work: Work, form: Form) -> Ticket:
    """Somebody's reply addresses end."""
    return revoke(work, form.get("party"), form.get("reason"))


def _choice(kind: type[Choice], form: Form, name: str) -> Choice:
    try:
        return kind(form.get(name))
    except ValueError as error:
        raise InvalidRequest(
            "Something is not chosen.", {name: "Choose one of the list."}
        ) from error
