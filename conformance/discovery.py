"""The discovery document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.boxes import NotApplicable, box, expect, expect_served
from conformance.endpoint import Endpoint, leaves_as_text, plain
from conformance.rules import W3C


def _record(endpoint: Endpoint) -> dict[str, Any]:
    found = endpoint.discovery("json").json
    if not isinstance(found, dict):
        raise NotApplicable("there is no discovery document in JSON")
    return found


@box("discovery.both", "R", "Both discovery.xml and discovery.json exist")
def both(endpoint: Endpoint) -> None:
    for kind in ("xml", "json"):
        expect_served(endpoint.discovery(kind))


@box("discovery.object", "R", "Its JSON root is an object, its XML root <discovery>")
def is_object(endpoint: Endpoint) -> None:
    expect(isinstance(endpoint.discovery("json").json, dict), "an object")
    tree = endpoint.discovery("xml").xml
    expect(tree is not None and tree.tag == "discovery", "<discovery>")


@box("discovery.fields", "R", "changeset, contact and key_service say something")
def fields(endpoint: Endpoint) -> None:
    record = _record(endpoint)
    for name in ("changeset", "contact", "key_service"):
        expect(record.get(name), f"{name} with words in it", record.get(name))


@box("discovery.same", "R", "Both formats say the same")
def same(endpoint: Endpoint) -> None:
    tree = endpoint.discovery("xml").xml
    expect(tree is not None, "well-formed XML")
    if tree is not None:
        expect(plain(tree) == leaves_as_text(_record(endpoint)), "the same in both formats")


@box("discovery.changeset", "R", "Every changeset is a moment in the past")
def changeset(endpoint: Endpoint) -> None:
    record = _record(endpoint)
    for each in (record, *record.get("endpoints", [])):
        at = datetime.fromisoformat(str(each["changeset"]))
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        expect(aware.year >= 2009, "a moment", each["changeset"])
        expect(
            aware <= _now(endpoint) + timedelta(days=1), "a moment in the past", each["changeset"]
        )


def _now(endpoint: Endpoint) -> datetime:
    """The latest moment that anybody tells: this machine, the endpoint's header, its requests."""
    told = [datetime.now(UTC)]
    if date := endpoint.discovery("json").header("date"):
        told.append(parsedate_to_datetime(date))
    texts = [str(each.get("updated_datetime")) for each in endpoint.requests[:100]]
    return max([*told, *(datetime.fromisoformat(text) for text in texts if W3C.fullmatch(text))])


@box(
    "discovery.endpoints", "R", "Each endpoint has specification, url, changeset, type and formats"
)
def endpoints(endpoint: Endpoint) -> None:
    found = _record(endpoint).get("endpoints")
    expect(isinstance(found, list) and found, "an array of endpoints", found)
    for each in found or []:
        for name in ("specification", "url", "changeset", "type", "formats"):
            expect(each.get(name), f"{name} of an endpoint", each.get(name))
        expect(each["type"] in ("production", "test"), "type production or test", each["type"])


@box("discovery.formats", "R", "Formats are an array, and text/xml is among them")
def formats(endpoint: Endpoint) -> None:
    for each in _record(endpoint)["endpoints"]:
        if "GeoReport_v2" in each["specification"]:
            is_array = isinstance(each["formats"], list)
            expect(
                is_array and "text/xml" in each["formats"],
                "an array with text/xml",
                each["formats"],
            )


@box("discovery.url", "R", "The url of an endpoint is a versioned base that serves services.xml")
def url(endpoint: Endpoint) -> None:
    own = [e for e in _record(endpoint)["endpoints"] if "GeoReport_v2" in str(e["specification"])]
    expect(own, "an endpoint whose specification is GeoReport v2")
    addresses = [str(each["url"]).rstrip("/") for each in own]
    expect(all("v2" in each for each in addresses), "the version in the url", addresses)
    expect_served(endpoint.get(f"{addresses[0]}/services.xml"))
