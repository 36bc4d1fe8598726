"""Updates both ways, and requests in bulk, through the town's gateway."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.tickets.administration.keys import KeyWish
from chalicelib.tickets.model.ticket import SYSTEM, Actor, Status
from chalicelib.tickets.partners.keys import KeyKind
from tests.handlers.programs import BASE, PLACE, Program, codes
from tests.harness import Harness, Response

UPDATES = "/servicerequestupdates.json"
COLUMNS = (
    "service_request_id,requested_datetime,updated_datetime,closed_date,status_description,"
    "status_notes,source,service_name,service_subtype,description,agency_responsible,address,lat,long"
)


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture(scope="module")
def program(town: Harness) -> Program:
    return Program(town)


@pytest.fixture(scope="module")
def works(town: Harness) -> Program:
    """The system of the agency that graffiti goes to."""
    return of_agency(town, "graffiti")


def of_agency(town: Harness, service_code: str, services: tuple[str, ...] = ()) -> Program:
    """The system of the agency that answers for a service, with a key for so many services."""
    agency = town.services.catalog.load().services[service_code].agency_code
    wish = KeyWish(name="Works", kind=KeyKind.LIVE, days=30, agency_code=agency, services=services)
    return Program(town, town.services.key_desk.make(wish, SYSTEM).secret)


def w3c(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def report(program: Program, request_id: str, kind: str = "json", **given: Any) -> Response:
    form = {
        "api_key": program.key,
        "service_request_id": request_id,
        "update_id": "1",
        "updated_datetime": w3c(program.town.now),
        "status": "IN_PROGRESS",
        "description": "The crew is on its way.",
    }
    form = {name: value for name, value in {**form, **given}.items() if value is not None}
    return program.town.http("POST", f"{BASE}/servicerequestupdates.{kind}", form=form)


def ticket(town: Harness, request_id: str) -> dict[str, Any]:
    return next(each for each in town.dump()["tickets"] if each["ticket_id"] == request_id)


def entries(town: Harness, request_id: str) -> list[dict[str, Any]]:
    return [each for each in town.dump()["entries"] if each["ticket_id"] == request_id]


def later(town: Harness, hours: int = 1) -> str:
    town.tick(town.now + timedelta(hours=hours))
    return w3c(town.now)


# -- out -------------------------------------------------------------------------------------------


def test_updates_are_read_by_span_in_order(town: Harness, program: Program) -> None:
    request_id = program.make()
    start = later(town)
    town.tick(town.now + timedelta(minutes=1))
    staff, desk = Actor("staff", "c"), town.services.desk
    desk.change_status(request_id, staff, Status.IN_PROGRESS, "", version=1)
    town.tick(town.now + timedelta(minutes=1))
    desk.change_status(request_id, staff, Status.RESOLVED, "Cleaned. Call 555 123 4567", version=2)
    found = program.get(f"{UPDATES}?start_date={start}&end_date={later(town)}").json()
    own = [each for each in found if each["service_request_id"] == request_id]
    assert [each["status"] for each in own] == ["IN_PROGRESS", "FIXED"]
    assert [each["update_id"] for each in own] == [f"{request_id}.2", f"{request_id}.3"]
    assert own[1]["description"] == "Cleaned. Call […]"
    assert list(own[0]) == [
        "update_id",
        "service_request_id",
        "status",
        "updated_datetime",
        "description",
        "media_url",
    ]
    by_id = program.get(f"{UPDATES}?service_request_id={request_id}").json()
    assert by_id == own


def test_updates_say_the_same_in_xml_and_never_anything_private(
    town: Harness, program: Program
) -> None:
    request_id = program.make(email="canary@example.org", first_name="Canary")
    desk = town.services.desk
    desk.note(request_id, Actor("staff", "c"), "Secret canary note", version=1)
    desk.change_status(request_id, Actor("staff", "c"), Status.IN_PROGRESS, "", version=2)
    path = f"/servicerequestupdates.xml?service_request_id={request_id}"
    answer = program.get(path)
    tree = ET.fromstring(answer.body)
    assert tree.tag == "service_request_updates"
    assert tree.findtext("request_update/status") == "IN_PROGRESS"
    assert "canary" not in answer.text.lower()


def test_half_a_span_is_refused(program: Program) -> None:
    answer = program.get(f"{UPDATES}?start_date=2026-03-01T00:00:00Z")
    assert (answer.status, codes(answer)) == (400, ["400.half_span"])


# -- in --------------------------------------------------------------------------------------------


def test_the_agencys_system_moves_the_state_and_the_citizen_is_told(
    town: Harness, program: Program, works: Program
) -> None:
    request_id = program.make(email="ana@example.org")
    answer = report(works, request_id, status="FIXED", description="Painted over.")
    assert (answer.status, answer.json()) == (200, [{"update_id": "1"}])
    assert ticket(town, request_id)["status"] == "resolved"
    read = program.get(f"/requests/{request_id}.json").json()[0]
    assert (read["status"], read["status_notes"]) == ("closed", "Painted over.")
    town.drain()
    assert any("Painted over." in sent.text for sent in town.outbox)


def test_the_same_update_twice_is_one_and_another_under_its_id_is_refused(
    town: Harness, program: Program, works: Program
) -> None:
    request_id = program.make()
    answers = [report(works, request_id, update_id="A", kind="xml") for _ in range(3)]
    assert {(each.status, each.text) for each in answers} == {(200, answers[0].text)}
    assert len(entries(town, request_id)) == 2
    other = report(works, request_id, update_id="A", description="Something else")
    assert (other.status, codes(other)) == (409, ["409.update_id"])
    assert len(entries(town, request_id)) == 2


def test_an_update_that_is_older_than_the_last_move_moves_nothing(
    town: Harness, program: Program, works: Program
) -> None:
    request_id = program.make()
    early = later(town)
    late = later(town)
    report(works, request_id, update_id="late", status="IN_PROGRESS", updated_datetime=late)
    report(works, request_id, update_id="early", status="FIXED", updated_datetime=early)
    assert ticket(town, request_id)["status"] == "in_progress"


def test_the_same_words_are_not_told_twice(town: Harness, program: Program, works: Program) -> None:
    request_id = program.make()
    for update_id in ("one", "two"):
        report(works, request_id, update_id=update_id, status="OPEN", description="We look.")
    said = [each for each in entries(town, request_id) if each.get("text") == "We look."]
    assert len(said) == 1


def test_a_key_without_the_agency_leaves_words_for_staff_and_moves_nothing(
    town: Harness, program: Program
) -> None:
    request_id = program.make()
    assert report(program, request_id, status="FIXED", description="It is gone.").status == 200
    assert ticket(town, request_id)["status"] == "new"
    last = entries(town, request_id)[-1]
    assert (last["text"], last["visibility"], last["is_verified"]) == (
        "It is gone.",
        "staff",
        False,
    )


def test_a_private_request_stays_unknown_and_private(
    town: Harness, program: Program, works: Program
) -> None:
    answer = program.post(**PLACE, service_code="noise", **{"attribute[times]": "At night"})
    token = answer.json()[0]["token"]
    request_id = program.get(f"/tokens/{token}.json").json()[0]["service_request_id"]
    assert codes(report(program, request_id)) == ["404.request"]
    assert codes(report(program, "SR-0000-0000-0")) == ["404.request"]
    assert program.get(f"/requests/{request_id}.json").status == 404


@pytest.mark.parametrize(
    ("services", "is_known"), [((), True), (("noise",), True), (("pothole",), False)]
)
def test_a_keys_services_narrow_what_its_agency_opens(
    town: Harness, program: Program, services: tuple[str, ...], is_known: bool
) -> None:
    answer = program.post(**PLACE, service_code="noise", **{"attribute[times]": "At night"})
    token = answer.json()[0]["token"]
    request_id = program.get(f"/tokens/{token}.json").json()[0]["service_request_id"]
    partner = of_agency(town, "noise", services)
    town.drain()
    before = len(entries(town, request_id))
    answer = report(partner, request_id, status="FIXED", description="It is quiet.")
    town.drain()
    assert (
        answer.status,
        ticket(town, request_id)["status"],
        len(entries(town, request_id)) > before,
    ) == ((200, "resolved", True) if is_known else (404, "new", False))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"update_id": None}, "400.update_missing.update_id"),
        ({"description": " "}, "400.update_missing.description"),
        ({"updated_datetime": "yesterday"}, "400.date.updated_datetime"),
        ({"updated_datetime": "2036-01-01T00:00:00Z"}, "400.date.updated_datetime"),
        ({"status": "MELTED"}, "400.update_status.status"),
        ({"media_url": "http://169.254.169.254/x"}, "400.media_url"),
        ({"description": "x" * 4_001}, "400.too_long.description"),
    ],
)
def test_a_bad_update_names_what_is_wrong_and_changes_nothing(
    town: Harness, program: Program, works: Program, given: dict[str, Any], expected: str
) -> None:
    request_id = program.make()
    answer = report(works, request_id, **given)
    assert (answer.status, codes(answer)) == (400, [expected])
    assert len(entries(town, request_id)) == 1


def test_an_update_needs_a_key(program: Program) -> None:
    answer = report(program, program.make(), api_key="wrong")
    assert (answer.status, codes(answer)) == (403, ["403.api_key"])


# -- bulk ------------------------------------------------------------------------------------------


def test_a_sheet_has_the_agreed_columns_and_no_cell_is_a_formula(program: Program) -> None:
    request_id = program.make(description='=HYPERLINK("x"),\nsecond "line"')
    answer = program.get("/bulk.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith(f"{COLUMNS}\r\n")
    rows = {row["service_request_id"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert rows[request_id]["description"] == '\'=HYPERLINK("x"),\nsecond "line"'
    assert (rows[request_id]["lat"], rows[request_id]["long"]) == ("44.05", "-123.02")
    assert (rows[request_id]["source"], rows[request_id]["status_description"]) == (
        "Mobile App",
        "Received",
    )


def test_bulk_says_the_same_in_every_format_and_pages(program: Program) -> None:
    program.make()
    program.make()
    as_json, as_xml = program.get("/bulk.json"), program.get("/bulk.xml")
    assert list(as_json.json()[0]) == COLUMNS.split(",")
    assert len(ET.fromstring(as_xml.body)) == len(as_json.json())
    first = program.get("/bulk.csv?page_size=1")
    assert 'rel="next"' in first.headers["Link"]
    changed = program.get("/bulk.csv?updated_after=2036-01-01T00:00:00Z")
    assert changed.text == f"{COLUMNS}\r\n"


def test_bulk_holds_nothing_of_whoever_asked(program: Program) -> None:
    program.make(email="canary@example.org", first_name="Canary", phone="+12025550188")
    assert "canary" not in program.get("/bulk.csv").text.lower()
