"""Rules for every call: formats, types, text, dates, browsers."""

from __future__ import annotations

import re

from conformance.boxes import NotApplicable, box, expect, expect_served
from conformance.endpoint import Endpoint, leaves_as_text, plain

RESOURCES = ("services", "requests")
W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@box("rules.xml", "R", "XML is served, as text/xml in UTF-8")
def xml_type(endpoint: Endpoint) -> None:
    for name in RESOURCES:
        answer = expect_served(endpoint.get(f"{name}.xml"))
        kind = answer.header("content-type").replace(" ", "").lower()
        expect(kind == "text/xml;charset=utf-8", "Content-Type: text/xml; charset=utf-8", kind)


@box("rules.json", "O", "JSON is served, as application/json")
def json_type(endpoint: Endpoint) -> None:
    for name in RESOURCES:
        kind = expect_served(endpoint.get(f"{name}.json")).header("content-type")
        expect(kind.lower().startswith("application/json"), "Content-Type: application/json", kind)


@box("rules.declaration", "R", "XML begins with a declaration that names UTF-8")
def declaration(endpoint: Endpoint) -> None:
    start = endpoint.get("services.xml").text[:80].lstrip("\ufeff").lower()
    expect(
        re.match(r"<\?xml [^>]*encoding=[\"']utf-8[\"']", start),
        '<?xml … encoding="utf-8"?>',
        start,
    )


@box("rules.no_namespace", "R", "XML has no namespace and no attributes")
def no_namespace(endpoint: Endpoint) -> None:
    for name in RESOURCES:
        tree = endpoint.get(f"{name}.xml").xml
        expect(tree is not None, "well-formed XML")
        odd = [e.tag for e in tree.iter() if "}" in e.tag or e.attrib] if tree is not None else []
        expect(not odd, "elements without namespace and attributes", odd[:3])


@box("rules.same", "R", "JSON is the XML under the standard's mapping")
def same(endpoint: Endpoint) -> None:
    for name in RESOURCES:
        tree, data = endpoint.get(f"{name}.xml").xml, endpoint.get(f"{name}.json").json
        if tree is None or data is None:
            raise NotApplicable("not both formats can be read")
        expect(plain(tree) == leaves_as_text(data), f"{name}.xml and {name}.json to say the same")


@box("rules.roots", "R", "The JSON roots of services and requests are arrays")
def roots(endpoint: Endpoint) -> None:
    for name in RESOURCES:
        data = expect_served(endpoint.get(f"{name}.json")).json
        expect(isinstance(data, list), f"an array from {name}.json", type(data).__name__)


@box("rules.xml_roots", "R", "The XML roots are <services> and <service_requests>")
def xml_roots(endpoint: Endpoint) -> None:
    for name, root in (("services", "services"), ("requests", "service_requests")):
        tree = endpoint.get(f"{name}.xml").xml
        expect(
            tree is not None and tree.tag == root, f"<{root}>", tree.tag if tree is not None else ""
        )


@box("rules.dates", "R", "Dates are W3C with seconds and a zone")
def dates(endpoint: Endpoint) -> None:
    if not endpoint.requests:
        raise NotApplicable("there is no request to look at")
    for record in endpoint.requests[:100]:
        for name, value in record.items():
            if name.endswith("_datetime") and value:
                expect(W3C.fullmatch(str(value)), f"{name} such as 2026-11-24T09:00:00Z", value)


@box("rules.no_key", "R", "Reading needs no key")
def no_key(endpoint: Endpoint) -> None:
    for name in RESOURCES:
        answer = endpoint.get(f"{name}.xml")
        expect(answer.status not in (401, 403), "status 200 without a key", answer)


@box("rules.empty_argument", "R", "An optional argument sent empty equals not sent")
def empty_argument(endpoint: Endpoint) -> None:
    answer = endpoint.get("requests.json", status="", service_code="", start_date="")
    expect(answer.is_ok, "status 200", answer)


@box("rules.unknown_argument", "D", "Unknown arguments are ignored")
def unknown_argument(endpoint: Endpoint) -> None:
    answer = endpoint.get("services.json", no_such_argument="1")
    expect(answer.is_ok, "status 200", answer)


@box("rules.strings", "D", "Identifiers are JSON strings")
def strings(endpoint: Endpoint) -> None:
    found = [(each, "service_code") for each in endpoint.services]
    found += [(each, "service_request_id") for each in endpoint.requests[:100]]
    wrong = [each.get(name) for each, name in found if not isinstance(each.get(name), str)]
    expect(not wrong, "strings", wrong[:3])


@box("rules.types", "D", "Booleans and numbers are JSON booleans and numbers")
def types(endpoint: Endpoint) -> None:
    wrong = [s["metadata"] for s in endpoint.services if not isinstance(s["metadata"], bool)]
    for record in endpoint.requests[:100]:
        wrong += [v for v in (record["lat"], record["long"]) if isinstance(v, str)]
    asking = [each["service_code"] for each in endpoint.services if each["metadata"]]
    for code in asking[:3]:
        for each in endpoint.definition(code).get("attributes", []):
            wrong += [v for v in (each["variable"], each["required"]) if not isinstance(v, bool)]
            wrong += [each["order"]] if not isinstance(each["order"], int) else []
    expect(not wrong, "true, false and numbers", wrong[:3])


@box("rules.cors", "X", "Pages of other sites may read")
def cors(endpoint: Endpoint) -> None:
    allowed = endpoint.get("services.json").header("access-control-allow-origin")
    if not allowed:
        raise NotApplicable("not offered")
    expect(allowed == "*", "Access-Control-Allow-Origin: *", allowed)


@box("rules.etag", "X", "Services have a tag, and the same tag is answered by 304")
def etag(endpoint: Endpoint) -> None:
    tag = endpoint.get("services.json").header("etag")
    if not tag:
        raise NotApplicable("not offered")
    answer = endpoint.get("services.json", headers={"If-None-Match": tag})
    expect(answer.status == 304, "status 304", answer.status)


@box("rules.language", "X", "The language is said")
def language(endpoint: Endpoint) -> None:
    answer = endpoint.get("services.json", headers={"Accept-Language": "en"})
    if not answer.header("content-language"):
        raise NotApplicable("not offered")
    expect(answer.header("content-language").startswith("en"), "Content-Language: en")
