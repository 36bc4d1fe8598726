"""Signing in at the city's own identity provider, and leaving it; decides nothing itself."""

from __future__ import annotations

from urllib.parse import quote, unquote

from chalice.app import Response

from chalicelib.errors import NotFound, NotSignedIn
from chalicelib.handlers.console.door.sign_in import HOME, way_within
from chalicelib.handlers.console.door.trail import audit
from chalicelib.handlers.console.door.visit import (
    SIGN_IN,
    begin_session,
    routes,
    show,
)
from chalicelib.handlers.http import Call, add_cookies, answer, api, cookie, own_name, redirect
from chalicelib.identity.accounts import Staff
from chalicelib.identity.federation.sign_on import Attempt, SignOn
from chalicelib.tickets.model.ticket import Actor

START, RETURN, LEAVE = "/console/sign-on", "/console/signed-in", "/console/sign-off"
ATTEMPT = "staff_sign_on"
LIVES = 600  # seconds in which somebody signs in there
HTML = "text/html; charset=utf-8"


@api(routes, START, public=True)
def set_out(call: Call) -> Response:
    """The way to the city's sign-in; a secret in the browser says where it began."""
    attempt = Attempt.begin()
    there = _offered(call).authorise_url(attempt, _address(call, RETURN))
    kept = f"{attempt.secret}.{quote(way_within(call.arg('next')), safe='')}"
    sent = answer("", HTML, 303, {"Location": there, "Cache-Control": "no-store"})
    return add_cookies(sent, [_attempt_cookie(call, kept, LIVES)])


@api(routes, RETURN, public=True)
def arrive(call: Call) -> Response:
    """Back with a code, for this browser and once; what it is good for begins a sign-in like any other."""
    offered = _offered(call)
    secret, _, path = call.cookies.get(own_name(call, ATTEMPT), "").partition(".")
    attempt = Attempt(secret)
    if not attempt.is_of(call.arg("state")):
        return _sent_back(call, "foreign")
    if not call.arg("code"):
        return _sent_back(call, "refused_there")
    try:
        arrival = offered.exchange(call.arg("code"), attempt, _address(call, RETURN))
        staff = call.services.accounts.arrive(arrival, attempt.nonce)
    except NotSignedIn:
        audit(call.services, "sign_in_failed", Actor("stranger", "sign-on", "sign-on"), "sign-on")
        return _sent_back(call, "refused_there")
    if not staff.roles:
        return _without_role(call, staff)
    cookies = [*begin_session(call, arrival.session, staff), _attempt_cookie(call, "", 0)]
    return add_cookies(_onward(call, way_within(unquote(path)) or HOME, "sign_on.in"), cookies)


@api(routes, LEAVE, public=True)
def leave(call: Call) -> Response:
    """The way to the pool's own sign-out, from a page of ours: a form may not lead elsewhere."""
    there = _offered(call).leave_url(_address(call, SIGN_IN))
    return show(call, "onward", {"to": there, "words": "sign_on.out"})


def _without_role(call: Call, staff: Staff) -> Response:
    """Who is known there and may do nothing here."""
    audit(call.services, "sign_in_without_role", staff.actor, staff.username)
    return _sent_back(call, "no_role")


def _onward(call: Call, path: str, words: str) -> Response:
    """A page that leads on by itself: cookies of a sign-in go along from a page of ours, not from there."""
    return show(call, "onward", {"to": call.url(path), "words": words})


def _sent_back(call: Call, trouble: str) -> Response:
    back = redirect(call, f"{SIGN_IN}?trouble={trouble}")
    return add_cookies(back, [_attempt_cookie(call, "", 0)])


def _offered(call: Call) -> SignOn:
    found = call.services.sign_on
    if found is None:
        raise NotFound("There is no such page. Check that the link is complete.")
    return found


def _address(call: Call, path: str) -> str:
    return f"{call.site(call.services.settings.public_url)}{path}"


def _attempt_cookie(call: Call, value: str, max_age: int) -> str:
    # Lax: it must come along from the provider, which is another site.
    return cookie(call, own_name(call, ATTEMPT), value, max_age=max_age, same_site="Lax")
