"""A report near a border of areas: asked once, settled by page, mail, text or staff; the trace stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.citizens import (
    ANA,
    act,
    answer_to,
    form_token,
    kinds,
    newest_ticket,
    submit_report,
    ticket_of,
    timeline_of,
    to,
    tracking_path,
)
from tests.harness import Harness

SIZE = {"attribute[size]": "plate"}
EDGE = {**SIZE, "lat": "50.00001", "long": "9.50000"}  # a step north of the border
BEA = "bea@example.org"
PHONE = "+12025550187"


def square(south: float, north: float) -> dict[str, Any]:
    ring = [[9.0, south], [10.0, south], [10.0, north], [9.0, north], [9.0, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        names = {"north": {"en": "North", "fa": "شمال"}, "south": {"en": "South", "fa": "جنوب"}}
        put(booted, "areas", "north", {"name": names["north"], "geometry": square(50, 51)})
        put(booted, "areas", "south", {"name": names["south"], "geometry": square(49, 50)})
        for code, agency in (("north", "parks"), ("south", "sanitation")):
            when = {"area": [code], "service": ["pothole"]}
            put(booted, "routes", code, {"name": code, "agency_code": agency, "when": when})
        booted.restart()
        yield booted


def put(town: Harness, kind: str, code: str, body: dict[str, Any]) -> None:
    wanted = {"body": body, "version": 0}
    answer = town.http("PUT", f"/api/v1/{kind}/{code}", user="administrator", json=wanted)
    assert answer.status in (200, 201), answer.text


def reported(town: Harness, words: str, **given: str) -> str:
    town.tick(town.now + timedelta(minutes=1))
    answer = submit_report(town, description=words, **{**EDGE, **given})
    assert answer.status in (200, 303), answer.text
    town.drain()
    ticket_id: str = newest_ticket(town)["ticket_id"]
    return ticket_id


def test_the_page_asks_once_and_the_answer_finds_the_way(town: Harness) -> None:
    ticket_id = reported(town, "A hole at the edge")
    ticket = ticket_of(town, ticket_id)
    assert (ticket["agency_code"], ticket["asked_sides"]) == ("parks", ["north", "south"])
    (asked,) = [s for s in to(town, ANA) if ticket_id in s.text]
    assert "1 North" in asked.text and "2 South" in asked.text
    path = tracking_path(asked.text)
    page = town.http("GET", path)
    assert 'value="south"' in page.text and 'value="north"' in page.text
    form = {"form_token": form_token(page), "side": "south"}
    assert town.http("POST", f"{path}/side", form=form).status in (302, 303)
    assert town.http("POST", f"{path}/side", form={**form, "side": "north"}).status in (302, 303)
    settled = ticket_of(town, ticket_id)
    assert (settled["agency_code"], settled["side"]) == ("sanitation", "south")
    (placed,) = [e for e in timeline_of(town, ticket_id) if e["kind"] == "placed"]
    assert placed["data"]["route"].startswith("route 'south' v1 because area is south")
    assert len(town.services.store.get(ticket_id).ledger) == 1, "its clocks keep running"
    after = town.http("GET", path).text
    assert 'value="south"' not in after and "settled on which side" in after
    again = act(town, ticket_id, "reclassify", service_code="pothole", reason="")
    assert ticket_of(town, ticket_id)["agency_code"] == "sanitation", again.text


def test_an_answer_by_mail_is_a_number_or_a_name(town: Harness) -> None:
    ticket_id = reported(town, "A hole for the mail", email=BEA)
    (asked,) = to(town, BEA)
    town.mail(answer_to(asked, "I do not know what you mean, sorry."))
    town.drain()
    assert ticket_of(town, ticket_id)["asked_sides"] == ["north", "south"]
    town.mail(answer_to(asked, "South."))
    town.drain()
    assert ticket_of(town, ticket_id)["agency_code"] == "sanitation"
    assert kinds(town, ticket_id).count("placed") == 1
    assert len([s for s in to(town, BEA) if "1 North" in s.text]) == 1


def test_an_answer_by_text_is_the_number(town: Harness) -> None:
    given = {"email": "", "phone": PHONE, "contact": "sms"}
    ticket_id = reported(town, "A hole for the telephone", **given)
    (asked,) = to(town, PHONE)
    assert "1 North" in asked.text and "2 South" in asked.text
    town.text("2", sender=PHONE)
    town.drain()
    assert ticket_of(town, ticket_id)["side"] == "south"
    assert newest_ticket(town)["ticket_id"] == ticket_id, "no ticket that says 2"


def test_staff_settle_it_in_the_console_or_by_the_api(town: Harness) -> None:
    ticket_id = reported(town, "A hole for staff")
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="agent")
    assert "Close to a border: where is it?" in page.text and "route &#39;north&#39;" in page.text
    version = ticket_of(town, ticket_id)["version"]
    form = {"form_token": form_token(page), "version": version, "seen": 1, "side": "south"}
    path = f"/console/tickets/{ticket_id}/side"
    assert town.http("POST", path, user="agent", form=form).status in (302, 303)
    assert ticket_of(town, ticket_id)["agency_code"] == "sanitation"
    refused = act(town, ticket_id, "side", side="north")
    assert (refused.status, list(refused.json()["error"]["fields"])) == (422, ["side"])
    other = reported(town, "Another hole for staff")
    assert act(town, other, "side", side="south").status == 200
    assert act(town, other, "side", side="south", version=1).status == 409


def test_deep_inside_nobody_is_asked(town: Harness) -> None:
    ticket_id = reported(town, "A hole in the middle", lat="50.5", email="eva@example.org")
    ticket = ticket_of(town, ticket_id)
    assert (ticket["agency_code"], ticket["asked_sides"]) == ("parks", [])
    (told,) = to(town, "eva@example.org")
    assert "1 North" not in told.text
