"""Each box of the conformance suite can fail: the town over HTTP, with its answers spoilt on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from conformance.boxes import Failed, NotApplicable
from conformance.endpoint import Answer, Endpoint
from conformance.ticking import all_boxes
from tests.browser.doorway import serve
from tests.harness import Harness

Spoil = Callable[[str, bytes, Answer], Answer]  # of a method, a body and what was answered


@dataclass
class Spoilt(Endpoint):
    """An endpoint whose answers are spoilt; the spoiler sees what was asked, too."""

    spoil: Spoil = field(default=lambda method, sent, answer: answer, kw_only=True)

    def send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return self.spoil(method, body or b"", super().send(method, url, body, headers))


def where(path: str, change: Callable[[Answer], Answer], method: str = "") -> Spoil:
    """Spoil the answers whose address fits `path`, of one method or of any."""

    def spoil(asked: str, _: bytes, answer: Answer) -> Answer:
        is_meant = re.search(path, answer.url) and method in ("", asked)
        return change(answer) if is_meant else answer

    return spoil


def words(old: str, new: str) -> Callable[[Answer], Answer]:
    """The body with other words in it."""
    return lambda answer: replace(answer, body=re.sub(old, new, answer.text, flags=re.S).encode())


def status(code: int) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, status=code)


def header(name: str, value: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, headers={**answer.headers, name: value})


def records(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Answer], Answer]:
    """Each record of a JSON array changed."""

    def spoil(answer: Answer) -> Answer:
        found = answer.json
        if not isinstance(found, list):
            return answer
        return replace(answer, body=json.dumps([change(dict(each)) for each in found]).encode())

    return spoil


def put(**facts: Any) -> Callable[[Answer], Answer]:
    return records(lambda record: {**record, **facts})


def without(name: str) -> Callable[[Answer], Answer]:
    return records(lambda record: {n: value for n, value in record.items() if n != name})


def kind(**types: Any) -> Callable[[Answer], Answer]:
    """The facts of each record put through a function."""
    return records(
        lambda record: {**record, **{n: make(record.get(n)) for n, make in types.items()}}
    )


def document(body: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, body=body.encode())


def twice(answer: Answer) -> Answer:
    """A list with all of it twice."""
    return replace(answer, body=json.dumps(answer.json * 2).encode())


def first(answer: Answer) -> Answer:
    return replace(answer, body=json.dumps(answer.json[:1]).encode())


def backwards(answer: Answer) -> Answer:
    return replace(answer, body=json.dumps(answer.json[::-1]).encode())


def polite(_: str, __: bytes, answer: Answer) -> Answer:
    """Every error comes as a success."""
    return replace(answer, status=200) if answer.status >= 400 else answer


def wordless(_: str, __: bytes, answer: Answer) -> Answer:
    """Every error comes in words of a framework's own."""
    return replace(answer, body=b'{"message":"no"}') if answer.status >= 400 else answer


def broken(method: str, _: bytes, answer: Answer) -> Answer:
    """No post is served."""
    return replace(answer, status=500, body=b"[]") if method == "POST" else answer


def forgetful() -> Spoil:
    """Every list is another one than the last."""
    seen: list[int] = []

    def spoil(_: str, __: bytes, answer: Answer) -> Answer:
        seen.append(1)
        return backwards(answer) if len(seen) % 2 and "services.json" in answer.url else answer

    return spoil


def chatty() -> Spoil:
    """Whatever was posted is read back whole."""
    posted: list[bytes] = [b""]

    def spoil(method: str, sent: bytes, answer: Answer) -> Answer:
        if method == "POST":
            posted.append(sent)
            return answer
        return replace(answer, body=answer.body + b"".join(posted))

    return spoil


def deaf(*names: str) -> Spoil:
    """What narrows a list narrows it to something else."""
    other = '[{"service_request_id":"x","status":"y","service_code":"z","requested_datetime":'
    other += '"2001-01-01T00:00:00Z","updated_datetime":"2001-01-01T00:00:00Z"}]'
    return where(rf"requests\.json\?.*({'|'.join(names)})", document(other))


REQUESTS, SERVICES = r"requests\.json", r"services\.json"
DISCOVERY, DEFINITION = r"discovery\.json", r"services/.*\.json"
SPOILS: Mapping[str, Spoil] = {
    "rules.xml": where(r"\.xml", header("content-type", "application/xml")),
    "rules.json": where(r"\.json", header("content-type", "text/html")),
    "rules.declaration": where(r"\.xml", words(r"<\?xml.*?\?>", "")),
    "rules.no_namespace": where(r"\.xml", words("<services>", '<services xmlns="http://x">')),
    "rules.same": where(SERVICES, put(service_name="Other")),
    "rules.roots": where(SERVICES, document('{"services":[]}')),
    "rules.xml_roots": where(r"\.xml", words("services>", "list>")),
    "rules.dates": where(REQUESTS, put(requested_datetime="2026-01-01")),
    "rules.no_key": where(r"\.xml", status(403)),
    "rules.empty_argument": where(r"status=(&|$)", status(400)),
    "rules.unknown_argument": where("no_such", status(400)),
    "rules.strings": where(REQUESTS, put(service_request_id=5)),
    "rules.types": where(SERVICES, put(metadata="true")),
    "rules.cors": where(SERVICES, header("access-control-allow-origin", "https://one.example")),
    "rules.etag": where(SERVICES, lambda answer: replace(answer, status=200)),
    "rules.language": where(SERVICES, header("content-language", "de")),
    "discovery.both": where(r"discovery\.xml", status(404)),
    "discovery.object": where(DISCOVERY, document("[]")),
    "discovery.fields": where(DISCOVERY, words('"key_service":".*?"', '"key_service":""')),
    "discovery.same": where(DISCOVERY, words('"contact":".*?"', '"contact":"x"')),
    "discovery.changeset": where(
        DISCOVERY, words('"changeset":".*?"', '"changeset":"2999-01-01T00:00:00Z"')
    ),
    "discovery.endpoints": where(DISCOVERY, words('"type":"test"', '"type":"beta"')),
    "discovery.formats": where(DISCOVERY, words('"text/xml",', "")),
    "discovery.url": where(DISCOVERY, words("open311/v2", "open311")),
    "services.fields": where(SERVICES, without("metadata")),
    "services.unique": where(SERVICES, twice),
    "services.type": where(SERVICES, put(type="now")),
    "services.keywords": where(SERVICES, put(keywords=["a"])),
    "services.order": forgetful(),
    "services.jurisdiction": polite,
    "definition.object": where(DEFINITION, words('"service_code":".*?"', '"service_code":"x"')),
    "definition.array": where(DEFINITION, words(r'"attributes":\[.*\]', '"attributes":{}')),
    "definition.fields": where(DEFINITION, words('"variable":true,', "")),
    "definition.datatype": where(DEFINITION, words('"datatype":".*?"', '"datatype":"list"')),
    "definition.order": where(DEFINITION, words(r'"order":\d+', '"order":0')),
    "definition.values": where(DEFINITION, words(r'"values":\[.*?\]', '"values":[]')),
    "definition.none": where(DEFINITION, document('{"service_code":"x","attributes":null}')),
    "definition.unknown": polite,
    "post.realtime": broken,
    "post.xml": broken,
    "post.read_back": where(r"requests/", words("&lt;|<b>", "")),
    "post.address": broken,
    "post.private": chatty(),
    "post.multiple": broken,
    "post.batch": where(r"/tokens/", put(token="another")),
    "post.blackbox": where(REQUESTS, put(service_request_id="1"), "POST"),
    "post.no_key": polite,
    "post.wrong_key": polite,
    "post.no_service": polite,
    "post.no_place": polite,
    "post.bad_place": polite,
    "post.too_long": polite,
    "post.required": polite,
    "post.bad_value": polite,
    "post.several": where(REQUESTS, first),
    "post.inner_url": polite,
    "post.idempotent": polite,
    "post.media": broken,
    "requests.fields": where(REQUESTS, without("zipcode")),
    "requests.status": where(REQUESTS, put(status="assigned")),
    "requests.agency": where(REQUESTS, put(agency_responsible={"recipient": []})),
    "requests.volume": where(
        REQUESTS, lambda a: replace(a, body=json.dumps((a.json * 1001)[:1001]).encode())
    ),
    "requests.order": where(REQUESTS, backwards),
    "requests.by_status": deaf("status=open"),
    "requests.by_service": deaf("service_code="),
    "requests.by_id": deaf("service_request_id="),
    "requests.by_date": deaf("start_date="),
    "requests.wrong": polite,
    "requests.unknown_ids": deaf("no-such-id"),
    "requests.pages": where("cursor=", document("[]")),
    "requests.page_beyond": deaf("page=10&"),
    "requests.updated": deaf("updated_after"),
    "requests.bbox": deaf("bbox"),
    "requests.radius": deaf("radius"),
    "request.one": where(r"requests/.*\.json", words(r"^\[(.*)\]$", r"\1")),
    "request.unknown": polite,
    "token.unknown": polite,
    "errors.body": wordless,
    "errors.code": where(DEFINITION, put(code="400.x")),
    "errors.unknown_path": wordless,
    "errors.suffix": wordless,
    "errors.method": wordless,
    "errors.type": wordless,
    "errors.echo": where("status=", document("<b>7f3a</b>")),
    "extensions.fields": where(r"requests/", put(extended_attributes={})),
    "updates.read": polite,
    "updates.post": polite,
    "bulk.csv": where("bulk.csv", words("service_name", "service")),
}


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, str, str]]:
    """A town's versioned base, a key, and its jurisdiction; there is something to read."""
    with Harness.boot(public_url="") as town, serve(town) as site:
        base, key = f"{site}/open311/v2", town.api_key
        for number in range(3):
            town.tick(town.now + timedelta(hours=1))
            spot = {"lat": "44.05", "long": "-123.02", "description": f"{number}"}
            form = {"service_code": "graffiti", **spot}
            Endpoint(base, key).post("requests.json", form)
        yield base, key, town.services.settings.jurisdiction_id


def test_every_box_has_something_that_spoils_it() -> None:
    assert {each.name for each in all_boxes()} == set(SPOILS)


@pytest.mark.parametrize("name", sorted(SPOILS))
def test_a_box_is_ticked_by_the_town_and_fails_when_its_answers_are_spoilt(
    address: tuple[str, str, str], name: str
) -> None:
    base, key, jurisdiction = address
    [box] = [each for each in all_boxes() if each.name == name]
    place = ("44.05", "-123.02")
    box.check(Endpoint(base, key, place=place))
    asked_for = jurisdiction if name == "services.jurisdiction" else ""
    spoilt = Spoilt(base, key, asked_for, place, spoil=SPOILS[name])
    with pytest.raises((Failed, KeyError, TypeError, ValueError, AttributeError, IndexError)):
        try:
            box.check(spoilt)
        except NotApplicable as reason:
            pytest.fail(f"{name} was not judged: {reason}")
