"""One greedy route at the gateway: each address comes to its own route, and what has none is told so."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.handlers.http.answers import SECURITY_HEADERS
from chalicelib.handlers.http.routing import GREEDY, Table, placed
from infra.local.gateway import Request
from tests.harness import Harness, Response

ROUTES = ("/", "/report", "/t/{id}/{secret}", "/t/{id}/new", "/data", "/data/{name}", "/{page}/x")
TABLE = Table(ROUTES)


@pytest.mark.parametrize(
    ("path", "route", "parameters"),
    [
        ("", "/", {}),
        ("/", "/", {}),
        ("/report", "/report", {}),
        ("/report/", "/report", {}),
        ("/t/a/b", "/t/{id}/{secret}", {"id": "a", "secret": "b"}),
        ("/t/a/new", "/t/{id}/new", {"id": "a"}),  # written out wins
        ("/t/new/new", "/t/{id}/new", {"id": "new"}),
        ("/report/x", "/{page}/x", {"page": "report"}),  # a dead end is left again
        ("/data/..", "/data/{name}", {"name": ".."}),
        ("/data/a%2Fb%20%25", "/data/{name}", {"name": "a%2Fb%20%25"}),  # decoded by the door, once
        ("/data/{name}", "/data/{name}", {"name": "{name}"}),
    ],
)
def test_a_path_belongs_to_one_route(path: str, route: str, parameters: dict[str, str]) -> None:
    assert TABLE.match(path) == (route, parameters)


@pytest.mark.parametrize(
    "path",
    ["/t", "/t/a", "/t/a/b/c", "/REPORT", "/re%70ort", "//report", "/t//b", "/t/a//b", "/{proxy+}"],
)
def test_a_path_that_is_nobodys_is_told_from_those_that_are(path: str) -> None:
    assert TABLE.match(path) is None


def event(proxy: str, path: str = "/x", resource: str = GREEDY) -> dict[str, Any]:
    return {
        "resource": resource,
        "path": path,
        "pathParameters": {"proxy": proxy},
        "requestContext": {"resourcePath": resource, "path": path},
    }


def test_what_stands_before_our_paths_leads_nobody_astray() -> None:
    """Behind a mapped domain `path` has the prefix, which may be spelled like a route of ours."""
    seen = placed(event("t/a/b", "/report/t/a/b"), TABLE)
    assert seen["requestContext"]["resourcePath"] == "/t/{id}/{secret}"
    assert seen["pathParameters"] == {"id": "a", "secret": "b"}


def test_what_the_gateway_has_matched_itself_is_left_alone() -> None:
    """While a release is rolled out, its functions serve the last one's gateway."""
    for resource in ("/", "/t/{id}/{secret}"):
        given_ = event("", resource=resource)
        assert placed(given_, TABLE) is given_


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture(scope="module")
def routes(town: Harness) -> list[str]:
    from app import app

    return list(app.routes)


@given(st.data())
def test_an_address_made_from_a_route_comes_to_it_and_to_no_other(
    routes: list[str], data: st.DataObject
) -> None:
    words = sorted({part for route in routes for part in route.split("/")[1:] if part})
    names = st.sampled_from(words) | st.text("abz09.-_~%", min_size=1, max_size=6)
    route = data.draw(st.sampled_from(routes))
    path = re.sub(r"\{\w+\}", lambda _: data.draw(names), route)
    # As regular expressions say it, and of several the one whose words stand first.
    fitting = [r for r in routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", r), path)]
    wanted = min(fitting, key=lambda r: [part.startswith("{") for part in r.split("/")])
    found = Table(routes).match(path)
    assert found is not None
    assert found[0] == wanted
    assert re.sub(r"\{(\w+)\}", lambda name: found[1][name[1]], found[0]) == path


@pytest.mark.parametrize(
    ("path", "accept", "kind", "words"),
    [
        ("/nothing/here", "text/html, */*", "text/html", "Esta página no existe"),
        ("/nothing/here", "application/json", "application/json", '"code":"not_found"'),
        ("/nothing/here", "*/*", "application/json", '"code":"not_found"'),
        ("/console/nothing", "text/html", "text/html", "Esta página no existe"),
        ("/api/v1/nothing", "text/html", "application/json", '"code":"not_found"'),
        ("/open311/v2/a/b.xml", "text/html", "text/xml", "<code>404.not_found</code>"),
        ("/open311x", "*/*", "application/json", '"code":"not_found"'),
    ],
)
def test_an_unknown_address_is_told_in_the_form_of_its_door(
    town: Harness, path: str, accept: str, kind: str, words: str
) -> None:
    headers = {"Accept": accept, "Accept-Language": "es"}
    answer = town.http("GET", path, headers=headers)
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith(kind)
    assert words in answer.text
    assert SECURITY_HEADERS.items() <= answer.headers.items()
    empty = town.http("HEAD", path, headers=headers)
    assert (empty.status, empty.body) == (404, b"")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/report", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("HEAD", "/report/uploads", {"POST", "OPTIONS"}),
        ("PUT", "/api/v1/tickets", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_known_address_names_the_methods_that_it_takes(
    town: Harness, method: str, path: str, allowed: set[str]
) -> None:
    refused = town.http(method, path, headers={"Accept": "text/html"})
    asked = town.http("OPTIONS", path)
    assert (refused.status, asked.status, asked.body) == (405, 204, b"")
    for answer in (refused, asked):
        assert set(answer.headers["Allow"].split(", ")) == allowed
        assert SECURITY_HEADERS.items() <= answer.headers.items()
    assert bool(refused.body) == (method != "HEAD")


def test_head_is_get_without_a_body(town: Harness) -> None:
    for path in ("/report", "/static/site.css", "/open311/v2/services.json", "/static/icon.svg"):
        full, empty = town.http("GET", path), town.http("HEAD", path)
        assert (full.status, empty.status, empty.body) == (200, 200, b"")
        assert full.body
        assert set(full.headers) - {"Set-Cookie"} == set(empty.headers) - {"Set-Cookie"}


def at(town: Harness, target: str, prefix: str) -> Response:
    """An unknown page behind a gateway that puts `prefix` before our paths."""
    gateway = town._town.gateway
    asked = gateway._event(Request("GET", target, [("Accept", "text/html")]))
    asked["requestContext"]["path"] = prefix + asked["path"]
    result = gateway._app(asked, None)
    assert result["statusCode"] == 404
    return result["body"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("prefix", ["", "/live"])
@pytest.mark.parametrize("target", ["/a", "/a/b/c", "//evil.example/a", "///evil.example", "/a//b"])
def test_the_page_of_an_unknown_address_leads_home_and_to_nobody_else(
    town: Harness, target: str, prefix: str
) -> None:
    page = at(town, target, prefix)
    leads = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert f"{prefix}/" in leads
    assert [lead for lead in leads if not re.match(f"{prefix}/[^/]|{prefix}/$|#", lead)] == []


def test_each_request_has_a_line_with_its_route_and_never_its_path(
    town: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for path in ("/t/SR-1/secret", "/unknown/secret", "/report"):
            town.http("DELETE" if path == "/report" else "GET", path)
    lines = [vars(r) for r in caplog.records if r.message == "answered"]
    assert [(r["route"], r["method"], r["status"]) for r in lines] == [
        ("/t/{ticket_id}/{secret}", "GET", "404"),
        (GREEDY, "GET", "404"),
        ("/report", "DELETE", "405"),
    ]
    assert len({r["request_id"] for r in lines}) == len(lines)
    assert "secret" not in json.dumps(lines, default=str).replace("{secret}", "")
