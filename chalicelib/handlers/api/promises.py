"""A ticket's clocks and the trials of drafts as JSON; decides nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Response

from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.catalogue import KINDS, TAG, with_code
from chalicelib.handlers.api.doors import View, door, read_body, wanted_version
from chalicelib.handlers.api.schemas.plain import Json, item, moment
from chalicelib.handlers.downloads import note_access
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act, require_ticket
from chalicelib.tickets.clocks.deadlines import clocks_of, latest_period, upcoming
from chalicelib.tickets.clocks.promises import expected_at

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.catalog import Catalog
    from chalicelib.tickets.escalation.recompute import Move
    from chalicelib.tickets.escalation.rehearsals import Rehearsal
    from chalicelib.tickets.escalation.trial import Firing
    from chalicelib.tickets.model.ticket import Ticket
    from chalicelib.tickets.worktime.sla import ClockState

MOST_FIRINGS = 500
MOST_MOVES = 1_000
MOVING = ("targets", "calendars", "agencies", "services")


@door(
    "GET",
    "/tickets/{ticket_id}/clocks",
    Act.READ_TICKETS,
    summary="Every promise about a ticket: what ran, paused, comes next, and why it is due then",
    tag="Tickets",
    answers="ClocksShape",
)
def get_clocks(call: Call, ticket_id: str) -> Response:
    """Where the clocks stand."""
    ticket = call.services.store.get(ticket_id)
    require_ticket(call.person, ticket)
    return json_answer(clocks(ticket, call.services.catalog.load(), call.services.clock.now()))


def clocks(ticket: Ticket, catalog: Catalog, now: datetime) -> Json:
    """A ticket's clocks as `ClocksShape`."""
    steps = upcoming(ticket, catalog)
    return {
        "ticket_id": ticket.ticket_id,
        "expected_at": moment(expected_at(ticket)),
        "clocks": [_clock(state, ticket) for state in clocks_of(ticket, catalog, now)],
        "next_steps": [
            {
                "rule": due.rule.name,
                "step": due.step.code,
                "at": moment(due.due_at),
                "actions": [action.do for action in due.step.actions],
            }
            for due in steps[:10]
        ],
    }


def _clock(state: ClockState, ticket: Ticket) -> Json:
    period = latest_period(ticket, state.clock)
    spans = period.spans if period else ()
    return {
        **state._asdict(),
        "started_at": moment(state.started_at),
        "due_at": moment(state.due_at),
        "stopped_at": moment(state.stopped_at),
        "spans": [{"begins": moment(a), "ends": moment(b)} for a, b in spans],
    }


@door(
    "POST",
    "/rules/{code}/trial",
    Act.WRITE_CATALOG,
    summary="Try a draft rule on real tickets before it is published; nothing is sent or written",
    tag="Rules",
    body="RuleTrial",
    answers="TrialShape",
)
def try_rule(call: Call, code: str) -> Response:
    """What it would do, beside what the published rules did."""
    wanted = read_body(call, schemas.bodies.RuleTrial)
    draft = call.services.catalog_desk.draft(with_code("rule", code, wanted.body))
    rehearsals = call.services.rehearsals
    attempt = rehearsals.replay if wanted.on == "past" else rehearsals.forecast
    return json_answer(_trial(attempt(draft, wanted.days)))


def _trial(done: Rehearsal) -> Json:
    trial = done.trial
    return {
        "since": moment(done.since),
        "until": moment(done.until),
        "examined": done.examined,
        "is_cut": done.is_cut,
        "tickets": trial.tickets,
        "firings": [_firing(firing) for firing in trial.firings[:MOST_FIRINGS]],
        "mails": trial.mails,
        "texts": trial.texts,
        "segments": trial.segments,
        "cost": done.cost,
        "woken": trial.woken,
        "calls": trial.calls,
        "incidents": trial.incidents,
        "published": [_firing(firing) for firing in trial.published[:MOST_FIRINGS]],
    }


def _firing(firing: Firing) -> Json:
    plain = firing._asdict() | {"at": moment(firing.at)}
    return {**plain, "actions": list(firing.actions), "wakes": list(firing.wakes)}


def _move(move: Move) -> Json:
    return {**move._asdict(), "before": moment(move.before), "after": moment(move.after)}


def _preview(kind: str) -> View:
    def view(call: Call, code: str) -> Response:
        wanted = read_body(call, schemas.bodies.CatalogDraft)
        draft = call.services.catalog_desk.imagine(kind, with_code(kind, code, wanted.body))
        moves, is_cut = call.services.recomputation.preview(draft, MOST_MOVES)
        return json_answer({"moves": [_move(m) for m in moves], "is_cut": is_cut})

    view.__name__ = f"preview_{kind}"
    return view


def _rollback(kind: str) -> View:
    def view(call: Call, code: str) -> Response:
        wanted = read_body(call, schemas.bodies.Rollback)
        version, actor = wanted_version(call, wanted.version), call.person.actor
        done = call.services.catalog_desk.rollback(
            kind, code, wanted.to_version, actor, version=version, note=wanted.note
        )
        return json_answer(item(done), headers={"ETag": f'"{done.version}"'})

    view.__name__ = f"rollback_{kind}"
    return view


for _plural, _kind in KINDS.items():
    door(
        "POST",
        f"/{_plural}/{{code}}/rollback",
        Act.WRITE_CATALOG,
        summary="Publish an earlier version once more, as a new one",
        tag=_plural.title(),
        body="Rollback",
        answers="CatalogShape",
        is_versioned=True,
    )(_rollback(_kind))
    if _plural in MOVING:
        door(
            "POST",
            f"/{_plural}/{{code}}/preview",
            Act.WRITE_CATALOG,
            summary="Which open tickets would be due at another moment; nothing is changed",
            tag=_plural.title(),
            body="CatalogDraft",
            answers="MoveList",
        )(_preview(_kind))


@door(
    "GET",
    "/catalogue",
    Act.READ_CATALOG,
    summary="The whole published catalogue as one document",
    tag=TAG,
    answers="Export",
)
def export_catalogue(call: Call) -> Response:
    """Everything that administrators wrote."""
    note_access(call.services, call.person.actor, "catalogue_exported", "catalogue")
    return json_answer({"catalogue": call.services.catalog_desk.export()})


@door(
    "POST",
    "/catalogue",
    Act.WRITE_CATALOG,
    summary="Publish what a document holds, all of it or nothing; the rest stays as it is",
    tag=TAG,
    body="Import",
    answers="CatalogList",
)
def import_catalogue(call: Call) -> Response:
    """Bring in what another town or an earlier day had."""
    wanted = read_body(call, schemas.bodies.Import)
    actor = call.person.actor
    done = call.services.catalog_desk.import_items(wanted.catalogue, actor, note=wanted.note)
    return json_answer({"items": [item(one) for one in done]})
