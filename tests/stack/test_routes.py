"""Every route of the packaged app, through the one route of the gateway: who answers is the app."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.channels.files.storage import SCAN_TAG
from chalicelib.handlers.http import PUBLIC_ROUTES
from chalicelib.handlers.http.answers import SECURITY_HEADERS
from infra.api import TOLD, headers_of
from infra.package import package
from infra.settings import ROOT
from infra.target import Target
from tests.handlers.visitor import PNG
from tests.stack.engine import running
from tests.stack.outside import SETTINGS, Installation, mail, tracking_link

pytestmark = pytest.mark.stack


# What this installation does not have: a list of versions at that address, the city's own sign-in.
NOT_OFFERED = {"/open311/v2", "/console/sign-on", "/console/signed-in", "/console/sign-off"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("built") / SETTINGS.stage
    package(SETTINGS, folder, Target.here())
    with running("ca-central-1") as engine:
        outputs = engine.deploy(SETTINGS, folder)
        engine.client("ses").verify_domain_identity(Domain=SETTINGS.receiving_domain)
        yield Installation(engine, outputs)


@dataclass(frozen=True)
class Answer:
    """What came over the wire; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_ours(self) -> bool:
        """Whether the app made it: the gateway's own answers have another policy."""
        policy = self.headers.get("content-security-policy", "")
        has_all = all(name.lower() in self.headers for name in SECURITY_HEADERS)
        return has_all and policy.startswith("default-src 'none'")


def ask(city: Installation, method: str, path: str, accept: str = "text/html, */*") -> Answer:
    base = urlsplit(city.base)
    connection = HTTPConnection(base.netloc, timeout=60)
    try:
        connection.request(method, base.path + path, headers={"Accept": accept})
        found = connection.getresponse()
        headers = {name.lower(): value for name, value in found.getheaders()}
        return Answer(found.status, headers, found.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def routes() -> dict[str, set[str]]:
    """The methods of every route, with HEAD; asked of a process of its own, for an app is made once."""
    code = "import json, app; print(json.dumps({r: list(m) for r, m in app.app.routes.items()}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {route: set(methods) for route, methods in json.loads(done.stdout).items()}


def test_every_route_is_answered_by_the_app_and_by_no_other_route(
    city: Installation, routes: dict[str, set[str]]
) -> None:
    assert len(routes) > 150
    for route, methods in sorted(routes.items()):
        _is_answered(city, route, methods)


def _is_answered(city: Installation, route: str, methods: set[str]) -> None:
    path = re.sub(r"\{\w+\}", "x", route)
    answers = {method: ask(city, method, path) for method in ("GET", "HEAD", "OPTIONS")}
    for method, answer in answers.items():
        assert answer.is_ours, (method, route, answer.status, answer.body[:200])
        assert bool(answer.body) == (method == "GET" and answer.status != 303), method
    wanted = (200, 303, 400, 401, 403, 404) if "GET" in methods else (405,)
    assert answers["GET"].status in wanted, route
    assert answers["HEAD"].status == answers["GET"].status, route
    assert answers["OPTIONS"].status == 204, route
    if "OPTIONS" not in methods:
        assert set(answers["OPTIONS"].headers["allow"].split(", ")) == methods | {"OPTIONS"}, route
    if "GET" in methods and route not in PUBLIC_ROUTES:
        assert answers["GET"].status in (303, 401), f"nobody is signed in: {route}"
    if "GET" in methods and "{" not in route and route in PUBLIC_ROUTES - NOT_OFFERED:
        assert answers["GET"].status in (200, 303), route


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/nothing/at/all", "text/html"),
        ("/api/v1/nothing", "application/json"),
        ("/open311/v2/a/b.xml", "text/xml"),
    ],
)
def test_an_unknown_address_is_told_by_the_app(city: Installation, path: str, kind: str) -> None:
    answer = ask(city, "GET", path)
    assert (answer.status, answer.is_ours) == (404, True)
    assert answer.headers["content-type"].startswith(kind)
    assert answer.body


def test_a_wrong_method_is_told_which_are_right(city: Installation) -> None:
    answer = ask(city, "DELETE", "/report")
    assert (answer.status, answer.is_ours) == (405, True)
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}


def test_a_photo_comes_back_byte_for_byte(city: Installation) -> None:
    message = mail("ida@ida-home.example", "Paint", "Paint on the wall of 3 Elm Street.")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="wall.png")
    city.receive(message)
    link = tracking_link(city.mail_to("ida@ida-home.example")["BodyText"])
    found = re.search(r'"[^"]*(/t/[^"]+/files/([0-9a-f]+)(?:\?[^"]*)?)"', city.page_of(link))
    assert found
    kept = stored(city, found[2])
    answer = ask(city, "GET", found[1])
    assert (answer.status, answer.body) == (200, kept)
    assert answer.body.startswith(PNG[:8])


def stored(city: Installation, digest: str) -> bytes:
    """A file as it is kept, once the scanner's part was played."""
    s3, bucket = city.engine.client("s3"), city.outputs["FilesBucket"]
    (key,) = [
        each["Key"]
        for each in s3.list_objects_v2(Bucket=bucket)["Contents"]
        if each["Key"].endswith(digest)
    ]
    tag = {"Key": SCAN_TAG, "Value": "NO_THREATS_FOUND"}
    s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [tag]})
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def throttle(city: Installation, *, rate: float, burst: int) -> None:
    changes = {"rateLimit": rate, "burstLimit": burst}
    operations: list[dict[str, Any]] = [
        {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)}
        for name, value in changes.items()
    ]
    city.engine.client("apigateway").update_stage(
        restApiId=city.outputs["RestAPIId"], stageName="live", patchOperations=operations
    )


def test_what_the_gateway_refuses_by_itself_has_our_words_and_headers(city: Installation) -> None:
    """The last test here: it closes the door."""
    throttle(city, rate=0, burst=0)
    answer, told = ask(city, "GET", "/report", "application/json"), TOLD["THROTTLED"]
    assert (answer.status, answer.is_ours) == (429, False)
    assert told.text in answer.body.decode()
    assert {name: answer.headers[name.lower()] for name in headers_of(told)} == headers_of(told)
