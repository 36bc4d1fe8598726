"""The pages of broadcasts: the list, one of them, how far it is; decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.errors import AccessDenied, InvalidRequest, InvalidTransition, NotFound, StaleTicket
from chalicelib.handlers.console.door.visit import room, say, show
from chalicelib.handlers.http import Call, Services, json_answer, redirect
from chalicelib.identity.accounts import Act
from chalicelib.messages import Channel
from chalicelib.templates.written import render_written
from chalicelib.tickets.catalog.notice_checks import as_written
from chalicelib.tickets.people.broadcasts import MAY_BECOME, Broadcast, Stage

if TYPE_CHECKING:
    from chalicelib.notifications.broadcasts.rows import Row

LIST = "/console/broadcasts"
ONE = LIST + "/{broadcast_id}"
MICROS = 1_000_000
COUNTED = 9_000  # rows whose messages are counted without being asked
LIVE = frozenset({Stage.PREPARING, Stage.APPROVED})
REFUSALS = (AccessDenied, InvalidRequest, InvalidTransition, StaleTicket)


@room(LIST, Act.READ_BROADCASTS)
def show_broadcasts(call: Call) -> Response:
    """All of them, newest first."""
    rows = [(found, _progress(found)) for found in call.services.broadcasts.store.all()]
    context = {"rows": rows, "may_send": call.person.staff.may(Act.SEND_BROADCASTS)}
    return show(call, "broadcasts", context, here="broadcasts")


@room(ONE, Act.READ_BROADCASTS)
def show_broadcast(call: Call, broadcast_id: str) -> Response:
    """What it says, to how many, what it costs, how far it is."""
    return _page(call, broadcast_id)


@room(ONE + "/progress", Act.READ_BROADCASTS)
def show_progress(call: Call, broadcast_id: str) -> Response:
    """How far it is, for the script that moves the bar."""
    found = call.services.broadcasts.store.get(broadcast_id)
    shown = _progress(found)
    return json_answer({**shown, "stage": str(found.stage), "is_live": found.stage in LIVE})


@room(ONE, Act.SEND_BROADCASTS, methods=["POST"])
def act_on_broadcast_page(call: Call, broadcast_id: str) -> Response:
    """Approve, pause, resume or cancel."""
    try:
        _act(call, broadcast_id)
    except REFUSALS as error:
        problems = error.fields if isinstance(error, InvalidRequest) else {}
        status = 403 if isinstance(error, AccessDenied) else 409
        return _page(call, broadcast_id, message=str(error), problems=problems, status=status)
    return redirect(call, f"{LIST}/{broadcast_id}")


def _act(call: Call, broadcast_id: str) -> None:
    desk, actor, do = call.services.broadcasts, call.person.staff.actor, call.form.get("do")
    if do == "approve":
        desk.approve(broadcast_id, actor, _moment(call.services, call.form.get("starts_at")))
    elif do == "pause":
        desk.pause(broadcast_id, actor)
    elif do == "resume":
        desk.resume(broadcast_id, actor)
    elif do == "cancel":
        _be_sure(call)
        desk.cancel(broadcast_id, actor)
    else:
        raise NotFound("There is no such act.")


def _be_sure(call: Call) -> None:
    if call.form.get("sure") != "yes":
        raise InvalidRequest(say("keys.not_sure"), {"sure": say("keys.not_sure")})


def _moment(services: Services, text: str) -> datetime | None:
    """The moment that was typed, by the city's clocks; None for at once."""
    if not text.strip():
        return None
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError as error:
        said = say("broadcasts.bad_moment")
        raise InvalidRequest(said, {"starts_at": said}) from error
    zone = ZoneInfo(services.settings.timezone)
    return typed.replace(tzinfo=typed.tzinfo or zone).astimezone(UTC)


def _progress(found: Broadcast) -> dict[str, Any]:
    done = found.cursor if found.stage is not Stage.DONE else found.rows
    percent = 100 * done // found.rows if found.rows else 0
    said = say("broadcasts.done_of", done=done, rows=found.rows)
    return {"done": done, "rows": found.rows, "percent": percent, "said": said}


def _page(
    call: Call,
    broadcast_id: str,
    *,
    message: str = "",
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    desk, staff = call.services.broadcasts, call.person.staff
    found = desk.store.get(broadcast_id)
    is_counted = found.rows <= COUNTED or call.arg("count") == "all"
    context = {
        "found": found,
        "progress": _progress(found),
        "is_live": found.stage in LIVE,
        "price": f"{found.cost_micros / MICROS:.2f}",
        "tally": sorted(desk.tally(found).items()) if is_counted else None,
        "sample": _sample(call.services, found),
        "acts": _acts(call.services, found, staff.may(Act.SEND_BROADCASTS)),
        "is_own": staff.actor.key == found.author,
        "timezone_name": call.services.settings.timezone,
        "message": message,
        "problems": dict(problems or {}),
        "parts": range(1, 2 + (found.rows - 1) // COUNTED) if found.cursor else (),
    }
    return show(call, "broadcast", context, status=status, here="broadcasts")


def _acts(services: Services, found: Broadcast, may_send: bool) -> list[str]:
    """What can be done with it now, in the order of the page."""
    ways = {Stage.APPROVED: "approve", Stage.PAUSED: "pause", Stage.CANCELLED: "cancel"}
    possible = [ways[stage] for stage in ways if stage in MAY_BECOME[found.stage]]
    if found.stage is Stage.DONE and not services.broadcasts.is_leaving(found):
        return []
    if found.stage is Stage.PAUSED:
        possible = ["resume" if act == "approve" else act for act in possible]
    return possible if may_send else []


def _sample(services: Services, found: Broadcast) -> Mapping[str, Any] | None:
    """The first good row's message, as that person will read it."""
    listing = services.broadcasts.listing
    try:
        words = listing.words(found)
        row = _first_good(found, listing, words)
    except (InvalidRequest, NotFound):
        return None  # the template or the list is gone; the counts still stand
    if row is None:
        return None
    values, written = {**listing.frame, **row.values}, as_written(words)
    mail = render_written(words.name, written, Channel.EMAIL, values)
    text = render_written(words.name, written, Channel.SMS, values)
    return {"mail": mail, "text": text, "to": row.recipient.email or row.recipient.phone}


def _first_good(found: Broadcast, listing: Any, words: Any) -> Row | None:
    looked_at = islice(listing.rows(found, words), 100)
    return next((row for row in looked_at if not row.problem), None)
