"""Broadcasts by API: drafted, approved by a second person, watched, stopped; decides nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import door, read_body
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act
from chalicelib.notifications.broadcasts.lifecycle import Draft
from chalicelib.tickets.people.broadcasts import Broadcast
from chalicelib.tickets.people.segments import Segment

if TYPE_CHECKING:
    from chalicelib.handlers.api.schemas.bodies import SegmentWish

TAG = "Broadcasts"
MICROS = 1_000_000


@door(
    "GET",
    "/broadcasts",
    Act.READ_BROADCASTS,
    summary="All broadcasts, newest first",
    tag=TAG,
    answers="BroadcastList",
)
def list_broadcasts(call: Call) -> Response:
    """Without the counts of their messages."""
    return json_answer(
        {"broadcasts": [_plain(each) for each in call.services.broadcasts.store.all()]}
    )


@door(
    "POST",
    "/broadcasts",
    Act.SEND_BROADCASTS,
    summary="Check a list, or gather a segment, and keep it as a draft",
    tag=TAG,
    body="BroadcastDraft",
    answers="BroadcastShape",
)
def draft_broadcast(call: Call) -> Response:
    """Every bad row by its line, and what the good ones would take; nothing is sent. A large segment
    is gathered in the background, and its counts grow."""
    wish, actor = read_body(call, schemas.bodies.BroadcastDraft), call.person.actor
    if (wish.segment is None) == (not wish.rows):
        said = "Give rows or a segment, one of the two."
        raise InvalidRequest("Say whom the broadcast is for.", {"rows": said, "segment": said})
    draft = Draft(
        name=wish.name,
        template=wish.template,
        locale=wish.locale,
        purpose=wish.purpose,
        values=wish.values,
    )
    desk = call.services.broadcasts
    if wish.segment is None:
        return json_answer(_plain(desk.draft(draft, wish.rows.encode(), actor)))
    return json_answer(_plain(desk.draft_segment(draft, _segment(wish.segment), actor)))


def _segment(wish: SegmentWish) -> Segment:
    return Segment(
        area_codes=tuple(wish.areas),
        service_codes=tuple(wish.services),
        locales=tuple(wish.locales),
        who=wish.who,
    )


@door(
    "GET",
    "/broadcasts/{broadcast_id}",
    Act.READ_BROADCASTS,
    summary="One broadcast and how far it is",
    tag=TAG,
    answers="BroadcastShape",
)
def get_broadcast(call: Call, broadcast_id: str) -> Response:
    """With its messages counted as they stand now."""
    found = call.services.broadcasts.store.get(broadcast_id)
    return json_answer(_plain(found, dict(call.services.broadcasts.tally(found))))


@door(
    "POST",
    "/broadcasts/{broadcast_id}/{act}",
    Act.SEND_BROADCASTS,
    summary="Approve, pause, resume or cancel it",
    tag=TAG,
    body="BroadcastAct",
    answers="BroadcastShape",
)
def act_on_broadcast(call: Call, broadcast_id: str, act: str) -> Response:
    """`approve` is for somebody other than its author, and may name when it begins."""
    desk, actor = call.services.broadcasts, call.person.actor
    wish = (
        read_body(call, schemas.bodies.BroadcastAct) if call.body else schemas.bodies.BroadcastAct()
    )
    acts = {
        "approve": lambda: desk.approve(broadcast_id, actor, wish.starts_at),
        "pause": lambda: desk.pause(broadcast_id, actor),
        "resume": lambda: desk.resume(broadcast_id, actor),
        "cancel": lambda: desk.cancel(broadcast_id, actor),
    }
    if act not in acts:
        raise NotFound("A broadcast can be approved, paused, resumed or cancelled.")
    return json_answer(_plain(acts[act]()))


def _plain(found: Broadcast, statuses: dict[str, int] | None = None) -> dict[str, Any]:
    return {
        "id": found.broadcast_id,
        "name": found.name,
        "template": found.template,
        "locale": found.locale,
        "purpose": found.purpose,
        "stage": str(found.stage),
        "author": found.author,
        "approved_by": found.approved_by,
        "created_at": found.created_at.isoformat(),
        "starts_at": found.starts_at.isoformat() if found.starts_at else None,
        "finished_at": found.finished_at.isoformat() if found.finished_at else None,
        "rows": found.rows,
        "bad": found.bad,
        "problems": [{"line": line, "reason": said} for line, said in found.problems],
        "mails": found.mails,
        "texts": found.texts,
        "segments": found.segments,
        "price": f"{found.cost_micros / MICROS:.2f}",
        "handed_over": found.cursor,
        "statuses": statuses or {},
        "segment": _plain_segment(found.segment),
        "values": dict(found.values),
        "kept_back": found.kept_back,
    }


def _plain_segment(segment: Segment | None) -> dict[str, Any] | None:
    if segment is None:
        return None
    return {
        "areas": list(segment.area_codes),
        "services": list(segment.service_codes),
        "locales": list(segment.locales),
        "who": segment.who,
    }
