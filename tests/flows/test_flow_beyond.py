"""Steps that reach beyond the ticket, through the whole service: webhooks and incidents."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.channels.callbacks import PublicPost
from chalicelib.errors import TransientSendError
from tests.citizens import (
    ANA,
    kinds,
    reported_by_mail,
    ticket_of,
    timeline_of,
    to,
    tracking_path,
)
from tests.fakes import FakePost
from tests.harness import Harness

HOUR = timedelta(hours=1)
HOOK = "https://works.example/hook"


@pytest.fixture(scope="module")
def city() -> Iterator[Harness]:
    with Harness.boot() as town:
        yield town


@pytest.fixture(autouse=True)
def posts(city: Harness) -> Iterator[FakePost]:
    found = FakePost()
    bootstrap.set_post(found)
    yield found
    bootstrap.set_post(None)


def system(city: Harness) -> dict[str, Any]:
    wish = {"name": "works", "kind": "live", "callback_url": HOOK}
    made: dict[str, Any] = city.http(
        "POST", "/api/v1/api-keys", json=wish, user="administrator"
    ).json()
    return made


def publish(city: Harness, *actions: dict[str, str], status: int = 200) -> Any:
    """A rule under which a pothole that nobody touches for an hour is acted on."""
    steps = [{"code": "hour", "minutes": 60, "is_working_time": False, "actions": list(actions)}]
    body = {"name": "Potholes", "clock": "staff_silence", "steps": steps, "order": 1}
    body["when"] = {"service": ["pothole"]}
    items = city.http("GET", "/api/v1/rules", user="administrator").json()["items"]
    version = next((i["version"] for i in items if i["code"] == "beyond"), 0)
    wanted = {"body": body, "version": version, "note": "Tried"}
    answer = city.http("PUT", "/api/v1/rules/beyond", user="administrator", json=wanted)
    assert answer.status in (status, 201 if status == 200 else status), answer.text
    city.restart()
    return answer.json()


def pass_hours(city: Harness, hours: int, minutes: int = 10) -> None:
    for _ in range(hours * 60 // minutes):
        city.tick(city.now + timedelta(minutes=minutes))
    city.drain()


def test_a_step_calls_a_system_once_signed_and_again_until_it_answers(
    city: Harness, posts: FakePost
) -> None:
    made = system(city)
    publish(city, {"do": "call_webhook", "to": made["key_id"]})
    posts.fails = [TransientSendError("500")] * 2
    ticket_id = reported_by_mail(city)["ticket_id"]
    pass_hours(city, 5)
    (entry,) = [e for e in timeline_of(city, ticket_id) if e["kind"] == "escalated"]
    assert {headers["Civicline-Event-Id"] for _, _, headers in posts.sent} == {
        f"{ticket_id}-{entry['number']}"
    }
    assert len(posts.sent) == 3, "two failures, then told, then never again"
    url, body, headers = posts.sent[0]
    signed = headers["Civicline-Timestamp"].encode() + b"." + body
    secret = made["callback_secret"].encode()
    assert headers["Civicline-Signature"] == f"v1={hmac.new(secret, signed, 'sha256').hexdigest()}"
    told = json.loads(body)
    assert url == HOOK and told["ticket"]["ticket_id"] == ticket_id
    assert told["step"]["rule"] == "beyond" and ANA not in body.decode()


def test_a_system_inside_the_house_is_not_called_and_staff_see_it(
    city: Harness, posts: FakePost
) -> None:
    connected: list[str] = []

    def connect(host: str, address: str, port: int) -> Any:
        connected.append(address)
        raise OSError

    bootstrap.set_post(PublicPost(lambda host, port: ["10.0.0.7"], connect))
    publish(city, {"do": "call_webhook", "to": system(city)["key_id"]})
    ticket_id = reported_by_mail(city, subject="Pothole inside")["ticket_id"]
    pass_hours(city, 3)
    assert connected == []
    assert kinds(city, ticket_id).count("call_failed") == 1
    failed = [e for e in timeline_of(city, ticket_id) if e["kind"] == "call_failed"]
    assert "not a public one" in failed[0]["text"] and failed[0]["visibility"] == "staff"


def test_a_withdrawn_key_is_named_when_a_rule_is_saved_and_on_the_ticket(
    city: Harness, posts: FakePost
) -> None:
    made = system(city)
    publish(city, {"do": "call_webhook", "to": made["key_id"]})
    ticket_id = reported_by_mail(city, subject="Pothole withdrawn")["ticket_id"]
    revoke = f"/api/v1/api-keys/{made['key_id']}/revoke"
    assert city.http("POST", revoke, user="administrator").status == 200
    pass_hours(city, 2)
    assert posts.sent == [] and "call_failed" in kinds(city, ticket_id)
    refused = publish(city, {"do": "call_webhook", "to": made["key_id"]}, status=422)
    assert list(refused["error"]["fields"]) == ["steps[0].actions[0].to"]


def test_reports_of_one_matter_hang_under_one_incident_that_staff_work_on(city: Harness) -> None:
    publish(city, {"do": "open_incident"})
    before = {t["ticket_id"] for t in city.dump()["tickets"]}
    reports = [
        reported_by_mail(city, subject=f"Pothole {n}", sender=f"n{n}@example.org")["ticket_id"]
        for n in range(3)
    ]
    pass_hours(city, 2)
    after = [t for t in city.dump()["tickets"] if t["ticket_id"] not in {*before, *reports}]
    (incident,) = [t for t in after if "incident" in t["tags"]]
    number = incident["ticket_id"]
    assert {ticket_of(city, r)["part_of"] for r in reports} == {number}
    path = f"/api/v1/tickets/{number}"
    found = city.http("GET", path, user="agent").json()["ticket"]
    assert set(reports) <= set(found["linked_to"]) and found["part_of"] == ""
    page = city.http("GET", f"/console/tickets/{number}", user="agent").text
    assert all(report in page for report in reports)
    assert number in city.http("GET", f"/console/tickets/{reports[0]}", user="agent").text
    assert number in city.http("GET", "/console?view=all", user="agent").text
    pass_hours(city, 3)
    assert kinds(city, number).count("linked") == len(found["linked_to"]) - 1


def test_a_ladder_that_leaves_the_agency_tells_the_citizen_who_holds_it(city: Harness) -> None:
    head = {"agency_name": {"en": "City ombudsman"}, "email": "ombudsman@city.example"}
    wanted = {"body": {**head, "calendar_code": "default"}, "version": 0}
    put = city.http("PUT", "/api/v1/agencies/ombudsman", user="administrator", json=wanted)
    assert put.status in (200, 201), put.text
    publish(city, {"do": "hand_over", "to": "ombudsman"})
    ticket_id = reported_by_mail(city, subject="Pothole up", sender="eva@example.org")["ticket_id"]
    clock = ticket_of(city, ticket_id)["requested_at"]
    pass_hours(city, 2)
    stored = ticket_of(city, ticket_id)
    assert (stored["agency_code"], stored["offered_from"]) == ("ombudsman", "")
    assert stored["requested_at"] == clock
    assert [sent for sent in to(city, "ombudsman@city.example") if ticket_id in sent.text]
    told = [s for s in to(city, "eva@example.org") if "City ombudsman" in s.text]
    assert len(told) == 1
    page = city.http("GET", tracking_path(told[0].text)).text
    assert "Handed over to City ombudsman" in page
