"""Posting a request and reading it back; nothing here is asked without a key."""

from __future__ import annotations

import uuid
from typing import Any

from conformance.boxes import NotApplicable, box, expect, expect_served
from conformance.endpoint import Answer, Endpoint
from conformance.services import NOBODY

WORDS = 'Conformance test, please ignore: چاله\u200cها 路面 é &<b>bold</b> "quoted"\nsecond line'
ADDRESS = "1 Conformance Test Street"


def _service(endpoint: Endpoint, kind: str = "realtime", metadata: bool | None = None) -> str:
    for each in endpoint.services:
        has_metadata = each["metadata"] in (True, "true")
        if each["type"] == kind and metadata in (None, has_metadata):
            return str(each["service_code"])
    raise NotApplicable(f"there is no {kind} service to post to")


def _answers(endpoint: Endpoint, code: str) -> dict[str, Any]:
    """The least that a service's required questions take."""
    given: dict[str, Any] = {}
    for each in endpoint.definition(code).get("attributes", []):
        if each["required"] in (True, "true") and each["variable"] in (True, "true"):
            given[f"attribute[{each['code']}]"] = _least(each)
    return given


def _least(attribute: dict[str, Any]) -> str:
    if attribute["datatype"].endswith("list"):
        return str(attribute["values"][0]["key"])
    kinds = {"number": "1", "datetime": "2026-01-01T12:00:00Z"}
    return kinds.get(attribute["datatype"], "Conformance test")


def _place(endpoint: Endpoint) -> dict[str, str]:
    if endpoint.place:
        return {"lat": endpoint.place[0], "long": endpoint.place[1]}
    for record in endpoint.requests:
        if record.get("lat") and record.get("long"):
            return {"lat": str(record["lat"]), "long": str(record["long"])}
    return {"address_string": ADDRESS}


def _post(endpoint: Endpoint, kind: str = "json", **given: Any) -> Answer:
    fields = dict(given)
    headers = fields.pop("headers", None)
    code = fields.setdefault("service_code", _service(endpoint))
    if code != NOBODY and code:
        fields = {**_answers(endpoint, code), **fields}
    if not fields.pop("nowhere", False):
        fields = {**_place(endpoint), **fields}
    fields.setdefault("description", f"{WORDS} {uuid.uuid4().hex}")
    return endpoint.post(f"requests.{kind}", fields, headers)


def _id_of(answer: Answer) -> str:
    found = expect_served(answer).json
    expect(isinstance(found, list) and len(found) == 1, "an array of one", answer)
    return str(found[0].get("service_request_id") or "")


@box("post.realtime", "R", "A realtime service answers with an id and no token", writes=True)
def realtime(endpoint: Endpoint) -> None:
    answer = _post(endpoint)
    expect(_id_of(answer), "service_request_id", answer)
    expect(not answer.json[0].get("token"), "no token beside it", answer)


@box("post.xml", "R", "XML is answered too, as service_requests/request", writes=True)
def in_xml(endpoint: Endpoint) -> None:
    tree = expect_served(_post(endpoint, "xml")).xml
    found = tree.findtext("request/service_request_id") if tree is not None else ""
    expect(found, "service_requests/request/service_request_id", found)


@box("post.read_back", "R", "What was posted is read back, letter by letter", writes=True)
def read_back(endpoint: Endpoint) -> None:
    request_id = _id_of(_post(endpoint, description=WORDS))
    record = expect_served(endpoint.get(f"requests/{request_id}.json")).json[0]
    expect(record["status"] == "open", "status open", record["status"])
    expect(record["description"] == WORDS, "the same description", record["description"])
    tree = expect_served(endpoint.get(f"requests/{request_id}.xml")).xml
    text = tree.findtext("request/description") if tree is not None else ""
    expect(text == WORDS, "the same description in XML", text)


@box("post.address", "R", "address_string alone is a place", writes=True)
def address(endpoint: Endpoint) -> None:
    expect(_id_of(_post(endpoint, nowhere=True, address_string=ADDRESS)), "an id")


@box("post.private", "D", "Contact data never come back", writes=True)
def private(endpoint: Endpoint) -> None:
    mark = f"canary{uuid.uuid4().hex[:8]}"
    contact = {"email": f"{mark}@example.org", "first_name": mark, "last_name": mark}
    request_id = _id_of(_post(endpoint, description="Conformance test", **contact))
    for path in (f"requests/{request_id}.json", "requests.json"):
        text = endpoint.fresh(path, extensions="true").text
        expect(mark not in text, "no name and no address in public", path)


@box("post.multiple", "R", "A multivaluelist takes several values", writes=True)
def multiple(endpoint: Endpoint) -> None:
    for each in endpoint.services:
        for attribute in endpoint.definition(each["service_code"]).get("attributes", []):
            if attribute["datatype"] == "multivaluelist" and len(attribute["values"]) > 1:
                keys = [value["key"] for value in attribute["values"]][:2]
                name = f"attribute[{attribute['code']}]"
                given = _answers(endpoint, each["service_code"])
                given.pop(name, None)
                code = str(each["service_code"])
                fields = {**given, **_place(endpoint), "service_code": code, f"{name}[]": keys}
                expect_served(endpoint.post("requests.json", {**fields, "description": "Test"}))
                return
    raise NotApplicable("no attribute is a multivaluelist")


@box("post.batch", "R", "A batch service answers with a token that leads to an id", writes=True)
def batch(endpoint: Endpoint) -> None:
    found = expect_served(_post(endpoint, service_code=_service(endpoint, "batch"))).json[0]
    expect(found.get("token") and not found.get("service_request_id"), "a token and no id", found)
    token = expect_served(endpoint.get(f"tokens/{found['token']}.json")).json[0]
    expect(token["token"] == found["token"], "the same token", token)


@box("post.blackbox", "R", "A blackbox service answers with neither", writes=True)
def blackbox(endpoint: Endpoint) -> None:
    found = expect_served(_post(endpoint, service_code=_service(endpoint, "blackbox"))).json[0]
    expect(not found.get("token") and not found.get("service_request_id"), "neither", found)


@box("post.no_key", "R", "Without a key it is 403", writes=True)
def no_key(endpoint: Endpoint) -> None:
    answer = _post(endpoint, api_key="")
    expect(answer.status == 403, "status 403", answer)


@box("post.wrong_key", "R", "With a wrong key it is 403", writes=True)
def wrong_key(endpoint: Endpoint) -> None:
    answer = _post(endpoint, "xml", api_key="no-such-key-7f3a")
    expect(answer.status == 403, "status 403", answer)


@box("post.no_service", "R", "A missing service_code is 400, an unknown one 404", writes=True)
def no_service(endpoint: Endpoint) -> None:
    expect(_post(endpoint, service_code="").status == 400, "status 400 without a code")
    answer = _post(endpoint, service_code=NOBODY)
    expect(answer.status == 404, "status 404 for an unknown code", answer)


@box("post.no_place", "R", "No place and half a place are 400", writes=True)
def no_place(endpoint: Endpoint) -> None:
    for given in ({}, {"lat": "44.05"}, {"long": "-123.02"}):
        answer = _post(endpoint, nowhere=True, **given)
        expect(answer.status == 400, f"status 400 with {given or 'nothing'}", answer)


@box("post.bad_place", "D", "A place that is not on earth is 400", writes=True)
def bad_place(endpoint: Endpoint) -> None:
    for lat, long in (("91", "0.1"), ("north", "west"), ("0", "0")):
        answer = _post(endpoint, nowhere=True, lat=lat, long=long)
        expect(answer.status == 400, f"status 400 for {lat}, {long}", answer)


@box("post.too_long", "R", "A description takes 4,000 characters and not one more", writes=True)
def too_long(endpoint: Endpoint) -> None:
    expect_served(_post(endpoint, description="漢" * 4_000))
    answer = _post(endpoint, description="漢" * 4_001)
    expect(answer.status == 400, "status 400 for 4,001 characters", answer)


@box("post.required", "R", "A required attribute that is missing is 400", writes=True)
def required(endpoint: Endpoint) -> None:
    for each in endpoint.services:
        code = str(each["service_code"])
        if _answers(endpoint, code):
            fields = {"service_code": code, "description": "Test", **_place(endpoint)}
            answer = endpoint.post("requests.json", fields)
            expect(answer.status == 400, "status 400", answer)
            return
    raise NotApplicable("no attribute is required")


@box(
    "post.bad_value",
    "D",
    "A value that is not listed, and an unknown attribute, are 400",
    writes=True,
)
def bad_value(endpoint: Endpoint) -> None:
    answer = _post(endpoint, **{"attribute[no_such_attribute_7f3a]": "1"})
    expect(answer.status == 400, "status 400 for an unknown attribute", answer)
    for each in endpoint.services:
        for attribute in endpoint.definition(each["service_code"]).get("attributes", []):
            if attribute["datatype"] == "singlevaluelist":
                given = {f"attribute[{attribute['code']}]": "no-such-value-7f3a"}
                answer = _post(endpoint, service_code=each["service_code"], **given)
                expect(answer.status == 400, "status 400 for a value not listed", answer)
                return


@box("post.several", "D", "Several problems are several errors", writes=True)
def several(endpoint: Endpoint) -> None:
    answer = _post(endpoint, nowhere=True, lat="91", description="x" * 4_001)
    expect(answer.status == 400, "status 400", answer)
    expect(isinstance(answer.json, list) and len(answer.json) > 1, "several errors", answer)


@box("post.inner_url", "D", "A media_url into an inner network is refused", writes=True)
def inner_url(endpoint: Endpoint) -> None:
    for url in ("http://169.254.169.254/x.png", "http://localhost/x.png", "file:///etc/passwd"):
        answer = _post(endpoint, media_url=url)
        expect(answer.status == 400, f"status 400 for {url}", answer)


@box("post.idempotent", "X", "The same Idempotency-Key is the same request", writes=True)
def idempotent(endpoint: Endpoint) -> None:
    headers = {"Idempotency-Key": f"conformance-{uuid.uuid4().hex}"}
    words = "Conformance test, sent twice"
    first = _id_of(_post(endpoint, headers=headers, description=words))
    again = _id_of(_post(endpoint, headers=headers, description=words))
    if first != again:
        raise NotApplicable("not offered")
    other = _post(endpoint, headers=headers, description="Something else")
    expect(other.status in (400, 409), "a refusal of other words under the same key", other)


@box("post.media", "X", "Files come as multipart/form-data", writes=True)
def media(endpoint: Endpoint) -> None:
    edge, code = uuid.uuid4().hex, _service(endpoint)
    fields = {"api_key": endpoint.key, "service_code": code, "description": "Conformance test"}
    fields |= {**_answers(endpoint, code), **_place(endpoint)}
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    named = 'name="media[]"; filename="test.png"\r\nContent-Type: image/png'
    parts.append(f"--{edge}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode())
    body = b"".join(parts) + PNG + f"\r\n--{edge}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    answer = endpoint.send("POST", f"{endpoint.base}/requests.json", body, kind)
    if answer.status == 415 or (b"content" in answer.body.lower() and answer.status == 400):
        raise NotApplicable("not offered")
    expect(_id_of(answer), "an id", answer)


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "0000000200015e1af4350000000049454e44ae426082"
)
