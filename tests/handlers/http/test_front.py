"""Behind our CloudFront distribution: whose request it is, and who gets in beside it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from chalicelib.config import LEAST_SECRET, Settings
from chalicelib.errors import ConfigurationError
from chalicelib.handlers.http import Call, origin_of
from chalicelib.handlers.http.calls import FRONT
from tests.harness import Harness
from tests.infra.test_settings import LATER

SECRET = "f" * LEAST_SECRET
EDGE = "130.176.0.9"
WRONG = ["", "f", SECRET[:-1], f"{SECRET}f", SECRET.upper(), "é" * LEAST_SECRET, "\ud800"]


def at(**settings: str) -> pytest.MarkDecorator:
    """In a town with these settings."""
    return pytest.mark.parametrize(
        "town", [settings], indirect=True, ids=[" ".join(settings) or "none"]
    )


WITHOUT, OPEN = at(), at(front_secret=SECRET)
CLOSED = at(front_secret=SECRET, front_only="yes")


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with Harness.boot(**request.param) as booted:
        yield booted


def call(secret: str, told: str) -> Call:
    headers = {FRONT: secret, "cloudfront-viewer-address": told}
    return Call("GET", "/", headers=headers, source_ip=EDGE)


@OPEN
@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("198.51.100.7:46532", "198.51.100.7"),
        ("2001:db8:0:0:0:0:0:7:46532", "2001:db8:0:0:0:0:0:7"),
        ("[2001:db8::7]:46532", "2001:db8::7"),
        ("", EDGE),
        ("46532", EDGE),
    ],
)
def test_the_distribution_tells_whose_request_it_is(town: Harness, told: str, address: str) -> None:
    assert call(SECRET, told).visitor_ip == address


@OPEN
@pytest.mark.parametrize("secret", WRONG)
def test_a_stranger_does_not_choose_his_own_address(town: Harness, secret: str) -> None:
    """Or every limit for a network would be none."""
    asked = call(secret, "198.51.100.7:1")
    assert not asked.is_through_front
    assert asked.visitor_ip == EDGE
    assert origin_of(asked) == origin_of(Call("GET", "/", source_ip=EDGE))
    assert origin_of(call(SECRET, "198.51.100.7:1")) != origin_of(asked)


@WITHOUT
def test_without_a_distribution_nothing_counts_as_one(town: Harness) -> None:
    assert not call("", "198.51.100.7:1").is_through_front
    assert call("", "198.51.100.7:1").visitor_ip == EDGE


@CLOSED
@pytest.mark.parametrize("secret", WRONG)
def test_nobody_gets_in_beside_it_where_it_is_the_only_way(town: Harness, secret: str) -> None:
    beside = {FRONT: secret, "Accept": "text/html"}
    for path in ("/", "/report", "/static/site.css", "/health", "/console"):
        answer = town.http("GET", path, headers=beside)
        assert answer.status == 403, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<h1" in answer.text
    assert "<h1>This is not the way in</h1>" in town.http("GET", "/", headers=beside).text
    for path in ("/api/v1/tickets", "/api/v1/openapi.json"):
        refused = town.http("GET", path, headers=beside, user="administrator")
        assert (refused.status, refused.json()["error"]["code"]) == (403, "wrong_way_in"), path
    listed = town.http("GET", "/open311/v2/services.json", headers=beside)
    assert (listed.status, json.loads(listed.text)[0]["code"]) == (403, "403.way_in")
    in_xml = town.http("GET", "/open311/v2/services.xml", headers=beside)
    assert ET.fromstring(in_xml.text).findtext("error/code") == "403.way_in"


@CLOSED
def test_every_route_is_shut_beside_it(town: Harness) -> None:
    from app import app  # not before the town has set the names that it reads

    for route, methods in app.routes.items():
        for method in methods:
            answer = town.http(method, route.replace("{", "").replace("}", ""))
            assert answer.status == 403, (method, route)


@CLOSED
def test_through_it_everything_is_as_ever(town: Harness) -> None:
    for path in ("/", "/health", "/open311/v2/services.json"):
        assert town.http("GET", path, headers={FRONT: SECRET}).status == 200


@OPEN
def test_beside_it_everything_is_as_ever_while_the_raw_address_is_open(town: Harness) -> None:
    for headers in ({}, {FRONT: "wrong"}, {FRONT: SECRET}):
        assert town.http("GET", "/", headers=headers).status == 200


@CLOSED
@pytest.mark.parametrize(
    "wrong", [{"FRONT_SECRET": "short"}, {"FRONT_ONLY": "yes"}, {"FRONT_SECRET": SECRET[:-1]}]
)
def test_a_secret_that_can_be_guessed_or_is_missing_is_refused(
    town: Harness, wrong: dict[str, str]
) -> None:
    from infra.local.stack import TOWN
    from infra.settings import read

    variables = read(TOWN).variables() | LATER
    assert Settings.from_environ(variables | {"FRONT_SECRET": SECRET, "FRONT_ONLY": "yes"})
    with pytest.raises(ConfigurationError, match="FRONT_SECRET"):
        Settings.from_environ(variables | wrong)


@CLOSED
def test_the_secret_is_shown_nowhere(town: Harness) -> None:
    assert SECRET not in repr(town.services.settings)
    for path in ("/", "/health", "/reports/feed.json", "/t/x/y", "/api/v1/openapi.json"):
        answer = town.http("GET", path, headers={FRONT: SECRET})
        assert SECRET not in answer.text
        assert SECRET not in str(answer.headers)
