"""Forms that only our own pages can post: a token bound to a cookie, and where the post came from."""

from __future__ import annotations

import secrets

from chalicelib.errors import AccessDenied
from chalicelib.handlers.http.answers import cookie, own_name
from chalicelib.handlers.http.calls import Call

COOKIE = "visit"
FIELD = "form_token"
_DAY = 86_400


def form_token(call: Call) -> tuple[str, dict[str, str | list[str]]]:
    """The token for the hidden field `form_token`, and the headers that set its cookie if need be."""
    visit = call.cookies.get(own_name(call, COOKIE), "")
    headers: dict[str, str | list[str]] = {}
    if not _is_visit(visit):
        visit = secrets.token_urlsafe(18)
        headers["Set-Cookie"] = [cookie(call, own_name(call, COOKIE), visit, max_age=_DAY)]
    return call.services.signer.sign("form", visit), headers


def check_form(call: Call) -> None:
    """Raises `AccessDenied` when a post does not come from one of our own pages."""
    if not is_genuine(call):
        raise AccessDenied(
            "This form did not come from our own page, or cookies are off; load it again."
        )


def is_genuine(call: Call) -> bool:
    """Whether a post came from a page of ours that this very browser loaded."""
    visit = call.cookies.get(own_name(call, COOKIE), "")
    signature = call.form.get(FIELD)
    return _is_own_site(call) and call.services.signer.verify(signature, "form", visit)


def _is_own_site(call: Call) -> bool:
    if call.header("sec-fetch-site") not in ("", "same-origin", "none"):
        return False
    origin = call.header("origin")
    # A page under `Referrer-Policy: no-referrer` posts with the opaque origin "null".
    return origin in ("", "null") or call.is_from(call.services.settings.public_url, origin)


def _is_visit(value: str) -> bool:
    return len(value) == 24 and value.isascii()
