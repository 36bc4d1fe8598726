"""A new password: what is refused, and the way to one for who forgot theirs; holds nothing itself."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.errors import AllowanceUsedUp, InvalidRequest, NotSignedIn, TooManyRequests
from chalicelib.handlers.console.door.trail import audit
from chalicelib.handlers.console.door.visit import SIGN_IN, routes, show, show_failure
from chalicelib.handlers.http import Call, api, check_form, origin_of, redirect

FORGOTTEN = "/console/password"


def problem_of_new(call: Call, username: str, new: str, again: str) -> str:
    """Why a new password is refused before the pool is asked: `differs`, `short`, `common`, or empty."""
    # Imported where used: the list is read by who chooses a password, and by nobody else.
    from chalicelib.identity.passwords import problem_of

    if new != again:
        return "differs"
    words = (call.services.settings.city_name, "civicline", username.partition("@")[0])
    return problem_of(new, words)


def spend(call: Call, *taken: tuple[str, str]) -> None:
    """Count a try of somebody who is not signed in. Raises `TooManyRequests`."""
    try:
        call.services.desk.spend(*taken)
    except AllowanceUsedUp as error:
        raise TooManyRequests("That was asked too often; try again in an hour.", 3_600) from error


@api(routes, FORGOTTEN, methods=["GET", "POST"], public=True, failure=show_failure)
def renew_password(call: Call) -> Response:
    """Two steps to a new password: whose, and the code that was mailed. The first answers alike whether
    there is such a person or not."""
    if call.method != "POST":
        return _ask(call, "begin")
    check_form(call)
    username = shortened(call.form.get("username").strip(), bounds.NAME).lower()
    if not username:
        return _ask(call, "begin")
    spend(call, ("network_resets_an_hour", origin_of(call)), ("resets_a_day", f"staff:{username}"))
    if call.form.get("step") == "finish":
        return _finish(call, username)
    call.services.accounts.begin_reset(username)
    return _ask(call, "finish", username)


def _finish(call: Call, username: str) -> Response:
    new, code = call.form.get("new"), "".join(call.form.get("code").split())
    if problem := problem_of_new(call, username, new, call.form.get("again")):
        return _ask(call, "finish", username, problem)
    try:
        staff = call.services.accounts.finish_reset(username, code, new)
    except InvalidRequest:
        return _ask(call, "finish", username, "policy")
    except NotSignedIn:
        return _ask(call, "finish", username, "wrong_mailed")
    call.services.sessions.end_all(staff.pool_name)
    audit(call.services, "account_password_renewed", staff.actor, staff.sub)
    return redirect(call, f"{SIGN_IN}?done=password")


def _ask(call: Call, step: str, username: str = "", problem: str = "") -> Response:
    context: dict[str, Any] = {"step": step, "username": username, "problem": problem}
    return show(call, "new_password", context, status=400 if problem else 200)
