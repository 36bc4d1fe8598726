"""Quarantine: held messages, why, what they say, released or discarded; decides nothing itself."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.api.schemas.plain import message_key
from chalicelib.handlers.console.desk.mail_frames import framing
from chalicelib.handlers.console.door.visit import room, say, show
from chalicelib.handlers.downloads import deliver_raw, note_access, refuse_infected
from chalicelib.handlers.http import Call, redirect
from chalicelib.handlers.looking import looked
from chalicelib.identity.accounts import Act
from chalicelib.templates.pages import messages
from chalicelib.tickets.model.idempotency import CARRIES_VIRUS

SIZE = 25


@room("/console/quarantine", Act.READ_QUARANTINE)
def show_quarantine(call: Call) -> Response:
    """What was held, newest first."""
    return _show(call)


@room("/console/quarantine/raw", Act.READ_QUARANTINE)
def download_raw(call: Call) -> Response:
    """The bytes as they came, as a download that no browser opens."""
    found = call.services.narrowing.held_one(call.person.staff, call.arg("message"))
    if found.reason == CARRIES_VIRUS:
        refuse_infected(call.services, call.person.staff.actor, call.arg("message"))
    answer = deliver_raw(
        call.services, found.raw_key, f"{found.channel}-{found.at:%Y%m%d-%H%M%S}.eml"
    )
    note_access(call.services, call.person.staff.actor, "raw_mail_downloaded", call.arg("message"))
    looked(call.person.staff.sub, call.services.clock.now())
    return answer


@room("/console/quarantine", Act.DECIDE_QUARANTINE, methods=["POST"])
def decide(call: Call) -> Response:
    """Release or discard one message."""
    key, actor = call.form.get("message"), call.person.staff.actor
    call.services.narrowing.held_one(call.person.staff, key)
    if call.form.get("decision") == "release":
        ticket_id = call.services.quarantine.release(key, actor)
        return redirect(call, f"/console/tickets/{ticket_id}")
    if not call.form.get("reason").strip():
        error = InvalidRequest("Say why.", {"reason": "Write why the message is thrown away."})
        return _show(call, problem_of=key, problems=error.fields, status=400)
    call.services.quarantine.discard(key, actor, shortened(call.form.get("reason"), bounds.NOTE))
    return redirect(call, "/console/quarantine")


def _why(reason: str) -> str:
    """The reason in the language of the page; one that is no code of ours stands as it is."""
    known = messages("en", "console")
    return next(
        (say(key) for key, words in known.items() if _is_reason(key, words, reason)), reason
    )


def _is_reason(key: str, words: object, reason: str) -> bool:
    return key.startswith("held.because.") and words == reason


def _show(
    call: Call,
    *,
    problem_of: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    all_ = call.services.store.quarantine(SIZE, call.arg("token"))
    page = call.services.narrowing.held(call.person.staff, all_)
    context = {
        "messages": [(message_key(message), message) for message in page.items],
        "next": f"/console/quarantine?token={page.next_token}" if page.next_token else "",
        "why": {message.reason: _why(message.reason) for message in page.items},
        "problem_of": problem_of,
        "problems": problems or {},
        "may_decide": call.person.staff.may(Act.DECIDE_QUARANTINE),
    }
    return framing(show(call, "quarantine", context, status=status, here="held"))
