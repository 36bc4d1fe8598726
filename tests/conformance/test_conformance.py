"""The conformance suite against the town over real HTTP, and against endpoints that do otherwise."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.boxes import Tick, Verdict
from conformance.endpoint import Endpoint
from conformance.ticking import all_boxes, tick
from tests.browser.doorway import serve
from tests.harness import Harness

PLACE = "44.05,-123.02"


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, str]]:
    """The versioned base of a town, and a key."""
    with Harness.boot(public_url="") as town, serve(town) as site:
        yield f"{site}/open311/v2", town.api_key


@pytest.fixture(scope="module")
def ticks(address: tuple[str, str]) -> dict[str, Tick]:
    base, key = address
    endpoint = Endpoint(base, key, place=("44.05", "-123.02"))
    for number in range(3):  # so that there is something to read
        endpoint.post(
            "requests.json",
            {
                "service_code": "graffiti",
                "lat": "44.05",
                "long": "-123.02",
                "description": f"{number}",
            },
        )
    return {each.box.name: each for each in tick(endpoint)}


def test_every_box_is_ticked_by_the_town(ticks: dict[str, Tick]) -> None:
    assert {n: t for n, t in ticks.items() if t.verdict is not Verdict.PASS} == {}


def test_boxes_have_names_of_their_own() -> None:
    names = [each.name for each in all_boxes()]
    assert len(names) == len(set(names)) > 70


def test_without_a_key_nothing_is_posted(address: tuple[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    assert main([address[0], "--report", str(report)]) == 0
    written = report.read_text(encoding="utf-8")
    assert "0 fail" in written
    assert written.count("nothing is posted") == sum(each.writes for each in all_boxes())


def test_nobody_there_is_told_apart() -> None:
    assert main(["http://127.0.0.1:9/open311/v2"]) == 2
    assert main(["file:///etc"]) == 2


# -- endpoints that do otherwise -------------------------------------------------------------------

GOOD = '<?xml version="1.0" encoding="utf-8"?><services/>'
XML, JSON = "text/xml; charset=utf-8", "application/json; charset=utf-8"
Pages = Mapping[str, tuple[int, str, str]]


@contextmanager
def city(pages: Pages) -> Iterator[Endpoint]:
    """An endpoint that serves what it is told to, and 404 without a body for all else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rpartition("/v2/")[2]
            status, kind, body = pages.get(path, (404, XML, ""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        do_DELETE = do_PUT = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v2")
    finally:
        server.shutdown()
        server.server_close()


SERVICE = '{"service_code":"a","service_name":"A","metadata":false,"type":"realtime"}'
RECORD = '{"service_request_id":"1","status":"assigned","requested_datetime":"2026-01-01"}'


@pytest.mark.parametrize(
    ("pages", "failing"),
    [
        ({"services.xml": (200, "application/xml", GOOD)}, "rules.xml"),
        ({"services.xml": (200, XML, "<services/>")}, "rules.declaration"),
        ({"services.xml": (200, XML, '<services xmlns="http://x"/>')}, "rules.no_namespace"),
        ({"services.json": (200, JSON, '{"services": []}')}, "rules.roots"),
        (
            {"services.json": (200, JSON, SERVICE.join("[]").replace("realtime", "now"))},
            "services.type",
        ),
        ({"services.json": (200, JSON, f"[{SERVICE},{SERVICE}]")}, "services.unique"),
        ({"requests.json": (200, JSON, f"[{RECORD}]")}, "requests.status"),
        ({"requests.json": (200, JSON, f"[{RECORD}]")}, "requests.fields"),
        ({"requests.json": (200, JSON, f"[{RECORD}]")}, "rules.dates"),
        ({"services/no-such-service-7f3a.xml": (200, XML, "<errors/>")}, "errors.body"),
        ({"services/no-such-service-7f3a.xml": (200, XML, "<errors/>")}, "definition.unknown"),
        ({}, "discovery.both"),
        ({}, "errors.unknown_path"),
    ],
)
def test_what_is_done_otherwise_is_seen(pages: Pages, failing: str) -> None:
    with city(pages) as endpoint:
        found = {each.box.name: each for each in tick(endpoint)}
    assert found[failing].verdict is Verdict.FAIL
    assert found[failing].expected
