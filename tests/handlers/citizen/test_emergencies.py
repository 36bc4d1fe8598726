"""What is no matter for this desk: the page stops, mails and texts are answered, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.handlers.visitor import Page, Visitor
from tests.harness import Harness

DUTY = "duty-officer@city.example"
REPORT = {"address": "Elm Street 5", "contact": "email"}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    town.drain()
    town.outbox.clear()
    return Visitor(town)


def tickets_with(town: Harness, words: str) -> list[dict[str, Any]]:
    return [t for t in town.dump()["tickets"] if words in t["description"]]


def sent_to(town: Harness, address: str) -> list[Any]:
    town.drain()
    return [sent for sent in town.outbox if address in str(sent.to)]


def change(town: Harness, path: str, **changes: Any) -> None:
    """What an administrator does."""
    url = f"/api/v1/{path}"
    item = town.http("GET", url, user="administrator").json()
    wanted = {"version": item["version"], "body": item["body"] | changes}
    answer = town.http("PUT", url, user="administrator", json=wanted)
    assert answer.status == 200, answer.text


def test_page_stops_with_the_number_keeps_the_report_and_tells_the_duty_contact(
    town: Harness, visitor: Visitor
) -> None:
    fields = REPORT | {"description": "Gas leak in the cellar", "email": "ana@example.org"}
    answer, page = visitor.send("/report?service=graffiti", fields)
    (ticket,) = tickets_with(town, "Gas leak in the cellar")
    assert answer.status == 200
    assert "tel:911" in page.links and ticket["ticket_id"] in page.words
    assert (ticket["priority"], ticket["tags"]) == ("p1", ["emergency"])
    assert "911" in sent_to(town, "ana@example.org")[0].subject
    (told,) = sent_to(town, DUTY)
    assert ticket["ticket_id"] in told.subject and "Gas leak in the cellar" in told.text


def test_whoever_is_in_no_danger_goes_on_and_the_report_is_an_ordinary_one(
    town: Harness, visitor: Visitor
) -> None:
    fields = {"description": "A fire station has paint", "address": "A", "contact": "anonymous"}
    _, page = visitor.send("/report?service=graffiti", fields)
    for _press in range(2):
        answer = town.http("POST", "/report?service=graffiti", form=page.hidden)
        assert 'id="tracking"' in answer.text
    (ticket,) = tickets_with(town, "A fire station has paint")
    assert (ticket["priority"], ticket["tags"] or []) == ("p4", [])
    kinds = [e["kind"] for e in town.dump()["entries"] if e["ticket_id"] == ticket["ticket_id"]]
    assert kinds.count("emergency_withdrawn") == 1


def test_nobody_without_the_link_calls_an_emergency_off(town: Harness, visitor: Visitor) -> None:
    fields = {"description": "An explosion", "address": "A", "contact": "anonymous"}
    _, page = visitor.send("/report?service=graffiti", fields)
    forged = page.hidden | {"secret": "k1.aaaaaaaaaaaaaaaaaaaaaaaaaa"}
    assert town.http("POST", "/report?service=graffiti", form=forged).status == 404
    assert tickets_with(town, "An explosion")[0]["tags"] == ["emergency"]


def test_mail_about_danger_is_answered_with_the_number_at_once(
    town: Harness, visitor: Visitor
) -> None:
    town.mail(
        b"From: bea@example.org\nTo: help@reports.city.example\nSubject: Help\n"
        b"Message-ID: <danger@example.org>\n\nThere is a smell of gas in Mill Lane."
    )
    (answer,) = sent_to(town, "bea@example.org")
    (ticket,) = tickets_with(town, "smell of gas")
    assert "911" in answer.subject and ticket["ticket_id"] in answer.text
    assert len(sent_to(town, DUTY)) == 1


def test_text_about_danger_is_answered_with_the_number_at_once(
    town: Harness, visitor: Visitor
) -> None:
    town.text("Huele a fuga de gas en la calle Olmo 5", sender="+15550123")
    (answer,) = sent_to(town, "+15550123")
    assert "911" in answer.text
    town.text("And now somebody is bleeding", sender="+15550123")
    assert len(sent_to(town, "+15550123")) == 2
    assert len(sent_to(town, DUTY)) == 2


def test_service_that_is_not_for_this_desk_stops_before_the_form(
    town: Harness, visitor: Visitor
) -> None:
    own = {"emergency_number": "+1 555 0199", "emergency_text": {"en": "Stay off the road."}}
    change(town, "services/traffic-signal", **own)
    town.restart()
    _, stop = visitor.load("/report?service=traffic-signal")
    assert "tel:+1 555 0199" in stop.links and "Stay off the road." in stop.words
    assert "description" not in stop.ids
    (onward,) = [link for link in stop.links if "no_emergency" in link]
    _, form = visitor.load(onward)
    assert form.hidden["no_emergency"] == "yes"
    fields = {"description": "The lamp is dim", "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send(onward, fields, to="/report?service=traffic-signal")
    assert 'id="tracking"' in answer.text
    answer = town.http(
        "POST",
        "/report?service=traffic-signal",
        form={k: v for k, v in form.hidden.items() if k != "no_emergency"} | fields,
    )
    assert "Stay off the road." in Page(answer.text).words
