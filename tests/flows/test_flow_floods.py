"""Floods and loops: what very many messages cause, and whom (row 17 and H7 of what force found)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from infra.local.outbox import Sent
from tests.citizens import ANA, answer_to, kinds, reported_by_mail, to
from tests.faults import Died, dying
from tests.harness import Harness

OFFICE = "public-works@city.example"
DUTY = "duty-officer@city.example"
QUARTER = timedelta(minutes=15)
MANY = 30


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def later(town: Harness, span: timedelta = QUARTER) -> None:
    end = town.now + span
    while town.now < end:
        town.tick(town.now + timedelta(minutes=5))
        town.drain(1_000)


def heard(town: Harness) -> list[Sent]:
    return [sent for sent in to(town, OFFICE) if "New information" in sent.subject]


def replies(town: Harness, many: int, dmarc: str = "PASS") -> str:
    """A ticket that its requester answers very often within seconds."""
    ticket_id: str = reported_by_mail(town)["ticket_id"]
    (first,) = to(town, ANA)
    for number in range(many):
        town.mail(answer_to(first, f"And hole number {number}."), verdicts={"dmarc": dmarc})
    town.drain(2_000)
    return ticket_id


@pytest.mark.parametrize("dmarc", ["PASS", "GRAY"], ids=["proven", "unproven"])
def test_staff_get_one_message_per_ticket_and_quarter_of_an_hour_with_what_came_in(
    town: Harness, dmarc: str
) -> None:
    ticket_id = replies(town, MANY, dmarc)
    assert len(heard(town)) == 1, "the first leaves at once"
    assert "hole number 0" in heard(town)[0].text
    later(town)
    assert len(heard(town)) == 2
    together = heard(town)[1].text
    assert all(f"hole number {number}" in together for number in range(1, 20))
    assert f"+{MANY - 1 - 20}" in together, "and how many more there are"
    later(town, 3 * QUARTER)
    assert len(heard(town)) == 2, "nothing came in since"
    assert kinds(town, ticket_id).count("appended") == MANY, "and all of it is on the ticket"


def test_what_came_in_on_another_ticket_is_another_message(town: Harness) -> None:
    replies(town, 3)
    other = reported_by_mail(town, text="A pothole in Oak Street 9.", subject="Another")
    answer = next(s for s in to(town, ANA) if other["ticket_id"] in s.subject + s.text)
    for number in range(3):
        town.mail(answer_to(answer, f"Oak number {number}."))
    town.drain()
    assert len(heard(town)) == 2, "the first of each ticket leaves at once"
    later(town)
    told = [sent.text for sent in heard(town)[2:]]
    assert len(told) == 2
    assert sorted("Oak number 2" in text for text in told) == [False, True]
    assert sorted("hole number 2" in text for text in told) == [False, True]


def test_danger_does_not_wait_with_other_words_for_an_office_that_is_on_duty(town: Harness) -> None:
    """One address serves both, and its share of plain words is used up."""
    for agency in town.http("GET", "/api/v1/agencies", user="administrator").json()["items"]:
        body = {**agency["body"], "email": DUTY}
        wish = {"body": body, "version": agency["version"]}
        path = f"/api/v1/agencies/{agency['code']}"
        assert town.http("PUT", path, json=wish, user="administrator").status == 200
    town.restart()
    replies(town, 2)
    (first,) = to(town, ANA)
    town.mail(answer_to(first, "There is a gas leak now."))
    town.drain()
    told = [n for n in town.dump()["notifications"] if n["recipient"]["email"] == DUTY]
    sent = [n["notice"] for n in told if n["status"] == "accepted"]
    assert sent.count("emergency_duty") == 1, "danger leaves at once"
    waits = [n["notice"] for n in told if n["status"] == "queued"]
    assert waits == ["information_added"] * 2, "the plain words wait for their quarter"


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 10))
def test_one_that_dies_as_it_tells_loses_nothing_of_what_came_in(
    town: Harness, at: int, is_after: bool
) -> None:
    replies(town, 4)
    town._town.clock.move_to(town.now + QUARTER)
    town.services.notifier.enqueue_due()
    event = town._town.pump.event_of_last(town._variable("DELIVERY_QUEUE"))
    try:
        with dying(at, is_after=is_after):
            town.deliver(event)
    except Died:
        town.restart()
    later(town, 3 * QUARTER)
    told = heard(town)[1:]
    assert 1 <= len(told) <= 2, "at most one extra: what it had in hand comes by itself"
    for number in range(1, 4):
        assert any(f"hole number {number}" in sent.text for sent in told)
