"""Signing in and out: name and password, a new password, a code; decides nothing itself."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.errors import InvalidRequest, NotSignedIn
from chalicelib.handlers.console.door.new_password import problem_of_new, spend
from chalicelib.handlers.console.door.trail import note_failure
from chalicelib.handlers.console.door.visit import (
    SIGN_IN,
    STAFF,
    begin_session,
    ended_cookies,
    routes,
    show,
)
from chalicelib.handlers.http import (
    Call,
    add_cookies,
    api,
    check_form,
    origin_of,
    own_name,
    redirect,
)
from chalicelib.identity.accounts import Challenge, ChallengeKind, Session

HOME = "/console"
DONE = ("password",)
TROUBLES = ("foreign", "no_role", "refused_there")


@api(routes, SIGN_IN, methods=["GET", "POST"], public=True)
def sign_in(call: Call) -> Response:
    """The sign-in page, and what is sent from it."""
    if call.method != "POST":
        done = call.arg("done")
        context = {"next": way_within(call.arg("next")), "done": done if done in DONE else ""}
        return _ask(call, "password", context)
    check_form(call)
    spend(call, ("network_sign_ins_an_hour", origin_of(call)))
    step = _answer if call.form.get("step") == "challenge" else _enter
    return step(call)


@api(routes, "/console/sign-out", methods=["POST"], public=True)
def sign_out(call: Call) -> Response:
    """Ends this sign-in, here and at the user pool."""
    check_form(call)
    call.services.sessions.leave(call.cookies.get(own_name(call, STAFF), ""))
    leaves = "/console/sign-off" if call.services.settings.sign_on_domain else SIGN_IN
    return add_cookies(redirect(call, leaves), ended_cookies(call))


def _enter(call: Call) -> Response:
    username = call.form.get("username").strip()
    password = call.form.get("password")
    if not username or not password:
        return _refuse(call, username)
    try:
        result = call.services.accounts.sign_in(username, password)
    except NotSignedIn:
        note_failure(call, username)
        return _refuse(call, username)
    return _go_on(call, result)


def _refuse(call: Call, username: str) -> Response:
    context = {"next": way_within(call.form.get("next")), "username": username, "is_refused": True}
    return _ask(call, "password", context, status=401)


def _answer(call: Call) -> Response:
    challenge = _challenge(call)
    answer = call.form.get("answer")
    if challenge.kind is ChallengeKind.CODE:
        answer = "".join(answer.split())
    elif problem := problem_of_new(call, challenge.username, answer, call.form.get("again")):
        return _challenged(call, challenge, problem)
    try:
        result = call.services.accounts.answer(challenge, answer)
    except InvalidRequest:
        return _challenged(call, challenge, "policy")
    except NotSignedIn:
        note_failure(call, challenge.username)
        return _challenged(call, challenge, "wrong")
    return _go_on(call, result)


def _challenge(call: Call) -> Challenge:
    form = call.form
    kind = form.get("kind")
    if kind not in set(ChallengeKind):
        raise InvalidRequest("The form is not complete; sign in again.", {"kind": "unknown"})
    return Challenge(ChallengeKind(kind), form.get("username"), form.get("session"))


def _challenged(call: Call, challenge: Challenge, problem: str = "") -> Response:
    context = {
        "next": way_within(call.form.get("next")),
        "username": challenge.username,
        "challenge": challenge,
        "problem": problem,
    }
    return _ask(call, challenge.kind.name.lower(), context, status=401 if problem else 200)


def _go_on(call: Call, result: Session | Challenge) -> Response:
    if isinstance(result, Challenge):
        return _challenged(call, result)
    staff = call.services.accounts.staff(result.access_token)
    target = way_within(call.form.get("next")) or HOME
    return add_cookies(redirect(call, target), begin_session(call, result, staff))


def _ask(call: Call, step: str, context: dict[str, Any], *, status: int = 200) -> Response:
    said = dict.fromkeys(("username", "problem", "done"), "")
    settings, trouble = call.services.settings, call.arg("trouble")
    offered = {"sign_on": settings.sign_on_name if settings.sign_on_domain else ""}
    offered["trouble"] = trouble if trouble in TROUBLES else ""
    blank = {**said, **offered, "is_refused": False, "challenge": None, "step": step}
    return show(call, "sign_in", {**blank, **context}, status=status)


def way_within(path: str) -> str:
    """A way within the console, or nothing: nobody is sent elsewhere."""
    is_ours = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    return path if is_ours and "\\" not in path and path.isprintable() else ""
