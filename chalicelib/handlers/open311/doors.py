"""The standard's routes: which resource takes which method; all else gets the standard's error."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalice.app import Response

from chalicelib.channels.open311 import FORMATS, Problem, Refused, split_format
from chalicelib.handlers.http import Call, answer, api, page, shape_errors
from chalicelib.handlers.open311 import bulk, listing, posting, reading, updates
from chalicelib.handlers.open311.answering import PREFLIGHT, send_problems, show_failure
from chalicelib.handlers.open311.blueprint import routes

shape_errors("/open311", show_failure)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SHEET = "bulk.csv"
Resource = Callable[[Call], Response]

RESOURCES: Mapping[tuple[str, str], Resource] = {
    ("GET", "discovery"): reading.discover,
    ("GET", "services"): reading.list_services,
    ("GET", "requests"): listing.list_requests,
    ("GET", "bulk"): bulk.show_bulk,
    ("GET", "servicerequestupdates"): updates.list_updates,
    ("POST", "servicerequestupdates"): updates.take_update,
    ("POST", "requests"): posting.create_request,
}
ITEMS: Mapping[str, Callable[[Call, str], Response]] = {
    "services": reading.show_service,
    "requests": reading.show_request,
    "tokens": reading.show_token,
}


@api(routes, "/open311/v2/{resource}", methods=METHODS, public=True, failure=show_failure)
def serve_resource(call: Call, resource: str) -> Response:
    """A list, a post, or the discovery document."""
    stem, suffix = split_format(resource)
    named = stem if suffix else stem.rpartition(".")[0] or stem
    is_known = any(name == named for _, name in RESOURCES)
    if call.method == "OPTIONS":
        return _allow()
    if not is_known:
        return _refuse(call, "404.not_found")
    if resource == SHEET and _method(call) == "GET":
        return _guarded(call, bulk.show_sheet)
    if not suffix:
        return _refuse(call, "400.format")
    view = RESOURCES.get((_method(call), stem))
    return _guarded(call, view) if view else _refuse(call, "400.method")


def _item(collection: str, call: Call, name: str) -> Response:
    """One thing of a collection, by its id and a suffix."""
    code, suffix = split_format(name)
    if call.method == "OPTIONS":
        return _allow()
    if not suffix:
        return _refuse(call, "400.format")
    if _method(call) != "GET":
        return _refuse(call, "400.method")
    return _guarded(call, lambda call: ITEMS[collection](call, code))


@api(
    routes,
    "/open311/v2/services/{service_code}",
    methods=METHODS,
    public=True,
    failure=show_failure,
)
def serve_service(call: Call, service_code: str) -> Response:
    """The definition of one service."""
    return _item("services", call, service_code)


@api(
    routes, "/open311/v2/requests/{request_id}", methods=METHODS, public=True, failure=show_failure
)
def serve_request(call: Call, request_id: str) -> Response:
    """One request."""
    return _item("requests", call, request_id)


@api(routes, "/open311/v2/tokens/{token}", methods=METHODS, public=True, failure=show_failure)
def serve_token(call: Call, token: str) -> Response:
    """What became of a token."""
    return _item("tokens", call, token)


@api(routes, "/open311", public=True)
@api(routes, "/open311/v2", public=True)
def show_root(call: Call) -> Response:
    """What people find who open the root in a browser."""
    addresses = {
        "/open311/discovery": "open311.discovery",
        "/open311/v2/services": "open311.services",
        "/open311/v2/requests": "open311.requests",
        "/open311/v2/servicerequestupdates": "open311.updates",
        "/open311/v2/bulk": "open311.bulk",
    }
    context = {
        "addresses": addresses,
        "kinds": (*FORMATS, "csv"),
        "contact": call.services.settings.sender_address,
    }
    return page(call, "citizen/open311", context)


@api(routes, "/open311/{resource}", methods=METHODS, public=True, failure=show_failure)
def serve_root(call: Call, resource: str) -> Response:
    """The discovery document beside the versioned base, and nothing else."""
    stem, suffix = split_format(resource)
    if call.method == "OPTIONS":
        return _allow()
    if stem != "discovery":
        return _refuse(call, "404.not_found")
    if not suffix:
        return _refuse(call, "400.format")
    is_read = _method(call) == "GET"
    return _guarded(call, reading.discover) if is_read else _refuse(call, "400.method")


def _allow() -> Response:
    """The answer to a preflight."""
    return answer("", "text/plain; charset=utf-8", 204, PREFLIGHT)


def _method(call: Call) -> str:
    return "GET" if call.method == "HEAD" else call.method


def _guarded(call: Call, view: Resource) -> Response:
    """The view's answer, or all that is wrong with the call."""
    try:
        reading.check_jurisdiction(call)
        return view(call)
    except Refused as error:
        return send_problems(call, error.problems, error.status)


def _refuse(call: Call, code: str) -> Response:
    problem = Problem(code)
    return send_problems(call, [problem], problem.status)
