"""An empty city is set up: mail is taken from the first day, the administrator makes the first service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.city import City
from tests.citizens import ANA, a_mail, to
from tests.handlers.desk_work import act, case, post
from tests.harness import Harness, Response

ADA = "administrator@new-haven.example"


@pytest.fixture
def empty() -> Iterator[Harness]:
    """New Haven, where nothing was set up."""
    with Harness.boot(city=City.named("new-haven")) as town:
        yield town


def test_what_must_be_chosen_and_is_not_there_yet_says_what_to_do(empty: Harness) -> None:
    answer = saved(empty, "agency", agency_code="desk", **{"agency_name.en": "Desk"})
    assert answer.status == 400
    assert "nothing to choose yet" in answer.text


def test_a_mail_becomes_a_ticket_that_waits_in_the_queue(empty: Harness) -> None:
    [ticket_id] = written(empty)
    assert ticket_id in to(empty, ANA)[0].subject
    assert ticket_id in empty.http("GET", "/console", user=ADA).text
    assert empty.http("GET", f"/console/tickets/{ticket_id}", user=ADA).status == 200


def test_from_nothing_to_the_first_service_and_a_ticket_handed_to_it(empty: Harness) -> None:
    [ticket_id] = written(empty)
    hours = {"calendar_code": "office", "name": "Office", "timezone": "UTC"}
    body = json.dumps({**hours, "weekly": {"monday": [["09:00", "17:00"]]}, "closures": {}})
    assert saved(empty, "calendar", body=body).status == 303
    desk = {"agency_code": "desk", "agency_name.en": "Desk", "calendar_code": "office"}
    assert saved(empty, "agency", **desk, is_triage="yes").status == 303
    hole = {"service_code": "pothole", "service_name": {"en": "Pothole"}, "agency_code": "desk"}
    assert saved(empty, "service", body=json.dumps(hole)).status == 303
    page = empty.http("GET", "/").text
    assert "Pothole" in page
    assert "not listed its services yet" not in page
    assert "Set up the catalogue" not in empty.http("GET", "/console", user=ADA).text
    handed = {
        "agency_code": "desk",
        "reason": "Yours.",
        "version": case(empty, ticket_id, ADA)["ticket"]["version"],
    }
    assert act(empty, ticket_id, "hand-over", ADA, **handed).status == 200
    assert case(empty, ticket_id, ADA)["ticket"]["agency_code"] == "desk"


def written(town: Harness) -> list[str]:
    """The tickets there are after a citizen's mail."""
    desk = town.services.settings.intake_addresses[0]
    assert desk == "help@report.new-haven.example"
    town.mail(a_mail(to=desk))
    town.drain()
    return [ticket["ticket_id"] for ticket in town.dump()["tickets"]]


def saved(town: Harness, kind: str, **fields: Any) -> Response:
    """What came of saving a new thing of the catalogue."""
    at = f"/console/catalogue/{kind}/new"
    return post(town, at, at, ADA, **fields)
