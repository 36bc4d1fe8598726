"""8. Nothing lost, nothing twice: repeats, shuffles, failures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.local import engine
from tests.citizens import ANA, a_mail, act, answer_to, newest_ticket, submit_report, ticket_of, to
from tests.harness import Harness

PHONE = "+15550109911"


@contextmanager
def failing(operation: str, times: int = 1, *, after: bool = False) -> Iterator[None]:
    """Let AWS calls of one kind fail: before they reach the engine, or after it has obeyed."""
    left = [times]

    def fault(name: str, call: Any) -> Any:
        if name != operation or left[0] <= 0:
            return call()
        left[0] -= 1
        if after:
            call()
        raise EndpointConnectionError(endpoint_url="https://aws.example")

    with engine.faults(fault):
        yield


def _state(town: Harness) -> dict[str, Any]:
    stored = town.dump()
    return {
        "tickets": len(stored["tickets"]),
        "entries": sorted((e["kind"], e["text"]) for e in stored["entries"]),
        "notifications": sorted((n["notice"], n["status"]) for n in stored["notifications"]),
        "messages": sorted(m["outcome"] for m in stored["messages"]),
        "left": sorted((s.channel, s.to) for s in town.outbox),
    }


def _arrivals(town: Harness) -> list[dict[str, Any]]:
    events = [
        town.mail(a_mail()),
        town.mail(a_mail("The light is dark.", subject="Streetlight", sender="bo@example.org")),
        town.text("Tree across the path in the park", sender=PHONE),
    ]
    town.drain()
    return events


def test_the_same_event_ten_times_shuffled_is_as_once(town: Harness) -> None:
    events = _arrivals(town)
    before = _state(town)
    repeats = events * 10
    random.Random(7).shuffle(repeats)
    for number, event in enumerate(repeats):
        answer = town.deliver(event)
        assert answer == {"batchItemFailures": []}
        if number % 7 == 0:
            town.restart()
    town.drain()
    assert _state(town) == before


def test_a_reply_that_comes_ten_times_is_one_entry(town: Harness) -> None:
    town.mail(a_mail())
    town.drain()
    event = town.mail(answer_to(to(town, ANA)[0], "It got bigger."))
    town.drain()
    for _ in range(10):
        town.deliver(event)
    entries = [e for e in town.dump()["entries"] if e["text"] == "It got bigger."]
    assert len(entries) == 1


def test_e14_the_same_mail_to_two_of_the_citys_addresses_is_one_ticket(town: Harness) -> None:
    raw = a_mail()
    town.mail(raw)
    town.mail(raw, to="other@report.springfield.example")
    town.drain()
    assert len(town.dump()["tickets"]) == 1
    assert len(to(town, ANA)) == 1


def test_e15_two_mails_without_a_message_id_are_two_tickets(town: Harness) -> None:
    for street in ("Elm", "Oak"):
        mail = f"From: {ANA}\r\nTo: help@report.springfield.example\r\nSubject: Hole\r\n\r\n{street}\r\n"
        town.mail(mail.encode())
    town.drain()
    assert len(town.dump()["tickets"]) == 2


@pytest.mark.parametrize("after", [False, True], ids=["refused", "answer lost"])
def test_a_failing_write_is_tried_again_and_done_once(town: Harness, after: bool) -> None:
    with failing("dynamodb.TransactWriteItems", times=2, after=after):
        town.mail(a_mail())
        town.drain()
    town.drain()
    assert len(town.dump()["tickets"]) == 1
    assert len(to(town, ANA)) == 1


def test_a_failing_enqueue_is_swept(town: Harness) -> None:
    with failing("sqs.SendMessage", times=20):
        town.mail(a_mail())
        town.drain()
    assert town.dump()["tickets"] and town.outbox == []
    town.tick(town.now + timedelta(minutes=10))
    town.drain()
    assert len(to(town, ANA)) == 1


def test_a_failing_send_never_loses_the_ticket_and_comes_again(town: Harness) -> None:
    with failing("sesv2.SendEmail", times=1):
        town.mail(a_mail())
        town.drain()
    assert len(town.dump()["tickets"]) == 1
    for minutes in (6, 12, 18, 24):
        town.tick(town.now + timedelta(minutes=minutes))
        town.drain()
    assert len(to(town, ANA)) >= 1


def test_sending_is_given_up_by_name_after_four_hours(town: Harness) -> None:
    with failing("sesv2.SendEmail", times=10_000):
        town.mail(a_mail())
        town.drain()
        for _ in range(62):
            town.tick(town.now + timedelta(minutes=5))
            town.drain()
    [notification] = [n for n in town.dump()["notifications"] if n["notice"] == "ticket_received"]
    assert notification["status"] in ("failed", "expired"), notification
    assert newest_ticket(town)["status"] == "new"


def test_a_poison_message_ends_with_the_dead_letters_and_can_be_redriven(town: Harness) -> None:
    with failing("s3.GetObject", times=10_000):
        town.mail(a_mail())
        town.mail(a_mail("Another hole.", sender="bo@example.org"))
        town.drain()
    assert len(town.dump()["dead_letters"]) == 2
    assert town.redrive("inbound-email") == 2
    town.drain()
    stored = town.dump()
    assert stored["dead_letters"] == []
    assert len(stored["tickets"]) == 2


def test_pressing_the_button_twice_is_one_report(town: Harness) -> None:
    given = {"attribute[size]": "plate", "submission": "s" * 20}
    submit_report(town, **given)
    town.restart()
    submit_report(town, **given)
    town.drain()
    assert len(town.dump()["tickets"]) == 1


def test_staff_and_citizen_at_once_both_stay(town: Harness) -> None:
    town.mail(a_mail())
    town.drain()
    ticket_id = newest_ticket(town)["ticket_id"]
    town.mail(answer_to(to(town, ANA)[0], "It got bigger."))
    act(town, ticket_id, "note", text="Looked at it")
    town.drain()
    assert {"noted", "appended"} <= {e["kind"] for e in town.dump()["entries"]}
    assert ticket_of(town, ticket_id)["entry_count"] == 3
