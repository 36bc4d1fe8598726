"""L1: held mail, suppressed addresses and the audit trail follow the agency of whoever looks."""

from __future__ import annotations

import pytest

from chalicelib.messages import Channel
from chalicelib.tickets.model.records import Change, Contact
from infra.local.people import Person, hire
from tests.citizens import ANA, a_mail, reported_by_mail
from tests.harness import Harness, Response

GARBAGE = "The garbage on our street was not collected, the trash bins are full."
CHIEFS = (
    Person("chief-roads", "Rita", ("supervisor", "auditor", "agency:public-works")),
    Person("chief-waste", "Wim", ("supervisor", "auditor", "agency:sanitation")),
)
ROADS, WASTE = "chief-roads", "chief-waste"


@pytest.fixture
def city(town: Harness) -> Harness:
    hire(town.services.settings.user_pool_id, CHIEFS)
    town.services.roll_call.run()
    return town


def held(city: Harness, user: str) -> list[str]:
    answer = city.http("GET", "/api/v1/quarantine", user=user).json()
    return [message["message_key"] for message in answer["messages"]]


def hold(city: Harness) -> str:
    """A mail to sanitation, by its words, that a person must look at first; its name."""
    city.mail(a_mail(GARBAGE, subject="Garbage"), verdicts={"virus": "FAIL"})
    city.drain()
    [key] = held(city, "supervisor")
    return key


def decide(city: Harness, user: str, what: str, key: str) -> Response:
    body = {"message_key": key} | ({"reason": "Advertising"} if what == "discard" else {})
    return city.http("POST", f"/api/v1/quarantine/{what}", json=body, user=user)


def test_a_held_mail_is_seen_and_decided_by_the_agency_it_would_go_to(city: Harness) -> None:
    key = hold(city)
    assert held(city, ROADS) == []
    assert "Garbage" not in city.http("GET", "/console/quarantine", user=ROADS).text
    raw = f"/console/quarantine/raw?message={key}"
    html = f"/console/quarantine/html?message={key}"
    assert [city.http("GET", path, user=ROADS).status for path in (raw, html)] == [404, 404]
    assert [decide(city, ROADS, what, key).status for what in ("release", "discard")] == [404, 404]
    assert held(city, WASTE) == [key]
    assert decide(city, WASTE, "release", key).status == 200


def test_another_agencys_held_mail_is_worded_as_an_absent_one(city: Harness) -> None:
    key = hold(city)
    theirs = decide(city, ROADS, "release", key).json()["error"]
    absent = decide(city, ROADS, "release", "email:nothing").json()["error"]
    assert theirs["message"] == absent["message"]


def audited(city: Harness, user: str) -> set[str]:
    answer = city.http("GET", "/api/v1/audit?size=100", user=user).json()
    return {record["action"] for record in answer["records"]}


def test_a_line_about_a_report_is_shown_to_its_agency_and_one_about_none_to_all(
    city: Harness,
) -> None:
    assert decide(city, WASTE, "release", hold(city)).status == 200
    everywhere = audited(city, "auditor")
    assert "message_released" in everywhere
    assert "message_released" in audited(city, WASTE)
    assert everywhere - audited(city, ROADS) == {"message_released"}


def test_a_discarded_message_became_no_report_and_is_told_to_the_whole_city_alone(
    city: Harness,
) -> None:
    assert decide(city, WASTE, "discard", hold(city)).status == 200
    assert "message_discarded" in audited(city, "auditor")
    assert "message_discarded" not in audited(city, ROADS) | audited(city, WASTE)


def suppressed(city: Harness, user: str) -> list[str]:
    answer = city.http("GET", "/api/v1/contacts/suppressed", user=user).json()
    return [contact["address"] for contact in answer["contacts"]]


def test_an_address_is_seen_and_freed_by_agencies_to_which_its_owner_reported(
    city: Harness,
) -> None:
    reported_by_mail(city)
    contact = city.services.store.contact(f"email:{ANA}")
    contact.suppressed = {Channel.EMAIL: "bounced"}
    stranger = Contact(key="email:zoe@example.org", suppressed={Channel.EMAIL: "bounced"})
    city.services.store.save(Change(contacts=[contact, stranger]))
    assert sorted(suppressed(city, "supervisor")) == [ANA, "zoe@example.org"]
    assert (suppressed(city, ROADS), suppressed(city, WASTE)) == ([ANA], [])
    path, wish = "/api/v1/contacts/release", {"address": ANA}
    assert city.http("POST", path, json=wish, user=WASTE).status == 404
    assert city.http("POST", path, json=wish, user=ROADS).status == 200
