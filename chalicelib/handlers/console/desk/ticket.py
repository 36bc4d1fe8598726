"""The ticket's page, before and after an act on it; decides nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from chalice.app import Response

from chalicelib.errors import (
    DeskError,
    InvalidRequest,
    InvalidTransition,
    NotFound,
    StaleTicket,
    UnknownService,
)
from chalicelib.handlers.api.acts import start
from chalicelib.handlers.api.tickets import entry_of, file_answer
from chalicelib.handlers.console.desk.clock_lines import lines_of
from chalicelib.handlers.console.desk.failure_reasons import why
from chalicelib.handlers.console.desk.merging import alike
from chalicelib.handlers.console.desk.queue import (
    agency_choices,
    assignees,
    due_of,
    people_names,
    service_names,
)
from chalicelib.handlers.console.desk.ticket_acts import ACTS
from chalicelib.handlers.console.door.visit import fault_said, named, room, show
from chalicelib.handlers.http import Call, Services, redirect
from chalicelib.handlers.looking import looked
from chalicelib.handlers.whole_words import part_of
from chalicelib.identity.accounts import Act, require_ticket
from chalicelib.tickets.casework.following import followers_of
from chalicelib.tickets.casework.revocations import written_to
from chalicelib.tickets.catalog.borders import options
from chalicelib.tickets.model.records import Casefile, Notification
from chalicelib.tickets.model.references import former_name
from chalicelib.tickets.model.ticket import Entry, Priority, Status, Ticket
from chalicelib.tickets.publishing.public_words import public_words as shown_words
from chalicelib.tickets.publishing.public_words import publishable

ONE = "/console/tickets/{ticket_id}"
FOLLOWERS = 50  # at once


@dataclass(frozen=True, slots=True)
class Attempt:
    """An act that did not happen: what was typed is kept, and what was wrong is said.

    `seen` is the number of the last entry that the person had on the screen.
    """

    act: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    is_stale: bool = False
    seen: int = 0

    def typed(self, act: str, name: str, default: str = "") -> str:
        """What stands in a field of one act's form."""
        return self.fields.get(name, default) if act == self.act else default

    def problem(self, act: str, name: str) -> str:
        """What was wrong with a field of one act's form, or empty."""
        return self.problems.get(name, "") if act == self.act else ""


@room(ONE, Act.READ_TICKETS)
def show_ticket(call: Call, ticket_id: str) -> Response:
    """The whole file; also by the reference that it had in the product before ours."""
    if not ticket_id.upper().startswith("SR-"):
        found = call.services.store.ticket_of_provider_message([former_name(unquote(ticket_id))])
        if found:
            return redirect(call, f"/console/tickets/{found}")
    return _show(call, ticket_id, Attempt())


@room(ONE + "/files/{digest}", Act.READ_TICKETS)
def download_file(call: Call, ticket_id: str, digest: str) -> Response:
    """A file of this ticket, always as a download."""
    return file_answer(call, call.person.staff, ticket_id, digest)


@room(ONE + "/entries/{number}", Act.READ_TICKETS)
def show_words(call: Call, ticket_id: str, number: str) -> Response:
    """All words of one entry, a part at a time."""
    entry = entry_of(call.services, call.person.staff, ticket_id, number)
    context = {
        "ticket_id": ticket_id,
        "at": entry.at,
        "part": part_of(call, entry.text),
        "here": f"/console/tickets/{ticket_id}/entries/{entry.number}",
    }
    return show(call, "words", context, here="queue")


@room(ONE + "/{act}", Act.WORK_TICKETS, methods=["POST"])
def do_act(call: Call, ticket_id: str, act: str) -> Response:
    """One act; when it does not happen, the page again with what was typed."""
    perform = ACTS.get(act)
    if perform is None:
        raise NotFound("There is no such act.")
    staff = call.person.staff
    try:
        ticket = perform(
            start(call.services, staff, ticket_id, _number(call, "version")), call.form
        )
    except (StaleTicket, InvalidRequest, InvalidTransition, UnknownService) as error:
        return _show(call, ticket_id, _attempt(call, act, error), status=_status(error))
    if not staff.serves(ticket.agency_code):
        return redirect(call, "/console")
    return redirect(call, f"/console/tickets/{ticket_id}#entry-{ticket.entry_count}")


def _status(error: DeskError) -> int:
    return 400 if isinstance(error, InvalidRequest) else 409


def _attempt(call: Call, act: str, error: DeskError) -> Attempt:
    return Attempt(
        act=act,
        fields={name: values[-1] for name, values in call.form.fields.items() if values},
        problems={name: fault_said(text) for name, text in getattr(error, "fields", {}).items()},
        message=fault_said(str(error)),
        is_stale=isinstance(error, StaleTicket),
        seen=_number(call, "seen"),
    )


def _number(call: Call, name: str) -> int:
    text = call.form.get(name)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest("The form is not complete; load the page again.", {name: "missing"})
    return int(text)


def _show(call: Call, ticket_id: str, attempt: Attempt, *, status: int = 200) -> Response:
    found = call.services.desk.case(ticket_id, call.arg("token"))
    require_ticket(call.person.staff, found.ticket)
    looked(call.person.staff.sub, call.services.clock.now())
    context = {
        **_case_context(call.services, found),
        "token": call.arg("token"),
        **_choices(call, found.ticket),
        "attempt": attempt,
    }
    context["newer"] = (
        [e for e in found.entries if e.number > attempt.seen] if attempt.is_stale else []
    )
    return show(call, "case", context, status=status, here="queue")


def _case_context(services: Services, found: Casefile) -> dict[str, Any]:
    ticket, now, catalog = found.ticket, services.clock.now(), services.catalog.load()
    exactness = catalog.exactness(ticket.service_code)
    return {
        "ticket": ticket,
        **lines_of(ticket, catalog, now),
        "lines": [*_lines(found)],
        "older": found.next_token,
        "has_more_messages": found.has_more_messages,
        "due": due_of(ticket, now),
        "shown": shown_words(ticket, exactness) if ticket.is_public else None,
        "publishable": publishable(ticket),
        "next_statuses": named("status", [s for s in Status if s in ticket.next_statuses]),
        "written_to": written_to(ticket, services.store),
        "moved": ticket.settled.moved,
        "why": why,
        "waiting": [e for e in found.entries if _awaits_acceptance(e, found)],
    }


def _lines(found: Casefile) -> Iterator[dict[str, Any]]:
    sent = _by_entry(found)
    for before, entry in zip([None, *found.entries], found.entries, strict=False):
        is_silent = entry.kind == "opened" or _repeats(entry, before)
        yield {
            "entry": entry,
            "text": "" if is_silent else entry.text,
            "notifications": sent.get(entry.number, []),
            "awaits_acceptance": _awaits_acceptance(entry, found),
        }


def _by_entry(found: Casefile) -> dict[int, list[Notification]]:
    """The messages under the entry that caused them, or under the last one before they were written."""
    shown: dict[int, list[Notification]] = {entry.number: [] for entry in found.entries}
    for n in found.notifications:
        before = [e.number for e in found.entries if e.at <= n.created_at] or [*shown][:1]
        shown[n.entry if n.entry in shown else before[-1]].append(n)
    return shown


def _repeats(entry: Entry, before: Entry | None) -> bool:
    """Whether the words stand beside it already: an answer that also changed the status."""
    is_change = entry.kind in ("status_changed", "reopened")
    return bool(is_change and before and (before.at, before.text) == (entry.at, entry.text))


def _awaits_acceptance(entry: Entry, found: Casefile) -> bool:
    is_somebodys = entry.kind not in ("opened", "filed")
    is_accepted = entry.number in found.ticket.settled.accepted
    return not entry.is_verified and not is_accepted and is_somebodys


def _choices(call: Call, ticket: Ticket) -> dict[str, Any]:
    catalog = call.services.catalog.load()
    named_services = service_names(call.services)
    active = {code for code, service in catalog.services.items() if service.is_active}
    listed = [(code, name) for code, name in named_services.items() if code in active]
    return {
        "agencies": agency_choices(call.services),
        "sides": options(ticket, catalog, "en"),
        "services": sorted(listed, key=lambda pair: pair[1]),
        "service_names": named_services,
        "priorities": named("priority", Priority),
        "names": people_names(call.services),
        "assignees": assignees(call.services, ticket),
        "alike": alike(call.services, call.person.staff, ticket),
        **_following(call, ticket),
        "may_work": call.person.staff.may(Act.WORK_TICKETS),
        "failed": FAILED,
        "has_text_receipts": call.services.settings.has_text_receipts,
    }


def _following(call: Call, ticket: Ticket) -> dict[str, Any]:
    """A page of those that follow it, and where the next one is."""
    if not ticket.me_too:
        return {}
    place = call.arg("followers")
    page = followers_of(ticket, call.services.store, FOLLOWERS, place)
    address = f"/console/tickets/{ticket.ticket_id}"
    more = f"{address}?{urlencode({'followers': page.next_token})}" if page.next_token else ""
    return {"followers": page.items, "more": more, "first": address if place else ""}


FAILED = frozenset({"bounced", "complained", "failed", "suppressed", "expired"})
