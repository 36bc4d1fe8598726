"""What everybody sees: the list, feeds, files and figures; and that private things leave no trace."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.handlers.http import PUBLIC_ROUTES
from chalicelib.tickets.publishing.figures import rounded
from tests.handlers.visitor import Visitor, confirm
from tests.harness import Harness, Response

SQUARE = [[-123.1, 44.0], [-123.0, 44.0], [-123.0, 44.1], [-123.1, 44.1], [-123.1, 44.0]]
AREA = {
    "name": {"en": "North", "fa": "شمال"},
    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
}
INSIDE, OUTSIDE = {"lat": "44.05", "long": "-123.05"}, {"lat": "44.5", "long": "-123.05"}
ATOM = "{http://www.w3.org/2005/Atom}"
LISTS = (
    "/reports",
    "/reports?q=wall",
    "/reports?area=north",
    "/reports/feed.atom",
    "/reports/feed.json",
    "/data/reports-2026-03.csv",
    "/data/reports-2026-03.json",
    "/data/reports-2026-03.geojson",
    "/open311/v2/requests.json",
    "/open311/v2/requests.xml",
    "/open311/v2/requests.json?lat=44.05&long=-123.05&radius=1000",
)


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """A town with an area and reports of two public services."""
    with Harness.boot() as booted:
        sent = {"body": AREA, "version": 0, "note": "first"}
        answer = booted.http("PUT", "/api/v1/areas/north", json=sent, user="administrator")
        assert answer.status == 200, answer.text
        booted.restart()
        visitor = Visitor(booted)
        for number in range(6):
            visitor.publish(description=f"Paint number {number} on a wall", **INSIDE)
        for number in range(5):
            tree(visitor, f"Tree number {number}", **OUTSIDE)
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    return Visitor(town)


def tree(visitor: Visitor, words: str, **fields: str) -> str:
    """A report of a fallen branch; its reference."""
    path = visitor.publish(description=words, **fields)
    ticket_id = path.split("/")[2]
    work(visitor.town, ticket_id, "reclassify", service_code="fallen-tree", reason="a tree")
    return ticket_id


def work(town: Harness, ticket_id: str, act: str, **wish: Any) -> Response:
    """One act of staff."""
    at = f"/api/v1/tickets/{ticket_id}"
    version = town.http("GET", at, user="agent").json()["ticket"]["version"]
    answer = town.http("POST", f"{at}/{act}", json={**wish, "version": version}, user="agent")
    assert answer.status == 200, answer.text
    return answer


def private_service(town: Harness) -> str:
    codes = town.services.catalog.load().services
    return next(code for code, service in codes.items() if not service.is_public)


# -- the list --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "is_there", "is_not"),
    [
        ("", ("Paint number 5", "Tree number 4"), ()),
        ("?service=graffiti", ("Paint number 5",), ("Tree number",)),
        ("?area=north", ("Paint number 5",), ("Tree number",)),
        ("?q=TREE+number+3", ("Tree number 3",), ("Tree number 4", "Paint number")),
        ("?q=tree", ("Tree number 4",), ("Paint number",)),
        ("?status=closed", (), ("Paint number", "Tree number")),
        ("?since=2026-03-02", ("Paint number 5",), ()),
        ("?since=2026-03-03", (), ("Paint number", "Tree number")),
    ],
)
def test_the_list_is_narrowed_by_every_filter(
    visitor: Visitor, query: str, is_there: tuple[str, ...], is_not: tuple[str, ...]
) -> None:
    answer, page = visitor.load(f"/reports{query}")
    assert answer.status == 200
    assert [words for words in is_there if words not in page.words] == []
    assert [words for words in is_not if words in page.words] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("service=nothing", "service"),
        ("since=soon", "since"),
        ("area=x", "area"),
        ("status=y", "s"),
    ],
)
def test_a_wrong_filter_is_named_and_the_form_keeps_what_was_typed(
    visitor: Visitor, query: str, field: str
) -> None:
    answer, page = visitor.load(f"/reports?{query}&q=keep-me")
    assert answer.status == 400
    assert any(name.startswith(field) and name.endswith("-error") for name in page.ids)
    assert 'value="keep-me"' in answer.text


def test_the_list_goes_on_page_by_page_until_all_were_seen(town: Harness, visitor: Visitor) -> None:
    for number in range(16):
        visitor.publish(description=f"Row number {number}.")
    seen, path = [], "/reports"
    while path:
        _, page = visitor.load(path)
        seen += [link for link in page.links if link.startswith("/tickets/")]
        later = [a["href"] for tag, a in page.tags if tag == "a" and a.get("rel") == "next"]
        path = unescape(later[0]) if later else ""
    assert len(seen) == len(set(seen))
    assert len(seen) > 25


def test_a_list_costs_few_calls_and_no_scan(town: Harness) -> None:
    for path in LISTS:
        town.http("GET", path)
        town.clear_calls()
        assert town.http("GET", path).status == 200
        limit = 20 if "radius" in path else 5
        assert town.calls.total() <= limit, (path, town.calls)
        assert not any("Scan" in name for name in town.calls)


def test_a_public_page_names_its_feed_and_one_address_for_search(visitor: Visitor) -> None:
    _, listed = visitor.load("/reports?service=graffiti")
    _, page = visitor.load(next(link for link in listed.links if link.startswith("/tickets/")))
    links = {a["rel"]: a for tag, a in page.tags if tag == "link" and a["rel"] != "alternate"}
    assert urlsplit(links["canonical"]["href"]).path.startswith("/tickets/SR-")
    feeds = [a for tag, a in page.tags if a.get("type") == "application/atom+xml"]
    assert feeds
    assert "service=graffiti" in feeds[0]["href"]
    tongues = {a.get("hreflang") for tag, a in page.tags if a.get("rel") == "alternate"}
    assert {"en", "es", "fa", "zh", "x-default"} <= tongues


def test_who_says_me_too_on_a_public_report_joins_it(town: Harness, visitor: Visitor) -> None:
    ticket_id = visitor.publish(description="Paint for two", **INSIDE).split("/")[2]
    _, public = visitor.load(f"/tickets/{ticket_id}")
    [form_path] = [unescape(link) for link in public.links if "follow=" in link]
    _, form = visitor.load(form_path)
    assert form.hidden["follow"] == ticket_id
    given = {"description": "Mine too", "address": "Elm Street 5", "contact": "anonymous"}
    answer, _ = visitor.send(form_path, given, to="/report?service=graffiti")
    assert answer.status == 200
    followed = town.services.desk.case(ticket_id).ticket
    assert followed.me_too == 1


# -- feeds and files -------------------------------------------------------------------------------


def test_both_feeds_hold_the_same_reports_by_service_and_area(town: Harness) -> None:
    for query in ("", "?service=graffiti", "?area=north"):
        feed = ET.fromstring(town.http("GET", f"/reports/feed.atom{query}").body)
        held = town.http("GET", f"/reports/feed.json{query}").json()
        entries = feed.findall(f"{ATOM}entry")
        assert [e.findtext(f"{ATOM}id") for e in entries] == [i["id"] for i in held["items"]]
        assert entries
        assert all(
            e.findtext(f"{ATOM}updated") and e.find(f"{ATOM}link") is not None for e in entries
        )
        assert held["version"] == "https://jsonfeed.org/version/1.1"


@pytest.mark.parametrize(
    "path", ["/reports/feed.atom", "/reports/feed.json", "/data/reports-2026-03.csv"]
)
def test_whoever_holds_the_document_is_told_that_it_has_not_changed(
    town: Harness, path: str
) -> None:
    first = town.http("GET", path)
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    for header, held in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again = town.http("GET", path, headers={header: held})
        assert (again.status, again.body) == (304, b"")
    other = town.http("GET", path, headers={"If-None-Match": '"other"'})
    assert other.status == 200


def test_the_files_of_a_month_hold_the_same_rows_in_the_promised_columns(town: Harness) -> None:
    from chalicelib.channels.open_data import COLUMNS

    rows = list(csv.DictReader(io.StringIO(town.http("GET", "/data/reports-2026-03.csv").text)))
    held = town.http("GET", "/data/reports-2026-03.json").json()
    places = town.http("GET", "/data/reports-2026-03.geojson").json()
    ids = [row["service_request_id"] for row in rows]
    assert ids == [row["service_request_id"] for row in held["requests"]]
    assert len(ids) >= 11
    assert list(rows[0]) == list(COLUMNS) == list(held["requests"][0])
    assert {f["id"] for f in places["features"]} == {
        row["service_request_id"] for row in rows if row["lat"]
    }
    assert places["features"][0]["geometry"]["coordinates"][0] < -100, "longitude comes first"
    assert "north" in {row["areas"] for row in rows}


def test_no_cell_of_a_file_begins_a_formula(town: Harness, visitor: Visitor) -> None:
    visitor.publish(description='=HYPERLINK("http://x.example","+1")', address="@SUM(A1)")
    for row in csv.reader(io.StringIO(town.http("GET", "/data/reports-2026-03.csv").text)):
        for cell in row:
            is_number = cell.replace(".", "").lstrip("-").isdigit()
            assert is_number or not cell.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    "name",
    ["reports-2026-13.csv", "reports-2031-01.csv", "reports-2026-03.xls", "x", "performance.x"],
)
def test_what_is_no_file_is_not_found(town: Harness, name: str) -> None:
    assert town.http("GET", f"/data/{name}").status == 404


# -- nothing private -------------------------------------------------------------------------------


def everything_public(town: Harness, ticket_id: str) -> str:
    """What every route answers to somebody without a key or a link, about this ticket or at all."""
    named = {
        "ticket_id": ticket_id,
        "request_id": f"{ticket_id}.json",
        "resource": "requests.json",
        "service_code": "graffiti.json",
        "token": f"{ticket_id.replace('-', '')}-x.json",
        "secret": "x",
        "digest": "x",
        "notification_id": "x",
    }
    paths = {route.format_map(Anything(named)) for route in PUBLIC_ROUTES}
    paths |= {*LISTS, f"/track?reference={ticket_id}", f"/open311/v2/requests.json?q={ticket_id}"}
    paths |= {f"/open311/v2/requests.json?service_request_id={ticket_id}"}
    paths |= {"/data/performance.csv", "/data/performance.json", "/performance?months=3"}
    answers = [town.http("GET", path, headers={"Cookie": ""}) for path in sorted(paths)]
    assert all(answer.status < 500 for answer in answers)
    shown = [a.text for a in answers if a.status == 200]
    return "".join(shown)


class Anything(dict[str, str]):
    """Any other name in a route."""

    def __missing__(self, key: str) -> str:
        return "x"


def test_a_private_report_is_in_no_answer_at_all(town: Harness, visitor: Visitor) -> None:
    secret = "Kaleidoscope in the cellar"
    path = visitor.publish(description=secret, **INSIDE)
    ticket_id = path.split("/")[2]
    assert secret in everything_public(town, ticket_id), "the paths reach what is public"
    work(town, ticket_id, "reclassify", service_code=private_service(town), reason="it is")
    town.tick(town.now + timedelta(days=1))
    shown = everything_public(town, ticket_id)
    assert "Kaleidoscope" not in shown
    # A reference that is not there at all is answered word for word the same.
    absent = "SR-7K3M-9QX2-H"
    here = town.http("GET", f"/tickets/{ticket_id}")
    there = town.http("GET", f"/tickets/{absent}")
    assert here.status == there.status == 404
    assert shape(here, ticket_id) == shape(there, absent)


def test_a_private_report_stays_private_under_a_public_service_until_it_is_published(
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.publish(description="Wisteria from next door", **INSIDE)
    ticket_id = path.split("/")[2]
    work(town, ticket_id, "reclassify", service_code=private_service(town), reason="it is")
    work(town, ticket_id, "reclassify", service_code="pothole", reason="it is not")
    assert "Wisteria" not in everything_public(town, ticket_id)
    work(town, ticket_id, "reclassify", service_code="pothole", reason="all may", publish=True)
    assert "Wisteria" in everything_public(town, ticket_id)
    file = town.services.store.read(ticket_id)
    assert file.entries[-1].data["published"] is True


def test_an_unconfirmed_report_is_in_no_answer_until_its_author_confirms(
    town: Harness, visitor: Visitor
) -> None:
    secret = "Marigold paint on the kiosk"
    path = visitor.report(description=secret, **INSIDE)
    ticket_id = path.split("/")[2]
    town.tick(town.now + timedelta(days=1))
    assert "Marigold" not in everything_public(town, ticket_id)
    assert town.http("GET", f"/tickets/{ticket_id}").status == 404
    queue = town.http("GET", "/api/v1/tickets?limit=100", user="agent").text
    assert ticket_id in queue, "staff have it from the first moment"
    confirm(town, path)
    assert secret in everything_public(town, ticket_id)


def test_who_left_no_address_has_nothing_to_confirm(town: Harness, visitor: Visitor) -> None:
    path = visitor.report(description="Paint by nobody", contact="anonymous", email="", **INSIDE)
    assert "Paint by nobody" in everything_public(town, path.split("/")[2])


def shape(answer: Response, ticket_id: str) -> list[str]:
    """The words of an error page without the reference and the number of the request."""
    lines = answer.text.replace(ticket_id, "").splitlines()
    return [line for line in lines if "code" not in line]


def test_a_service_that_becomes_private_takes_its_reports_with_it(
    town: Harness, visitor: Visitor
) -> None:
    ticket_id = tree(visitor, "Periwinkle tree", **INSIDE)
    town.tick(town.now + timedelta(hours=2))
    assert "Periwinkle" in everything_public(town, ticket_id)
    figures = town.http("GET", "/data/performance.csv").text
    assert "fallen-tree" in figures
    make_private(town, "fallen-tree", is_public=False)
    try:
        assert "Periwinkle" not in everything_public(town, ticket_id)
        assert "fallen-tree" not in town.http("GET", "/data/performance.csv").text
        assert "fallen-tree" not in town.http("GET", "/reports").text
    finally:
        make_private(town, "fallen-tree", is_public=True)


def make_private(town: Harness, code: str, *, is_public: bool) -> None:
    at = f"/api/v1/services/{code}"
    held = town.http("GET", at, user="administrator").json()
    body = {**held["body"], "is_public": is_public}
    sent = {"body": body, "version": held["version"], "note": "test"}
    answer = town.http("PUT", at, json=sent, user="administrator")
    assert answer.status == 200, answer.text
    town.restart()


# -- figures ---------------------------------------------------------------------------------------


def test_the_figures_are_those_of_a_slow_recount(town: Harness, visitor: Visitor) -> None:
    for number in range(10):
        ticket_id = visitor.publish(description=f"To be painted over {number}", **INSIDE).split(
            "/"
        )[2]
        if number % 3 == 0:
            town.tick(town.now + timedelta(minutes=30 + number))
        to = "cancelled" if number < 5 else "resolved"
        work(town, ticket_id, "status", status=to, reason="done")
    town.tick(town.now + timedelta(hours=2))
    shown = town.http("GET", "/data/performance.json").json()
    [line] = [each for each in shown["lines"] if each["code"] == "graffiti"]
    stored = [t for t in town.dump()["tickets"] if t["service_code"] == "graffiti"]
    stored = [t for t in stored if t["is_public"]]
    answers = sorted(minutes(t, "first_responded_at") for t in stored if t["first_responded_at"])
    fixes = sorted(minutes(t, "resolved_at") for t in stored if t["resolved_at"])
    assert line["reported"] == len(stored)
    assert line["unfixed"] == sum(t["status"] == "cancelled" for t in stored)
    assert line["fixed"] == sum(t["status"] in ("resolved", "closed") for t in stored)
    assert line["answer_median"] == answers[(len(answers) + 1) // 2 - 1]
    assert line["resolve_median"] == fixes[(len(fixes) + 1) // 2 - 1]
    assert line["answer_ninetieth"] == answers[-(-9 * len(answers) // 10) - 1]
    page = town.http("GET", "/performance").text
    assert "Closed, not fixed" in page


def minutes(ticket: dict[str, Any], name: str) -> int:
    from datetime import datetime

    asked, at = (datetime.fromisoformat(ticket[each]) for each in ("requested_at", name))
    return rounded(int((at - asked).total_seconds() // 60))


def test_the_page_of_figures_costs_two_calls(town: Harness) -> None:
    town.http("GET", "/performance")
    town.clear_calls()
    assert town.http("GET", "/performance").status == 200
    assert town.calls == {"dynamodb.GetItem": 1, "dynamodb.Query": 1}


def test_a_feed_is_the_same_for_whoever_chose_a_language_elsewhere(town: Harness) -> None:
    plain = town.http("GET", "/reports/feed.atom", headers={"Cookie": ""})
    for wish in ("fa", "xx", ""):
        chosen = town.http("GET", "/reports/feed.atom", headers={"Cookie": f"lang={wish}"})
        assert (chosen.status, chosen.text) == (200, plain.text)
    asked = town.http("GET", "/reports/feed.atom?lang=fa", headers={"Cookie": ""})
    assert asked.headers["Content-Language"] == "fa"
    assert town.http("GET", "/reports/feed.json?lang=xx", headers={"Cookie": ""}).status == 200
