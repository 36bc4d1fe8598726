"""GeoReport v2 through the town's gateway: the checklist, a test per truth."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.tickets.model.records import Change
from tests.handlers.programs import BASE, PLACE, Program, codes
from tests.handlers.visitor import PNG, multipart
from tests.harness import Harness


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture(scope="module")
def program(town: Harness) -> Program:
    return Program(town)


# -- every call ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/services", "/services/pothole", "/discovery", "/requests"])
def test_both_formats_say_the_same(program: Program, path: str) -> None:
    as_xml, as_json = program.get(f"{path}.xml"), program.get(f"{path}.json")
    assert as_xml.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert as_json.headers["Content-Type"] == "application/json; charset=utf-8"
    assert as_xml.text.startswith('<?xml version="1.0" encoding="utf-8"?>')
    assert "xmlns" not in as_xml.text
    assert plain(ET.fromstring(as_xml.text)) == shallow(as_json.json())


LISTS = {"services", "attributes", "values", "service_requests", "endpoints", "formats", "errors"}


def plain(element: ET.Element) -> Any:
    """XML under the standard's mapping, with every leaf as text."""
    if element.tag in LISTS:
        return [plain(child) for child in element]
    if len(element):
        return {child.tag: plain(child) for child in element}
    return element.text or ""


def shallow(value: Any) -> Any:
    if isinstance(value, list):
        return [shallow(each) for each in value]
    if isinstance(value, dict):
        return {name: shallow(each) for name, each in value.items()}
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def test_roots_are_arrays_except_definition_and_discovery(program: Program) -> None:
    request_id = program.make()
    for path in ("/services", "/requests", f"/requests/{request_id}"):
        assert isinstance(program.get(f"{path}.json").json(), list)
    for path in ("/services/pothole", "/discovery"):
        assert isinstance(program.get(f"{path}.json").json(), dict)


def test_text_survives_both_formats(program: Program) -> None:
    words = "چاله\u200cها 路面 🕳 &<>\"' ]]>"
    request_id = program.make(description=words + "\x0b\x00")
    assert program.get(f"/requests/{request_id}.json").json()[0]["description"] == words
    tree = ET.fromstring(program.get(f"/requests/{request_id}.xml").body)
    assert tree.findtext("request/description") == words


def test_dates_are_w3c_with_seconds_and_zone(program: Program) -> None:
    record = program.get(f"/requests/{program.make()}.json").json()[0]
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", record[name])


def test_another_jurisdiction_is_unknown_and_ours_may_be_left_out(
    town: Harness, program: Program
) -> None:
    own = town.services.settings.jurisdiction_id
    assert program.get(f"/services.json?jurisdiction_id={own}").status == 200
    assert program.get("/services.json?jurisdiction_id=").status == 200
    other = program.get("/services.json?jurisdiction_id=elsewhere.example")
    assert (other.status, codes(other)) == (404, ["404.jurisdiction"])
    assert program.post(**PLACE, jurisdiction_id="elsewhere.example").status == 404


def test_reading_needs_no_key_and_is_open_to_every_origin(program: Program) -> None:
    for path in ("/services.json", "/requests.xml", "/discovery.json"):
        assert program.get(path).headers["Access-Control-Allow-Origin"] == "*"


def test_preflight_is_answered(town: Harness) -> None:
    answer = town.http(
        "OPTIONS", f"{BASE}/requests.json", headers={"Origin": "https://app.example"}
    )
    assert answer.status == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/services.json", "/services/pothole.xml", "/discovery.json"])
def test_seldom_changing_documents_have_a_tag(program: Program, path: str) -> None:
    tag = program.get(path).headers["ETag"]
    assert program.get(path, If_None_Match=tag).status == 304


def test_names_come_in_the_language_asked_for(program: Program) -> None:
    answer = program.get("/services.json", Accept_Language="es-MX,es;q=0.9")
    assert answer.headers["Content-Language"] == "es"
    names = {each["service_code"]: each["service_name"] for each in answer.json()}
    english = {
        each["service_code"]: each["service_name"] for each in program.get("/services.json").json()
    }
    assert names["pothole"] != english["pothole"]


# -- discovery and services ------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/open311", BASE])
def test_discovery_has_every_field(town: Harness, base: str) -> None:
    record = town.http("GET", f"{base}/discovery.json").json()
    endpoint = record["endpoints"][0]
    assert all(record[name] for name in ("changeset", "contact", "key_service"))
    assert endpoint["url"].endswith("/open311/v2")
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert endpoint["type"] in ("test", "production")
    assert datetime.fromisoformat(endpoint["changeset"]) <= town.now
    assert town.http("GET", f"{base}/discovery.xml").status == 200


def test_the_changeset_moves_with_the_catalogue(town: Harness, program: Program) -> None:
    before = program.get("/discovery.json").json()
    town.tick(town.now + timedelta(hours=1))
    path = "/api/v1/services/graffiti"
    stored = town.http("GET", path, user="administrator").json()
    wish = {"body": {**stored["body"], "keywords": {"en": ["tag"]}}, "version": stored["version"]}
    assert town.http("PUT", path, json=wish, user="administrator").status == 200
    town.restart()
    after = program.get("/discovery.json").json()
    assert after["changeset"] > before["changeset"]
    assert after["endpoints"][0]["changeset"] > before["endpoints"][0]["changeset"]


def test_people_who_open_the_root_find_a_page(town: Harness) -> None:
    for path in ("/open311", "/open311/v2"):
        answer = town.http("GET", path, headers={"Accept": "text/html", "Accept-Language": "fa"})
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "/open311/v2/services.xml" in answer.text
        assert 'dir="rtl"' in answer.text


def test_services_have_every_field_in_order(program: Program) -> None:
    found = program.get("/services.json").json()
    fields = [
        "service_code",
        "service_name",
        "description",
        "metadata",
        "type",
        "keywords",
        "group",
    ]
    assert all(list(each) == fields for each in found)
    assert all(isinstance(each["metadata"], bool) for each in found)
    assert {each["type"] for each in found} <= {"realtime", "batch", "blackbox"}
    order = [(each["group"], each["service_name"]) for each in found]
    assert order == sorted(order)


def test_definition_lists_questions_with_unique_orders(program: Program) -> None:
    for service in program.get("/services.json").json():
        definition = program.get(f"/services/{service['service_code']}.json").json()
        assert definition["service_code"] == service["service_code"]
        assert service["metadata"] == bool(definition["attributes"])
        orders = [each["order"] for each in definition["attributes"]]
        assert orders == list(range(1, len(orders) + 1))
        for each in definition["attributes"]:
            assert bool(each["values"]) == each["datatype"].endswith("list")


def test_unknown_service_is_404(program: Program) -> None:
    for name in ("nope", "a.b", "%2e%2e", "pothole%00"):
        answer = program.get(f"/services/{name}.json")
        assert (answer.status, codes(answer)) == (404, ["404.service"])


# -- posting ---------------------------------------------------------------------------------------


def test_request_is_filed_and_read_back(town: Harness, program: Program) -> None:
    answer = program.post(
        **PLACE,
        description="Paint\r\non the wall",
        email="ana@example.org",
        first_name="Ana",
        last_name="Canary",
        phone="+12025550123",
        device_id="x",
    )
    record = answer.json()[0]
    assert answer.status == 200
    assert "token" not in record
    assert answer.headers["Location"].endswith(f"/requests/{record['service_request_id']}.json")
    read = program.get(f"/requests/{record['service_request_id']}.json").json()[0]
    assert (read["status"], read["lat"], read["long"]) == ("open", 44.05, -123.02)
    assert read["description"] == "Paint\non the wall"
    town.drain()
    mail = next(sent for sent in town.outbox if "ana@example.org" in str(sent.to))
    assert record["service_request_id"] in mail.text


def test_xml_post_answers_in_xml(program: Program) -> None:
    tree = ET.fromstring(program.post("xml", **PLACE).body)
    assert tree.tag == "service_requests"
    assert tree.findtext("request/service_request_id")


@pytest.mark.parametrize("key", [None, "", "wrong", f"cvl_live_towndemokey0_{'a' * 40}", "Ω.x"])
def test_post_without_a_good_key_is_403_and_stores_nothing(
    town: Harness, program: Program, key: str | None
) -> None:
    before = len(town.dump()["tickets"])
    answer = program.post(**PLACE, api_key=key)
    assert (answer.status, codes(answer)) == (403, ["403.api_key"])
    assert len(town.dump()["tickets"]) == before


def test_key_is_taken_from_a_header_too(program: Program) -> None:
    assert program.post(**PLACE, api_key=None, headers={"X-Api-Key": program.key}).status == 200


@pytest.mark.parametrize(
    ("fields", "status", "expected"),
    [
        ({"service_code": None}, 400, "400.service_code"),
        ({"service_code": "nope"}, 404, "404.service"),
        ({"lat": None, "long": None}, 400, "400.location"),
        ({"long": None}, 400, "400.location.long"),
        ({"lat": "91"}, 400, "400.position.lat"),
        ({"lat": "0", "long": "0"}, 400, "400.position.lat"),
        ({"description": "x" * 4001}, 400, "400.too_long.description"),
        ({"service_code": "pothole"}, 400, "400.attribute_missing.size"),
        ({"service_code": "pothole", "attribute[size]": "huge"}, 400, "400.attribute.size"),
        (
            {"service_code": "pothole", "attribute[size]": "larger", "attribute[depth]": "deep"},
            400,
            "400.attribute.depth",
        ),
        ({"attribute[WHISPAWN]": "1"}, 400, "400.attribute_unknown.WHISPAWN"),
        ({"email": "nonsense"}, 400, "400.contact.email"),
        ({"first_name": "A\r\nBcc: x"}, 400, "400.contact.name"),
        ({"media_url": "http://169.254.169.254/"}, 400, "400.media_url"),
        ({"media_url": "http://[::ffff:169.254.169.254]/"}, 400, "400.media_url"),
        ({"media_url": "file:///etc/passwd"}, 400, "400.media_url"),
        ({"media_url": "http://localhost/x.png"}, 400, "400.media_url"),
    ],
)
def test_bad_post_names_what_is_wrong_and_stores_nothing(
    town: Harness, program: Program, fields: dict[str, Any], status: int, expected: str
) -> None:
    before = len(town.dump()["tickets"])
    answer = program.post(**{**PLACE, "description": "x", **fields})
    assert (answer.status, expected in codes(answer)) == (status, True), answer.text
    assert all(error["description"] for error in answer.json())
    assert len(town.dump()["tickets"]) == before


def test_several_problems_come_at_once(program: Program) -> None:
    answer = program.post(service_code="pothole", description="x" * 4001, email="no")
    assert len(codes(answer)) >= 4


def test_address_alone_is_a_location(program: Program) -> None:
    assert program.post(address_string="5 Elm Street, Springfield").status == 200
    assert program.post(address_id="545483").status == 200


def test_description_counts_characters_and_keeps_markup_harmless(program: Program) -> None:
    assert program.post(**PLACE, description="漢" * 4000).status == 200
    request_id = program.make(description="<script>alert(1)</script>")
    assert "<script>" not in program.get(f"/requests/{request_id}.xml").text


def test_multiple_values_reach_the_ticket(town: Harness, program: Program) -> None:
    service = next(
        s
        for s in town.services.catalog.load().services.values()
        if s.is_public and any(a.datatype == "multivaluelist" for a in s.attributes)
    )
    question = next(a for a in service.attributes if a.datatype == "multivaluelist")
    keys = [value.key for value in question.values][:2]
    required = {
        f"attribute[{a.code}]": a.values[0].key if a.values else "2026-03-01T10:00:00Z"
        for a in service.attributes
        if a.is_required and a.is_question and a.code != question.code
    }
    answer = program.post(
        **PLACE,
        service_code=service.service_code,
        **required,
        **{f"attribute[{question.code}][]": keys},
    )
    assert answer.status == 200, answer.text
    request_id = answer.json()[0]["service_request_id"]
    ticket = next(t for t in town.dump()["tickets"] if t["ticket_id"] == request_id)
    assert ticket["attributes"][question.code] == keys


def test_uploaded_media_win_over_media_url(town: Harness, program: Program) -> None:
    fields = {"api_key": program.key, "service_code": "graffiti", **PLACE, "description": "See"}
    fields["media_url"] = "https://photos.example.org/1.png"
    kind, body = multipart(fields, {"media[]:wall.png": PNG})
    answer = town.http("POST", f"{BASE}/requests.json", body=body, headers={"Content-Type": kind})
    request_id = answer.json()[0]["service_request_id"]
    ticket = next(t for t in town.dump()["tickets"] if t["ticket_id"] == request_id)
    assert len(ticket["attachments"]) == 1
    assert not ticket.get("media_urls")


def test_idempotency_key_answers_the_same_once_and_refuses_other_words(
    town: Harness, program: Program
) -> None:
    headers = {"Idempotency-Key": "order-66"}
    first = program.post(**PLACE, description="Once", headers=headers)
    again = program.post(**PLACE, description="Once", headers=headers)
    other = program.post(**PLACE, description="Twice", headers=headers)
    assert first.json() == again.json()
    assert (other.status, codes(other)) == (409, ["409.idempotency_key"])
    assert len([t for t in town.dump()["tickets"] if t["description"] == "Once"]) == 1


def test_forbidden_fields_have_no_effect(town: Harness, program: Program) -> None:
    request_id = program.make(status="closed", priority="p1", assignee="eve", is_public="no")
    assert program.get(f"/requests/{request_id}.json").json()[0]["status"] == "open"


def test_batch_service_gives_a_token_that_leads_to_an_id(program: Program) -> None:
    answer = program.post(**PLACE, service_code="noise", **{"attribute[times]": "At night"})
    record = answer.json()[0]
    assert "service_request_id" not in record
    found = program.get(f"/tokens/{record['token']}.json").json()[0]
    assert found["token"] == record["token"]
    assert found["service_request_id"].startswith("SR-")
    assert program.get(f"/tokens/{record['token'][:-1]}x.xml").status == 404


def test_private_service_answers_with_a_notice_only(town: Harness, program: Program) -> None:
    black = next(
        each for each in program.get("/services.json").json() if each["type"] == "blackbox"
    )
    definition = program.get(f"/services/{black['service_code']}.json").json()
    answers = {
        f"attribute[{each['code']}]": each["values"][0]["key"] if each["values"] else "2026-03-01"
        for each in definition["attributes"]
        if each["required"]
    }
    answer = program.post(**PLACE, service_code=black["service_code"], **answers)
    assert answer.status == 200, answer.text
    assert not {"service_request_id", "token"} & set(answer.json()[0])


# -- reading requests ------------------------------------------------------------------------------


FIELDS = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]


def test_record_has_every_field_with_null_for_what_is_not_known(program: Program) -> None:
    record = program.get(f"/requests/{program.make()}.json").json()[0]
    assert list(record) == FIELDS
    assert isinstance(record["agency_responsible"], str)


def test_contact_data_never_come_back(program: Program) -> None:
    request_id = program.make(
        email="canary@example.org", first_name="Canary", phone="+12025550188", description="x"
    )
    for path in (f"/requests/{request_id}.json?extensions=true", "/requests.json?extensions=true"):
        text = program.get(path).text.lower()
        assert "canary" not in text
        assert "5550188" not in text


def test_unknown_and_private_requests_look_the_same(town: Harness, program: Program) -> None:
    answer = program.post(**PLACE, service_code="noise", **{"attribute[times]": "At night"})
    token = program.get(f"/tokens/{answer.json()[0]['token']}.json").json()[0]
    private = program.get(f"/requests/{token['service_request_id']}.json")
    absent = program.get("/requests/SR-0000-0000-0.json")
    assert (private.status, private.text) == (absent.status, absent.text)
    assert absent.status == 404
    assert token["service_request_id"] not in program.get("/requests.json").text


def test_list_is_newest_first_and_filters(town: Harness, program: Program) -> None:
    start = town.now
    ids = []
    for _ in range(3):
        town.tick(town.now + timedelta(hours=1))
        ids.append(program.make())
    after = start.strftime("%Y-%m-%dT%H:%M:%SZ")
    listed = program.get(f"/requests.json?start_date={after}&service_code=graffiti").json()
    assert [each["service_request_id"] for each in listed][:3] == ids[::-1]
    assert program.get("/requests.json?service_code=sidewalk").json() == []
    assert program.get("/requests.json?status=closed&service_code=graffiti").json() == []
    assert program.get("/requests.json?status=open,closed").json()


def test_plus_sign_that_came_as_a_space_is_read_as_plus(program: Program) -> None:
    assert (
        program.get("/requests.json?start_date=2026-03-01T00:00:00 02:00".replace(" ", "+")).status
        == 200
    )


def test_ids_override_every_other_argument(program: Program) -> None:
    first, second = program.make(), program.make()
    path = f"/requests.json?service_request_id={first},{second},SR-0000-0000-0&status=nonsense"
    assert {each["service_request_id"] for each in program.get(path).json()} == {first, second}
    assert program.get("/requests.json?service_request_id=SR-0000-0000-0").json() == []


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("status=broken", 400, "400.status"),
        ("service_code=nope", 404, "404.service"),
        ("start_date=2026-03-01", 400, "400.date.start_date"),
        ("start_date=2026-03-01T00:00:00", 400, "400.date.start_date"),
        ("start_date=2026-01-01T00:00:00Z&end_date=2026-04-02T00:00:01Z", 400, "400.span"),
        (
            "start_date=2026-03-02T00:00:00Z&end_date=2026-03-01T00:00:00Z",
            400,
            "400.date.start_date",
        ),
        ("page_size=1000000000", 400, "400.number.page_size"),
        ("page_size=0", 400, "400.number.page_size"),
        ("page=-1", 400, "400.number.page"),
        ("cursor=garbage", 400, "400.cursor"),
        (
            "service_request_id=" + ",".join(map(str, range(401))),
            400,
            "400.too_many_ids.service_request_id",
        ),
        ("bbox=1,2,3", 400, "400.area.bbox"),
        ("lat=1&long=2", 400, "400.area"),
    ],
)
def test_bad_query_is_refused_in_the_format_asked_for(
    program: Program, query: str, status: int, expected: str
) -> None:
    answer = program.get(f"/requests.json?{query}")
    assert (answer.status, codes(answer)) == (status, [expected])
    tree = ET.fromstring(program.get(f"/requests.xml?{query}").body)
    assert tree.findtext("error/code") == expected


def test_unknown_arguments_are_ignored(program: Program) -> None:
    assert program.get("/requests.json?sort=__class__&foo=bar&status=").status == 200


def test_pages_follow_the_link_and_nothing_is_missed_when_new_requests_arrive(
    program: Program,
) -> None:
    for _ in range(5):
        program.make()
    everything = {each["service_request_id"] for each in program.get("/requests.json").json()}
    seen: list[str] = []
    path = "/requests.json?page_size=2"
    while path:
        answer = program.get(path)
        assert len(answer.json()) <= 2
        seen += [each["service_request_id"] for each in answer.json()]
        found = re.search(
            r"<[^>]*?/open311/v2([^>]+)>; rel=\"next\"", answer.headers.get("Link", "")
        )
        path = found[1] if found else ""
        program.make()
    assert len(seen) == len(set(seen))
    assert everything <= set(seen)


def test_a_cursor_is_good_at_any_later_time(town: Harness, program: Program) -> None:
    for _ in range(3):
        program.make()
    for query in ("page_size=1", "page_size=1&status=open", "page_size=1&bbox=-124,44,-123,45"):
        answer = program.get(f"/requests.json?{query}")
        first = answer.json()[0]["service_request_id"]
        town.tick(town.now + timedelta(days=1, microseconds=1))
        path = re.search(r"/open311/v2([^>]+)>", answer.headers["Link"])
        assert path
        following = program.get(path[1])
        assert following.status == 200, following.text
        assert following.json()[0]["service_request_id"] != first


def test_a_request_joined_to_another_is_told_through_that(town: Harness, program: Program) -> None:
    old, new = program.make(), program.make(description="The same, but seen better")
    store = town.services.store
    ticket = store.get(old)
    ticket.merged_into = new
    store.save(Change(ticket=ticket))
    answer = program.get(f"/requests/{old}.json")
    record = answer.json()[0]
    assert (answer.status, record["service_request_id"]) == (200, new)
    assert old in record["service_notice"]


def test_numbered_pages_start_at_one_and_end_empty(program: Program) -> None:
    first = program.get("/requests.json?page=1&page_size=2").json()
    assert first == program.get("/requests.json?page=0&page_size=2").json()
    second = program.get("/requests.json?page=2&page_size=2").json()
    assert not {e["service_request_id"] for e in first} & {e["service_request_id"] for e in second}
    assert program.get("/requests.json?page=10&page_size=1000").json() == []


@pytest.mark.parametrize("page", ["11", "200", "9999"])
@pytest.mark.parametrize("path", ["requests.json", "bulk.json", "bulk.csv", "bulk.xml"])
def test_a_page_behind_the_tenth_costs_no_question_and_names_the_cursor(
    town: Harness, program: Program, path: str, page: str
) -> None:
    town.clear_calls()
    answer = program.get(f"/{path}?page_size=1&page={page}")
    assert answer.status == 400
    assert "400.far_page.page" in answer.text
    assert "cursor" in answer.text
    assert town.calls["dynamodb.Query"] == 0


def test_changed_requests_are_found_by_their_change(town: Harness, program: Program) -> None:
    from chalicelib.tickets.model.ticket import Actor, Status

    request_id = program.make()
    town.tick(town.now + timedelta(hours=2))
    since = town.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    town.tick(town.now + timedelta(hours=1))
    desk = town.services.desk
    version = desk.case(request_id).ticket.version
    desk.change_status(
        request_id, Actor("staff", "c"), Status.RESOLVED, "Cleaned.", version=version
    )
    town.tick(town.now + timedelta(hours=1))
    found = program.get(f"/requests.json?updated_after={since}").json()
    record = next(each for each in found if each["service_request_id"] == request_id)
    assert (record["status"], record["status_notes"]) == ("closed", "Cleaned.")


def test_places_are_found_by_box_and_circle(program: Program) -> None:
    near = program.make(lat="10.001", long="20.001")
    far = program.make(lat="11", long="20")
    boxed = program.get("/requests.json?bbox=19.9,9.9,20.1,10.1").text
    round_ = program.get("/requests.json?lat=10&long=20&radius=500").text
    for found in (boxed, round_):
        assert near in found
        assert far not in found


def test_extensions_show_the_story(program: Program) -> None:
    record = program.get(f"/requests/{program.make()}.json?extensions=true").json()[0]
    assert record["extended_attributes"]["channel"] == "open311"
    assert record["notes"][0]["type"] == "submitted"
    listed = program.get("/requests.json?extensions=true&page_size=1").json()[0]
    assert listed["notes"][0]["type"] == "submitted"
    assert "notes" not in program.get("/requests.json?page_size=1").json()[0]


def test_extended_answers_are_chosen_ones_and_nobodys_words(program: Program) -> None:
    request_id = program.make(service_code="pothole", **{"attribute[size]": "larger"})
    found = program.get(f"/requests/{request_id}.json?extensions=true").json()[0]
    [size] = found["extended_attributes"]["attributes"]
    assert (size["code"], size["value"]) == ("size", "larger")
    assert size["label"]
    assert size["name"] != "larger"


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing.json", 404),
        ("GET", "/tokens/x.json", 404),
        ("DELETE", "/requests.json", 400),
        ("POST", "/services.json", 400),
        ("PUT", "/requests/SR-0000-0000-0.json", 400),
        ("POST", "/discovery.json", 400),
        ("GET", "/services/pothole/more.json", 404),
        ("GET", "/requests/SR-0000-0000-0/more.json", 404),
        ("GET", "/request/SR-0000-0000-0.json", 404),
        ("GET", "/../v3/services.json", 404),
        ("GET", "/../discovery/more/still.json", 404),
        ("POST", "/../discovery.json", 400),
    ],
)
def test_errors_have_the_standards_body(town: Harness, method: str, path: str, status: int) -> None:
    path = path.removeprefix("/..") if path.startswith("/..") else f"/v2{path}"
    answer = town.http(method, f"/open311{path}")
    assert answer.status == status
    assert {"code", "description"} == set(answer.json()[0])
    tree = ET.fromstring(town.http(method, f"/open311{path.replace('.json', '.xml')}").body)
    assert tree.tag == "errors"


@pytest.mark.parametrize("path", ["/services", "/services.csv", "/requests/x.pdf", "/services/a"])
def test_unknown_suffix_gets_an_error_in_xml(town: Harness, path: str) -> None:
    answer = town.http("GET", f"{BASE}{path}")
    assert answer.status == 400
    assert ET.fromstring(answer.body).findtext("error/code") == "400.format"


def test_wrong_content_type_is_400_in_the_format_asked_for(town: Harness) -> None:
    answer = town.http("POST", f"{BASE}/requests.json", json={"service_code": "graffiti"})
    assert (answer.status, codes(answer)) == (400, ["400.type"])


def test_errors_are_told_in_the_callers_language(program: Program) -> None:
    english = program.get("/services/nope.json").json()[0]
    persian = program.get("/services/nope.json", Accept_Language="fa").json()[0]
    assert english["code"] == persian["code"]
    assert english["description"] != persian["description"]


def test_error_text_does_not_echo_markup(program: Program) -> None:
    answer = program.post("xml", **PLACE, **{"attribute[<b>x</b>]": "1"})
    assert answer.status == 400
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".xml", "text/xml"), (".json", "application/json"), ("", "text/xml")]
)
def test_what_is_at_no_address_of_ours_is_refused_in_the_standards_body_too(
    town: Harness, suffix: str, kind: str
) -> None:
    answer = town.http("GET", f"{BASE}/a/b/c/d/e{suffix}")
    assert answer.status == 404
    assert "404.not_found" in answer.text
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_list_and_record_cost_few_calls(town: Harness, program: Program) -> None:
    request_id = program.make()
    program.get("/services.json")
    many = ",".join([request_id, *(f"SR-{n:04d}-0000-0" for n in range(99))])
    costs = (
        ("/requests.json", 5),
        (f"/requests/{request_id}.json", 2),
        (f"/requests.json?service_request_id={many}", 1),
        ("/bulk.csv", 5),
    )
    for path, most in costs:
        town.clear_calls()
        program.get(path)
        assert town.calls.total() <= most
