"""Lists of requests, and single ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from conformance.boxes import NotApplicable, box, expect, expect_served
from conformance.endpoint import Endpoint
from conformance.services import NOBODY

FIELDS = (
    "service_request_id",
    "status",
    "service_name",
    "service_code",
    "description",
    "requested_datetime",
    "updated_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
)
NEXT = re.compile(r"<([^>]+)>\s*;\s*rel=\"?next\"?")


def some(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The latest requests."""
    if not endpoint.requests:
        raise NotApplicable("there is no request to look at")
    return endpoint.requests


def _moment(record: dict[str, Any], name: str = "requested_datetime") -> datetime:
    return datetime.fromisoformat(record[name])


def _listed(endpoint: Endpoint, **query: Any) -> list[dict[str, Any]]:
    found = expect_served(endpoint.get("requests.json", **query)).json
    expect(isinstance(found, list), "an array", type(found).__name__)
    return list(found)


@box("requests.fields", "R", "Every field of a request is there, null allowed")
def fields(endpoint: Endpoint) -> None:
    for record in some(endpoint)[:100]:
        missing = set(FIELDS) - set(record)
        expect(not missing, "every field", missing)


@box("requests.status", "R", "status is open or closed and nothing else")
def status(endpoint: Endpoint) -> None:
    found = {record["status"] for record in some(endpoint)}
    expect(found <= {"open", "closed"}, "open or closed", found)


@box("requests.agency", "O", "agency_responsible is plain text")
def agency(endpoint: Endpoint) -> None:
    found = [r["agency_responsible"] for r in some(endpoint) if r.get("agency_responsible")]
    if not found:
        raise NotApplicable("not offered")
    expect(all(isinstance(each, str) for each in found), "text", found[:1])


@box("requests.volume", "R", "At most 1,000, none older than 90 days")
def volume(endpoint: Endpoint) -> None:
    found = some(endpoint)
    newest = max(_moment(record) for record in found)
    oldest = min(_moment(record) for record in found)
    expect(len(found) <= 1_000, "at most 1,000", len(found))
    expect(newest - oldest <= timedelta(days=91), "the last 90 days", oldest)


@box("requests.order", "D", "The newest comes first")
def order(endpoint: Endpoint) -> None:
    moments = [_moment(record) for record in some(endpoint)]
    expect(moments == sorted(moments, reverse=True), "descending requested_datetime")


@box("requests.by_status", "O", "status narrows the list")
def by_status(endpoint: Endpoint) -> None:
    some(endpoint)
    for each in ("open", "closed"):
        found = {record["status"] for record in _listed(endpoint, status=each)}
        expect(found <= {each}, f"only {each} ones", found)


@box("requests.by_service", "O", "service_code narrows the list")
def by_service(endpoint: Endpoint) -> None:
    code = some(endpoint)[0]["service_code"]
    found = {record["service_code"] for record in _listed(endpoint, service_code=code)}
    expect(found == {code}, f"only {code}", found)


@box("requests.by_id", "O", "service_request_id overrides every other argument")
def by_id(endpoint: Endpoint) -> None:
    wanted = [record["service_request_id"] for record in some(endpoint)[:2]]
    given = {"service_request_id": ",".join(wanted), "start_date": "2009-01-01T00:00:00Z"}
    found = _listed(endpoint, **given, end_date="2009-01-02T00:00:00Z")
    expect({r["service_request_id"] for r in found} == set(wanted), f"just {wanted}", found)


@box("requests.by_date", "O", "start_date and end_date compare with requested_datetime")
def by_date(endpoint: Endpoint) -> None:
    middle = some(endpoint)[0]["requested_datetime"]
    start = _moment(some(endpoint)[0]) - timedelta(days=1)
    listed = _listed(endpoint, start_date=_w3c(start), end_date=middle)
    found = [_moment(each) for each in listed]
    expect(all(start - timedelta(seconds=1) <= each for each in found), "nothing before start_date")
    expect(all(each <= _moment({"requested_datetime": middle}) for each in found), "nothing after")


def _w3c(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


WRONG = {
    "span": ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400),
    "backwards": ({"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, 400),
    "date": ({"start_date": "yesterday"}, 400),
    "zone": ({"start_date": "2026-01-01T00:00:00"}, 400),
    "status_word": ({"status": "melted"}, 400),
    "service": ({"service_code": NOBODY}, 404),
}


@box(
    "requests.wrong",
    "D",
    "Long spans, ends before starts, bad dates and words are 400, bad codes 404",
)
def wrong(endpoint: Endpoint) -> None:
    for name, (query, expected) in WRONG.items():
        answer = endpoint.get("requests.xml", None, **query)
        expect(answer.status == expected, f"status {expected} for a wrong {name}", answer)


@box("requests.unknown_ids", "D", "Ids that there are not are left out")
def unknown_ids(endpoint: Endpoint) -> None:
    expect(_listed(endpoint, service_request_id="no-such-id-7f3a") == [], "an empty array")


@box("requests.pages", "X", "page_size cuts the list, and Link leads through all of it")
def pages(endpoint: Endpoint) -> None:
    some(endpoint)
    answer = expect_served(endpoint.get("requests.json", page_size="1"))
    if len(answer.json) > 1 or (len(endpoint.requests) > 1 and not answer.header("link")):
        raise NotApplicable("not offered")
    seen = [record["service_request_id"] for record in answer.json]
    for _ in range(3):
        following = NEXT.search(answer.header("link"))
        if not following:
            break
        answer = expect_served(endpoint.send("GET", following[1]))
        seen += [record["service_request_id"] for record in answer.json]
    expect(len(seen) == len(set(seen)), "no request twice", seen)
    expect(len(seen) == min(4, len(endpoint.requests)), "no request left out", seen)


@box("requests.page_beyond", "X", "A page beyond the end is empty")
def page_beyond(endpoint: Endpoint) -> None:
    answer = endpoint.get("requests.json", page="10", page_size="1000")
    if answer.json == endpoint.requests and endpoint.requests:
        raise NotApplicable("not offered")
    expect(answer.json == [], "an empty array", answer)


@box("requests.updated", "X", "updated_after and updated_before follow updated_datetime")
def updated(endpoint: Endpoint) -> None:
    latest = max(_moment(record, "updated_datetime") for record in some(endpoint))
    later = _listed(endpoint, updated_after=_w3c(latest + timedelta(days=1)))
    if later == endpoint.requests:
        raise NotApplicable("not offered")
    expect(later == [], "nothing changed after the last change", len(later))


def _placed(endpoint: Endpoint) -> tuple[dict[str, Any], float, float]:
    for record in some(endpoint):
        if record["lat"] not in (None, "") and record["long"] not in (None, ""):
            return record, float(record["lat"]), float(record["long"])
    raise NotApplicable("no request has a place")


@box("requests.bbox", "X", "bbox narrows the list to a box")
def bbox(endpoint: Endpoint) -> None:
    record, lat, long = _placed(endpoint)
    here = _listed(endpoint, bbox=f"{long - 0.01},{lat - 0.01},{long + 0.01},{lat + 0.01}")
    nowhere = _listed(endpoint, bbox="-30.2,-50.2,-30.1,-50.1")
    if nowhere == endpoint.requests:
        raise NotApplicable("not offered")
    expect(nowhere == [], "nothing in the middle of the ocean", len(nowhere))
    ids = [each["service_request_id"] for each in here]
    expect(record["service_request_id"] in ids, "the request that lies in it", ids[:5])


@box("requests.radius", "X", "lat, long and radius narrow the list to a circle")
def radius(endpoint: Endpoint) -> None:
    record, lat, long = _placed(endpoint)
    nowhere = _listed(endpoint, lat="-50", long="-30", radius="100")
    if nowhere == endpoint.requests:
        raise NotApplicable("not offered")
    expect(nowhere == [], "nothing in the middle of the ocean", len(nowhere))
    here = _listed(endpoint, lat=lat, long=long, radius="200")
    ids = [each["service_request_id"] for each in here]
    expect(record["service_request_id"] in ids, "the request that lies in it", ids[:5])


@box("request.one", "R", "A single request comes wrapped, with the same record")
def one(endpoint: Endpoint) -> None:
    listed = some(endpoint)[0]
    name = quote(listed["service_request_id"], safe="")
    found = expect_served(endpoint.get(f"requests/{name}.json")).json
    expect(isinstance(found, list) and len(found) == 1, "an array of one", found)
    expect(found[0]["service_request_id"] == listed["service_request_id"], "the same id", found)
    tree = expect_served(endpoint.get(f"requests/{name}.xml")).xml
    path = "request/service_request_id"
    expect(tree is not None and tree.findtext(path) == listed["service_request_id"], path)


@box("request.unknown", "R", "A request that there is not is 404")
def unknown(endpoint: Endpoint) -> None:
    for kind in ("xml", "json"):
        answer = endpoint.get(f"requests/no-such-id-7f3a.{kind}")
        expect(answer.status == 404, "status 404", answer)


@box("token.unknown", "R", "A token that there is not is 404")
def token(endpoint: Endpoint) -> None:
    answer = endpoint.get("tokens/no-such-token-7f3a.xml")
    expect(answer.status == 404, "status 404", answer)
