"""What anybody may keep of our answers, and for how long; everything else is kept by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from chalicelib.handlers.http.answers import SHARED
from chalicelib.templates.pages import static_file
from tests.handlers.test_fronts import Leads
from tests.handlers.visitor import Visitor, confirm
from tests.harness import Harness, Response

FIVE_MINUTES, ONE_MINUTE = "public, max-age=300", "public, max-age=60"
# By route; what is not here says no-store, whoever asks and whatever comes of it.
KEPT = {
    "/": SHARED,
    "/reports": SHARED,
    "/tickets/{ticket_id}": SHARED,
    "/performance": SHARED,
    "/data": SHARED,
    "/data/{name}": FIVE_MINUTES,
    "/reports/feed.atom": FIVE_MINUTES,
    "/reports/feed.json": FIVE_MINUTES,
    "/tickets/{ticket_id}/photos/{digest}": FIVE_MINUTES,
    "/static/{name}": FIVE_MINUTES,
    "/api/v1/openapi.json": FIVE_MINUTES,
    "/open311/{resource}": ONE_MINUTE,
    "/open311/v2/{resource}": ONE_MINUTE,
    "/open311/v2/services/{service_code}": ONE_MINUTE,
}
OPEN311 = {"resource": "services.json", "service_code": "pothole.json"}
ADDRESSES = {
    "/data/{name}": "/data/performance.json",
    "/open311/{resource}": "/open311/discovery.json",
}
# What bears the same name elsewhere says no-store, too: reports, and what is posted.
NEVER = ["/open311/v2/requests.json", "/report", "/report?service=pothole", "/track", "/my"]


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture(scope="module")
def given(town: Harness) -> dict[str, str]:
    """Names that stand for something: a published report, its secret, a file of ours."""
    path = Visitor(town).report(email="gil@example.org")
    confirm(town, path)
    _, _, number, secret = path.split("/")
    return {"ticket_id": number, "secret": secret, "name": "site.css", **OPEN311}


def kept(answer: Response) -> str:
    return answer.headers["Cache-Control"]


def routes() -> list[str]:
    from app import app  # not before the town has set the names that it reads

    return [route for route, methods in app.routes.items() if "GET" in methods]


@pytest.mark.parametrize("user", [None, "administrator"])
def test_only_what_is_listed_is_kept_by_anybody(
    town: Harness, given: dict[str, str], user: str | None
) -> None:
    found = {}
    for route in routes():
        filled = re.sub(r"\{(\w+)\}", lambda part: given.get(part[1], "x"), route)
        address = ADDRESSES.get(route, filled)
        answer = town.http("GET", address, user=user, headers={"Accept": "text/html"})
        if kept(answer) != "no-store":
            found[route] = kept(answer)
            assert answer.status == 200, route
            assert "Set-Cookie" not in answer.headers, route
    expected = dict(KEPT)
    del expected["/tickets/{ticket_id}/photos/{digest}"]  # this report shows none
    assert found == expected


def test_every_page_of_a_visit_that_names_somebody_is_kept_by_nobody(
    town: Harness, given: dict[str, str]
) -> None:
    """Through the pages that a private link opens, as far as their own links lead."""
    tracking = f"/t/{given['ticket_id']}/{given['secret']}"
    waiting, seen = [tracking], set[str]()
    while waiting:
        address = waiting.pop()
        if address in seen or not address.startswith(("/t/", "/confirm", "/preferences", "/my")):
            continue
        seen.add(address)
        answer = town.http("GET", address, headers={"Accept": "text/html"})
        assert kept(answer) == "no-store", address
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            waiting += [lead.address for lead in Leads(address, answer.text).found]
    assert len(seen) > 2


@pytest.mark.parametrize("path", NEVER)
def test_what_holds_a_token_is_kept_by_nobody(town: Harness, path: str) -> None:
    assert kept(town.http("GET", path, headers={"Cookie": ""})) == "no-store"


def test_a_page_that_remembers_a_language_is_kept_by_nobody(town: Harness) -> None:
    chosen = town.http("GET", "/?lang=es", headers={"Cookie": ""})
    assert "lang=es" in chosen.headers["Set-Cookie"]
    assert kept(chosen) == "no-store"


@pytest.mark.parametrize("path", ["/", "/reports", "/open311/v2/services.json"])
def test_a_shared_page_says_what_else_it_depends_on(town: Harness, path: str) -> None:
    english = town.http("GET", path, headers={"Cookie": "", "Accept-Language": "en"})
    by_browser = town.http("GET", path, headers={"Cookie": "", "Accept-Language": "es"})
    by_cookie = town.http("GET", path, headers={"Cookie": "lang=es", "Accept-Language": "en"})
    assert english.text != by_browser.text == by_cookie.text
    for answer in (english, by_browser, by_cookie):
        assert answer.headers["Vary"] == "Accept-Language, Cookie"
        assert kept(answer).startswith("public")


@pytest.mark.parametrize("path", ["/", "/reports", "/performance", "/data"])
def test_a_shared_page_is_the_same_for_everybody(
    town: Harness, given: dict[str, str], path: str
) -> None:
    plain = town.http("GET", path, headers={"Cookie": ""}).body
    assert town.http("GET", path, headers={"Cookie": "visit=" + "v" * 24}).body == plain
    assert town.http("GET", path, user="administrator").body == plain


def test_a_wrong_filter_and_a_missing_report_are_kept_by_nobody(town: Harness) -> None:
    for path, status in (("/reports?area=nowhere", 400), ("/tickets/SR-0000-0000", 404)):
        answer = town.http("GET", path)
        assert (answer.status, kept(answer)) == (status, "no-store")


def test_a_file_is_kept_for_good_only_under_the_name_of_what_it_holds(town: Harness) -> None:
    """While a release is rolled out, an older function is asked for the newer file."""
    version = static_file("site.css").version
    assert "immutable" in kept(town.http("GET", f"/static/site.css?v={version}"))
    assert kept(town.http("GET", "/static/site.css?v=00000000")) == "no-store"
    assert kept(town.http("GET", "/static/site.css")) == FIVE_MINUTES
