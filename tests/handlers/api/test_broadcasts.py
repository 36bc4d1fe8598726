"""Broadcasts: every row checked, a second person, each good recipient exactly one, whatever dies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import JobsFailed
from infra.local.stack import client
from tests.faults import fault, refusal
from tests.harness import Harness, Response

TEMPLATE = {
    "notice_id": "water_off.en",
    "subject": "Water off in {{ street }}",
    "body": "The water is off in {{ street }} on Monday.",
    "sms": "Water off in {{ street }} on Monday.",
    "placeholders": {"street": "Elm Street"},
}


@pytest.fixture
def city() -> Iterator[Harness]:
    with Harness.boot() as town:
        path = "/api/v1/notices/water_off.en"
        wish = {"body": TEMPLATE, "version": 0}
        assert town.http("PUT", path, json=wish, user="administrator").status == 200
        yield town


def draft(town: Harness, rows: str, user: str = "administrator", **given: Any) -> Response:
    wish = {"name": "Water", "template": "water_off", "rows": rows, **given}
    return town.http("POST", "/api/v1/broadcasts", json=wish, user=user)


def act(town: Harness, name: str, what: str, user: str = "supervisor", **body: Any) -> Response:
    return town.http("POST", f"/api/v1/broadcasts/{name}/{what}", json=body, user=user)


def look(town: Harness, name: str) -> dict[str, Any]:
    found: dict[str, Any] = town.http("GET", f"/api/v1/broadcasts/{name}", user="auditor").json()
    return found


def people(count: int) -> str:
    return "email,street\n" + "".join(f"p{n}@example.org,Elm {n}\n" for n in range(count))


def run(town: Harness, times: int = 1) -> None:
    for _ in range(times):
        town.tick(town.now + timedelta(minutes=5))
        town.drain(1000)


def test_every_bad_row_is_named_with_its_line_before_anything_goes(city: Harness) -> None:
    rows = (
        "email,phone,street\n"
        "a@example.org,,Elm\n"
        "nobody,,Elm\n"
        ",+12025550123,Oak\n"
        ",12025550123,Oak\n"
        "b@example.org,,\n"
        "A@example.org,,Again\n"
        "c@example.org,Elm\n"
    )
    made = draft(city, rows).json()
    assert (made["rows"], made["bad"], made["mails"], made["texts"]) == (7, 5, 1, 1)
    assert [p["line"] for p in made["problems"]] == [3, 5, 6, 7, 8]
    assert "second time" in made["problems"][3]["reason"]
    assert made["segments"] == 1
    assert float(made["price"]) > 0
    run(city)
    assert city.outbox == []


def test_columns_that_do_not_fit_the_template_are_refused(city: Harness) -> None:
    refused = draft(city, "email\na@example.org\n")
    assert (refused.status, list(refused.json()["error"]["fields"])) == (422, ["street"])
    assert draft(city, "street\nElm\n").status == 422
    assert draft(city, "email,street\n", template="unknown").status == 422


def test_a_second_person_approves_and_the_author_cannot(city: Harness) -> None:
    name = draft(city, people(3)).json()["id"]
    assert act(city, name, "approve", user="administrator").status == 403
    assert act(city, name, "approve", user="agent").status == 403
    run(city)
    assert city.outbox == []
    assert act(city, name, "approve").status == 200
    run(city)
    assert sorted(sent.to for sent in city.outbox) == [f"p{n}@example.org" for n in range(3)]
    found = look(city, name)
    assert (found["stage"], found["statuses"]) == ("done", {"accepted": 3})


def test_a_broadcast_that_says_more_than_we_understand_is_left_alone(city: Harness) -> None:
    name = draft(city, people(2)).json()["id"]
    assert act(city, name, "approve").status == 200
    table = {"TableName": city.services.settings.table_name}
    rows = client("dynamodb").scan(**table)["Items"]
    (row,) = (row for row in rows if row["sk"]["S"] == name and "body" in row)
    body = json.loads(row["body"]["S"])
    later = {"body": {"S": json.dumps(body | {"only_to": "those who swim"})}}
    client("dynamodb").put_item(**table, Item=row | later)
    run(city)
    assert city.outbox == []
    assert look(city, name)["stage"] == "approved"
    client("dynamodb").put_item(**table, Item=row)
    run(city)
    assert len(city.outbox) == 2


def test_a_scheduled_broadcast_waits_for_its_time(city: Harness) -> None:
    name = draft(city, people(2)).json()["id"]
    starts_at = (city.now + timedelta(hours=2)).isoformat()
    assert act(city, name, "approve", starts_at=starts_at).status == 200
    run(city)
    assert city.outbox == []
    city.tick(city.now + timedelta(hours=2))
    run(city)
    assert len(city.outbox) == 2


def test_killed_in_the_middle_each_person_still_gets_exactly_one(city: Harness) -> None:
    name = draft(city, people(150)).json()["id"]
    act(city, name, "approve")
    with (
        fault("dynamodb.TransactWriteItems", nth=3, times=1, is_lost=True),
        fault("dynamodb.UpdateItem", nth=1, times=9, reply=refusal("ValidationException")),
        pytest.raises(JobsFailed, match="broadcasts"),
    ):
        city.tick(city.now + timedelta(minutes=5))
    city.restart()
    run(city, 3)
    counts = Counter(sent.to for sent in city.outbox)
    assert len(counts) == 150
    assert set(counts.values()) == {1}
    assert look(city, name)["statuses"] == {"accepted": 150}


def test_n16_faults_of_the_provider_and_a_kill_leave_each_good_recipient_with_exactly_one(
    city: Harness,
) -> None:
    """N16 with fewer people: three bad addresses, one call in fifty refused, killed in the middle."""
    rows = people(200) + "nobody,Elm\n@example.org,Elm\nx@,Elm\n"
    name = draft(city, rows).json()["id"]
    act(city, name, "approve")
    throttled = refusal("ThrottlingException")
    with ExitStack() as faults:
        for nth in range(25, 250, 50):
            faults.enter_context(fault("sesv2.SendEmail", nth=nth, reply=throttled))
        lost = refusal("ValidationException")
        with (
            fault("dynamodb.TransactWriteItems", nth=2, times=9, reply=lost),
            pytest.raises(Exception, match="ValidationException"),
        ):
            city.services.broadcasts.run()
        city.restart()
        run(city, 5)
    counts = Counter(sent.to for sent in city.outbox)
    assert (len(counts), set(counts.values())) == (200, {1})
    found = look(city, name)
    assert (found["rows"], found["bad"], found["statuses"]) == (203, 3, {"accepted": 200})


def test_somebody_named_twice_far_apart_gets_one(city: Harness) -> None:
    rows = people(200) + "p0@example.org,Elm again\n"
    name = draft(city, rows).json()["id"]
    act(city, name, "approve")
    run(city, 2)
    counts = Counter(sent.to for sent in city.outbox)
    assert (len(counts), set(counts.values())) == (200, {1}), "nor do their neighbours lose theirs"


def test_paused_it_hands_over_no_more_and_cancelled_it_calls_off(city: Harness) -> None:
    name = draft(city, people(5)).json()["id"]
    act(city, name, "approve")
    assert act(city, name, "pause").status == 200
    run(city)
    assert city.outbox == []
    assert act(city, name, "resume").status == 200
    run(city)
    assert act(city, name, "cancel").status == 409, "what has left cannot be cancelled"
    other = draft(city, people(5)).json()["id"]
    act(city, other, "approve")
    assert act(city, other, "cancel").json()["stage"] == "cancelled"
    run(city)
    assert len(city.outbox) == 5


def test_what_was_handed_over_and_still_waits_is_called_off(city: Harness) -> None:
    name = draft(city, people(30)).json()["id"]
    act(city, name, "approve")
    city.services.broadcasts.run()
    assert look(city, name)["stage"] == "done"
    city.drain(1)
    assert 0 < len(city.outbox) < 30
    page = f"/console/broadcasts/{name}"
    assert 'value="cancel"' in city.http("GET", page, user="supervisor").text
    assert act(city, name, "cancel").json()["stage"] == "cancelled"
    left = len(city.outbox)
    run(city, 2)
    assert len(city.outbox) == left
    assert look(city, name)["statuses"] == {"accepted": left, "cancelled": 30 - left}
    assert act(city, name, "cancel").status == 409


def test_a_bounce_of_one_row_does_not_stop_the_rest() -> None:
    with Harness.boot(has_receipts=True) as town:
        wish = {"body": TEMPLATE, "version": 0}
        town.http("PUT", "/api/v1/notices/water_off.en", json=wish, user="administrator")
        rows = "email,street\nbounce@example.org,Elm\n" + people(4).partition("\n")[2]
        name = draft(town, rows).json()["id"]
        act(town, name, "approve")
        run(town, 2)
        assert look(town, name)["statuses"] == {"bounced": 1, "delivered": 4}


def test_who_wants_no_alerts_gets_none(city: Harness) -> None:
    from chalicelib.tickets.model.records import Change, Contact

    wish = Contact(key="email:p1@example.org", purposes={"alerts": "none"})
    city.services.store.save(Change(contacts=[wish]))
    name = draft(city, people(3)).json()["id"]
    act(city, name, "approve")
    run(city)
    assert sorted(sent.to for sent in city.outbox) == ["p0@example.org", "p2@example.org"]
    assert look(city, name)["statuses"] == {"accepted": 2, "suppressed": 1}
