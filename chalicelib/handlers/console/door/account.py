"""One's own account: password, codes and where one is signed in; nothing here touches a role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Response

from chalicelib.errors import CodesOwed, InvalidRequest, NotFound, NotSignedIn
from chalicelib.handlers.api.doors import check_codes
from chalicelib.handlers.console.door.new_password import problem_of_new
from chalicelib.handlers.console.door.trail import audit
from chalicelib.handlers.console.door.visit import (
    ACCOUNT,
    SIGN_IN,
    ended_cookies,
    room,
    say,
    show,
)
from chalicelib.handlers.http import Call, add_cookies, redirect
from chalicelib.identity.accounts import Act

DONE = ("codes", "end", "end_others")


@room(ACCOUNT, Act.READ_CATALOG, is_before_codes=True)
def show_account(call: Call) -> Response:
    """Who one is, where one is signed in, and forms for password and codes."""
    done = call.arg("done")
    return _show(call, done=done if done in DONE else "")


@room(ACCOUNT, Act.READ_CATALOG, methods=["POST"], is_before_codes=True)
def change_account(call: Call) -> Response:
    """A new password, the two steps to codes, or the end of a sign-in."""
    act = _ACTS.get(call.form.get("do"))
    if act is None:
        raise NotFound("There is no such act.")
    return act(call)


def _change_password(call: Call) -> Response:
    """Everybody who is signed in as this person must know the new one, so all sign-ins end."""
    old, new = call.form.get("old"), call.form.get("new")
    problem = problem_of_new(call, call.person.staff.username, new, call.form.get("again"))
    if problem:
        place = "again" if problem == "differs" else "new"
        return _show(call, problems={place: say(f"sign_in.{problem}")}, status=400)
    try:
        call.services.accounts.change_password(call.person.token, old, new)
    except InvalidRequest:
        return _show(call, problems={"new": say("sign_in.policy")}, status=400)
    except NotSignedIn:
        return _show(call, problems={"old": say("account.wrong_old")}, status=400)
    call.services.sessions.end_all(call.person.session.pool_name)
    _note(call, "account_password_changed")
    return add_cookies(redirect(call, f"{SIGN_IN}?done=password"), ended_cookies(call))


def _begin_codes(call: Call) -> Response:
    """Whoever only found the browser open cannot bind an app of their own."""
    accounts, staff = call.services.accounts, call.person.staff
    try:
        accounts.check_password(staff, call.form.get("present"))
    except NotSignedIn:
        _note(call, "account_password_wrong")
        return _show(call, problems={"present": say("account.wrong_old")}, status=400)
    return _show(call, secret=accounts.begin_codes(call.person.token))


def _finish_codes(call: Call) -> Response:
    code = "".join(call.form.get("code").split())
    try:
        call.services.accounts.finish_codes(call.person.token, code)
    except NotSignedIn:
        problems = {"code": say("sign_in.wrong")}
        return _show(call, secret=call.form.get("secret")[:200], problems=problems, status=400)
    return _done(call, "codes", "account_codes_changed")


def _end(call: Call) -> Response:
    sessions, session = call.services.sessions, call.person.session
    wanted = call.form.get("sign_in")
    found = (each for each in sessions.of(session.pool_name) if each.digest == wanted)
    if other := next(found, None):  # one that is over already is what was wanted
        sessions.end(other)
    return _done(call, "end", "account_sign_in_ended")


def _end_others(call: Call) -> Response:
    session = call.person.session
    call.services.sessions.end_others(session.pool_name, but=session.digest)
    return _done(call, "end_others", "account_sign_in_ended")


_ACTS: Mapping[str, Callable[[Call], Response]] = {
    "password": _change_password,
    "begin": _begin_codes,
    "finish": _finish_codes,
    "end": _end,
    "end_others": _end_others,
}


def _done(call: Call, what: str, action: str) -> Response:
    _note(call, action)
    return redirect(call, f"{ACCOUNT}?done={what}")


def _note(call: Call, action: str) -> None:
    staff = call.person.staff
    audit(call.services, action, staff.actor, staff.sub)


def _show(
    call: Call,
    *,
    done: str = "",
    secret: str = "",
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    staff, city = call.person.staff, call.services.settings.city_name
    context: dict[str, Any] = {
        "done": done,
        "secret": secret,
        "app_link": {"path": f"{city}:{staff.username}", "secret": secret, "issuer": city},
        "problems": problems or {},
        "owes_codes": _owes_codes(call),
        "sign_ins": call.services.sessions.of(call.person.session.pool_name),
        "own": call.person.session.digest,
    }
    return show(call, "account", context, status=status, here="account")


def _owes_codes(call: Call) -> bool:
    try:
        check_codes(call.services, call.person.staff)
    except CodesOwed:
        return True
    return False
