"""One's own account: password and codes; nothing here touches a role."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.errors import InvalidRequest, NotFound, NotSignedIn
from chalicelib.handlers.console.door.sign_in import audit
from chalicelib.handlers.console.door.visit import room, say, show
from chalicelib.handlers.http import Call, redirect
from chalicelib.identity.accounts import Act

PAGE = "/console/account"
DONE = ("password", "codes")


@room(PAGE, Act.READ_CATALOG)
def show_account(call: Call) -> Response:
    """Who one is, and forms for password and codes."""
    done = call.arg("done")
    return _show(call, done=done if done in DONE else "")


@room(PAGE, Act.READ_CATALOG, methods=["POST"])
def change_account(call: Call) -> Response:
    """A new password, or the two steps to codes."""
    do = call.form.get("do")
    if do == "password":
        return _change_password(call)
    if do == "begin":
        return _show(call, secret=call.services.accounts.begin_codes(call.person.token))
    if do == "finish":
        return _finish_codes(call)
    raise NotFound("There is no such act.")


def _change_password(call: Call) -> Response:
    old, new = call.form.get("old"), call.form.get("new")
    if new != call.form.get("again"):
        return _show(call, problems={"again": say("sign_in.differs")}, status=400)
    try:
        call.services.accounts.change_password(call.person.token, old, new)
    except InvalidRequest:
        return _show(call, problems={"new": say("sign_in.policy")}, status=400)
    except NotSignedIn:
        return _show(call, problems={"old": say("account.wrong_old")}, status=400)
    return _done(call, "password")


def _finish_codes(call: Call) -> Response:
    code = "".join(call.form.get("code").split())
    try:
        call.services.accounts.finish_codes(call.person.token, code)
    except NotSignedIn:
        problems = {"code": say("sign_in.wrong")}
        return _show(call, secret=call.form.get("secret")[:200], problems=problems, status=400)
    return _done(call, "codes")


def _done(call: Call, what: str) -> Response:
    staff = call.person.staff
    audit(call.services, f"account_{what}_changed", staff.actor, staff.sub)
    return redirect(call, f"{PAGE}?done={what}")


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
    }
    return show(call, "account", context, status=status, here="account")
