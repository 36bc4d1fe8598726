"""The queue: whose tickets, which ones, in what order; decides nothing itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.handlers.api.tickets import make_query
from chalicelib.handlers.console.door.visit import in_full, in_words, named, room, say, show
from chalicelib.handlers.http import Call, Services
from chalicelib.identity.accounts import Act, Staff
from chalicelib.projections.reading import chosen as chosen_of
from chalicelib.tickets.clocks.promises import next_due_at
from chalicelib.tickets.model.ticket import FINAL_STATUSES, OPEN_STATUSES, Priority, Status, Ticket
from chalicelib.tickets.ports import QueueQuery

VIEWS = ("all", "mine", "unassigned", "done")
FILTERS = ("agency", "status", "priority")
SIZE = 25
A_DAY = timedelta(days=1)


@room("/console", Act.READ_TICKETS)
def show_queue(call: Call) -> Response:
    """One page of tickets, soonest due first."""
    view = call.arg("view", "all")
    view = view if view in VIEWS else "all"
    staff = call.person.staff
    query = _narrow(make_query(_known_only(call, staff), staff), view, staff.sub)
    page = call.services.store.queue(query, SIZE, call.arg("token"))
    numbers, counted_at = _numbers(call, query)
    now = call.services.clock.now()
    chosen = {name: call.arg(name) for name in FILTERS}
    return show(
        call,
        "queue",
        {
            "view": view,
            "views": [(name, _address(chosen, view=name), numbers.get(name)) for name in VIEWS],
            "counted_at": counted_at,
            "rows": [make_row(ticket, now) for ticket in page.items],
            "next": _address(chosen, view=view, token=page.next_token) if page.next_token else "",
            "first": _address(chosen, view=view) if call.arg("token") else "",
            "chosen": chosen,
            "has_filter": any(chosen.values()),
            "statuses": named("status", _statuses(view)),
            "priorities": named("priority", Priority),
            "agencies": agency_choices(call.services, staff.scope),
            "names": people_names(call.services),
            "services": service_names(call.services),
        },
        here="queue",
    )


def _known_only(call: Call, staff: Staff) -> Call:
    """The call without empty filters and with words of ours only: a link never fails for a typo."""
    wanted = {name: [v for v in call.query.get(name, ()) if v] for name in FILTERS}
    wanted["agency"] = [v for v in wanted["agency"] if staff.serves(v)]
    wanted["status"] = [v for v in wanted["status"] if v in set(Status)]
    wanted["priority"] = [v for v in wanted["priority"] if v in set(Priority)]
    return replace(call, query=wanted)


def _narrow(query: QueueQuery, view: str, sub: str) -> QueueQuery:
    if view == "mine":
        return replace(query, assignee=sub)
    if view == "unassigned":
        return replace(query, is_unassigned=True)
    return replace(query, is_open=view != "done")


def _numbers(call: Call, query: QueueQuery) -> tuple[dict[str, int], datetime | None]:
    """How many tickets each view holds under the same filters; and as of when.

    Of one's own the agency is not counted: there is no number as long as one is chosen.
    """
    staff = call.person.staff
    all_, own, at = call.services.figures.queue(
        query.agency_codes, *call.services.directory.names(staff.sub)
    )
    count = partial(chosen_of, priorities=query.priorities)
    is_done = {view: view == "done" for view in VIEWS}
    # A status belongs to open tickets or to the others: the other views are counted without it.
    of = {view: [s for s in query.statuses if s in _statuses(view)] for view in VIEWS}
    numbers = {
        view: count(
            own if view == "mine" else all_,
            statuses=of[view],
            is_open=not is_done[view],
            is_unassigned=view == "unassigned",
        )
        for view in VIEWS
    }
    if query.agency_codes != staff.scope:
        del numbers["mine"]
    return numbers, at


def _statuses(view: str) -> list[Status]:
    done = {Status.RESOLVED, *FINAL_STATUSES}
    return [status for status in Status if status in (done if view == "done" else OPEN_STATUSES)]


def _address(chosen: dict[str, str], **more: str) -> str:
    wanted = {name: value for name, value in {**chosen, **more}.items() if value}
    if wanted.get("view") == "all":
        del wanted["view"]
    return f"/console?{urlencode(wanted)}" if wanted else "/console"


def agency_choices(services: Services, codes: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Agencies as (code, name), by name; only `codes` when there are any."""
    agencies = services.catalog.load().agencies.values()
    named = [(a.agency_code, in_words(a.agency_name)) for a in agencies]
    return sorted((pair for pair in named if not codes or pair[0] in codes), key=lambda p: p[1])


def service_names(services: Services) -> dict[str, str]:
    """Names of all services by code, in the console's language."""
    catalog = services.catalog.load()
    return {code: in_words(s.service_name) for code, s in catalog.services.items()}


def people_names(services: Services) -> dict[str, str]:
    """What everybody is called who works here or did, by `sub` and by what earlier releases wrote."""
    directory = services.directory
    return {
        name: person.name or person.username
        for person in directory.everybody()
        for name in directory.names(person.sub)
    }


def assignees(services: Services, ticket: Ticket) -> list[tuple[str, str]]:
    """Whom the ticket can be given to: those who serve its agency, and whoever has it.

    Of who is away it is said until when, and who stands in.
    """
    return [
        (p.sub, _presence(services, p, ticket))
        for p in services.directory.colleagues()
        if p.serves(ticket.agency_code) or p.sub == ticket.assignee
    ]


def _presence(services: Services, person: Staff, ticket: Ticket) -> str:
    name = person.name or person.username
    absence = services.stand_ins.absence(person.pool_name)
    if absence is None:
        return name
    day = in_full(absence.ends_at.astimezone(ZoneInfo(services.settings.timezone)).date() - A_DAY)
    instead = services.stand_ins.instead_of(person.sub, ticket.agency_code)
    if not instead:
        return say("assign.away_alone", name=name, day=day)
    names = people_names(services)
    return say("assign.away", name=name, day=day, substitute=names.get(instead, instead))


def make_row(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """A ticket as a line of the queue."""
    return {"ticket": ticket, "due": due_of(ticket, now)}


def due_of(ticket: Ticket, now: datetime) -> dict[str, Any] | None:
    """When the ticket is due and how much time is left, or None when nothing is promised."""
    at = next_due_at(ticket)
    if not ticket.is_open or at is None:
        return None
    unit, count = left(abs(at - now))
    return {
        "at": at,
        "is_late": at < now,
        "is_near": timedelta(0) <= at - now < timedelta(hours=4),
        "unit": unit,
        "count": count,
        "is_first": ticket.first_responded_at is None and at == ticket.first_response_due_at,
    }


def left(time: timedelta) -> tuple[str, int]:
    """A stretch of time as people say it: (minutes, hours or days; how many)."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 90:
        return "minutes", minutes
    return ("hours", minutes // 60) if minutes < 48 * 60 else ("days", minutes // 1440)
