"""The decorator under every HTTP route, and the last look at every answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import unquote

from chalice.app import Blueprint, Response

from chalicelib import logs
from chalicelib.errors import ConfigurationError
from chalicelib.handlers.http.answers import SECURITY_HEADERS, answer
from chalicelib.handlers.http.calls import Call
from chalicelib.handlers.http.failures import Failure, failure_of, json_failure, page_failure
from chalicelib.handlers.http.routing import GREEDY

log = logs.Log(__name__)

View = Callable[..., Response]
Show = Callable[[Call, Failure], Response]
Admit = Callable[[Call], Any]

# Everything that may be seen without signing in. A route that is neither here nor guarded does not start.
PUBLIC_ROUTES: frozenset[str] = frozenset(
    {
        "/",
        "/health",
        "/console/sign-on",
        "/console/signed-in",
        "/console/sign-off",
        "/report",
        "/report/nearby",
        "/report/uploads",
        "/track",
        "/t/{ticket_id}/{secret}",
        "/t/{ticket_id}/{secret}/messages",
        "/t/{ticket_id}/{secret}/preferences",
        "/t/{ticket_id}/{secret}/side",
        "/t/{ticket_id}/{secret}/public",
        "/t/{ticket_id}/{secret}/files/{digest}",
        "/t/{ticket_id}/{secret}/confirmation",
        "/t/{ticket_id}/{secret}/contact",
        "/t/{ticket_id}/{secret}/link",
        "/t/{ticket_id}/{secret}/code",
        "/t/{ticket_id}/{secret}/holdings",
        "/t/{ticket_id}/{secret}/entries/{number}",
        "/confirm/{ticket_id}/{secret}",
        "/my",
        "/my/{contact_id}/{notification_id}/{secret}",
        "/claim",
        "/tickets/{ticket_id}",
        "/tickets/{ticket_id}/photos/{digest}",
        "/reports",
        "/reports/feed.atom",
        "/reports/feed.json",
        "/data",
        "/data/{name}",
        "/performance",
        "/preferences/{ticket_id}/{notification_id}/{secret}",
        "/static/{name}",
        "/favicon.ico",
        "/robots.txt",
        "/open311",
        "/open311/v2",
        "/open311/{resource}",
        "/open311/v2/{resource}",
        "/open311/v2/services/{service_code}",
        "/open311/v2/requests/{request_id}",
        "/open311/v2/tokens/{token}",
        "/console/sign-in",
        "/console/sign-out",
        "/console/password",
        "/api/v1/openapi.json",
    }
)


def api(
    blueprint: Blueprint,
    path: str,
    *,
    methods: Sequence[str] = ("GET",),
    public: bool = False,
    admit: Admit | None = None,
    failure: Show = page_failure,
) -> Callable[[View], View]:
    """Put a view under a route. The view gets a `Call`, then the path's parameters, decoded once.

    A route is public (and then listed in `PUBLIC_ROUTES`) or guarded: `admit` takes the call, raises
    `NotSignedIn` or `AccessDenied`, and what it returns becomes `call.person`. Errors of ours become
    answers by the table in `failures`, in the form that `failure` gives them; anything else is a 500
    that holds a number to find it by in the log. HEAD comes with GET.
    """
    if public != (path in PUBLIC_ROUTES) or public == (admit is not None):
        raise ConfigurationError(f"Route {path} is neither listed as public nor guarded, or both.")
    asked = [*methods, "HEAD"] if "GET" in methods and "HEAD" not in methods else list(methods)

    def register(view: View) -> View:
        @wraps(view)
        def opened(**parameters: str) -> Response:
            return _serve(blueprint.current_request, view, parameters, admit, failure)

        # Chalice would answer 415 in its own words; the views say what they read.
        blueprint.route(path, methods=asked, content_types=["*/*"], name=view.__name__)(opened)
        return view

    return register


def _serve(
    request: Any, view: View, parameters: dict[str, str], admit: Admit | None, show: Show
) -> Response:
    call = Call.from_chalice(request)
    # A file is sent as what it is, whatever was hoped for (RFC 9110); Chalice would refuse to send it.
    request.headers._dict["accept"] = "*/*"
    decoded = {name: unquote(value) for name, value in parameters.items()}
    with logs.bound(correlation_id=call.request_id):
        try:
            call.check_way_in()
            call = replace(call, person=admit(call)) if admit else call
            answer = view(call, **decoded)
        except Exception as error:  # the process boundary: what is not ours is logged there
            answer = _show_safely(show, call, failure_of(error, call))
    return _bodiless(answer) if call.method == "HEAD" else answer


def _show_safely(show: Show, call: Call, failure: Failure) -> Response:
    """An answer even when the page that should show the error cannot be made."""
    try:
        return show(call, failure)
    except Exception as error:
        return json_failure(call, failure_of(error, call))


def _bodiless(answer: Response) -> Response:
    is_bytes = isinstance(answer.body, bytes)
    return Response(b"" if is_bytes else "", answer.headers, answer.status_code)


def finish(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """HTTP middleware: every answer has our headers and our shape, and a line in the log.

    The line names the route, which the gateway does not know, and the id of the request, by which the
    gateway's own line of access is found.
    """
    begun, is_known = time.monotonic(), event.path != GREEDY
    response = get_response(event) if is_known else Response("", status_code=404)
    if not all(name in response.headers for name in SECURITY_HEADERS):
        response = _shaped(Call.from_chalice(event), response)
    log.info(
        "answered",
        route=event.path,
        method=event.method,
        status=str(response.status_code),
        milliseconds=round(1000 * (time.monotonic() - begun)),
        request_id=event.context.get("requestId") or "",
    )
    return response


def _shaped(call: Call, made: Response) -> Response:
    """What no view has answered, in our form."""
    status, headers = made.status_code, {}
    if allowed := made.headers.get("Allow"):
        headers = {"Allow": f"{allowed}, OPTIONS"}
        if call.method == "OPTIONS":
            return answer("", "text/plain; charset=utf-8", 204, headers)
    shaped = _show_safely(_shape(call), call, _framework_failure(status, call))
    full = Response(shaped.body, {**shaped.headers, **headers}, shaped.status_code)
    return _bodiless(full) if call.method == "HEAD" else full


_FRAMEWORK = {
    404: ("not_found", "There is nothing at this address."),
    405: ("not_allowed", "This address does not take that method."),
    415: ("framework", "This address does not take that type."),
}


def _framework_failure(status: int, call: Call) -> Failure:
    code, text = _FRAMEWORK.get(status, ("framework", "The request could not be served."))
    return Failure(status=status, code=code, message=text, request_id=call.request_id)


def shape_errors(prefix: str, show: Show) -> None:
    """Errors that the framework answers under `prefix` get the form that `show` gives them."""
    _SHAPES[prefix] = show


# Which door's errors look how, where no view was reached; everything else is a page.
_SHAPES: dict[str, Show] = {"/api": json_failure}


def _shape(call: Call) -> Show:
    """The door's own form; where there is no door, a page for whoever can show one."""
    path = call.path[len(call.base) :]
    found = (show for prefix, show in _SHAPES.items() if f"{path}/".startswith(f"{prefix}/"))
    is_page = call.route != GREEDY or "html" in call.header("accept")
    return next(found, page_failure if is_page else json_failure)
